"""What is known of a person, as the records that a family may read, in plain words' keys. (p).

Each record says to what it belongs and what of it is sensitive; who sees it is decided elsewhere.
What a visit is for, a risk that nobody asked help for, and what was declined are the person's own.
This room refuses a need of a kind that it does not know to everybody but them.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from engage.appointments.appointment import Answer, Appointment
from engage.appointments.appointment import Status as VisitStatus
from engage.appointments.place import Place
from engage.appointments.ride import Kind as RideKind
from engage.appointments.ride import Ride
from engage.appointments.ride import Status as RideStatus
from engage.family.documents import Document
from engage.family.errand import Errand, category_of
from engage.family.talk import Said
from engage.needs.need import Need
from engage.needs.need import Status as NeedStatus
from engage.people.sharing.grant import Category, Sensitive
from engage.people.sharing.shown import Field, Record

VisitWord: TypeAlias = Literal["proposed", "pending", "booked", "kept", "missed", "called-off"]
AnswerWord: TypeAlias = Literal["unanswered", "coming", "not-coming", "unsure"]
RideWord: TypeAlias = Literal["asked", "arranged", "done", "fell-through", "called-off"]
NeedWord: TypeAlias = Literal["found", "wanted", "in-progress", "delivered", "helped", "declined"]
CheckInWord: TypeAlias = Literal["waiting", "answered", "over"]

VISITS: Mapping[VisitStatus, VisitWord] = {
    "proposed": "proposed",
    "pending": "pending",
    "booked": "booked",
    "arrived": "booked",
    "checked-in": "booked",
    "fulfilled": "kept",
    "noshow": "missed",
    "cancelled": "called-off",
}
"""A place on a waiting list, and what was written by mistake, is no visit to a family."""
ANSWERS: Mapping[Answer, AnswerWord] = {
    "needs-action": "unanswered",
    "accepted": "coming",
    "declined": "not-coming",
    "tentative": "unsure",
}
RIDES: Mapping[RideStatus, RideWord] = {
    "requested": "asked",
    "arranged": "arranged",
    "under-way": "arranged",
    "completed": "done",
    "failed": "fell-through",
    "cancelled": "called-off",
}
NEEDS: Mapping[NeedStatus, NeedWord] = {
    "risk": "found",
    "wanted": "wanted",
    "in-progress": "in-progress",
    "completed": "delivered",
    "confirmed": "helped",
    "reopened": "wanted",
    "declined": "declined",
}
ORDINARY = frozenset(
    {
        *("food-insecurity", "transportation-insecurity", "housing-instability", "homelessness"),
        *("inadequate-housing", "utility-insecurity", "financial-insecurity"),
        *("social-connection", "employment-status", "personal-health-literacy"),
    }
)
SENSITIVE: Mapping[str, Sensitive] = {
    "intimate-partner-violence": "violence",
    "elder-abuse": "violence",
    "violence": "violence",
    "substance-use": "substance",
    "sexual-health": "sexual",
    "depression": "mental-health",
    "mental-health": "mental-health",
    "stress": "mental-health",
}

UNKNOWN: Final[Sensitive] = "mental-health"
"""What a check-in is of that asks more than the ordinary."""


def visit(one: Appointment, what: str | None, place: Place | None, at: datetime) -> Record | None:
    """Return the record of a visit; None for what is none to a family."""
    status = VISITS.get(one.status)
    if status is None or one.time is None:
        return None
    return Record(
        kind="visit",
        id=one.id,
        category="visits",
        fields={
            "id": one.id,
            "patient_id": one.patient_id,
            "starts_at": one.time.starts_at,
            "ends_at": one.time.ends_at,
            "zone": one.zone,
            "place": None if place is None else place.name,
            "address": None if place is None else place.address,
            "bring": None if place is None else place.bring or None,
            "status": status,
            "answer": ANSWERS[one.answer],
            "may_answer": status in {"booked", "pending"} and one.time.starts_at > at,
            "what": Field(what, own=True),
        },
    )


def category_of_ride(kind: RideKind) -> Category:
    """Return to what of a person's record a ride, or a box, belongs."""
    return "rides" if kind == "ride" else "needs"


def ride(one: Ride, driver: str | None) -> Record:
    """Return the record of a ride, or of a box that is brought: that belongs to the need."""
    return Record(
        kind="ride",
        id=one.id,
        category=category_of_ride(one.kind),
        fields={
            "id": one.id,
            "patient_id": one.patient_id,
            "kind": one.kind,
            # Without the right to see visits nobody learns that there is this one.
            "visit_id": Field(one.appointment_id, category="visits"),
            "direction": one.direction,
            "day": one.day,
            "zone": one.zone,
            "status": RIDES[one.status],
            "pickup_at": one.pickup_at,
            "return_at": one.return_at,
            "driver": driver,
        },
    )


def need(one: Need, title: str) -> Record:
    """Return the record of a need."""
    kind = SENSITIVE.get(one.domain)
    known = kind is not None or one.domain in ORDINARY
    return Record(
        kind="need",
        id=one.id,
        category="needs",
        sensitive=kind,
        own=not known or one.status in {"risk", "declined"},
        fields={
            "id": one.id,
            "patient_id": one.patient_id,
            "domain": one.domain,
            "title": title,
            "status": NEEDS[one.status],
            "changed_at": one.changed_at,
        },
    )


def check_in(
    one: UUID, patient: UUID, *, ordinary: bool, asked_at: datetime, status: str
) -> Record:
    """Return the record of a check-in: that it was asked, and how far it got."""
    words: Mapping[str, CheckInWord] = {"in-progress": "waiting", "completed": "answered"}
    return Record(
        kind="check-in",
        id=one,
        category="check-ins",
        sensitive=None if ordinary else UNKNOWN,
        fields={
            "id": one,
            "patient_id": patient,
            "asked_at": asked_at,
            "status": words.get(status, "over"),
        },
    )


def message(one: Said, patient: UUID) -> Record:
    """Return the record of a message between the one who asks and the team."""
    return Record(
        kind="message",
        id=one.id,
        category="messages",
        fields={
            "id": one.id,
            "patient_id": patient,
            "at": one.at,
            "from": "me" if one.mine else "team",
            "name": one.name,
            "body": one.body,
            "state": one.state,
        },
    )


def errand(one: Errand, known: Mapping[UUID, Any], here: AbstractSet[UUID]) -> Record:
    """Return the record of an errand.

    `known`: who is in the circle. `here`: who may act on it now; nobody else holds it, or is asked.
    Who did it is said as long as they are known.
    """
    holder = known.get(one.holder_id) if one.holder_id is not None else None
    if one.status == "claimed" and one.holder_id not in here:
        holder = None
    offered = None
    if one.offered_to is not None and one.offered_to in here:
        offered = known.get(one.offered_to)
    status = "open" if one.status == "claimed" and holder is None else one.status
    return Record(
        kind="task",
        id=one.id,
        category=category_of(one.kind),
        fields={
            "id": one.id,
            "patient_id": one.patient_id,
            "kind": one.kind,
            "title": one.title,
            "category": category_of(one.kind),
            "visit_id": Field(one.appointment_id, category="visits"),
            "due_on": one.due_on,
            "status": status,
            "holder": holder,
            "offered_to": offered,
            "made_by": known.get(one.made_by),
            "version": one.version,
        },
    )


def document(one: Document) -> Record:
    """Return the record of a document, without its content."""
    return Record(
        kind="document",
        id=one.id,
        category="documents",
        sensitive=one.sensitive,
        fields={
            "id": one.id,
            "patient_id": one.patient_id,
            "title": one.title,
            "about": one.about,
            "format": one.format,
            "bytes": one.bytes,
            "at": one.added_at,
        },
    )
