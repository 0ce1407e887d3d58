"""When a practice reminds of visits, and which times suit a person; outward."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.appointments.asked import store
from engage.appointments.asked.values import (
    MOST_HOURS,
    MOST_OFFERED_TO,
    MOST_PREPARE,
    MOST_REMINDERS,
    ReminderRule,
    read_rule,
)
from engage.appointments.slot import Wish
from engage.db.session import Work
from engage.ids import PatientId, PracticeId
from engage.people.merging.store import survivor
from engage.people.store import MergedRecord

Hours = Annotated[int, Meta(ge=1, le=MOST_HOURS)]
Version = Annotated[int, Meta(ge=0, description="0: nobody has said anything yet.")]


class RemindersIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a practice reminds of visits."""

    hours_before: Annotated[
        tuple[Hours, ...],
        Meta(
            max_length=MOST_REMINDERS,
            description="Hours before a visit; none: no reminders.",
            examples=[[168, 48, 3]],
        ),
    ]
    prepare_hours: Annotated[
        int,
        Meta(ge=0, le=MOST_PREPARE, description="When how to get ready is told; 0: not by itself."),
    ] = 24
    offer_to: Annotated[
        int,
        Meta(
            ge=0,
            le=MOST_OFFERED_TO,
            description="So many who wait hear of a free time at once; 0: nobody.",
        ),
    ] = 5


class RemindersOut(Struct, frozen=True, kw_only=True):
    """When a practice reminds of visits."""

    practice_id: PracticeId
    hours_before: tuple[int, ...]
    prepare_hours: int
    offer_to: int
    version: Version


class VisitWishIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which times suit a person: they are shown those first."""

    early: Annotated[bool, Meta(description="Before nine.")] = False
    late: Annotated[bool, Meta(description="From five in the afternoon.")] = False
    weekend: bool = False
    carer: Annotated[
        bool, Meta(description="Whoever comes along works: all of these times first.")
    ] = False


class VisitWishOut(Struct, frozen=True, kw_only=True):
    """Which times suit a person."""

    patient_id: PatientId
    early: bool
    late: bool
    weekend: bool
    carer: bool
    version: Version


@get(
    "/practices/{practice_id:uuid}/reminders",
    opt=needs("practice.read"),
    operation_id="getReminders",
    summary="When a practice reminds of visits",
)
async def get_reminders(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[RemindersOut]:
    """Return when a practice reminds, the usual where it has not said."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    async with parts.database.work([practice]) as work:
        rule = await store.rule_of(work, practice)
    return made(Made(_rule(practice, rule), version=rule.version), RemindersOut)


@put(
    "/practices/{practice_id:uuid}/reminders",
    opt=needs("practice.write"),
    operation_id="putReminders",
    summary="Say when a practice reminds of visits",
)
async def put_reminders(
    practice_id: FromPath[UUID],
    data: JSONBody[RemindersIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[RemindersOut]:
    """Write when a practice reminds; it holds for every visit that is still to come."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    wanted = read_rule(data.hours_before, data.prepare_hours, data.offer_to)

    async def act(work: Work) -> Made:
        if if_match is not None:
            require(if_match, (await store.rule_of(work, practice)).version)
        at = parts.clock.now()
        await store.put_rule(work, practice, wanted, visit.staff_id, at)
        await store.look_again(work, practice, at)
        await _record(work, visit, parts, practice, "practice.reminders", None)
        after = await store.rule_of(work, practice)
        return Made(_rule(practice, after), version=after.version)

    return made(await in_turn(parts, act, practice), RemindersOut)


@get(
    "/patients/{patient_id:uuid}/visit-wish",
    opt=needs("visit.read"),
    operation_id="getVisitWish",
    summary="Which times suit a person",
)
async def get_wish(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[VisitWishOut]:
    """Return which times suit a person; that it was looked at is recorded."""
    practice, person = (
        await find(parts.database, visit, "patient", patient_id),
        PatientId(patient_id),
    )

    async def act(work: Work) -> Made:
        wish, version = await store.wish_and_version(work, practice, person)
        await _record(work, visit, parts, practice, "patient.visit-wish", person)
        return Made(_wish(person, wish, version), version=version)

    return made(await in_turn(parts, act, practice), VisitWishOut)


@put(
    "/patients/{patient_id:uuid}/visit-wish",
    opt=needs("visit.write"),
    operation_id="putVisitWish",
    summary="Say which times suit a person",
)
async def put_wish(
    patient_id: FromPath[UUID],
    data: JSONBody[VisitWishIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[VisitWishOut]:
    """Write which times suit a person; they are shown and offered those first."""
    practice, person = (
        await find(parts.database, visit, "patient", patient_id),
        PatientId(patient_id),
    )
    wish = Wish(early=data.early, late=data.late, weekend=data.weekend, carer=data.carer)

    async def act(work: Work) -> Made:
        if await survivor(work, practice, person) != person:
            raise MergedRecord
        if if_match is not None:
            require(if_match, (await store.wish_and_version(work, practice, person))[1])
        await store.put_wish(work, practice, person, wish, visit.staff_id, parts.clock.now())
        await _record(work, visit, parts, practice, "patient.visit-wish.set", person)
        after, version = await store.wish_and_version(work, practice, person)
        return Made(_wish(person, after, version), version=version)

    return made(await in_turn(parts, act, practice), VisitWishOut)


def _rule(practice: PracticeId, one: ReminderRule) -> RemindersOut:
    return RemindersOut(
        practice_id=practice,
        hours_before=one.hours_before,
        prepare_hours=one.prepare_hours,
        offer_to=one.offer_to,
        version=one.version,
    )


def _wish(person: PatientId, one: Wish, version: int) -> VisitWishOut:
    return VisitWishOut(
        patient_id=person,
        early=one.early,
        late=one.late,
        weekend=one.weekend,
        carer=one.carer,
        version=version,
    )


async def _record(
    work: Work,
    visit: Visit,
    parts: Parts,
    practice: PracticeId,
    action: str,
    person: PatientId | None,
) -> None:
    await audit.record(
        work,
        practice,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="practice" if person is None else "patient",
        subject_id=practice if person is None else person,
        patient_id=person,
    )
