"""What a family reads and writes that no other room keeps: errands, check-ins asked, own messages.

This room refuses to decide who may read what it returns.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Boolean,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    check_in,
    errand,
    line,
    message,
    phone_use,
    screening,
    staff,
    sync_point,
    thread,
)
from engage.family.errand import Errand, Kind
from engage.family.talk import Said
from engage.ids import PatientId, PracticeId, ScreeningId

_TITLE, _STATE = "errand.title", "sync_point.state"
MOST_POINTS = 4
"""So many states are kept of what somebody was shown: one for each of a few devices."""

_PRACTICE = bindparam("practice", type_=Uuid())
_PERSON = bindparam("person", type_=Uuid())
_ME = bindparam("me", type_=Uuid())
_ONE = bindparam("one", type_=Uuid())


class AskedOf(Struct, frozen=True, kw_only=True):
    """One check-in that was asked."""

    id: ScreeningId
    instrument: str
    status: str
    at: datetime


_ADD = Query(
    insert(errand).values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in errand.c})
)
_MOVES = ("status", "holder_id", "offered_to", "changed_at", "version")
_SAVE = Query(
    update(errand)
    .where(errand.c.practice_id == _PRACTICE, errand.c.id == _ONE)
    .values({name: bindparam(f"its_{name}", type_=errand.c[name].type) for name in _MOVES})
)
_ERRANDS = Query(
    select(errand)
    .where(
        errand.c.practice_id == _PRACTICE,
        errand.c.patient_id == _PERSON,
        errand.c.kind == any_(bindparam("kinds", type_=ARRAY(Text()))),
    )
    .order_by(errand.c.id.desc())
    .limit(bindparam("most"))
)
_LOCKED = Query(
    select(errand).where(errand.c.practice_id == _PRACTICE, errand.c.id == _ONE).with_for_update()
)
_CHECK_INS = Query(
    select(screening.c.id, screening.c.instrument, screening.c.status, check_in.c.at)
    .join(
        check_in,
        and_(
            check_in.c.practice_id == screening.c.practice_id,
            check_in.c.screening_id == screening.c.id,
        ),
    )
    .where(
        screening.c.practice_id == _PRACTICE,
        screening.c.patient_id == _PERSON,
        or_(
            bindparam("whatever", type_=Boolean()),
            screening.c.instrument == any_(bindparam("instruments", type_=ARRAY(Text()))),
        ),
    )
    .order_by(check_in.c.at.desc(), screening.c.id.desc())
    .limit(bindparam("most"))
)
_uses = phone_use.alias("uses")
_reads_along = exists().where(
    _uses.c.practice_id == line.c.practice_id,
    _uses.c.phone_id == line.c.phone_id,
    _uses.c.until_at.is_(None),
    _uses.c.patient_id == thread.c.patient_id,
)


def _messages(*, own: bool) -> Query:
    """Select what somebody wrote to the team, and what the team wrote on a phone of theirs alone.

    What is written on a phone that a caregiver shares with the person is the person's.
    """
    mine = phone_use.c.patient_id == _ME if own else phone_use.c.caregiver_id == _ME
    theirs = true() if own else ~_reads_along
    return Query(
        select(
            message.c.id,
            message.c.at,
            message.c.direction,
            message.c.body_sealed,
            message.c.status,
            staff.c.given_name,
        )
        .select_from(
            message.join(
                thread,
                and_(
                    thread.c.practice_id == message.c.practice_id,
                    thread.c.id == message.c.thread_id,
                ),
            )
            .join(
                line,
                and_(line.c.practice_id == thread.c.practice_id, line.c.id == thread.c.line_id),
            )
            .outerjoin(staff, staff.c.id == message.c.author_id)
        )
        .where(
            message.c.practice_id == _PRACTICE,
            thread.c.patient_id == _PERSON,
            message.c.id < bindparam("before", type_=Uuid()),
            exists().where(
                phone_use.c.practice_id == line.c.practice_id,
                phone_use.c.phone_id == line.c.phone_id,
                phone_use.c.until_at.is_(None),
                mine,
            ),
            or_(
                and_(message.c.direction == "in", message.c.author_id == _ME),
                and_(
                    message.c.direction == "out",
                    message.c.author == "staff",
                    message.c.status != "withdrawn",
                    theirs,
                ),
            ),
        )
        .order_by(message.c.id.desc())
        .limit(bindparam("most"))
    )


_OWN, _CAREGIVERS = _messages(own=True), _messages(own=False)
_POINT = Query(
    select(sync_point.c.state_sealed, sync_point.c.at).where(
        sync_point.c.practice_id == _PRACTICE,
        sync_point.c.id == _ONE,
        sync_point.c.person_id == _ME,
    )
)
_ADD_POINT = Query(
    insert(sync_point).values(
        practice_id=_PRACTICE,
        id=_ONE,
        person_id=_ME,
        at=bindparam("at", type_=sync_point.c.at.type),
        state_sealed=bindparam("state", type_=sync_point.c.state_sealed.type),
    )
)
_newest = (
    select(sync_point.c.id)
    .where(sync_point.c.practice_id == _PRACTICE, sync_point.c.person_id == _ME)
    .order_by(sync_point.c.id.desc())
    .limit(MOST_POINTS)
)
_FORGET = Query(
    delete(sync_point).where(
        sync_point.c.practice_id == _PRACTICE,
        sync_point.c.person_id == _ME,
        sync_point.c.id.not_in(_newest),
    )
)


async def add_errand(work: Work, keys: PracticeKeys, new: Errand) -> None:
    """Write down an errand."""
    values = {f"its_{c.name}": getattr(new, c.name) for c in errand.c if c.name != "title_sealed"}
    sealed = keys.seal_text(_TITLE, new.id, new.title)
    await work.run(_ADD, its_title_sealed=sealed, **values)


async def save_errand(work: Work, after: Errand) -> None:
    """Write who has an errand now."""
    values = {f"its_{name}": getattr(after, name) for name in _MOVES}
    await work.run(_SAVE, practice=after.practice_id, one=after.id, **values)


async def errands(
    work: Work, keys: PracticeKeys, person: PatientId, kinds: Collection[Kind], most: int
) -> tuple[Errand, ...]:
    """Return the errands of some kinds around a person, the newest first."""
    rows = await work.rows(
        _ERRANDS, practice=keys.practice, person=person, kinds=list(kinds), most=most
    )
    return tuple(_errand(keys, row) for row in rows)


async def lock_errand(work: Work, keys: PracticeKeys, one: UUID) -> Errand | None:
    """Return an errand; nobody else moves it until this transaction ends."""
    row = await work.maybe(_LOCKED, practice=keys.practice, one=one)
    return None if row is None else _errand(keys, row)


async def check_ins(
    work: Work,
    practice: PracticeId,
    person: PatientId,
    most: int,
    *,
    instruments: Collection[str] | None,
) -> tuple[AskedOf, ...]:
    """Return the check-ins that were asked, of some instruments or of all, the newest first."""
    rows = await work.rows(
        _CHECK_INS,
        practice=practice,
        person=person,
        whatever=instruments is None,
        instruments=list(instruments or ()),
        most=most,
    )
    return tuple(
        AskedOf(
            id=ScreeningId(row["id"]),
            instrument=row["instrument"],
            status=row["status"],
            at=row["at"],
        )
        for row in rows
    )


async def messages(
    work: Work,
    keys: PracticeKeys,
    person: PatientId,
    me: UUID,
    *,
    own: bool,
    before: UUID | None = None,
    most: int = 50,
) -> tuple[Said, ...]:
    """Return what somebody and the team wrote to each other about a person, newest first."""
    rows = await work.rows(
        _OWN if own else _CAREGIVERS,
        practice=keys.practice,
        person=person,
        me=me,
        before=before or UUID(int=2**128 - 1),
        most=most,
    )
    return tuple(
        Said(
            id=row["id"],
            at=row["at"],
            mine=row["direction"] == "in",
            name=row["given_name"] if row["direction"] == "out" else None,
            body=keys.open_text("message.body", row["id"], row["body_sealed"]),
            state=row["status"],
        )
        for row in rows
    )


async def point(work: Work, keys: PracticeKeys, one: UUID, me: UUID) -> tuple[datetime, str] | None:
    """Return what somebody was shown at a point, if it is still kept."""
    row = await work.maybe(_POINT, practice=keys.practice, one=one, me=me)
    if row is None:
        return None
    return row["at"], keys.open_text(_STATE, one, row["state_sealed"])


async def add_point(
    work: Work, keys: PracticeKeys, one: UUID, me: UUID, at: datetime, state: str
) -> None:
    """Keep what somebody was shown, and let the oldest go."""
    sealed = keys.seal_text(_STATE, one, state)
    await work.run(_ADD_POINT, practice=keys.practice, one=one, me=me, at=at, state=sealed)
    await work.run(_FORGET, practice=keys.practice, me=me)


def _errand(keys: PracticeKeys, row: Row) -> Errand:
    values = {c.name: row[c.name] for c in errand.c if c.name != "title_sealed"}
    return Errand(title=keys.open_text(_TITLE, row["id"], row["title_sealed"]), **values)
