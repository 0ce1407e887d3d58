"""The waiting list: who would come sooner, or at all, if a time becomes free; outward."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.api.restricted.doorway import Restricted, shut
from engage.appointments import offering
from engage.appointments import store as visits
from engage.appointments.listed import store as listed
from engage.appointments.waiters import store
from engage.appointments.waiting import Waiting, WaitingStatus
from engage.appointments.words import Teller
from engage.db.session import Work
from engage.ids import AppointmentId, PatientId, PracticeId, ScheduleId, WaitingId
from engage.people.merging.store import survivor
from engage.people.store import MergedRecord

_ID = "/id"
_NOT_THEIRS = FieldError("/appointment_id", "not-theirs", "Must be a visit of this patient.")


class NewWaitingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to put on the list."""

    patient_id: PatientId
    schedule_id: ScheduleId
    appointment_id: Annotated[
        AppointmentId | None,
        Meta(description="The visit that they have and would like earlier; null: they have none."),
    ] = None
    from_day: date
    until_day: Annotated[date, Meta(description="The last day that they would come.")]
    id: Own[WaitingId | None] = None


class WaitingOut(Struct, frozen=True, kw_only=True):
    """Somebody who waits."""

    practice_id: PracticeId
    id: WaitingId
    patient_id: PatientId
    schedule_id: ScheduleId
    appointment_id: AppointmentId | None
    from_day: date
    until_day: date
    status: WaitingStatus
    since: datetime
    version: Annotated[int, Meta(ge=1)]


class ListedWaitingOut(WaitingOut, frozen=True, kw_only=True):
    """Somebody who waits, by name."""

    given_name: str
    family_name: str
    restricted: Restricted = False

    def __repr__(self) -> str:
        """Hide the names."""
        return f"ListedWaitingOut(id={self.id}, status={self.status!r}, …)"


class WaitingList(Struct, frozen=True):
    """A page of who waits, in the order in which they came."""

    items: tuple[ListedWaitingOut, ...]
    next: str | None


class WaitingPosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page of the list ends."""

    id: WaitingId


@get(
    "/waiting",
    opt=needs("visit.read"),
    operation_id="listWaiting",
    summary="Who waits for a free time",
)
async def list_waiting(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    patient: Annotated[UUID | None, QueryParameter(required=False)] = None,
    schedule: Annotated[UUID | None, QueryParameter(required=False)] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> WaitingList:
    """Return a page of who waits; whom it names is recorded as looked at."""
    after = position_of(cursor, WaitingPosition)
    practices = visit.visible.practices
    if patient is not None:
        practices = (await find(parts.database, visit, "patient", patient),)
    if schedule is not None:
        within = await find(parts.database, visit, "schedule", schedule)
        practices = tuple(one for one in practices if one == within)
    rows: tuple[Waiting, ...] = ()
    names: dict[PatientId, tuple[str, str]] = {}
    closed = frozenset[PatientId]()
    if practices:
        async with parts.database.work(practices) as work:
            rows = await store.page(
                work,
                practices,
                person=None if patient is None else PatientId(patient),
                where=None if schedule is None else ScheduleId(schedule),
                after=after and after.id,
                most=limit + 1,
            )
            people = {one.patient_id for one in rows[:limit]}
            names = await listed.names(work, people)
            closed = await shut(work, visit, people, practices)
            names |= dict.fromkeys(closed, ("", ""))
    shown, last = cut(rows, limit)
    for practice in practices:
        seen = sorted({one.patient_id for one in shown if one.practice_id == practice} - closed)
        if seen:
            async with parts.database.work([practice], practice) as work:
                await audit.record_patients(
                    work,
                    practice,
                    parts.clock.now(),
                    by=audit.By.staff(visit.staff_id),
                    action="patient.waiting",
                    patients=seen,
                )
    return WaitingList(
        items=tuple(
            _listed(one, *names[one.patient_id], closed=one.patient_id in closed) for one in shown
        ),
        next=None if last is None else cursor_of(WaitingPosition(last.id)),
    )


@post(
    "/waiting",
    opt=needs("visit.write"),
    operation_id="joinWaiting",
    summary="Put somebody on the waiting list",
    status_code=HTTPStatus.CREATED,
)
async def post_waiting(
    request: Request[Any, Any, State],
    data: JSONBody[NewWaitingIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[WaitingOut]:
    """Let somebody wait for a time of a schedule; what is free there is offered at once."""
    practice = await find(parts.database, visit, "patient", data.patient_id)
    keys, mine = await parts.vault.keys(practice), WaitingId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        if await survivor(work, practice, data.patient_id) != data.patient_id:
            raise MergedRecord
        await parts.turns.before_turn(work, practice, data.patient_id)
        if await store.one_of(work, practice, mine) is not None:
            raise IdTaken(_ID)
        if data.appointment_id is not None:
            known = await visits.one(work, keys, data.appointment_id)
            whose = known and await survivor(work, practice, known.visit.patient_id)
            if whose != data.patient_id:
                raise Unprocessable(_NOT_THEIRS)
        at = parts.clock.now()
        new = Waiting(
            practice_id=practice,
            id=mine,
            patient_id=data.patient_id,
            appointment_id=data.appointment_id,
            schedule_id=data.schedule_id,
            from_day=data.from_day,
            until_day=data.until_day,
            since=at,
            changed_at=at,
        )
        await offering.join(work, practice, new, Teller("staff", visit.staff_id))
        return Made(_outward(new), HTTPStatus.CREATED, f"/v1/waiting/{mine}", new.version)

    answer = await once(request, parts, practice, WaitingOut, act)
    parts.bell.ring("slot")
    return answer


@delete(
    "/waiting/{waiting_id:uuid}",
    opt=needs("visit.write"),
    operation_id="leaveWaiting",
    summary="Take somebody off the waiting list",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_waiting(
    waiting_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> None:
    """Let somebody wait no more; what they were offered and answer now, they do not get."""
    practice = await find(parts.database, visit, "waiting", waiting_id)

    async def act(work: Work) -> Made:
        by = Teller("staff", visit.staff_id)
        await offering.leave(work, practice, WaitingId(waiting_id), by, parts.clock.now())
        return Made(None)

    await in_turn(parts, act, practice)


def _outward(one: Waiting) -> WaitingOut:
    return WaitingOut(**_fields(one))


def _listed(one: Waiting, given_name: str, family_name: str, *, closed: bool) -> ListedWaitingOut:
    return ListedWaitingOut(
        **_fields(one), given_name=given_name, family_name=family_name, restricted=closed
    )


def _fields(one: Waiting) -> dict[str, Any]:
    return {
        "practice_id": one.practice_id,
        "id": one.id,
        "patient_id": one.patient_id,
        "schedule_id": one.schedule_id,
        "appointment_id": one.appointment_id,
        "from_day": one.from_day,
        "until_day": one.until_day,
        "status": one.status,
        "since": one.since,
        "version": one.version,
    }
