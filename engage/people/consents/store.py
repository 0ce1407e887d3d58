"""The ledger's rows: added one by one or many at a time, read in order, never changed.

What they amount to is people/consent.py's to say. Reasons are sealed on the way in. This room
refuses to update or delete: the database would refuse it too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from engage.audit import By
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import consent_event, line, patient, phone_use, staff
from engage.ids import (
    RANDOM_BYTES,
    ConsentEventId,
    LineId,
    MessageId,
    PatientId,
    PhoneId,
    PracticeId,
    StaffId,
    uuid7,
)
from engage.people.consent import Actor, Purpose, Scope, Step, Wording

PLACE = "consent_event.reason"
MOST_EVENTS = 500
"""A person's page shows so many; nobody has more."""


class ConsentRow(Struct, frozen=True, kw_only=True):
    """One line of the ledger."""

    id: ConsentEventId
    kind: str
    how: str
    actor: Actor
    at: datetime
    line_id: LineId | None = None
    patient_id: PatientId | None = None
    phone_id: PhoneId | None = None
    purpose: Purpose | None = None
    scope: Scope = "all"
    wording: Wording | None = None
    message_id: MessageId | None = None
    staff_id: StaffId | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        """Hide the reason."""
        return f"ConsentRow(id={self.id}, kind={self.kind!r}, how={self.how!r}, reason=…)"

    @property
    def step(self) -> Step:
        """What of it its consequences depend on."""
        return Step(self.kind, self.how, self.at, self.purpose)


class ConsentSeen(Struct, frozen=True):
    """A line of the ledger with the name of the member of staff, if one wrote it."""

    row: ConsentRow
    staff_name: str | None


_PRACTICE = bindparam("practice", type_=Uuid())
_PATIENT = bindparam("patient", type_=Uuid())
_ADD = Query(
    insert(consent_event)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in consent_event.c})
    .on_conflict_do_nothing()
)
_given = (
    func.unnest(
        bindparam("events", type_=ARRAY(Uuid())),
        bindparam("patients", type_=ARRAY(Uuid())),
        bindparam("phones", type_=ARRAY(Uuid())),
    )
    .table_valued(column("event", Uuid()), column("patient", Uuid()), column("phone", Uuid()))
    .render_derived()
)
_ADD_GIVEN = Query(
    insert(consent_event).from_select(
        ["practice_id", "id", "kind", "how", "scope", "actor", "staff_id", "at", "patient_id",
         "phone_id"],
        select(
            _PRACTICE,
            _given.c.event,
            literal("granted"),
            literal("given-to-practice"),
            literal("all"),
            bindparam("actor", type_=consent_event.c.actor.type),
            bindparam("staff", type_=Uuid()),
            bindparam("at", type_=consent_event.c.at.type),
            _given.c.patient,
            _given.c.phone,
        ),
    )
)  # fmt: skip
_seen = select(
    consent_event,
    staff.c.given_name.label("staff_given_name"),
    staff.c.family_name.label("staff_family_name"),
).outerjoin(staff, staff.c.id == consent_event.c.staff_id)
_record = patient.alias("one_record")


def _records_of(
    practice: ColumnElement[Any], person: ColumnElement[Any]
) -> ColumnElement[Sequence[UUID]]:
    """Return a person's record and those merged into it: a no stays a no whichever one holds it."""
    records = (
        select(_record.c.id)
        .where(
            _record.c.practice_id == practice,
            or_(_record.c.id == person, _record.c.merged_into == person),
        )
        .correlate_except(_record)
    )
    return func.array(records.scalar_subquery(), type_=ARRAY(Uuid()))


_own = _seen.where(
    consent_event.c.practice_id == _PRACTICE,
    consent_event.c.patient_id == any_(_records_of(_PRACTICE, _PATIENT)),
)
# What happened to a phone while it was theirs. What another patient of a shared phone said of
# themselves is not here.
_of_their_phones = (
    _seen.join(
        line,
        and_(
            line.c.practice_id == consent_event.c.practice_id, line.c.id == consent_event.c.line_id
        ),
    )
    .join(
        phone_use,
        and_(
            phone_use.c.practice_id == line.c.practice_id, phone_use.c.phone_id == line.c.phone_id
        ),
    )
    .where(
        consent_event.c.practice_id == _PRACTICE,
        consent_event.c.patient_id.is_(None),
        phone_use.c.patient_id == _PATIENT,
        phone_use.c.from_at <= consent_event.c.at,
        or_(phone_use.c.until_at.is_(None), phone_use.c.until_at >= consent_event.c.at),
    )
)
_all = union_all(_own, _of_their_phones).subquery()
_OF_PATIENT = Query(select(_all).order_by(_all.c.id.desc()).limit(MOST_EVENTS))
_TAKEN = Query(
    select(consent_event.c.id).where(
        consent_event.c.practice_id == _PRACTICE, consent_event.c.id == bindparam("one")
    )
)
_LINE = Query(
    select(line.c.opted_out_at, line.c.verified_at).where(
        line.c.practice_id == _PRACTICE, line.c.id == bindparam("on_line", type_=Uuid())
    )
)
_ASKED_SINCE = Query(
    select(consent_event.c.id)
    .where(
        consent_event.c.practice_id == _PRACTICE,
        consent_event.c.line_id == bindparam("on_line", type_=Uuid()),
        consent_event.c.kind == "asked",
        # What a correction puts in doubt was not asked yet.
        consent_event.c.how != "correction",
        consent_event.c.at > bindparam("since", type_=consent_event.c.at.type),
    )
    .limit(1)
)
_same_phone = line.alias("same_phone")
_OPENED_SINCE = Query(
    select(consent_event.c.id)
    .join(line, and_(line.c.practice_id == _PRACTICE, line.c.id == consent_event.c.line_id))
    .join(
        _same_phone,
        and_(_same_phone.c.practice_id == _PRACTICE, _same_phone.c.phone_id == line.c.phone_id),
    )
    .where(
        consent_event.c.practice_id == _PRACTICE,
        _same_phone.c.id == bindparam("on_line", type_=Uuid()),
        consent_event.c.kind == "opted-in",
        consent_event.c.at > bindparam("since", type_=consent_event.c.at.type),
    )
    .limit(1)
)
_VERIFY = Query(
    update(line)
    .where(line.c.practice_id == _PRACTICE, line.c.id == bindparam("on_line", type_=Uuid()))
    .values(verified_at=bindparam("moment"))
)
_END_USE = Query(
    update(phone_use)
    .where(
        phone_use.c.practice_id == _PRACTICE,
        phone_use.c.until_at.is_(None),
        phone_use.c.phone_id
        == select(line.c.phone_id)
        .where(line.c.practice_id == _PRACTICE, line.c.id == bindparam("on_line", type_=Uuid()))
        .scalar_subquery(),
        or_(
            phone_use.c.patient_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
            phone_use.c.caregiver_id == any_(bindparam("people", type_=ARRAY(Uuid()))),
        ),
    )
    .values(until_at=bindparam("moment"))
)


def steps_of(practice: ColumnElement[object], person: ColumnElement[object]) -> ColumnElement[str]:
    """Return a column that holds a person's own steps, for `read_steps`."""
    told = func.json_build_object(
        *(literal("kind"), consent_event.c.kind, literal("how"), consent_event.c.how),
        *(literal("at"), consent_event.c.at, literal("purpose"), consent_event.c.purpose),
    )
    return (
        select(
            as_type(
                func.json_agg(aggregate_order_by(told, consent_event.c.at, consent_event.c.id)),
                consent_event.c.kind.type,
            )
        )
        .where(
            consent_event.c.practice_id == practice,
            consent_event.c.patient_id == any_(_records_of(practice, person)),
            consent_event.c.kind == any_(literal(["granted", "declined", "withdrawn"], _TEXTS)),
        )
        .scalar_subquery()
    )


_TEXTS = ARRAY(consent_event.c.kind.type)
_STEPS = msgspec.json.Decoder(tuple[Step, ...])


def read_steps(told: str | None) -> tuple[Step, ...]:
    """Read what `steps_of` holds, oldest first."""
    return () if told is None else _STEPS.decode(told)


async def add(
    work: Work,
    practice: PracticeId,
    rows: Sequence[ConsentRow],
    keys: PracticeKeys | None = None,
) -> None:
    """Add to the ledger; an id that is there already stays as it is. A reason needs the keys."""
    for row in rows:
        wording = row.wording
        await work.run(
            _ADD,
            its_practice_id=practice,
            its_id=row.id,
            its_line_id=row.line_id,
            its_kind=row.kind,
            its_how=row.how,
            its_message_id=row.message_id,
            its_staff_id=row.staff_id,
            its_at=row.at,
            its_patient_id=row.patient_id,
            its_phone_id=row.phone_id,
            its_purpose=row.purpose,
            its_scope=row.scope,
            its_actor=row.actor,
            its_wording_id=wording and wording.id,
            its_wording_version=wording and wording.version,
            its_wording_language=wording and wording.language,
            its_reason_sealed=keys.seal_text(PLACE, row.id, row.reason)
            if keys is not None and row.reason
            else None,
        )


async def given_to_practice(
    work: Work,
    practice: PracticeId,
    phones: Sequence[tuple[PatientId, PhoneId]],
    at: datetime,
    by: By,
) -> None:
    """Record that people gave these numbers for their care: one statement, however many."""
    if not phones:
        return
    staffed = by.actor == "staff"
    await work.run(
        _ADD_GIVEN,
        practice=practice,
        at=at,
        actor="staff" if staffed else "system",
        staff=by.actor_id if staffed else None,
        events=[uuid7(at, random_bytes(RANDOM_BYTES)) for _ in phones],
        patients=[patient for patient, _ in phones],
        phones=[phone for _, phone in phones],
    )


async def of_patient(work: Work, keys: PracticeKeys, patient: PatientId) -> list[ConsentSeen]:
    """Return what the ledger says about a person and the phones that were theirs, newest first."""
    rows = await work.rows(_OF_PATIENT, practice=keys.practice, patient=patient)
    return [ConsentSeen(_row(keys, row), _name(row)) for row in rows]


async def is_taken(work: Work, practice: PracticeId, one: ConsentEventId) -> bool:
    """Say whether the ledger has an entry with this id."""
    return await work.maybe(_TAKEN, practice=practice, one=one) is not None


async def line_facts(
    work: Work, practice: PracticeId, on_line: LineId
) -> tuple[datetime | None, datetime | None]:
    """Return when a line was closed, if it is, and when it was verified, if it was."""
    row = await work.maybe(_LINE, practice=practice, on_line=on_line)
    return (None, None) if row is None else (row["opted_out_at"], row["verified_at"])


async def asked_since(work: Work, practice: PracticeId, on_line: LineId, since: datetime) -> bool:
    """Say whether somebody on a line was asked who they are after a moment."""
    found = await work.maybe(_ASKED_SINCE, practice=practice, on_line=on_line, since=since)
    return found is not None


async def opened_since(work: Work, practice: PracticeId, on_line: LineId, since: datetime) -> bool:
    """Say whether a line's phone was opened after a moment, by START or by staff."""
    found = await work.maybe(_OPENED_SINCE, practice=practice, on_line=on_line, since=since)
    return found is not None


async def verify(work: Work, practice: PracticeId, on_line: LineId, at: datetime) -> None:
    """Write that the person on a line is whom we take them for."""
    await work.run(_VERIFY, practice=practice, on_line=on_line, moment=at)


async def end_use(
    work: Work, practice: PracticeId, on_line: LineId, people: Sequence[object], at: datetime
) -> None:
    """End that a line's phone is used by these patients or caregivers; the history keeps it."""
    await work.run(_END_USE, practice=practice, on_line=on_line, people=list(people), moment=at)


def _row(keys: PracticeKeys, row: Row) -> ConsentRow:
    sealed = row["reason_sealed"]
    wording = (
        None
        if row["wording_id"] is None
        else Wording(row["wording_id"], row["wording_version"], row["wording_language"])
    )
    return ConsentRow(
        id=row["id"],
        kind=row["kind"],
        how=row["how"],
        actor=cast("Actor", row["actor"]),
        at=row["at"],
        line_id=row["line_id"],
        patient_id=row["patient_id"],
        phone_id=row["phone_id"],
        purpose=row["purpose"],
        scope=row["scope"],
        wording=wording,
        message_id=row["message_id"],
        staff_id=row["staff_id"],
        reason=None if sealed is None else keys.open_text(PLACE, row["id"], sealed),
    )


def _name(row: Row) -> str | None:
    given, family = row["staff_given_name"], row["staff_family_name"]
    return None if given is None else f"{given} {family}"
