"""Who may see what of whom, now: the one place where grants, ties, birthdays and safety meet.

Read anew for every request, so what is revoked is gone at the next one. A patient has themselves.
This room refuses to keep an answer for later.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import CaregiverId, PatientId, PhoneId, PracticeId
from engage.people.circle.store import caregivers_of
from engage.people.fields import Personal
from engage.people.merging.store import survivor
from engage.people.patient import Patient
from engage.people.sharing import store
from engage.people.sharing.grant import THEMSELVES, Category, Scope, Verb, Whose, scope_of
from engage.people.sharing.growing.store import rule_of
from engage.people.sharing.readers import store as readers
from engage.people.signing.principal import CaregiverIn, Family
from engage.people.staffing.store import get_practice
from engage.people.store import get_patient


class InCircle(Struct, frozen=True, kw_only=True):
    """One person whom somebody may see something of."""

    patient: Patient
    scope: Scope
    zone: str
    #: Who the caregiver is to them; None: it is themselves.
    relationship: str | None = None


class Member(Personal, frozen=True, kw_only=True):
    """Somebody around a person, or the person: who can be asked to do something."""

    id: UUID
    given_name: str
    #: None: the person themselves.
    relationship: str | None
    scope: Scope


async def circle(
    work: Work, keys: PracticeKeys, me: Family, at: datetime
) -> dict[PatientId, InCircle]:
    """Return everybody of whom the caller may see anything, by id."""
    practice = await get_practice(work, keys.practice)
    if not isinstance(me, CaregiverIn):
        own = await get_patient(work, keys, PatientId(me.id))
        zone = own.time_zone or practice.time_zone
        return {own.id: InCircle(patient=own, scope=THEMSELVES, zone=zone)}
    mine = CaregiverId(me.id)
    ties = {one.patient_id: one for one in await store.ties_of(work, keys.practice, mine, at)}
    grants = await store.held_by(work, keys.practice, mine, at)
    narrows = (await rule_of(work, keys.practice)).narrows_at
    unsafe = await store.unsafe(work, keys.practice, list(ties))
    found: dict[PatientId, InCircle] = {}
    for patient_id, tie in ties.items():
        held = [one.held for one in grants if one.patient_id == patient_id]
        if not held:
            continue
        person = await get_patient(work, keys, patient_id)
        zone = person.time_zone or practice.time_zone
        scope = scope_of(
            held,
            whose(person, zone),
            at,
            narrows_at=narrows,
            safe=(patient_id, mine) not in unsafe,
        )
        if scope.rights:
            found[patient_id] = InCircle(
                patient=person, scope=scope, zone=zone, relationship=tie.relationship
            )
    return found


async def told(
    work: Work,
    keys: PracticeKeys,
    patient: PatientId,
    about: Category,
    at: datetime,
    verb: Verb = "see",
) -> tuple[CaregiverId, ...]:
    """Return which caregivers may be told, or asked, of something by text now."""
    candidates = await store.told(work, keys.practice, patient, about, at)
    scopes = await _scopes(work, keys, patient, candidates, at)
    return tuple(one for one, scope in scopes.items() if scope.may(about, verb))


async def on_phone(
    work: Work, keys: PracticeKeys, patient: PatientId, phone: PhoneId, at: datetime
) -> tuple[Scope, ...]:
    """Return what each caregiver of a person who reads a phone may now."""
    whose_it_is = await survivor(work, keys.practice, patient)
    found = await readers.on_phone(work, keys.practice, whose_it_is, phone, at)
    return tuple((await _scopes(work, keys, whose_it_is, found, at)).values())


async def _scopes(
    work: Work,
    keys: PracticeKeys,
    patient: PatientId,
    candidates: Sequence[CaregiverId],
    at: datetime,
) -> dict[CaregiverId, Scope]:
    practice: PracticeId = keys.practice
    if not candidates:
        return {}
    person = await get_patient(work, keys, patient)
    zone = person.time_zone or (await get_practice(work, practice)).time_zone
    narrows = (await rule_of(work, practice)).narrows_at
    unsafe = await store.unsafe(work, practice, [patient])
    found: dict[CaregiverId, Scope] = {}
    for one in candidates:
        grants = await store.held_by(work, practice, one, at)
        found[one] = scope_of(
            [grant.held for grant in grants if grant.patient_id == patient],
            whose(person, zone),
            at,
            narrows_at=narrows,
            safe=(patient, one) not in unsafe,
        )
    return found


async def members(
    work: Work, keys: PracticeKeys, person: Patient, at: datetime
) -> tuple[Member, ...]:
    """Return the person, and every caregiver who may see anything of theirs now."""
    zone = person.time_zone or (await get_practice(work, keys.practice)).time_zone
    narrows = (await rule_of(work, keys.practice)).narrows_at
    unsafe = await store.unsafe(work, keys.practice, [person.id])
    grants = await store.of_patient(work, keys.practice, person.id)
    found = [
        Member(id=person.id, given_name=person.given_name, relationship=None, scope=THEMSELVES)
    ]
    for one in await caregivers_of(work, keys, person.id, at):
        scope = scope_of(
            [grant.held for grant in grants if grant.caregiver_id == one.id],
            whose(person, zone),
            at,
            narrows_at=narrows,
            safe=(person.id, one.id) not in unsafe,
        )
        if scope.rights:
            found.append(
                Member(
                    id=one.id,
                    given_name=one.given_name,
                    relationship=one.relationship,
                    scope=scope,
                )
            )
    return tuple(found)


async def growing(work: Work, keys: PracticeKeys, patient: PatientId) -> tuple[Whose, int]:
    """Return what decides about the grants of a person, and from which birthday they narrow."""
    person = await get_patient(work, keys, patient)
    zone = person.time_zone or (await get_practice(work, keys.practice)).time_zone
    return whose(person, zone), (await rule_of(work, keys.practice)).narrows_at


def whose(person: Patient, zone: str) -> Whose:
    """Return of a person what decides about grants."""
    return Whose(birth_date=person.birth_date, zone=zone, active=person.status == "active")
