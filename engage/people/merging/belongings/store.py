"""What belongs to a patient's record and goes along when it is merged: phones, caregivers, work.

Nothing is overwritten that was true: a use gets an end, and a new one begins. This room refuses to
say who is the same person.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.clock import random_bytes
from engage.db.session import Query, Work
from engage.db.tables import assignment, caregiver_of, phone_use, queue_item, thread
from engage.ids import RANDOM_BYTES, PatientId, PracticeId, uuid7
from engage.people.merging import marked

_HERE = bindparam("practice", type_=Uuid())
_ONE = bindparam("one", type_=Uuid())
_AT = bindparam("now", type_=DateTime(timezone=True))
_UUIDS = ARRAY(Uuid())
_LEAST = timedelta(microseconds=1)
_DANGERS = ("crisis", "possible")

_PHONES = Query(
    select(phone_use.c.id, phone_use.c.phone_id, phone_use.c.from_at)
    .where(
        phone_use.c.practice_id == _HERE,
        phone_use.c.patient_id == _ONE,
        phone_use.c.until_at.is_(None),
    )
    .order_by(phone_use.c.from_at, phone_use.c.id)
)
_END_PHONES = Query(
    update(phone_use)
    .where(
        phone_use.c.practice_id == _HERE,
        phone_use.c.id == any_(bindparam("uses", type_=_UUIDS)),
        phone_use.c.until_at.is_(None),
    )
    .values(until_at=_AT)
)
_BEGIN_PHONE = Query(
    insert(phone_use).values(
        practice_id=_HERE,
        id=bindparam("new"),
        phone_id=bindparam("phone"),
        patient_id=_ONE,
        from_at=bindparam("since"),
    )
)
_LINKS = Query(
    select(caregiver_of.c.caregiver_id, caregiver_of.c.relationship).where(
        caregiver_of.c.practice_id == _HERE,
        caregiver_of.c.patient_id == _ONE,
        caregiver_of.c.until_at.is_(None),
    )
)
_END_LINKS = Query(
    update(caregiver_of)
    .where(
        caregiver_of.c.practice_id == _HERE,
        caregiver_of.c.patient_id == _ONE,
        caregiver_of.c.caregiver_id == any_(bindparam("helpers", type_=_UUIDS)),
        caregiver_of.c.until_at.is_(None),
    )
    .values(until_at=_AT)
)
_BEGIN_LINK = Query(
    insert_or(caregiver_of)
    .values(
        practice_id=_HERE,
        caregiver_id=bindparam("helper"),
        patient_id=_ONE,
        relationship=bindparam("as_what"),
        from_at=_AT,
    )
    .on_conflict_do_nothing()
)
_MANAGER = Query(
    select(assignment.c.id, assignment.c.staff_id).where(
        assignment.c.practice_id == _HERE,
        assignment.c.patient_id == _ONE,
        assignment.c.until_at.is_(None),
    )
)
_ASSIGN = Query(
    insert(assignment).values(
        practice_id=_HERE,
        id=bindparam("new"),
        patient_id=_ONE,
        staff_id=bindparam("manager"),
        from_at=_AT,
    )
)
_UNASSIGN = Query(
    update(assignment)
    .where(
        assignment.c.practice_id == _HERE,
        assignment.c.id == bindparam("old"),
        assignment.c.until_at.is_(None),
    )
    .values(until_at=_AT)
)
_OPEN_ITEMS = Query(
    select(
        queue_item.c.id,
        queue_item.c.about_id,
        queue_item.c.patient_id,
        queue_item.c.subject,
        queue_item.c.severity,
        queue_item.c.line_id,
        queue_item.c.thread_id,
    )
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.patient_id == any_(bindparam("both", type_=_UUIDS)),
        queue_item.c.closed_at.is_(None),
    )
    .order_by(queue_item.c.id)
    .with_for_update()
)
_MOVE_ITEM = Query(
    update(queue_item)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.id == bindparam("item"),
        queue_item.c.closed_at.is_(None),
    )
    .values(
        patient_id=_ONE,
        about_id=bindparam("about"),
        subject=func.coalesce(bindparam("what", type_=Text()), queue_item.c.subject),
        thread_id=bindparam("in_thread", type_=Uuid()),
        version=queue_item.c.version + 1,
    )
)
_ENSURE_THREAD = Query(
    insert_or(thread)
    .values(
        practice_id=_HERE,
        id=bindparam("new"),
        line_id=bindparam("on_line"),
        patient_id=_ONE,
        created_at=_AT,
    )
    .on_conflict_do_nothing()
)
_THREAD_ON = Query(
    select(thread.c.id).where(
        thread.c.practice_id == _HERE,
        thread.c.line_id == bindparam("on_line"),
        thread.c.patient_id == _ONE,
    )
)


async def move_phones(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> list[dict[str, Any]]:
    """Let the kept record use the other's phones; the one that is texted stays its own."""
    theirs = await work.rows(_PHONES, practice=practice, one=one)
    kept = await work.rows(_PHONES, practice=practice, one=into)
    known = {row["phone_id"] for row in kept}
    # The newest use is the phone that is texted: that of the kept record, if it has one.
    newest = max((row["from_at"] for row in kept), default=None)
    uses = [row["id"] for row in theirs]
    await work.run(_END_PHONES, practice=practice, uses=uses, now=at)
    moved: list[dict[str, Any]] = []
    for row in theirs:
        begun: UUID | None = None
        if row["phone_id"] not in known:
            begun = _fresh(at)
            since = row["from_at"] if newest is None else min(row["from_at"], newest - _LEAST)
            await work.run(
                _BEGIN_PHONE,
                practice=practice,
                new=begun,
                phone=row["phone_id"],
                one=into,
                since=since,
            )
        moved.append({"phone": row["phone_id"], "begun": begun})
    return moved


async def move_links(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> list[dict[str, Any]]:
    """Let the other's caregivers be the kept record's."""
    theirs = await work.rows(_LINKS, practice=practice, one=one)
    kept = {row["caregiver_id"] for row in await work.rows(_LINKS, practice=practice, one=into)}
    helpers = [row["caregiver_id"] for row in theirs]
    await work.run(_END_LINKS, practice=practice, one=one, helpers=helpers, now=at)
    for row in theirs:
        if row["caregiver_id"] not in kept:
            await work.run(
                _BEGIN_LINK,
                practice=practice,
                helper=row["caregiver_id"],
                one=into,
                as_what=row["relationship"],
                now=at,
            )
    return [
        {
            "helper": row["caregiver_id"],
            "as_what": row["relationship"],
            "begun": row["caregiver_id"] not in kept,
        }
        for row in theirs
    ]


async def share_manager(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> UUID | None:
    """Give the kept record the other's care manager, if it has none."""
    theirs = await work.maybe(_MANAGER, practice=practice, one=one)
    if theirs is None or await work.maybe(_MANAGER, practice=practice, one=into) is not None:
        return None
    new = _fresh(at)
    await work.run(
        _ASSIGN, practice=practice, new=new, one=into, manager=theirs["staff_id"], now=at
    )
    return new


async def move_items(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> list[dict[str, Any]]:
    """Show open work under the kept record; of two about one thing both stay open.

    A danger is the kept record's at once, or automation would speak and a staff text would wait
    while it is open: of two it gets a subject of its own, as there is one item of each.
    """
    items = await work.rows(_OPEN_ITEMS, practice=practice, both=[one, into])
    taken = {row["subject"] for row in items if row["about_id"] == into}
    moved: list[dict[str, Any]] = []
    for row in items:
        if row["patient_id"] != one:
            continue
        what: str = row["subject"]
        if what in taken and row["severity"] in _DANGERS:
            what = marked(what, one)
        own = row["about_id"] == one and what not in taken
        await work.run(
            _MOVE_ITEM,
            practice=practice,
            item=row["id"],
            one=into,
            about=into if own else row["about_id"],
            what=what,
            in_thread=await _thread_of(work, practice, row["line_id"], into, at),
        )
        moved.append(
            {
                "id": row["id"],
                "about": row["about_id"],
                "subject": row["subject"],
                "thread": row["thread_id"],
            }
        )
    return moved


async def give_back(
    work: Work,
    practice: PracticeId,
    one: PatientId,
    into: PatientId,
    changed: Mapping[str, Any],
    at: datetime,
) -> None:
    """Put back what was moved, as far as it still stands."""
    for moved in changed["phones"]:
        begun = moved["begun"]
        ended = begun and await work.run(_END_PHONES, practice=practice, uses=[begun], now=at)
        if ended or begun is None:
            await work.run(
                _BEGIN_PHONE,
                practice=practice,
                new=_fresh(at),
                phone=moved["phone"],
                one=one,
                since=at,
            )
    for link in changed["links"]:
        if link["begun"]:
            helpers = [UUID(link["helper"])]
            await work.run(_END_LINKS, practice=practice, one=into, helpers=helpers, now=at)
        await work.run(
            _BEGIN_LINK,
            practice=practice,
            helper=link["helper"],
            one=one,
            as_what=link["as_what"],
            now=at,
        )
    if changed["assignment"] is not None:
        await work.run(_UNASSIGN, practice=practice, old=changed["assignment"], now=at)
    for item in changed["items"]:
        await work.run(
            _MOVE_ITEM,
            practice=practice,
            item=item["id"],
            one=one,
            about=item["about"],
            # Mergers of before did not note it, and changed none.
            what=item.get("subject"),
            in_thread=item["thread"],
        )


async def _thread_of(
    work: Work, practice: PracticeId, on_line: UUID | None, one: PatientId, at: datetime
) -> UUID | None:
    if on_line is None:
        return None
    new = _fresh(at)
    await work.run(_ENSURE_THREAD, practice=practice, new=new, on_line=on_line, one=one, now=at)
    row = await work.maybe(_THREAD_ON, practice=practice, on_line=on_line, one=one)
    return None if row is None else row["id"]


def _fresh(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
