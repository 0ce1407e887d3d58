"""Visits and their history. Rows never leave.

What a visit is for and a note are sealed on the way in. This room refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    DateTime,
    any_,
    bindparam,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage.appointments.appointment import Answer, Appointment, Reason, Setter, Span, Status
from engage.appointments.heard import Said
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import appointment, appointment_event, patient
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId

WHAT, NOTE = "appointment.what", "appointment_event.note"
Act: TypeAlias = Literal["create", "move", "status", "hear", "answer"]


class Kept(Struct, frozen=True, kw_only=True):
    """A visit with everything that was said of it."""

    visit: Appointment
    said: Said
    #: What it is for, in words.
    what: str | None
    placer: str | None = None
    filler: str | None = None
    #: The system whose ids these are, once one has spoken of it; a list of a day is nobody's.
    sender_id: UUID | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Kept(id={self.visit.id}, status={self.visit.status!r}, …)"


class Word(Struct, frozen=True, kw_only=True):
    """One word about a visit, in its history; never changed."""

    id: UUID
    appointment_id: AppointmentId
    patient_id: PatientId
    act: Act
    #: False: older than what was known, so it is kept and changed nothing.
    applied: bool
    status: Status
    time: Span | None
    place_id: PlaceId | None
    reason: Reason | None
    at: datetime
    by: Setter
    by_id: UUID | None = None
    note: str | None = None
    answer: Answer | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"Word(act={self.act!r}, status={self.status!r}, note=…)"


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of visits ends."""

    start_at: datetime
    id: AppointmentId


_PRACTICE = bindparam("practice", type_=UuidType())
_VISIT_HERE = appointment.c.practice_id == _PRACTICE
_MOMENT = DateTime(timezone=True)

# A visit begins without the address of its video; that is set by its own statement.
_ADD = Query(
    insert(appointment).values(
        {
            c.name: bindparam(f"its_{c.name}", type_=c.type)
            for c in appointment.c
            if c.name != "telehealth_sealed"
        }
    )
)
_CHANGES = (
    *("place_id", "status", "start_at", "end_at", "zone", "reason", "placer", "filler"),
    *("sender_id", "said", "changed_at", "version"),
    *("answer", "answered_at", "answered_by", "schedule_id", "sequence"),
)
_SAVE = Query(
    update(appointment)
    .where(_VISIT_HERE, appointment.c.id == bindparam("one"))
    .values({name: bindparam(f"its_{name}", type_=appointment.c[name].type) for name in _CHANGES})
)
_ONE = Query(select(appointment).where(_VISIT_HERE, appointment.c.id == bindparam("one")))
_LOCKED = Query(
    select(appointment).where(_VISIT_HERE, appointment.c.id == bindparam("one")).with_for_update()
)
_SEVERAL = Query(
    select(appointment).where(
        _VISIT_HERE, appointment.c.id == any_(bindparam("some", type_=ARRAY(UuidType())))
    )
)
# A record that was merged into another one is the same person's.
_RECORDS = select(patient.c.id).where(
    patient.c.practice_id == appointment.c.practice_id,
    or_(
        patient.c.id == bindparam("person", type_=UuidType()),
        patient.c.merged_into == bindparam("person", type_=UuidType()),
    ),
)
_AHEAD = Query(
    select(appointment)
    .where(
        _VISIT_HERE,
        appointment.c.patient_id.in_(_RECORDS),
        appointment.c.status == "booked",
        appointment.c.start_at > bindparam("since", type_=_MOMENT),
        appointment.c.start_at <= bindparam("until", type_=_MOMENT),
    )
    .order_by(appointment.c.start_at, appointment.c.id)
)
_TIMELESS = Query(
    select(appointment)
    .where(
        _VISIT_HERE,
        appointment.c.patient_id.in_(_RECORDS),
        appointment.c.start_at.is_(None),
        or_(appointment.c.status == "proposed", appointment.c.status == "waitlist"),
    )
    .order_by(appointment.c.id.desc())
    .limit(bindparam("most"))
)
_ADD_WORD = Query(
    insert_or(appointment_event)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in appointment_event.c})
    .on_conflict_do_nothing()
)
_WORDS = Query(
    select(appointment_event)
    .where(
        appointment_event.c.practice_id == _PRACTICE,
        appointment_event.c.appointment_id == bindparam("one"),
    )
    .order_by(appointment_event.c.id)
)
_SAID = msgspec.json.Decoder(Said)


@lru_cache(maxsize=2)
def _page(*, of_one: bool) -> Query:
    """Compile the page of one patient's visits, or of everybody's, once."""
    wanted = [
        appointment.c.practice_id == any_(bindparam("practices", type_=ARRAY(UuidType()))),
        appointment.c.start_at >= bindparam("since", type_=_MOMENT),
        appointment.c.start_at < bindparam("until", type_=_MOMENT),
        tuple_(appointment.c.start_at, appointment.c.id)
        > tuple_(bindparam("after_at", type_=_MOMENT), bindparam("after", type_=UuidType())),
    ]
    if of_one:
        wanted.append(appointment.c.patient_id.in_(_RECORDS))
    return Query(
        select(appointment)
        .where(*wanted)
        .order_by(appointment.c.start_at, appointment.c.id)
        .limit(bindparam("most"))
    )


async def add(work: Work, keys: PracticeKeys, new: Kept, at: datetime) -> None:
    """Add a visit."""
    visit = new.visit
    await work.run(
        _ADD,
        its_practice_id=visit.practice_id,
        its_id=visit.id,
        its_patient_id=visit.patient_id,
        its_what_sealed=keys.seal_text(WHAT, visit.id, new.what) if new.what else None,
        its_created_at=at,
        **_columns(new),
    )


async def save(work: Work, after: Kept) -> None:
    """Write a visit as it stands now."""
    await work.run(_SAVE, practice=after.visit.practice_id, one=after.visit.id, **_columns(after))


async def one(
    work: Work, keys: PracticeKeys, visit: AppointmentId, *, lock: bool = False
) -> Kept | None:
    """Return a visit; locked, nobody else changes it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=keys.practice, one=visit)
    return None if row is None else _kept(keys, row)


async def several(
    work: Work, practice: PracticeId, some: Sequence[AppointmentId]
) -> dict[AppointmentId, Appointment]:
    """Return some visits, by id."""
    rows = await work.rows(_SEVERAL, practice=practice, some=list(some)) if some else []
    return {row["id"]: _visit(row) for row in rows}


async def ahead(
    work: Work, practice: PracticeId, person: PatientId, since: datetime, until: datetime
) -> tuple[Appointment, ...]:
    """Return a person's booked visits between two moments, the next one first."""
    rows = await work.rows(_AHEAD, practice=practice, person=person, since=since, until=until)
    return tuple(_visit(row) for row in rows)


async def page(
    work: Work,
    by_practice: dict[PracticeId, PracticeKeys],
    *,
    person: PatientId | None,
    since: datetime,
    until: datetime,
    after: Position | None,
    most: int,
) -> tuple[Kept, ...]:
    """Return a page of visits between two moments, by when they begin."""
    values: dict[str, Any] = {} if person is None else {"person": person}
    rows = await work.rows(
        _page(of_one=person is not None),
        practices=list(by_practice),
        since=since,
        until=until,
        after_at=since if after is None else after.start_at,
        after=UUID(int=0) if after is None else after.id,
        most=most,
        **values,
    )
    return tuple(_kept(by_practice[PracticeId(row["practice_id"])], row) for row in rows)


async def timeless(
    work: Work, keys: PracticeKeys, person: PatientId, most: int
) -> tuple[Kept, ...]:
    """Return a person's visits that are to come and have no time yet, the newest first."""
    rows = await work.rows(_TIMELESS, practice=keys.practice, person=person, most=most)
    return tuple(_kept(keys, row) for row in rows)


async def add_word(work: Work, keys: PracticeKeys, word: Word) -> bool:
    """Add a word to a history; False if it is there already."""
    sealed = keys.seal_text(NOTE, word.id, word.note) if word.note else None
    columns = {
        f"its_{name}": getattr(word, name)
        for name in Word.__struct_fields__
        if name not in {"time", "note"}
    }
    return bool(
        await work.run(
            _ADD_WORD,
            its_practice_id=keys.practice,
            its_start_at=word.time and word.time.starts_at,
            its_end_at=word.time and word.time.ends_at,
            its_note_sealed=sealed,
            **columns,
        )
    )


async def words(work: Work, keys: PracticeKeys, visit: AppointmentId) -> tuple[Word, ...]:
    """Return the history of a visit, in the order in which it came."""
    rows = await work.rows(_WORDS, practice=keys.practice, one=visit)
    return tuple(
        Word(
            id=row["id"],
            appointment_id=AppointmentId(row["appointment_id"]),
            patient_id=PatientId(row["patient_id"]),
            act=row["act"],
            applied=row["applied"],
            status=row["status"],
            time=_span(row),
            place_id=row["place_id"],
            reason=row["reason"],
            at=row["at"],
            by=row["by"],
            by_id=row["by_id"],
            note=None
            if row["note_sealed"] is None
            else keys.open_text(NOTE, row["id"], row["note_sealed"]),
            answer=row["answer"],
        )
        for row in rows
    )


def _columns(kept: Kept) -> dict[str, Any]:
    visit = kept.visit
    return {
        "its_place_id": visit.place_id,
        "its_status": visit.status,
        "its_start_at": visit.time and visit.time.starts_at,
        "its_end_at": visit.time and visit.time.ends_at,
        "its_zone": visit.zone,
        "its_reason": visit.reason,
        "its_placer": kept.placer,
        "its_filler": kept.filler,
        "its_sender_id": kept.sender_id,
        "its_said": msgspec.json.encode(kept.said).decode(),
        "its_changed_at": visit.changed_at,
        "its_version": visit.version,
        "its_answer": visit.answer,
        "its_answered_at": visit.answered_at,
        "its_answered_by": visit.answered_by,
        "its_schedule_id": visit.schedule_id,
        "its_sequence": visit.sequence,
    }


def _span(row: Row) -> Span | None:
    return None if row["start_at"] is None else Span(row["start_at"], row["end_at"])


def _visit(row: Row) -> Appointment:
    return Appointment(
        practice_id=PracticeId(row["practice_id"]),
        id=AppointmentId(row["id"]),
        patient_id=PatientId(row["patient_id"]),
        place_id=row["place_id"],
        status=row["status"],
        time=_span(row),
        zone=row["zone"],
        reason=row["reason"],
        changed_at=row["changed_at"],
        version=row["version"],
        answer=row["answer"],
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        schedule_id=row["schedule_id"],
        sequence=row["sequence"],
    )


def _kept(keys: PracticeKeys, row: Row) -> Kept:
    sealed = row["what_sealed"]
    return Kept(
        visit=_visit(row),
        said=_SAID.decode(row["said"]),
        what=None if sealed is None else keys.open_text(WHAT, row["id"], sealed),
        placer=row["placer"],
        filler=row["filler"],
        sender_id=row["sender_id"],
    )
