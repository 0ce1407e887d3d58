"""Visits in calendars: one as a file for staff to hand out, and a person's own feed.

The feed's address is a secret of the person: shown once, kept as a hash, revoked at any time. One
that is wrong, revoked or never was answers the same. What is in it names nobody and not what a
visit is for. This room refuses to write the address anywhere.
"""

import hashlib
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import ANYBODY, fresh, needs
from engage.api.once import Made, in_turn, once
from engage.api.page_pace import PagePaces
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import AskedTooOften
from engage.appointments import links, store
from engage.appointments.appointment import Appointment
from engage.appointments.ical import AHEAD, BACK, Entry, feed, visit_file
from engage.appointments.place import Place
from engage.appointments.places import store as places
from engage.appointments.store import Kept
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId
from engage.people.merging.store import survivor
from engage.people.store import MergedRecord, get_patient

MOST_VISITS: Final = 500
"""The most visits that a feed holds."""
_KIND: Final = "calendar"
_CALENDAR: Final = "text/calendar"
_FILE: Final = 'attachment; filename="visit.ics"'


class CalendarOut(Struct, frozen=True, kw_only=True):
    """A person's calendar, to be subscribed to; its address is shown once."""

    patient_id: PatientId
    address: str

    def __repr__(self) -> str:
        """Hide the address."""
        return f"CalendarOut(patient_id={self.patient_id}, address=…)"


@get(
    "/appointments/{appointment_id:uuid}/file.ics",
    opt=needs("visit.read"),
    operation_id="getCalendarFile",
    summary="A visit as a calendar file",
    media_type=_CALENDAR,
)
async def get_file(
    appointment_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[bytes]:
    """Return the file, in the patient's language; that it was looked at is recorded."""
    practice = await find(parts.database, visit, "appointment", appointment_id)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        kept = await store.one(work, keys, AppointmentId(appointment_id))
        if kept is None:
            raise NotFound
        person = await survivor(work, practice, kept.visit.patient_id)
        language = (await get_patient(work, keys, person)).language
        (entry,) = await _entries(work, keys, [kept.visit])
        file = visit_file(entry, language, _host(parts))
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.appointment",
            patients=[person],
        )
    headers = {"Content-Disposition": _FILE}
    return Response(content=file, media_type=_CALENDAR, headers=headers)


@post(
    "/patients/{patient_id:uuid}/calendar",
    opt=fresh(needs("visit.write")),
    operation_id="makeCalendar",
    summary="Make the secret address of a person's calendar",
    status_code=HTTPStatus.CREATED,
)
async def post_calendar(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[CalendarOut]:
    """Revoke the addresses there are, and return the one that holds from now on."""
    practice = await find(parts.database, visit, "patient", patient_id)
    mine = PatientId(patient_id)

    async def act(work: Work) -> Made:
        if await survivor(work, practice, mine) != mine:
            raise MergedRecord
        at = parts.clock.now()
        await links.close_calendars(work, practice, mine, at)
        token = await links.make(work, parts.vault, _KIND, practice, mine, at)
        await _recorded(work, parts, practice, visit, mine, "calendar.make")
        address = links.calendar_address(parts.settings.public_url, token)
        return Made(CalendarOut(patient_id=mine, address=address), HTTPStatus.CREATED)

    return await once(request, parts, practice, CalendarOut, act)


@delete(
    "/patients/{patient_id:uuid}/calendar",
    opt=needs("visit.write"),
    operation_id="revokeCalendar",
    summary="Close every address of a person's calendar",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_calendar(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> None:
    """Close the addresses; where there is none nothing happens."""
    practice = await find(parts.database, visit, "patient", patient_id)
    mine = PatientId(patient_id)

    async def act(work: Work) -> None:
        await links.close_calendars(work, practice, mine, parts.clock.now())
        await _recorded(work, parts, practice, visit, mine, "calendar.revoke")

    await in_turn(parts, act, practice)


@get(
    "/calendars/{secret:str}/file.ics",
    opt=ANYBODY,
    operation_id="readCalendar",
    summary="A person's visits, for whoever has the secret address",
    media_type=_CALENDAR,
)
async def read_calendar(
    request: Request[Any, Any, State],
    secret: FromPath[str],
    parts: NamedDependency[Parts],
    page_paces: NamedDependency[PagePaces],
) -> Response[bytes]:
    """Return the visits of the last 60 days and of the year ahead; 304 if nothing has changed.

    Of who died or left it is empty: a family's phones take the entries away by themselves.
    """
    at = parts.clock.now()
    if page_paces.refuses(secret, at):
        raise AskedTooOften
    linked = await _follow(parts, secret)
    if linked is None:
        raise AskedTooOften if page_paces.missed(request, at) else NotFound
    keys = await parts.vault.keys(linked.practice_id)
    async with parts.database.work([linked.practice_id]) as work:
        person = await survivor(work, linked.practice_id, PatientId(linked.subject_id))
        whose = await get_patient(work, keys, person)
        language = whose.language
        kept: tuple[Kept, ...] = ()
        if whose.status == "active":
            kept = await store.page(
                work,
                {keys.practice: keys},
                person=person,
                since=at - BACK,
                until=at + AHEAD,
                after=None,
                most=MOST_VISITS,
            )
        entries = await _entries(work, keys, [one.visit for one in kept])
    file = feed(entries, language, _host(parts))
    headers = {
        "ETag": f'"{hashlib.sha256(file).hexdigest()[:32]}"',
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(content=b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content=file, media_type=_CALENDAR, headers=headers)


async def _follow(parts: Parts, secret: str) -> links.Linked | None:
    if not 1 <= len(secret) <= links.LONGEST_TOKEN:
        return None
    hashes = parts.vault.master.credential_hashes(_KIND, secret)
    async with parts.database.work() as work:
        linked = await links.follow(work, _KIND, hashes, parts.clock.now())
    return linked if linked is not None and linked.usable else None


async def _entries(work: Work, keys: PracticeKeys, visits: list[Appointment]) -> list[Entry]:
    known: dict[PlaceId, Place | None] = {}
    for one in visits:
        if one.place_id is not None and one.place_id not in known:
            known[one.place_id] = await places.one_of(work, keys, one.place_id)
    return [Entry(one, None if one.place_id is None else known.get(one.place_id)) for one in visits]


async def _recorded(
    work: Work, parts: Parts, practice: PracticeId, visit: Visit, person: PatientId, action: str
) -> None:
    await audit.record(
        work,
        practice,
        parts.clock.now(),
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="patient",
        subject_id=person,
        patient_id=person,
    )


def _host(parts: Parts) -> str:
    return urlsplit(parts.settings.public_url).hostname or "engage"
