"""Who opened restricted records and why, what they read, and everybody who read one at all.

For who directs the work. Whose record it was is named by the rule of every list: to whom it is
closed, this does not open it. Nobody acknowledges themselves.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.item_values import StaffOut
from engage.api.items import PatientNameOut
from engage.api.once import Made, once
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, position_of
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.api.restricted import store
from engage.api.restricted.doorway import shut
from engage.audit import By
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.restriction import Entry, Opened, OwnOpening


class ReadUnderOut(Struct, frozen=True):
    """What was asked for while it was open, and how often."""

    operation: str
    times: Annotated[int, Meta(ge=1)]
    last_at: datetime


class OpeningOut(Struct, frozen=True, kw_only=True):
    """Somebody opened a restricted record with a reason."""

    practice_id: PracticeId
    id: UUID
    staff: StaffOut
    patient: PatientNameOut
    #: `crisis`: they took work that can't wait.
    reason: Opened
    words: str | None
    opened_at: datetime
    until: datetime
    #: When the first of those who are told was.
    told_at: datetime | None
    acknowledged_by: StaffOut | None
    acknowledged_at: datetime | None
    read: tuple[ReadUnderOut, ...]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"OpeningOut(id={self.id}, …)"


class OpeningList(Struct, frozen=True):
    """A page of openings, the newest first."""

    items: tuple[OpeningOut, ...]
    next: str | None


class RestrictedReadOut(Struct, frozen=True, kw_only=True):
    """Somebody asked for a restricted record."""

    practice_id: PracticeId
    id: UUID
    at: datetime
    staff: StaffOut
    patient: PatientNameOut
    #: What they asked, by its name in this description.
    operation: str
    #: By which way they came to it; `refused`: they did not.
    way: Entry
    #: The opening under which they read it.
    opening_id: UUID | None


class RestrictedReadList(Struct, frozen=True):
    """A page of reads, the newest first."""

    items: tuple[RestrictedReadOut, ...]
    next: str | None


class _Before(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    id: UUID


@get(
    "/practices/{practice_id:uuid}/openings",
    opt=needs("audit.read"),
    operation_id="listOpenings",
    summary="Who opened restricted records with a reason, why, and what they read",
)
async def list_openings(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> OpeningList:
    """Return a page of openings; that it was looked at is recorded."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    before = position_of(cursor, _Before)
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        rows = await store.openings(
            work, keys, store.LAST if before is None else before.id, limit + 1
        )
        page, last = cut(rows, limit)
        items = await _outward(work, visit, keys, tuple(page))
        await _looked(work, parts, visit, practice, "glass.list", [one.patient for one in items])
    return OpeningList(items, None if last is None else cursor_of(_Before(last.id)))


@get(
    "/practices/{practice_id:uuid}/restricted-reads",
    opt=needs("audit.read"),
    operation_id="listRestrictedReads",
    summary="Everybody who asked for a restricted record, and by which way",
)
async def list_reads(
    practice_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    patient: Annotated[UUID | None, QueryParameter(required=False)] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> RestrictedReadList:
    """Return a page of reads, refused ones among them."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    before, person = position_of(cursor, _Before), None if patient is None else PatientId(patient)
    async with parts.database.work([practice], practice) as work:
        rows = await store.reads(
            work, practice, person, store.LAST if before is None else before.id, limit + 1
        )
        page, last = cut(rows, limit)
        closed = await shut(work, visit, {PatientId(one.patient.id) for one in page}, [practice])
        items = tuple(
            RestrictedReadOut(
                practice_id=practice,
                id=one.id,
                at=one.at,
                staff=_staff(one.staff),
                patient=_patient(one.patient, closed),
                operation=one.operation,
                way=one.way,
                opening_id=one.glass_id,
            )
            for one in page
        )
        named = [one.patient for one in items]
        await _looked(work, parts, visit, practice, "restricted-read.list", named)
    return RestrictedReadList(items, None if last is None else cursor_of(_Before(last.id)))


@post(
    "/practices/{practice_id:uuid}/openings/{opening_id:uuid}/acknowledge",
    opt=needs("audit.read"),
    operation_id="acknowledgeOpening",
    summary="Say that you have seen who opened a restricted record",
    status_code=HTTPStatus.OK,
)
async def post_acknowledge(
    request: Request[Any, Any, State],
    practice_id: FromPath[UUID],
    opening_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[OpeningOut]:
    """Note it once; the first who does is who has seen it. Who opened it is refused."""
    practice = chosen_practice(visit, PracticeId(practice_id))
    keys, at = await parts.vault.keys(practice), parts.clock.now()

    async def act(work: Work) -> Made:
        found = await store.opening(work, keys, opening_id)
        if found is None:
            raise NotFound
        if found.staff.id == visit.staff_id:
            raise OwnOpening
        if await store.acknowledge(work, practice, opening_id, visit.staff_id, at):
            await audit.record(
                work,
                practice,
                at,
                actor="staff",
                actor_id=visit.staff_id,
                action="glass.acknowledge",
                subject="glass",
                subject_id=opening_id,
                patient_id=PatientId(found.patient.id),
            )
            await feed.add(work, practice, at, "glass", opening_id, PatientId(found.patient.id))
            found = await store.opening(work, keys, opening_id) or found
        (out,) = await _outward(work, visit, keys, (found,))
        return Made(out)

    return await once(request, parts, practice, OpeningOut, act)


async def _outward(
    work: Work, visit: Visit, keys: PracticeKeys, rows: tuple[store.OpeningSeen, ...]
) -> tuple[OpeningOut, ...]:
    practice, glasses = keys.practice, [one.id for one in rows]
    closed = await shut(work, visit, {PatientId(one.patient.id) for one in rows}, [practice])
    under = await store.read_under(work, practice, glasses)
    told: Mapping[UUID, datetime | None] = await store.told(work, practice, glasses)
    return tuple(
        OpeningOut(
            practice_id=practice,
            id=one.id,
            staff=_staff(one.staff),
            patient=_patient(one.patient, closed),
            reason=one.reason,
            words=one.words,
            opened_at=one.opened_at,
            until=one.until_at,
            told_at=told.get(one.id),
            acknowledged_by=None if one.acknowledged_by is None else _staff(one.acknowledged_by),
            acknowledged_at=one.acknowledged_at,
            read=tuple(
                ReadUnderOut(two.operation, two.times, two.last_at) for two in under.get(one.id, ())
            ),
        )
        for one in rows
    )


async def _looked(
    work: Work,
    parts: Parts,
    visit: Visit,
    practice: PracticeId,
    action: str,
    people: list[PatientNameOut],
) -> None:
    await audit.record_patients(
        work,
        practice,
        parts.clock.now(),
        by=By.staff(visit.staff_id),
        action=action,
        patients=sorted({one.id for one in people if not one.restricted}),
    )


def _staff(one: store.Person) -> StaffOut:
    return StaffOut(StaffId(one.id), one.given_name, one.family_name)


def _patient(one: store.Person, closed: frozenset[PatientId]) -> PatientNameOut:
    person = PatientId(one.id)
    if person in closed:
        return PatientNameOut(person, "", "", restricted=True)
    return PatientNameOut(person, one.given_name, one.family_name)
