"""Visits: booked, moved and concluded by staff, and told by the clinic's own system.

A move takes the rides to the visit with it; what follows for the open work about rides, and who is
told, is turns' to do in the same transaction.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from engage import audit
from engage.api.appointment_requests import (
    AppointmentMoveIn,
    AppointmentStatusIn,
    NewAppointmentIn,
    check_alone,
    moment_of,
)
from engage.api.appointment_values import (
    AppointmentDetail,
    ListedAppointmentOut,
    appointment_detail,
    listed_visit,
)
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.ids import chosen
from engage.api.once import Made, in_turn, made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.api.restricted.doorway import shut
from engage.appointments import keeping, slotting, store
from engage.appointments.appointment import read_span
from engage.appointments.keeping import NewVisit
from engage.appointments.listed import store as listed
from engage.appointments.refusals import NotATime
from engage.appointments.riding import Expects
from engage.appointments.store import Kept, Position
from engage.appointments.words import Teller, VisitChanged
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AppointmentId, PatientId, SlotId
from engage.people.merging.store import survivor
from engage.people.staffing.store import get_practice
from engage.people.store import MergedRecord

USUAL_DAYS = timedelta(days=31)
JUST_PAST = timedelta(days=7)
"""So long after it a visit is still shown: on Monday somebody records what became of Friday's."""
_ID, _START = "/id", "/starts_at"


class AppointmentList(Struct, frozen=True):
    """A page of visits, by when they begin; of one patient, before them those without a time."""

    items: tuple[ListedAppointmentOut, ...]
    next: str | None


@get(
    "/appointments",
    opt=needs("visit.read"),
    operation_id="listAppointments",
    summary="Visits between two moments, of one patient or of everybody",
)
async def list_appointments(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    patient: Annotated[UUID | None, QueryParameter(required=False)] = None,
    since: Annotated[
        datetime | None,
        QueryParameter(name="from", required=False, description="Left out: a week ago."),
    ] = None,
    until: Annotated[
        datetime | None,
        QueryParameter(name="to", required=False, description="Left out: 31 days after from."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> AppointmentList:
    """Return a page of visits; whose they are is recorded as looked at."""
    after, at = position_of(cursor, Position), parts.clock.now()
    begins = moment_of(since, "/from") or at - JUST_PAST
    ends = moment_of(until, "/to") or begins + USUAL_DAYS
    practices = visit.visible.practices
    if patient is not None:
        practices = (await find(parts.database, visit, "patient", patient),)
    keys = {practice: await parts.vault.keys(practice) for practice in practices}
    async with parts.database.work(practices) as work:
        rows = await store.page(
            work,
            keys,
            person=None if patient is None else PatientId(patient),
            since=begins,
            until=ends,
            after=after,
            most=limit + 1,
        )
        waiting: tuple[Kept, ...] = ()
        if patient is not None and cursor is None:
            waiting = await store.timeless(work, keys[practices[0]], PatientId(patient), USUAL)
        paged, last = cut(rows, limit)
        shown = (*waiting, *paged)
        names = await listed.names(work, {one.visit.patient_id for one in shown})
        late = await listed.late(work, [one.visit.id for one in shown])
        unreached = await listed.unreached(work, [one.visit.id for one in shown], at)
        closed = await shut(work, visit, {one.visit.patient_id for one in shown}, practices)
    for practice in practices:
        seen = sorted(
            {one.visit.patient_id for one in shown if one.visit.practice_id == practice} - closed
        )
        if seen:
            async with parts.database.work([practice], practice) as work:
                await audit.record_patients(
                    work,
                    practice,
                    at,
                    by=audit.By.staff(visit.staff_id),
                    action="patient.appointments",
                    patients=seen,
                )
    return AppointmentList(
        items=tuple(
            listed_visit(
                one,
                names[one.visit.patient_id],
                late=one.visit.id in late,
                unreached=one.visit.id in unreached,
                closed=one.visit.patient_id in closed,
            )
            for one in shown
        ),
        next=None if last is None else cursor_of(_position(last)),
    )


@get(
    "/appointments/{appointment_id:uuid}",
    opt=needs("visit.read"),
    operation_id="getAppointment",
    summary="Read a visit and its history",
)
async def get_appointment(
    appointment_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[AppointmentDetail]:
    """Return a visit; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        out = await _load(work, keys, AppointmentId(appointment_id))
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.appointment",
            patients=[out.patient_id],
        )
        return Made(out, version=out.version)

    return made(await in_turn(parts, act, practice), AppointmentDetail)


@post(
    "/appointments",
    opt=needs("visit.write"),
    operation_id="bookAppointment",
    summary="Write down a visit",
    status_code=HTTPStatus.CREATED,
)
async def post_appointment(
    request: Request[Any, Any, State],
    data: JSONBody[NewAppointmentIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[AppointmentDetail]:
    """Book, or propose, a visit; open work about a ride knows it from now on."""
    practice = await find(parts.database, visit, "patient", data.patient_id)
    keys, mine = await parts.vault.keys(practice), AppointmentId(chosen(data.id, parts.clock))
    time = read_span(data.starts_at, data.ends_at)
    if data.slot_id is not None:
        check_alone(data.starts_at, data.ends_at, data.place_id, data.status != "booked")

    async def act(work: Work) -> Made:
        if await survivor(work, practice, data.patient_id) != data.patient_id:
            raise MergedRecord
        await parts.turns.before_turn(work, practice, data.patient_id)
        if await store.one(work, keys, mine) is not None:
            raise IdTaken(_ID)
        new = NewVisit(
            id=mine,
            patient_id=data.patient_id,
            status=data.status,
            time=time,
            place_id=data.place_id,
            what=data.what.strip() or None,
        )
        zone = (await get_practice(work, practice)).time_zone
        by = Teller("staff", visit.staff_id)
        at = parts.clock.now()
        if data.slot_id is None:
            change = await keeping.book(work, keys, new, zone, by, at)
        else:
            change = (await slotting.book_new(work, keys, new, data.slot_id, by, at)).change
        await parts.turns.visit_changed(work, practice, change, visit.staff_id)
        out = await _load(work, keys, mine)
        return Made(out, HTTPStatus.CREATED, f"/v1/appointments/{mine}", out.version)

    return await once(request, parts, practice, AppointmentDetail, act)


@patch(
    "/appointments/{appointment_id:uuid}",
    opt=needs("visit.write"),
    operation_id="moveAppointment",
    summary="Give a visit another time or place",
)
async def patch_appointment(
    appointment_id: FromPath[UUID],
    data: JSONBody[AppointmentMoveIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[AppointmentDetail]:
    """Move a visit; a ride to it has failed, and the work about it is due before the new time."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys = await parts.vault.keys(practice)
    time = read_span(data.starts_at, data.ends_at)
    slot = data.slot_id
    if slot is not None:
        check_alone(data.starts_at, data.ends_at, data.place_id)
    elif time is None:
        raise NotATime(_START)

    async def change(work: Work, mine: AppointmentId, by: Teller) -> VisitChanged:
        if time is None:
            return await _choose(parts, work, keys, mine, slot, by, expects(if_match), data.note)
        return await keeping.move(
            work,
            keys,
            mine,
            time,
            data.place_id,
            by,
            parts.clock.now(),
            expects=expects(if_match),
            note=data.note,
        )

    act = _changing(parts, visit, keys, AppointmentId(appointment_id), change)
    answer = made(await in_turn(parts, act, practice), AppointmentDetail)
    parts.bell.ring("outbox")
    # It may have let go of a time that somebody waits for.
    parts.bell.ring("slot")
    return answer


@post(
    "/appointments/{appointment_id:uuid}/status",
    opt=needs("visit.write"),
    operation_id="concludeAppointment",
    summary="Record how a visit stands, or what became of it",
    status_code=HTTPStatus.OK,
)
async def post_status(
    request: Request[Any, Any, State],
    appointment_id: FromPath[UUID],
    data: JSONBody[AppointmentStatusIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[AppointmentDetail]:
    """Say that a visit is booked, was kept, missed or called off; rides to it go its way."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys = await parts.vault.keys(practice)

    async def change(work: Work, mine: AppointmentId, by: Teller) -> VisitChanged:
        return await keeping.conclude(
            work,
            keys,
            mine,
            data.status,
            data.reason,
            by,
            parts.clock.now(),
            expects=expects(if_match),
            note=data.note,
        )

    act = _changing(parts, visit, keys, AppointmentId(appointment_id), change)
    answer = await once(request, parts, practice, AppointmentDetail, act)
    parts.bell.ring("outbox")
    # It may have let go of a time that somebody waits for.
    parts.bell.ring("slot")
    return answer


_Change = Callable[[Work, AppointmentId, Teller], Awaitable[VisitChanged]]


def _changing(
    parts: Parts, visit: Visit, keys: PracticeKeys, mine: AppointmentId, change: _Change
) -> Callable[[Work], Awaitable[Made]]:
    """Return what changes a visit in a transaction, with all that follows from it."""

    async def act(work: Work) -> Made:
        known = await store.one(work, keys, mine)
        if known is None:
            raise NotFound
        # Lines and patients come before visits and rides.
        person = await survivor(work, keys.practice, known.visit.patient_id)
        await parts.turns.before_turn(work, keys.practice, person)
        changed = await change(work, mine, Teller("staff", visit.staff_id))
        await parts.turns.visit_changed(work, keys.practice, changed, visit.staff_id)
        out = await _load(work, keys, mine)
        return Made(out, version=out.version)

    return act


async def _choose(
    parts: Parts,
    work: Work,
    keys: PracticeKeys,
    mine: AppointmentId,
    slot: SlotId | None,
    by: Teller,
    version: Expects,
    note: str | None,
) -> VisitChanged:
    if slot is None:
        raise NotATime(_START)
    at = parts.clock.now()
    seated = await slotting.book_into(work, keys, mine, slot, by, at, expects=version, note=note)
    return seated.change


async def _load(work: Work, keys: PracticeKeys, mine: AppointmentId) -> AppointmentDetail:
    kept = await store.one(work, keys, mine)
    if kept is None:
        raise NotFound
    return appointment_detail(kept, await store.words(work, keys, mine))


def _position(last: Kept) -> Position:
    if last.visit.time is None:
        raise NotFound
    return Position(last.visit.time.starts_at, last.visit.id)
