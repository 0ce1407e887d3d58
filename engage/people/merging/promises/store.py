"""What a person was promised, and goes along when their record is merged.

Who may be told of them, whose phone is not safe for them, when they are asked whether it came, when
they are screened again. Needs, visits and rides stay where they are: whoever looks at the kept
record reads both. Of two dates for one instrument the one holds that counts from the later
screening. This room refuses to allow a caregiver what the person has taken back meanwhile.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, insert, or_, select, update

from engage.clock import random_bytes
from engage.db.session import Query, Row, Work
from engage.db.tables import caregiver_grant, closing, rescreen, unsafe_contact
from engage.ids import RANDOM_BYTES, PatientId, PracticeId, uuid7

_HERE = bindparam("practice", type_=Uuid())
_ONE = bindparam("one", type_=Uuid())
_INTO = bindparam("into", type_=Uuid())
_AT = bindparam("now", type_=DateTime(timezone=True))
_SAID = (
    *("caregiver_id", "category", "how", "granted_at", "heard_by"),
    *("verbs", "sensitive", "until_at", "message_id"),
)
_DATE = ("status", "next_at", "why", "counts_from", "changed_at")

_GRANTS = Query(
    select(caregiver_grant)
    .where(
        caregiver_grant.c.practice_id == _HERE,
        caregiver_grant.c.patient_id == _ONE,
        or_(caregiver_grant.c.until_at.is_(None), caregiver_grant.c.until_at > _AT),
    )
    .order_by(caregiver_grant.c.id)
    .with_for_update()
)
_END_GRANT = Query(
    update(caregiver_grant)
    .where(
        caregiver_grant.c.practice_id == _HERE,
        caregiver_grant.c.id == bindparam("grant", type_=Uuid()),
        or_(caregiver_grant.c.until_at.is_(None), caregiver_grant.c.until_at > _AT),
    )
    .values(until_at=_AT, version=caregiver_grant.c.version + 1)
)
_BEGIN_GRANT = Query(
    insert(caregiver_grant).values(
        practice_id=_HERE,
        id=bindparam("new", type_=Uuid()),
        patient_id=_ONE,
        version=1,
        **{name: bindparam(f"its_{name}", type_=caregiver_grant.c[name].type) for name in _SAID},
    )
)
_MOVE_CLOSINGS = Query(
    update(closing)
    .where(closing.c.practice_id == _HERE, closing.c.patient_id == _ONE)
    .values(patient_id=_INTO)
    .returning(closing.c.id)
)
_GIVE_CLOSINGS = Query(
    update(closing)
    .where(
        closing.c.practice_id == _HERE,
        closing.c.patient_id == _INTO,
        closing.c.id == any_(bindparam("some", type_=ARRAY(Uuid()))),
    )
    .values(patient_id=_ONE)
)
_MOVE_UNSAFE = Query(
    update(unsafe_contact)
    .where(
        unsafe_contact.c.practice_id == _HERE,
        unsafe_contact.c.patient_id == _ONE,
        unsafe_contact.c.until_at.is_(None),
    )
    .values(patient_id=_INTO)
    .returning(unsafe_contact.c.id)
)
_GIVE_UNSAFE = Query(
    update(unsafe_contact)
    .where(
        unsafe_contact.c.practice_id == _HERE,
        unsafe_contact.c.patient_id == _INTO,
        unsafe_contact.c.id == any_(bindparam("some", type_=ARRAY(Uuid()))),
    )
    .values(patient_id=_ONE)
)
_RESCREENS = Query(
    select(rescreen)
    .where(rescreen.c.practice_id == _HERE, rescreen.c.patient_id == _ONE)
    .order_by(rescreen.c.id)
    .with_for_update()
)
_MOVE_RESCREEN = Query(
    update(rescreen)
    .where(
        rescreen.c.practice_id == _HERE,
        rescreen.c.patient_id == _ONE,
        rescreen.c.id == bindparam("date", type_=Uuid()),
    )
    .values(patient_id=_INTO, version=rescreen.c.version + 1)
)
_SET_RESCREEN = Query(
    update(rescreen)
    .where(
        rescreen.c.practice_id == _HERE,
        rescreen.c.id == bindparam("date", type_=Uuid()),
        rescreen.c.version == bindparam("known"),
    )
    .values(
        version=rescreen.c.version + 1,
        **{name: bindparam(f"its_{name}", type_=rescreen.c[name].type) for name in _DATE},
    )
)


async def move(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> dict[str, Any]:
    """Let the kept record have what the other was promised; return what there was."""
    moved = await work.rows(_MOVE_CLOSINGS, practice=practice, one=one, into=into)
    unsafe = await work.rows(_MOVE_UNSAFE, practice=practice, one=one, into=into)
    return {
        "unsafe": [row["id"] for row in unsafe],
        "grants": await _move_grants(work, practice, one, into, at),
        "closings": [row["id"] for row in moved],
        "rescreens": await _move_rescreens(work, practice, one, into),
    }


async def give_back(
    work: Work,
    practice: PracticeId,
    one: PatientId,
    into: PatientId,
    changed: Mapping[str, Any],
    at: datetime,
) -> None:
    """Put back what was moved, as far as it still stands; mergers of before moved nothing."""
    for grant in changed.get("grants", ()):
        begun = grant["begun"]
        stands = begun is None or await work.run(_END_GRANT, practice=practice, grant=begun, now=at)
        if stands:
            await _begin_grant(work, practice, one, msgspec.convert(grant, _Said), at)
    noted = [UUID(known) for known in changed.get("unsafe", ())]
    await work.run(_GIVE_UNSAFE, practice=practice, one=one, into=into, some=noted)
    some = [UUID(known) for known in changed.get("closings", ())]
    await work.run(_GIVE_CLOSINGS, practice=practice, one=one, into=into, some=some)
    for date in changed.get("rescreens", ()):
        await _give_rescreen(work, practice, one, into, msgspec.convert(date, _Date))


# Who may be told


class _Said(msgspec.Struct, frozen=True):
    """A grant, as it was made."""

    caregiver_id: UUID
    category: str
    how: str
    granted_at: datetime
    heard_by: UUID | None
    #: What was allowed before this was said meant to see, and nothing sensitive.
    verbs: list[str] = msgspec.field(default_factory=lambda: ["see"])
    sensitive: list[str] = msgspec.field(default_factory=list[str])
    until_at: datetime | None = None
    message_id: UUID | None = None


async def _move_grants(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, at: datetime
) -> list[dict[str, Any]]:
    kept = await work.rows(_GRANTS, practice=practice, one=into, now=at)
    known = {(row["caregiver_id"], row["category"]) for row in kept}
    moved: list[dict[str, Any]] = []
    for row in await work.rows(_GRANTS, practice=practice, one=one, now=at):
        said = msgspec.convert({name: row[name] for name in _SAID}, _Said)
        await work.run(_END_GRANT, practice=practice, grant=row["id"], now=at)
        about, begun = (said.caregiver_id, said.category), None
        if about not in known:
            known.add(about)
            begun = await _begin_grant(work, practice, into, said, at)
        moved.append({**msgspec.structs.asdict(said), "begun": begun})
    return moved


async def _begin_grant(
    work: Work, practice: PracticeId, whose: PatientId, said: _Said, at: datetime
) -> UUID:
    new = uuid7(at, random_bytes(RANDOM_BYTES))
    values = {f"its_{name}": getattr(said, name) for name in _SAID}
    await work.run(_BEGIN_GRANT, practice=practice, new=new, one=whose, **values)
    return new


# When they are screened again


class _Date(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one date: moved, or beside one of the kept record, which it may have set."""

    id: UUID
    next_at: datetime | None
    status: str
    #: The kept record's own date, as it was, and the version that it has since.
    was: dict[str, Any] | None = None
    kept: UUID | None = None
    version: int = 0


async def _move_rescreens(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId
) -> list[dict[str, Any]]:
    own = {
        row["instrument"]: row for row in await work.rows(_RESCREENS, practice=practice, one=into)
    }
    moved: list[_Date] = []
    for row in await work.rows(_RESCREENS, practice=practice, one=one):
        theirs = _Date(id=row["id"], next_at=row["next_at"], status=row["status"])
        kept = own.get(row["instrument"])
        if kept is None:
            await work.run(_MOVE_RESCREEN, practice=practice, one=one, into=into, date=row["id"])
        else:
            # Only the kept record's is ever due.
            await work.call("due_done", "rescreen", row["id"])
            version = kept["version"]
            if kept["status"] != "paused" and _since(row) > _since(kept):
                version += await _set(work, practice, kept["id"], version, row)
            theirs = msgspec.structs.replace(
                theirs, kept=kept["id"], version=version, was={n: kept[n] for n in _DATE}
            )
        moved.append(theirs)
    return [msgspec.structs.asdict(date) for date in moved]


async def _give_rescreen(
    work: Work, practice: PracticeId, one: PatientId, into: PatientId, date: _Date
) -> None:
    if date.kept is None:
        await work.run(_MOVE_RESCREEN, practice=practice, one=into, into=one, date=date.id)
        return
    if date.was is not None:
        # Unless something was said of it since.
        was = {
            name: _moment(value) if name.endswith(("_at", "_from")) else value
            for name, value in date.was.items()
        }
        await _set(work, practice, date.kept, date.version, was)
    if date.next_at is not None and date.status == "waiting":
        await work.call("due_set", "rescreen", date.id, practice, date.next_at)


async def _set(
    work: Work, practice: PracticeId, date: UUID, known: int, to: Row | Mapping[str, Any]
) -> int:
    """Write a date that still has a version, and when it is due; return how many that were."""
    values = {f"its_{name}": to[name] for name in _DATE}
    done = await work.run(_SET_RESCREEN, practice=practice, date=date, known=known, **values)
    if done:
        await work.call("due_done", "rescreen", date)
        if to["next_at"] is not None and to["status"] == "waiting":
            await work.call("due_set", "rescreen", date, practice, to["next_at"])
    return done


def _since(row: Row) -> datetime:
    """Return from when a date counts: the last screening, or when it was written."""
    since: datetime = row["counts_from"] or row["changed_at"]
    return since


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
