"""Whom texts don't reach, in lists that say since when, why, and what to do next.

Whether a text may go out is decided where it always is; these lists only say whom that leaves out.
A patient whose record can't be read is named beside the list, and the list goes on.
"""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.items import PatientNameOut
from engage.api.pages import USUAL, Cursor, Limit, cursor_of, position_of
from engage.api.parts import Parts
from engage.api.restricted.doorway import shut
from engage.ids import PatientId, PracticeId
from engage.measures.reach import LISTS, ListName
from engage.measures.reaching import store
from engage.messaging.may_text import Barred
from engage.messaging.texts import Catalogue, render

_LANGUAGE = "en"
_MOST_ROUNDS = 20
"""So often one request looks further when a page is not full; the cursor says where to go on."""

_Words = Annotated[str, Meta(description="For staff, in plain words.")]


class UnreachedOut(Struct, frozen=True, kw_only=True):
    """Somebody whom texts don't reach."""

    practice_id: PracticeId
    patient: PatientNameOut
    list: ListName
    since: datetime
    reason: Annotated[
        Barred | None, Meta(description="What bars a text; null: it could go out, and is no use.")
    ]
    words: _Words
    next_step: _Words


class UnreadableOut(Struct, frozen=True, kw_only=True):
    """Somebody whose record can't be read."""

    practice_id: PracticeId
    patient: PatientNameOut
    next_step: _Words


class UnreachedList(Struct, frozen=True):
    """A page of a list, in no order that means anything. It may hold fewer than were asked for."""

    items: tuple[UnreachedOut, ...]
    unreadable: Annotated[
        tuple[UnreadableOut, ...],
        Meta(
            description="Who might be on it, and can't be read: one bad row silences nobody else."
        ),
    ]
    next: str | None


_Counted = Annotated[int, Meta(ge=0, le=store.MOST_COUNTED)]


class ReachabilityCounts(Struct, frozen=True, kw_only=True):
    """How many are on each list, each person on one; a count ends at 100, which means or more."""

    silent: _Counted
    never_delivered: _Counted
    opted_out: _Counted
    wrong_person: _Counted
    no_phone: _Counted
    doubtful: _Counted
    unreadable: _Counted


class _After(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    practice: PracticeId
    patient: PatientId


@get(
    "/reachability",
    opt=needs("patient.read"),
    operation_id="listUnreached",
    summary="Whom texts don't reach: why, since when, and what to do next",
)
async def list_unreached(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    on: Annotated[
        ListName,
        QueryParameter(
            name="list",
            description="silent: texts arrive, nobody answers; never-delivered; opted-out: the "
            "phone sent STOP or the person declined; wrong-person: the phone was somebody else's; "
            "no-phone; doubtful: texts failed on three days.",
        ),
    ],
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> UnreachedList:
    """Return a page of one list in all practices of the caller; who is on it is recorded."""
    asked = position_of(cursor, _After)
    items: list[UnreachedOut] = []
    unreadable: list[UnreadableOut] = []
    at = parts.clock.now()
    place = _first(visit.practices) if asked is None else asked
    async with parts.database.work(visit.practices) as work:
        for _ in range(_MOST_ROUNDS):
            # A practice one no longer works in is passed over like one that is read to its end.
            if place is None or len(items) >= limit:
                break
            page = store.NOBODY
            if place.practice in visit.practices:
                room = limit - len(items)
                page = await store.page(work, place.practice, on, place.patient, room)
            people = [_row(one, place.practice, parts.catalogue) for one in page.people]
            unread = [_unread(one, place.practice, parts.catalogue) for one in page.unreadable]
            # To stand on a list says why: who is closed to the caller stands on none.
            closed = await shut(work, visit, {one.patient.id for one in (*people, *unread)})
            items += [one for one in people if one.patient.id not in closed]
            unreadable += [one for one in unread if one.patient.id not in closed]
            place = (
                _first(tuple(one for one in visit.practices if one > place.practice))
                if page.next is None
                else _After(place.practice, page.next)
            )
        for practice in visit.practices:
            seen = (one for one in (*items, *unreadable) if one.practice_id == practice)
            await work.enter(visit.practices, practice)
            await audit.record_patients(
                work,
                practice,
                at,
                by=audit.By.staff(visit.staff_id),
                action="reachability.list",
                patients=list(dict.fromkeys(one.patient.id for one in seen)),
            )
    return UnreachedList(
        items=tuple(items),
        unreadable=tuple(unreadable),
        next=None if place is None else cursor_of(place),
    )


@get(
    "/reachability/counts",
    opt=needs("patient.read"),
    operation_id="countUnreached",
    summary="How many people texts don't reach, by list",
)
async def count_unreached(
    visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> ReachabilityCounts:
    """Count each list in all practices of the caller; it names nobody."""
    total: dict[str, int] = dict.fromkeys((*LISTS, "unreadable"), 0)
    async with parts.database.work(visit.practices) as work:
        for practice in visit.practices:
            counted, unreadable = await store.counts(work, practice)
            for name, many in {**counted, "unreadable": unreadable}.items():
                total[name] = min(total[name] + many, store.MOST_COUNTED)
    return ReachabilityCounts(**{name.replace("-", "_"): many for name, many in total.items()})


def _first(practices: tuple[PracticeId, ...]) -> _After | None:
    return _After(practices[0], store.FIRST) if practices else None


def _row(one: store.Person, practice: PracticeId, catalogue: Catalogue) -> UnreachedOut:
    found = one.found
    why = f"why.{found.on}" if found.reason is None else found.reason
    return UnreachedOut(
        practice_id=practice,
        patient=_name(one),
        list=found.on,
        since=found.since,
        reason=found.reason,
        words=_say(catalogue, why),
        next_step=_say(catalogue, f"next.{found.on}"),
    )


def _unread(one: store.Named, practice: PracticeId, catalogue: Catalogue) -> UnreadableOut:
    return UnreadableOut(
        practice_id=practice, patient=_name(one), next_step=_say(catalogue, "next.unreadable")
    )


def _name(one: store.Named) -> PatientNameOut:
    return PatientNameOut(one.patient_id, one.given_name, one.family_name)


def _say(catalogue: Catalogue, text: str) -> str:
    return render(catalogue, f"texting.{text}", _LANGUAGE, {})
