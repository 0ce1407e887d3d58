"""Test pages in the database: sent by a way to somebody, and confirmed by the code they held."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    LargeBinary,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from engage.db.session import Query, Work
from engage.db.tables import page_test
from engage.ids import PracticeId, StaffId
from engage.queue.paging.channel import Way

_HERE = bindparam("practice", type_=Uuid())
_ADD = Query(
    insert(page_test).values(
        practice_id=_HERE,
        id=bindparam("test_id"),
        staff_id=bindparam("person"),
        channel=bindparam("way"),
        code_hash=bindparam("hashed"),
        sent_at=bindparam("at"),
        until_at=bindparam("until"),
    )
)
_CONFIRM = Query(
    update(page_test)
    .where(
        page_test.c.practice_id == _HERE,
        page_test.c.staff_id == bindparam("person"),
        page_test.c.code_hash == any_(bindparam("hashes", type_=ARRAY(LargeBinary()))),
        page_test.c.confirmed_at.is_(None),
        page_test.c.until_at > bindparam("at"),
    )
    .values(confirmed_at=bindparam("at", type_=page_test.c.confirmed_at.type))
    .returning(page_test.c.channel)
)
_PROVEN = Query(
    select(
        page_test.c.practice_id,
        page_test.c.channel,
        func.max(page_test.c.confirmed_at).label("at"),
    )
    .where(
        page_test.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        page_test.c.confirmed_at.is_not(None),
    )
    .group_by(page_test.c.practice_id, page_test.c.channel)
)


_OF_PERSON = Query(
    select(page_test.c.channel, func.max(page_test.c.confirmed_at).label("at"))
    .where(
        page_test.c.staff_id == bindparam("person"),
        page_test.c.practice_id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        page_test.c.confirmed_at.is_not(None),
    )
    .group_by(page_test.c.channel)
)


async def add(
    work: Work,
    practice: PracticeId,
    test_id: UUID,
    person: StaffId,
    way: Way,
    hashed: bytes,
    at: datetime,
    until: datetime,
) -> None:
    """Keep a test page that left."""
    await work.run(
        _ADD,
        practice=practice,
        test_id=test_id,
        person=person,
        way=way,
        hashed=hashed,
        at=at,
        until=until,
    )


async def confirm(
    work: Work, practice: PracticeId, person: StaffId, hashes: Sequence[bytes], at: datetime
) -> Way | None:
    """Take a code for the test page that held it; return its way."""
    row = await work.maybe(_CONFIRM, practice=practice, person=person, hashes=list(hashes), at=at)
    return None if row is None else row["channel"]


async def proven(
    work: Work, practices: Sequence[PracticeId]
) -> Mapping[PracticeId, Mapping[Way, datetime]]:
    """Return when each way of each practice was last proven."""
    found: dict[PracticeId, dict[Way, datetime]] = {one: {} for one in practices}
    for row in await work.rows(_PROVEN, practices=list(practices)):
        found[PracticeId(row["practice_id"])][row["channel"]] = row["at"]
    return found


async def of_person(
    work: Work, practices: Sequence[PracticeId], person: StaffId
) -> Mapping[Way, datetime]:
    """Return when each way last brought a test page to this person, who said its code."""
    rows = await work.rows(_OF_PERSON, practices=list(practices), person=person)
    return {row["channel"]: row["at"] for row in rows}
