"""Merging two records of one patient, and undoing it.

The record that is given up points to the one that is kept and falls silent; its phones, caregivers,
open work and what it was promised become the other's from this moment. What happened to it stays
where it is, and pages of the kept record show both. Each change is written down with what was there
before, so that it can be changed back; what came in meanwhile stays with the kept record. This room
refuses to delete, to merge a record twice, and to decide who is the same person.
"""

from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, insert, select, update

from engage import audit
from engage.audit import By
from engage.clock import random_bytes
from engage.db.session import Query, Work
from engage.db.tables import (
    merger,
    patient,
)
from engage.errors import EngageError, NotFound
from engage.ids import RANDOM_BYTES, PatientId, PracticeId, StaffId, uuid7
from engage.people.merging.belongings import store as belongings
from engage.people.merging.household import store as household
from engage.people.merging.promises import store as promises
from engage.people.register.store import lock

INTO = "/into"


class SameRecord(EngageError):  # noqa: N818 - reads as a sentence, as do the next ones
    """A record can't be merged into itself."""


class AlreadyMerged(EngageError):  # noqa: N818
    """This record is merged into another one; undo that first."""


class HoldsAnother(EngageError):  # noqa: N818
    """Another record is merged into this one; undo that first."""


class NotMerged(EngageError):  # noqa: N818
    """This record is not merged into another one."""


_HERE = bindparam("practice", type_=Uuid())
_ONE = bindparam("one", type_=Uuid())
_OTHER = bindparam("other", type_=Uuid())
_AT = bindparam("now", type_=DateTime(timezone=True))
_UUIDS = ARRAY(Uuid())

_RECORDS = Query(
    select(patient.c.id, patient.c.status, patient.c.merged_into).where(
        patient.c.practice_id == _HERE, patient.c.id == any_(bindparam("both", type_=_UUIDS))
    )
)
_KNOWN_AS = Query(
    select(func.coalesce(patient.c.merged_into, patient.c.id).label("id")).where(
        patient.c.practice_id == bindparam("practice"),
        patient.c.external_id == bindparam("external_id"),
    )
)
_SURVIVOR = Query(
    select(func.coalesce(patient.c.merged_into, patient.c.id).label("id")).where(
        patient.c.practice_id == _HERE, patient.c.id == _ONE
    )
)
_HOLDS = Query(
    select(patient.c.id)
    .where(patient.c.practice_id == _HERE, patient.c.merged_into == _ONE)
    .limit(1)
)
_POINT = Query(
    update(patient)
    .where(patient.c.practice_id == _HERE, patient.c.id == _ONE)
    .values(
        merged_into=bindparam("into", type_=Uuid()),
        status=bindparam("new_status"),
        version=patient.c.version + 1,
    )
)
_TOUCH = Query(
    update(patient)
    .where(patient.c.practice_id == _HERE, patient.c.id == _ONE)
    .values(version=patient.c.version + 1)
)
_RECORD = Query(
    insert(merger).values(
        practice_id=_HERE,
        id=bindparam("new"),
        patient_id=_ONE,
        into_id=_OTHER,
        staff_id=bindparam("staff"),
        at=_AT,
        changed=bindparam("changed", type_=merger.c.changed.type),
    )
)
_STANDING = Query(
    select(merger.c.id, merger.c.into_id, merger.c.changed).where(
        merger.c.practice_id == _HERE, merger.c.patient_id == _ONE, merger.c.undone_at.is_(None)
    )
)
_MERGED_INTO = Query(
    select(merger.c.patient_id, merger.c.at, merger.c.staff_id)
    .where(merger.c.practice_id == _HERE, merger.c.into_id == _ONE, merger.c.undone_at.is_(None))
    .order_by(merger.c.at.desc(), merger.c.id)
)
_UNDO = Query(
    update(merger)
    .where(merger.c.practice_id == _HERE, merger.c.id == bindparam("merger_id"))
    .values(undone_at=_AT, undone_by=bindparam("staff"))
)


async def merge(
    work: Work,
    practice: PracticeId,
    one: PatientId,
    into: PatientId,
    *,
    at: datetime,
    by: StaffId,
) -> None:
    """Let `one` be the same person as `into` from now on; the caller has locked their lines."""
    if one == into:
        raise SameRecord(INTO)
    await lock(work, practice, [one, into])
    records = {r["id"]: r for r in await work.rows(_RECORDS, practice=practice, both=[one, into])}
    if records.keys() != {one, into}:
        raise NotFound
    if records[one]["merged_into"] is not None:
        raise AlreadyMerged
    if records[into]["merged_into"] is not None:
        raise AlreadyMerged(INTO)
    if await work.maybe(_HOLDS, practice=practice, one=one) is not None:
        raise HoldsAnother
    changed: dict[str, Any] = {
        "status": records[one]["status"],
        "phones": await belongings.move_phones(work, practice, one, into, at),
        "links": await belongings.move_links(work, practice, one, into, at),
        "assignment": await belongings.share_manager(work, practice, one, into, at),
        "items": await belongings.move_items(work, practice, one, into, at),
        **await promises.move(work, practice, one, into, at),
        **await household.move(work, practice, one, into),
    }
    await work.run(_POINT, practice=practice, one=one, into=into, new_status="inactive")
    await work.run(_TOUCH, practice=practice, one=into)
    await work.run(
        _RECORD,
        practice=practice,
        new=_fresh(at),
        one=one,
        other=into,
        staff=by,
        now=at,
        changed=msgspec.json.encode(changed).decode(),
    )
    await audit.record_patients(
        work, practice, at, by=By.staff(by), action="patient.merge", patients=[one, into]
    )


async def survivor(work: Work, practice: PracticeId, one: PatientId) -> PatientId:
    """Return the record that is kept of a patient: itself, unless it was merged; or NotFound."""
    row = await work.maybe(_SURVIVOR, practice=practice, one=one)
    if row is None:
        raise NotFound
    return PatientId(row["id"])


class Merged(NamedTuple):
    """A record that was given up for another one, when, and by whom."""

    patient_id: PatientId
    at: datetime
    by: StaffId


async def merged_into(work: Work, practice: PracticeId, one: PatientId) -> tuple[Merged, ...]:
    """Return which records were merged into this one and still are, the newest first."""
    rows = await work.rows(_MERGED_INTO, practice=practice, one=one)
    return tuple(
        Merged(PatientId(row["patient_id"]), row["at"], StaffId(row["staff_id"])) for row in rows
    )


async def known_as(work: Work, practice: PracticeId, external_id: str) -> PatientId | None:
    """Return whom the practice means by an id of its own: the record that is kept."""
    row = await work.maybe(_KNOWN_AS, practice=practice, external_id=external_id)
    return None if row is None else PatientId(row["id"])


async def standing(work: Work, practice: PracticeId, one: PatientId) -> PatientId:
    """Return the record that one is merged into; NotMerged if it is not."""
    row = await work.maybe(_STANDING, practice=practice, one=one)
    if row is None:
        raise NotMerged
    return PatientId(row["into_id"])


async def unmerge(
    work: Work, practice: PracticeId, one: PatientId, *, at: datetime, by: StaffId
) -> None:
    """Make two persons of two records again; the caller has locked their lines."""
    into = await standing(work, practice, one)
    await lock(work, practice, [one, into])
    row = await work.maybe(_STANDING, practice=practice, one=one)
    if row is None:
        raise NotMerged
    changed = msgspec.json.decode(cast("str", row["changed"]))
    await belongings.give_back(work, practice, one, into, changed, at)
    await promises.give_back(work, practice, one, into, changed, at)
    await household.give_back(work, practice, one, into, changed)
    await work.run(_POINT, practice=practice, one=one, into=None, new_status=changed["status"])
    await work.run(_TOUCH, practice=practice, one=into)
    await work.run(_UNDO, practice=practice, merger_id=row["id"], staff=by, now=at)
    await audit.record_patients(
        work, practice, at, by=By.staff(by), action="patient.unmerge", patients=[one, into]
    )


def _fresh(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
