"""Consent: what a person agreed to, when, how and in which words; and enrolment by text.

The ledger is shown in words, newest first. Staff record what a person told them, with a reason, and
can open a closed phone; they can't open more than was open before. What follows happens in the
same transaction.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.bare_page import spoken_by
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import ConsentEventId, MessageId, PatientId, PracticeId, StaffId
from engage.messaging.texts import Catalogue, render
from engage.messaging.threads.store import line_of, texting_facts
from engage.people.consent import (
    PURPOSES,
    Actor,
    Purpose,
    Recorded,
    Scope,
    Wording,
    holder_standing,
)
from engage.people.consents import store
from engage.people.consents.store import ConsentSeen
from engage.people.merging.store import survivor
from engage.turns.context import ConsentTold

Spoken: TypeAlias = Literal["en", "es"]
"""The language of whoever reads it."""
LONGEST_REASON = 500
ID = "/id"


class WordingOut(Struct, frozen=True):
    """Exactly which words were answered."""

    id: str
    version: str
    language: str


class ConsentEntryOut(Struct, frozen=True, kw_only=True):
    """One line of the ledger. It is never changed."""

    id: ConsentEventId
    at: datetime
    kind: Annotated[str, Meta(examples=["opted-out"])]
    how: Annotated[str, Meta(examples=["keyword"])]
    purpose: Annotated[Purpose | None, Meta(description="Null: everything.")]
    scope: Scope
    by: Annotated[Actor, Meta(description="Who said so.")]
    staff_id: StaffId | None
    staff_name: str | None
    message_id: Annotated[MessageId | None, Meta(description="The text that says so.")]
    wording: WordingOut | None
    reason: str | None
    words: str


class PurposeOut(Struct, frozen=True, kw_only=True):
    """Whether the person wants texts about something, whatever the phone's state."""

    purpose: Purpose
    wanted: bool
    words: str


class PhoneConsentOut(Struct, frozen=True, kw_only=True):
    """The phone itself: closed or open, and whether it is known to be theirs."""

    open: bool
    closed_at: datetime | None
    verified_at: datetime | None
    known: Annotated[
        str, Meta(description="not-asked, asked, right-person or wrong-person, for this patient.")
    ]


class ConsentOut(Struct, frozen=True, kw_only=True):
    """What may be texted to a patient, and the ledger that says why."""

    patient_id: PatientId
    phone: Annotated[PhoneConsentOut | None, Meta(description="Null: no phone was ever texted.")]
    purposes: tuple[PurposeOut, ...]
    entries: tuple[ConsentEntryOut, ...]


class ConsentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person told staff about being texted."""

    kind: Annotated[
        Recorded,
        Meta(
            description="opted-in opens a closed phone, to no more than before. granted needs a "
            "purpose. wrong-person: this phone is not theirs. works-again: a phone that was held "
            "to be dead, a landline or doubtful takes texts."
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_REASON,
            description="What they said, and where. Kept sealed, with your name.",
            examples=["Asked at the desk to get texts again"],
        ),
    ]
    purpose: Annotated[Purpose | None, Meta(description="Null: everything.")] = None
    id: Own[ConsentEventId | None] = None


class EnrolmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask this patient's phone whether it is theirs."""

    id: Own[UUID | None] = None


@get(
    "/patients/{patient_id:uuid}/consent",
    opt=needs("consent.read"),
    operation_id="getConsent",
    summary="What a patient agreed to, and the ledger in words",
)
async def get_consent(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> ConsentOut:
    """Return what may be texted and why, of a merged record that of the one that is kept."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        person = await survivor(work, practice, PatientId(patient_id))
        out = await _load(work, keys, person, parts.catalogue, spoken_by(request))
        await _record(work, visit, practice, out.patient_id, "consent.read", parts.clock.now())
    return out


@post(
    "/patients/{patient_id:uuid}/consent",
    opt=needs("consent.write"),
    operation_id="recordConsent",
    summary="Record what a patient told you about being texted",
    status_code=HTTPStatus.CREATED,
)
async def post_consent(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[ConsentIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ConsentOut]:
    """Add to the ledger with your reason, and do what follows: stop, open, unlink."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, cause = await parts.vault.keys(practice), chosen(data.id, parts.clock)
    told = ConsentTold(kind=data.kind, reason=data.reason, purpose=data.purpose)

    async def act(work: Work) -> Made:
        person = await survivor(work, practice, PatientId(patient_id))
        if await store.is_taken(work, practice, ConsentEventId(cause)):
            raise IdTaken(ID)
        await parts.turns.record_consent(work, practice, person, told, cause, visit.staff_id)
        at = parts.clock.now()
        await feed.add(work, practice, at, "patient", person, person)
        await _record(work, visit, practice, person, f"consent.{data.kind}", at)
        out = await _load(work, keys, person, parts.catalogue, spoken_by(request))
        return Made(out, HTTPStatus.CREATED, f"/v1/patients/{person}/consent")

    answer = await once(request, parts, practice, ConsentOut, act)
    parts.bell.ring("outbox")
    return answer


@post(
    "/patients/{patient_id:uuid}/enrolment",
    opt=needs("consent.write"),
    operation_id="enrolPatient",
    summary="Ask a patient's phone whether it is theirs, and confirm the opt-in",
    status_code=HTTPStatus.CREATED,
)
async def post_enrolment(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[EnrolmentIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ConsentOut]:
    """Send the question by text; a yes is confirmed with what carriers require, a no unlinks."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, cause = await parts.vault.keys(practice), chosen(data.id, parts.clock)

    async def act(work: Work) -> Made:
        person = await survivor(work, practice, PatientId(patient_id))
        if await store.is_taken(work, practice, ConsentEventId(cause)):
            raise IdTaken(ID)
        await parts.turns.enrol(work, practice, person, cause, visit.staff_id)
        await _record(work, visit, practice, person, "consent.enrol", parts.clock.now())
        out = await _load(work, keys, person, parts.catalogue, spoken_by(request))
        return Made(out, HTTPStatus.CREATED, f"/v1/patients/{person}/consent")

    answer = await once(request, parts, practice, ConsentOut, act)
    parts.bell.ring("outbox")
    return answer


def purposes_in_words(
    closed: frozenset[Purpose], catalogue: Catalogue, language: Spoken
) -> tuple[PurposeOut, ...]:
    """Return every purpose, and whether the person wants texts about it."""
    return tuple(
        PurposeOut(
            purpose=one,
            wanted=one not in closed,
            words=render(catalogue, f"texting.purpose.{one}", language, {}),
        )
        for one in PURPOSES
    )


async def _load(
    work: Work, keys: PracticeKeys, person: PatientId, catalogue: Catalogue, language: Spoken
) -> ConsentOut:
    practice = keys.practice
    facts = await texting_facts(work, practice, person)
    if facts is None:
        raise NotFound
    seen = await store.of_patient(work, keys, person)
    oldest_first = [one.row for one in reversed(seen)]
    line = await line_of(work, practice, person)
    phone = None
    if line is not None:
        closed_at, verified_at = await store.line_facts(work, practice, line)
        here = [row.step for row in oldest_first if row.line_id == line and row.patient_id]
        phone = PhoneConsentOut(
            open=closed_at is None,
            closed_at=closed_at,
            verified_at=verified_at,
            known=holder_standing(here).known,
        )
    return ConsentOut(
        patient_id=person,
        phone=phone,
        purposes=purposes_in_words(facts.closed, catalogue, language),
        entries=tuple(_entry(one, catalogue, language) for one in seen),
    )


def _entry(one: ConsentSeen, catalogue: Catalogue, language: Spoken) -> ConsentEntryOut:
    row = one.row
    # A ledger is for ever: a word of an older version is shown as it stands.
    how = row.how
    if (text := f"texting.how.{how}") in catalogue:
        how = render(catalogue, text, language, {})
    about = render(catalogue, f"texting.purpose.{row.purpose or 'all'}", language, {})
    values = {"how": how, "purpose": about}
    says = f"texting.ledger.{row.kind}"
    says = own if (own := f"{says}.{row.how}") in catalogue else says
    return ConsentEntryOut(
        id=row.id,
        at=row.at,
        kind=row.kind,
        how=row.how,
        purpose=row.purpose,
        scope=row.scope,
        by=row.actor,
        staff_id=row.staff_id,
        staff_name=one.staff_name,
        message_id=row.message_id,
        wording=_wording(row.wording),
        reason=row.reason,
        words=render(catalogue, says, language, values),
    )


def _wording(wording: Wording | None) -> WordingOut | None:
    return None if wording is None else WordingOut(wording.id, wording.version, wording.language)


async def _record(
    work: Work, visit: Visit, practice: PracticeId, person: PatientId, action: str, at: datetime
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="patient",
        subject_id=person,
        patient_id=person,
    )
