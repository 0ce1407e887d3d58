"""Visits, free times and talks about them as values, for transcripts: no database. (p).

It answers what a decision wants to know, as the shell does, and keeps what the decision did. This
room refuses to decide.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engage.appointments.appointment import Appointment, Span
from engage.appointments.slot import Slot, SlotGone, Wish, choose, free, hold, take
from engage.conversation.events import Started
from engage.conversation.transcript_format import Befell, TranscriptInvalid
from engage.errors import EngageError
from engage.ids import AppointmentId, ConversationId, PatientId, PracticeId, ScheduleId, SlotId
from engage.turns.context import Turn, TurnContext
from engage.turns.decision import Decision
from engage.turns.talks import (
    Ahead,
    AheadSeen,
    Answered,
    Book,
    Held,
    Known,
    LetGo,
    Meet,
    MissedBecause,
    Open,
    Openings,
    Passed,
    TakeOffer,
    Tried,
    Try,
    VisitTalk,
    Want,
    WorkNamed,
    in_order,
    starts,
)

VISIT_VERBS = ("reminded", "missed", "offered", "taken", "moved")
"""! reminded, ! missed, ! offered, ! taken 1 (by somebody else), ! moved (called off)."""

LENGTH = timedelta(minutes=30)


class VisitWorld:
    """The visits and free times of one transcript."""

    def __init__(self, practice: PracticeId, zone: str) -> None:
        """Begin with none."""
        self._practice = practice
        self._zone = zone
        self._visits: dict[AppointmentId, Appointment] = {}
        self._slots: dict[SlotId, Slot] = {}
        self._talks: dict[ConversationId, VisitTalk] = {}
        self._ridden: set[AppointmentId] = set()
        self._told: list[str] = []

    @property
    def all(self) -> tuple[Appointment, ...]:
        """Every visit."""
        return tuple(self._visits.values())

    @property
    def free(self) -> tuple[Slot, ...]:
        """Every time of the book."""
        return tuple(self._slots.values())

    def book(self, own: AppointmentId, patient: PatientId, at: datetime, now: datetime) -> None:
        """Book a visit, half an hour long."""
        self._visits[own] = Appointment(
            practice_id=self._practice,
            id=own,
            patient_id=patient,
            place_id=None,
            status="booked",
            time=Span(at, at + LENGTH),
            zone=self._zone,
            reason=None,
            changed_at=now,
        )

    def open(self, own: SlotId, at: datetime) -> None:
        """Add a free time; the visits are then ones of its book."""
        book = ScheduleId(self._practice)
        self._slots[own] = Slot(
            practice_id=self._practice,
            id=own,
            schedule_id=book,
            starts_at=at,
            ends_at=at + LENGTH,
            status="free",
        )
        self._visits = {key: replace(one, schedule_id=book) for key, one in self._visits.items()}

    def known(self, context: TurnContext) -> Known:
        """Return what conversations of a line are about."""
        live = {seen.id for seen in context.conversations}
        talks = tuple(self._now(one) for key, one in self._talks.items() if key in live)
        return Known(talks=talks, settled=tuple(self._ridden))

    def look(self, known: Known, wants: Iterable[Want], now: datetime) -> Known:
        """Answer what a decision wants to know."""
        for want in wants:
            match want:
                case Ahead(patient):
                    own = in_order(one for one in self.all if one.patient_id == patient)
                    known = replace(known, ahead=(*known.ahead, AheadSeen(patient, own)))
                case Openings():
                    opened = Open(want, self._open_for(want, now))
                    known = replace(known, openings=(*known.openings, opened))
                case Book() | TakeOffer():
                    known = replace(known, tried=(*known.tried, self._try(want, now)))
                case _:
                    assert_never(want)
        return known

    def keep(self, decision: Decision) -> None:
        """Keep what a decision did."""
        for talk in decision.talks:
            self._talks[talk.conversation_id] = talk
            if talk.kind == "ride":
                self._ridden |= {one.id for one in talk.visits}
        for act in decision.visits:
            match act:
                case Answered(visit_id, answer):
                    self._visits[visit_id] = replace(self._visits[visit_id], answer=answer)
                    self._tell(answer, self._visits[visit_id])
                case Held(patient, slots):
                    for own in slots:
                        self._slots[own] = hold(self._slots[own], patient, decision.at)
                case LetGo(_, slots):
                    for own in slots:
                        if self._slots[own].status == "busy-tentative":
                            self._slots[own] = free(self._slots[own])
                case MissedBecause(visit_id, reason):
                    self._visits[visit_id] = replace(self._visits[visit_id], reason=reason)
                    self._told.append(f"* visit   missed because {reason}")
                case Passed() | WorkNamed():
                    pass
                case _:
                    assert_never(act)

    def told(self) -> Iterator[str]:
        """Yield what became of visits since it was asked last, spelled."""
        yield from self._told
        self._told.clear()

    def turn(
        self, line: Befell, cause: ConversationId, now: datetime, patient: PatientId
    ) -> Turn | None:
        """Return the turn of what befell a visit; None if nobody is asked."""
        own = [one for one in in_order(self.all) if one.patient_id == patient]
        ahead = [one for one in own if one.is_ahead(now)]
        meet: Meet | None = None
        match line.verb:
            case "reminded" if ahead:
                day = tuple(one for one in ahead if one.day == ahead[0].day)
                meet = Meet(kind="remind", zone=self._zone, visits=day)
            case "offered" if self._first_open(now) is not None:
                slot = self._first_open(now)
                meet = Meet(
                    kind="offer",
                    zone=self._zone,
                    visits=tuple(ahead[:1]),
                    slots=(slot,) if slot else (),
                )
            case "missed" if own:
                gone = replace(own[0], status="noshow")
                self._visits[gone.id] = gone
                meet = Meet(kind="missed", zone=self._zone, visits=(gone,))
            case "taken" if line.rest.isdecimal() and 0 < int(line.rest) <= len(self._slots):
                taken = list(self._slots.values())[int(line.rest) - 1]
                self._slots[taken.id] = replace(
                    free(taken), status="busy", appointment_id=AppointmentId(cause)
                )
            case "moved" if own:
                self._visits[own[0].id] = replace(own[0], status="cancelled")
            case _:
                raise TranscriptInvalid(line.line, "no such visit or free time is there")
        if meet is None:
            return None
        return Turn(cause=cause, event=Started(now), patient_id=patient, meet=meet)

    def _now(self, talk: VisitTalk) -> VisitTalk:
        return replace(
            talk,
            visits=tuple(self._visits.get(one.id, one) for one in talk.visits),
            slots=tuple(self._slots[one.id] for one in talk.slots),
        )

    def _first_open(self, now: datetime) -> Slot | None:
        return next((one for one in self._slots.values() if one.is_open_to(None, now)), None)

    def _open_for(self, want: Openings, now: datetime) -> tuple[Slot, ...]:
        visit = self._visits[want.visit_id]
        since, until = want.since or now, want.until
        found = [
            one
            for one in self._slots.values()
            if one.is_open_to(visit.patient_id, now)
            and one.starts_at >= since
            and (until is None or one.starts_at < until)
        ]
        return choose(found, self._zone, Wish())

    def _try(self, wanted: Try, now: datetime) -> Tried:
        match wanted:
            case Book(visit_id, slot_id):
                visit, slot = self._visits[visit_id], self._slots[slot_id]
            case TakeOffer(conversation_id):
                talk = self._talks[conversation_id]
                slot = self._slots[talk.slots[0].id]
                visit = self._now(talk).visits[0] if talk.visits else self._new(talk, now)
            case _:
                assert_never(wanted)
        try:
            taken = take(slot, visit.patient_id, visit.id, now)
        except (SlotGone, EngageError):
            return Tried(wanted)
        self._slots = {
            key: free(one) if one.appointment_id == visit.id else one
            for key, one in self._slots.items()
        } | {slot.id: taken}
        after = replace(
            visit, time=Span(slot.starts_at, slot.ends_at), answer="accepted", status="booked"
        )
        self._visits[after.id] = after
        self._tell("booked", after)
        return Tried(wanted, after)

    def _new(self, talk: VisitTalk, now: datetime) -> Appointment:
        own = AppointmentId(talk.conversation_id)
        self.book(own, talk.patient_id, talk.slots[0].starts_at, now)
        return self._visits[own]

    def _tell(self, what: str, visit: Appointment) -> None:
        local = starts(visit).astimezone(ZoneInfo(visit.zone))
        self._told.append(f"* visit   {what} {local:%Y-%m-%d %H:%M}")
