"""The board: pages of open work, and how much there is in each view.

A page shows how the text begins that the work is about, so reading one is recorded like reading the
patients on it. Counts name nobody, and are a request of their own: a page never waits for them.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.items import ItemOut, fields_of
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, cut, filled, position_of
from engage.api.parts import Parts
from engage.api.restricted.doorway import shut
from engage.audit import By
from engage.conversation.severity import Severity
from engage.ids import PatientId, StaffId
from engage.queue.board import store as board
from engage.queue.board.store import Position, View, Wanted


class ItemList(Struct, frozen=True):
    """A page of open work: the most severe first, then the soonest due."""

    items: tuple[ItemOut, ...]
    next: str | None


Counted = Annotated[int, Meta(ge=0, le=board.MOST_COUNTED)]


class QueueCounts(Struct, frozen=True, kw_only=True, rename="kebab"):
    """How much there is in each view; a count ends at 100, which means 100 or more."""

    mine: Counted
    team: Counted
    crises: Counted
    unclaimed: Counted
    snoozed: Counted
    waiting_on_patient: Counted
    silent: Counted
    done_today: Counted
    all: Counted


@get(
    "/queue",
    opt=needs("queue.read"),
    operation_id="listQueue",
    summary="Open work, the most severe and the soonest due first",
)
async def list_queue(  # noqa: PLR0913, PLR0917 - its query parameters
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    view: Annotated[
        View,
        QueryParameter(
            description="mine: I own it; team: about patients I care for; crises; "
            "unclaimed: nobody has taken it yet; snoozed: it rests; waiting-on-patient: a person "
            "answered and they have not; silent: they answer nothing; done-today: closed by a "
            "person since the practice's midnight; all: everything open. What is snoozed stands "
            "only in snoozed and all."
        ),
    ] = "all",
    owner: Annotated[UUID | None, QueryParameter(required=False)] = None,
    severity: Annotated[Severity | None, QueryParameter(required=False)] = None,
    patient: Annotated[UUID | None, QueryParameter(required=False)] = None,
    subject: Annotated[
        str | None,
        QueryParameter(required=False, max_length=80, description="discharge-call, crisis…"),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> ItemList:
    """Return a page of open work in all practices of the caller."""
    after, at = position_of(cursor, Position), parts.clock.now()
    wanted = Wanted(
        view=view,
        reader=visit.staff_id,
        owner=None if owner is None else StaffId(owner),
        severity=severity,
        patient=None if patient is None else PatientId(patient),
        subject=subject,
    )
    keys = {practice: await parts.vault.keys(practice) for practice in visit.practices}
    # Whoever works in one practice writes down there what they read: no second scope is entered.
    sole = visit.practices[0] if len(visit.practices) == 1 else None
    async with parts.database.work(visit.practices, sole) as work:

        async def rows(place: board.Line | None) -> Sequence[board.Line]:
            start = after if place is None else board.position(place.item)
            return await board.page(work, visit.visible, wanted, start, limit + 1, at, keys)

        async def open_of(some: Sequence[board.Line]) -> Sequence[board.Line]:
            shut_here = await shut(work, visit, {one.item.patient_id for one in some})
            return [one for one in some if one.item.patient_id not in shut_here]

        # What it is about is not said of who is closed, so it is not answered either.
        narrowed = subject is not None or view == "silent"
        found = await filled(rows, open_of, limit) if narrowed else await rows(None)
        shown, last = cut(found, limit)
        closed = await shut(work, visit, {one.item.patient_id for one in shown if not narrowed})
        for practice in visit.practices:
            seen = {one.item.patient_id for one in shown if one.item.practice_id == practice}
            seen -= closed
            if practice != sole:
                await work.enter(visit.practices, practice)
            await audit.record_patients(
                work,
                practice,
                at,
                by=By.staff(visit.staff_id),
                action="queue.list",
                patients=[patient for patient in seen if patient is not None],
            )
    return ItemList(
        items=tuple(ItemOut(**fields_of(one.item, one.excerpt, one.here, closed)) for one in shown),
        next=None if last is None else cursor_of(board.position(last.item)),
    )


@get(
    "/queue/counts",
    opt=needs("queue.read"),
    operation_id="countQueue",
    summary="How much open work there is in each view",
)
async def count_queue(visit: NamedDependency[Visit], parts: NamedDependency[Parts]) -> QueueCounts:
    """Count the open work of each view in all practices of the caller; it names nobody."""
    async with parts.database.work(visit.practices) as work:
        counts = await board.counts(work, visit.visible, visit.staff_id, parts.clock.now())
    return msgspec.convert(counts, QueueCounts)
