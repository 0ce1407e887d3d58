"""One person's record, as somebody of their family may read it at this moment.

Loads what the scope could show and hands all of it to `shown`; whatever reads a record reads it
from here. Each kind is cut by itself and of what may be seen, so that nothing hidden pushes
out what is shown. This room refuses to return a record that did not pass.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct

from engage.appointments import store as visits
from engage.appointments.place import Place
from engage.appointments.places import store as places
from engage.appointments.ride import KINDS
from engage.appointments.rides import store as rides
from engage.appointments.rides.store import RideKept
from engage.checkins.script import PROXY
from engage.checkins.script import load_all as check_in_scripts
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.family import facts, store
from engage.family.documents import store as documents
from engage.family.errand import KINDS as ERRANDS
from engage.family.errand import Kind as ErrandKind
from engage.family.errand import category_of
from engage.ids import PatientId, PlaceId
from engage.needs import codes
from engage.needs.episodes import store as episodes
from engage.people.sharing.circles import InCircle, Member, members
from engage.people.sharing.grant import CATEGORIES, SENSITIVE, Category, Sensitive
from engage.people.sharing.shown import Record, Shown, all_shown

BACK, AHEAD = timedelta(days=30), timedelta(days=366)
MOST_VISITS, MOST_RIDES, MOST_ERRANDS, MOST_CHECK_INS, MOST_MESSAGES = 500, 200, 500, 30, 200

MOST_DOCUMENTS = 200

Seen = tuple[tuple[Record, Shown], ...]


class Reader(Struct, frozen=True):
    """Who reads, and what of whom they may."""

    id: UUID
    about: InCircle

    @property
    def patient_id(self) -> PatientId:
        """Whom they read about."""
        return self.about.patient.id


async def read(
    work: Work,
    keys: PracticeKeys,
    reader: Reader,
    at: datetime,
    *wanted: Category,
) -> Seen:
    """Return what somebody may read of a person: of these categories, or of all."""
    scope, found = reader.about.scope, list[Record]()
    about: list[Category] = [one for one in wanted or CATEGORIES if scope.may(one)]
    if "visits" in about:
        found += await _visits(work, keys, reader.patient_id, at)
    found += await _rides(work, keys, reader.patient_id, about)
    if "needs" in about:
        table = codes.load()
        for seen in await episodes.of_patient(work, keys.practice, reader.patient_id):
            found.append(facts.need(seen.need, table.title(seen.need.domain)))
    if "check-ins" in about:
        found += await _check_ins(work, keys, reader)
    if "messages" in about:
        said = await store.messages(
            work, keys, reader.patient_id, reader.id, own=scope.own, most=MOST_MESSAGES
        )
        found += [facts.message(one, reader.patient_id) for one in said]
    if "documents" in about:
        named: list[Sensitive] = [kind for kind in SENSITIVE if scope.sees("documents", kind)]
        kept = await documents.of_patient(
            work, keys, reader.patient_id, MOST_DOCUMENTS, sensitive=named
        )
        found += [facts.document(one) for one in kept]
    found += await _errands(work, keys, reader, at, about)
    return all_shown(scope, (one for one in found if one.category in about))


def of_kind(seen: Seen, kind: str) -> tuple[Shown, ...]:
    """Return the fields of the records of one kind, in their order."""
    return tuple(fields for record, fields in seen if record.kind == kind)


def known_by(found: tuple[Member, ...], me: UUID) -> dict[UUID, dict[str, Any]]:
    """Return the people of a circle as errands name them."""
    return {
        one.id: {"id": one.id, "given_name": one.given_name, "me": one.id == me} for one in found
    }


def acting(found: tuple[Member, ...], category: Category) -> frozenset[UUID]:
    """Return who of a circle may act on what belongs to a category."""
    return frozenset(one.id for one in found if one.scope.may(category, "act"))


async def _visits(work: Work, keys: PracticeKeys, person: PatientId, at: datetime) -> list[Record]:
    kept = await visits.page(
        work,
        {keys.practice: keys},
        person=person,
        since=at - BACK,
        until=at + AHEAD,
        after=None,
        most=MOST_VISITS,
    )
    known: dict[PlaceId, Place | None] = {}
    for place in {one.visit.place_id for one in kept}:
        if place is not None:
            known[place] = await places.one_of(work, keys, place)
    made = (
        facts.visit(
            one.visit,
            one.what,
            None if one.visit.place_id is None else known.get(one.visit.place_id),
            at,
        )
        for one in kept
    )
    return [one for one in made if one is not None]


async def _rides(
    work: Work, keys: PracticeKeys, person: PatientId, about: Sequence[Category]
) -> list[Record]:
    found: list[RideKept] = []
    for kind in KINDS:
        if facts.category_of_ride(kind) in about:
            found += await rides.of_patient(work, keys, person, None, MOST_RIDES, kinds=[kind])
    found.sort(key=lambda one: one.ride.id, reverse=True)
    return [facts.ride(one.ride, one.words.broker) for one in found]


async def _check_ins(work: Work, keys: PracticeKeys, reader: Reader) -> list[Record]:
    person = reader.patient_id
    whatever = reader.about.scope.sees("check-ins", facts.UNKNOWN)
    ordinary = [f"{one}{end}" for one in sorted(_ordinary()) for end in ("", PROXY)]
    asked = await store.check_ins(
        work, keys.practice, person, MOST_CHECK_INS, instruments=None if whatever else ordinary
    )
    return [
        facts.check_in(
            one.id, person, ordinary=is_ordinary(one.instrument), asked_at=one.at, status=one.status
        )
        for one in asked
    ]


async def _errands(
    work: Work,
    keys: PracticeKeys,
    reader: Reader,
    at: datetime,
    about: Sequence[Category],
) -> list[Record]:
    kinds: list[ErrandKind] = [kind for kind in ERRANDS if category_of(kind) in about]
    kept = await store.errands(work, keys, reader.patient_id, kinds, MOST_ERRANDS)
    if not kept:
        return []
    circle = await members(work, keys, reader.about.patient, at)
    known = known_by(circle, reader.id)
    return [facts.errand(one, known, acting(circle, category_of(one.kind))) for one in kept]


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(check_in_scripts())


def is_ordinary(instrument: str) -> bool:
    """Say whether a check-in is one of those that ask nothing sensitive; what we don't know is."""
    return instrument.removesuffix(PROXY) in _ordinary()
