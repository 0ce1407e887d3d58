"""Who has a phone in a demo, who works there, and what came in from a phone and became of the rest.

Only the simulator's doors ask. It refuses to look into a practice other than the one whose keys it
is given.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select

from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import (
    caregiver,
    caregiver_of,
    line,
    membership,
    message,
    patient,
    phone,
    phone_use,
    practice_number,
    staff,
)
from engage.ids import MessageId, PracticeId, StaffId
from engage.messaging.hidden import Hidden
from engage.people.fields import Language
from engage.people.staff import ROLES, Role

MOST_TEXTS = 200

_PRACTICE = bindparam("practice", type_=Uuid())

_PHONES = (
    select(
        phone.c.id.label("phone_id"),
        phone.c.number_sealed,
        phone_use.c.patient_id,
        phone_use.c.caregiver_id,
    )
    .join_from(
        phone_use,
        phone,
        and_(phone.c.practice_id == phone_use.c.practice_id, phone.c.id == phone_use.c.phone_id),
    )
    .where(phone_use.c.practice_id == _PRACTICE, phone_use.c.until_at.is_(None))
    .subquery()
)
_PATIENTS = Query(
    select(
        _PHONES.c.phone_id,
        _PHONES.c.number_sealed,
        patient.c.given_name,
        patient.c.family_name,
        patient.c.language,
        patient.c.time_zone,
    )
    .join_from(patient, _PHONES, _PHONES.c.patient_id == patient.c.id)
    .where(patient.c.practice_id == _PRACTICE, patient.c.status == "active")
    .order_by(patient.c.external_id)
    .limit(bindparam("most"))
)
_CAREGIVERS = Query(
    select(
        _PHONES.c.phone_id,
        _PHONES.c.number_sealed,
        caregiver.c.given_name,
        caregiver.c.family_name,
        caregiver.c.language,
        caregiver_of.c.relationship,
        patient.c.given_name.label("of_given_name"),
        patient.c.time_zone,
    )
    .join_from(caregiver, _PHONES, _PHONES.c.caregiver_id == caregiver.c.id)
    .join(
        caregiver_of,
        and_(
            caregiver_of.c.practice_id == _PRACTICE,
            caregiver_of.c.caregiver_id == caregiver.c.id,
            caregiver_of.c.until_at.is_(None),
        ),
    )
    .join(
        patient,
        and_(patient.c.practice_id == _PRACTICE, patient.c.id == caregiver_of.c.patient_id),
    )
    .where(caregiver.c.practice_id == _PRACTICE)
    .order_by(caregiver.c.id)
    .limit(bindparam("most"))
)
_NUMBERS = Query(
    select(practice_number.c.number)
    .where(practice_number.c.practice_id == _PRACTICE)
    .order_by(practice_number.c.created_at, practice_number.c.id)
)
_STAFF = Query(
    select(
        staff.c.id,
        staff.c.given_name,
        staff.c.family_name,
        staff.c.email_sealed,
        func.array_agg(membership.c.role).label("roles"),
    )
    .join_from(membership, staff, staff.c.id == membership.c.staff_id)
    .where(
        membership.c.practice_id == _PRACTICE,
        membership.c.from_at <= bindparam("moment"),
        membership.c.until_at.is_(None) | (membership.c.until_at > bindparam("moment")),
        staff.c.active,
    )
    .group_by(staff.c.id)
    .order_by(staff.c.given_name, staff.c.family_name, staff.c.id)
)
_TEXTS_IN = Query(
    select(message.c.id, message.c.body_sealed, message.c.at)
    .join_from(
        message,
        line,
        and_(line.c.practice_id == message.c.practice_id, line.c.id == message.c.line_id),
    )
    .join(phone, and_(phone.c.practice_id == line.c.practice_id, phone.c.id == line.c.phone_id))
    .where(
        message.c.practice_id == _PRACTICE,
        phone.c.number_hash == bindparam("sender"),
        message.c.direction == "in",
    )
    .order_by(message.c.id.desc())
    .limit(MOST_TEXTS)
)
_BECAME = Query(
    select(message.c.id, message.c.status).where(
        message.c.practice_id == _PRACTICE,
        message.c.id == any_(bindparam("texts", type_=ARRAY(Uuid()))),
    )
)


class PhoneSeen(Hidden, frozen=True, kw_only=True):
    """Somebody's phone."""

    kind: Literal["patient", "caregiver"]
    given_name: str
    family_name: str
    language: Language
    number: str
    #: Of the patient, and of a patient's caregivers; None where the practice's holds.
    time_zone: str | None = None
    #: Of a caregiver: who they are to whom.
    relationship: str | None = None
    of: str | None = None


class StaffSeen(Hidden, frozen=True, kw_only=True):
    """Somebody who works there, with the address they sign in by."""

    id: StaffId
    given_name: str
    family_name: str
    email: str
    role: Role


class TextIn(Hidden, frozen=True, kw_only=True):
    """A text that came in from a phone."""

    id: MessageId
    body: str
    at: datetime


class Became(Struct, frozen=True):
    """What became of a text of ours so far."""

    id: MessageId
    state: str


async def phones(work: Work, keys: PracticeKeys, most: int) -> list[PhoneSeen]:
    """Return the phones of a practice's patients, then those of caregivers."""
    found = [
        PhoneSeen(
            kind="patient",
            given_name=row["given_name"],
            family_name=row["family_name"],
            language=row["language"],
            number=keys.open_text("phone.number", row["phone_id"], row["number_sealed"]),
            time_zone=row["time_zone"],
        )
        for row in await work.rows(_PATIENTS, practice=keys.practice, most=most)
    ]
    found += [
        PhoneSeen(
            kind="caregiver",
            given_name=row["given_name"],
            family_name=row["family_name"],
            language=row["language"],
            number=keys.open_text("phone.number", row["phone_id"], row["number_sealed"]),
            time_zone=row["time_zone"],
            relationship=row["relationship"],
            of=row["of_given_name"],
        )
        for row in await work.rows(_CAREGIVERS, practice=keys.practice, most=most)
    ]
    return found


async def numbers(work: Work, practice: PracticeId) -> list[str]:
    """Return the numbers a practice texts from."""
    return [row["number"] for row in await work.rows(_NUMBERS, practice=practice)]


async def staff_of(
    work: Work, practice: PracticeId, master: MasterKeys, at: datetime
) -> list[StaffSeen]:
    """Return who works in a practice now, with their addresses."""
    rows = await work.rows(_STAFF, practice=practice, moment=at)
    return [
        StaffSeen(
            id=row["id"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            email=master.open_global("staff.email", row["id"], row["email_sealed"]),
            # Of several roles, the one that may do most.
            role=max(row["roles"], key=ROLES.index),
        )
        for row in rows
    ]


async def texts_in(work: Work, keys: PracticeKeys, sender: str) -> list[TextIn]:
    """Return the latest texts that came in from a number, newest first."""
    rows = await work.rows(_TEXTS_IN, practice=keys.practice, sender=keys.phone_hash(sender))
    return [
        TextIn(
            id=row["id"],
            body=keys.open_text("message.body", row["id"], row["body_sealed"]),
            at=row["at"],
        )
        for row in rows
    ]


async def became(work: Work, practice: PracticeId, texts: Sequence[MessageId]) -> list[Became]:
    """Return what became of texts of ours so far."""
    rows = await work.rows(_BECAME, practice=practice, texts=list(texts))
    return [Became(row["id"], row["status"]) for row in rows]
