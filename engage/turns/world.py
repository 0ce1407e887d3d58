"""A small world for transcripts: lines, people and texts as values, no database. (p).

It applies a Decision to the context of the next turn, as saving and loading would. Everything goes
through JSON between two turns, so that no state can hide. This room refuses to decide.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engage.conversation.events import TextReceived
from engage.conversation.severity import rank
from engage.errors import EngageError
from engage.ids import (
    AppointmentId,
    CaregiverId,
    ConversationId,
    LineId,
    MessageId,
    NumberId,
    PatientId,
    PracticeId,
    SlotId,
    StaffId,
    ThreadId,
    derived,
)
from engage.queue.routing import StaffSeen
from engage.reading.inviting import wish_of
from engage.turns.context import (
    CaregiverSeen,
    ConversationSeen,
    Inviting,
    ItemSeen,
    Language,
    LineSeen,
    PracticeSeen,
    ThreadSeen,
    Turn,
    TurnContext,
)
from engage.turns.decide import decide
from engage.turns.decision import Decision, TextOut, TimerSet
from engage.turns.invite import is_invite
from engage.turns.library import Library
from engage.turns.visit_world import VisitWorld
from engage.turns.visits import held

BIRTH = UUID("0190a000-0000-7000-8000-000000000000")
_WEEK = ("mon", "tue", "wed", "thu", "fri")
_DECODER = msgspec.json.Decoder(TurnContext)


class NobodyThere(EngageError):  # noqa: N818 - reads as a sentence: raise NobodyThere
    """Nobody is there whom this could be about; say "patient Rosa, en, care manager Dana"."""


class Person(Struct, frozen=True):
    """Somebody of the transcript, and the line their phone is on."""

    name: str
    line: int
    patient: PatientId | None = None
    caregiver: CaregiverId | None = None


class World:
    """The lines of one practice, and what waits on them."""

    def __init__(self, at: datetime, zone: str, library: Library) -> None:
        """Begin with a practice and nobody in it."""
        self.at = at
        self.library = library
        self.people: dict[str, Person] = {}
        self.staff: dict[str, StaffSeen] = {}
        self.texts: list[TextOut] = []
        self.timers: list[TimerSet] = []
        self.contexts: list[TurnContext] = []
        self._events = 0
        self._found: list[tuple[PatientId, str]] = []
        #: Whom the last wish on a line is about, and lines on which a person sees to it.
        self._wished: dict[int, str] = {}
        self.no_invites: set[int] = set()
        self.practice = PracticeSeen(
            id=PracticeId(self._id("practice")),
            name="Desert Bloom Family Practice",
            texting_name="Desert Bloom",
            support_phone="602-555-0199",
            time_zone=zone,
            business_hours=dict.fromkeys(_WEEK, (("09:00", "17:00"),)),
            holidays="",
            responsible_id=StaffId(self._id("staff/Responsible")),
        )
        self.visits = VisitWorld(self.practice.id, zone)
        self.person_of_staff("Responsible", "practice_admin")

    def _id(self, label: str) -> UUID:
        return derived(self.at, BIRTH, label)

    def fresh(self) -> UUID:
        """Return the id of the next event."""
        self._events += 1
        return self._id(f"event/{self._events}")

    def person_of_staff(self, name: str, role: str = "care_manager") -> StaffId:
        """Return a member of the practice, hired when first named."""
        if name not in self.staff:
            self.staff[name] = StaffSeen(StaffId(self._id(f"staff/{name}")), name, (role,))
            self.contexts = [replace(c, staff=tuple(self.staff.values())) for c in self.contexts]
        return self.staff[name].id

    def line(self) -> int:
        """Add a line and return its place."""
        place = len(self.contexts)
        seen = LineSeen(
            LineId(self._id(f"line/{place}")), NumberId(self._id("number")), opted_out=False
        )
        self.contexts.append(
            TurnContext(practice=self.practice, line=seen, staff=tuple(self.staff.values()))
        )
        return place

    def add_patient(self, name: str, language: Language, manager: StaffId, line: int) -> None:
        """Put a patient with a thread on a line."""
        patient = PatientId(self._id(f"patient/{name}"))
        self.people[name] = Person(name, line, patient=patient)
        thread = self._thread(name, language, manager, line, uses_phone=True)
        context = self.contexts[line]
        self.contexts[line] = replace(context, threads=(*context.threads, thread))

    def add_caregiver(self, name: str, of: str, line: int) -> None:
        """Put a caregiver on a line; the patient gets a thread there."""
        caregiver = CaregiverId(self._id(f"caregiver/{name}"))
        self.people[name] = Person(name, line, caregiver=caregiver)
        patient = self.people[of].patient
        context = self.contexts[line]
        if patient is None:
            return
        if context.thread_of(patient) is None:
            known = self.contexts[self.people[of].line].thread_of(patient)
            if known is not None:
                thread = replace(
                    known, id=ThreadId(self._id(f"thread/{of}/{line}")), uses_phone=False
                )
                context = replace(context, threads=(*context.threads, thread))
        seen = CaregiverSeen(caregiver, name, (patient,))
        self.contexts[line] = replace(context, caregivers=(*context.caregivers, seen))

    def _thread(
        self, name: str, language: Language, manager: StaffId, line: int, *, uses_phone: bool
    ) -> ThreadSeen:
        return ThreadSeen(
            id=ThreadId(self._id(f"thread/{name}/{line}")),
            patient_id=PatientId(self._id(f"patient/{name}")),
            given_name=name,
            language=language,
            active=True,
            uses_phone=uses_phone,
            manager_id=manager,
        )

    def name_of(self, who: UUID) -> str:
        """Return the name of a patient or a caregiver of the transcript."""
        people = self.people.values()
        return next((one.name for one in people if who in (one.patient, one.caregiver)), "")

    def add_visit(self, starts_at: datetime) -> None:
        """Book a visit of the first patient, half an hour long."""
        patient = self.patient().patient
        if patient is None:
            raise NobodyThere
        self.visits.book(AppointmentId(self.fresh()), patient, starts_at, self.at)

    def add_slot(self, starts_at: datetime) -> None:
        """Add a free time, of which visits may be given one."""
        self.visits.open(SlotId(self.fresh()), starts_at)

    def close_line(self, line: int) -> None:
        """Begin with a line that is opted out."""
        context = self.contexts[line]
        if context.line is not None:
            self.contexts[line] = replace(context, line=replace(context.line, opted_out=True))

    def take(self, line: int, turn: Turn) -> Decision:
        """Take one turn on a line; what it reads has been through JSON.

        Returns what is saved: a text whose key was used before is not.
        """
        turn = self._with_wish(line, turn)
        known = self.visits.known(self.contexts[line])
        found = replace(self.contexts[line], found=tuple(self._found), visits=known)
        while True:
            context = _DECODER.decode(msgspec.json.encode(found))
            decision = decide(context, turn, self.library)
            if not decision.wants:
                break
            known = self.visits.look(known, decision.wants, turn.at)
            found = replace(found, visits=known)
        self.visits.keep(decision)
        decision = held(decision, self.visits.all, self.practice.calendar)
        said = {(text.cause_id, text.key) for text in self.texts}
        fresh = tuple(t for t in decision.texts if (t.cause_id, t.key) not in said)
        decision = replace(decision, texts=fresh)
        self._apply(line, decision)
        return decision

    def _with_wish(self, line: int, turn: Turn) -> Turn:
        """Return a turn that knows whether somebody may be invited, as loading would say."""
        if not isinstance(turn.event, TextReceived):
            return turn
        wish = wish_of(turn.event.text)
        asked = any(is_invite(one.script) for one in self.contexts[line].conversations)
        if wish is not None:
            self._wished[line] = wish.relation
        if wish is None and not asked:
            return turn
        refusal = "off" if line in self.no_invites else None
        about = Inviting(relation=self._wished[line], asked=asked, refusal=refusal)
        return replace(turn, inviting=about)

    def patient(self, name: str = "") -> Person:
        """Return somebody of the transcript; without a name, its first patient."""
        first = (person for person in self.people.values() if person.patient is not None)
        found = self.people.get(name) or next(first, None)
        if found is None:
            raise NobodyThere
        return found

    def place_of(self, conversation: ConversationId) -> int:
        """Return the line on which a conversation is open; the last one if on none."""
        return next(
            (
                place
                for place, context in enumerate(self.contexts)
                if any(seen.id == conversation for seen in context.conversations)
            ),
            len(self.contexts) - 1,
        )

    def local(self, at: datetime) -> datetime:
        """Return a moment by the practice's clock."""
        return at.astimezone(ZoneInfo(self.practice.time_zone))

    def change_person(
        self, patient: PatientId | None, *, active: bool, language: Language | None
    ) -> None:
        """Change a patient's record, on all their lines, before the turn that tells of it."""
        for place, context in enumerate(self.contexts):
            threads = tuple(
                replace(t, active=active, language=language or t.language)
                if t.patient_id == patient
                else t
                for t in context.threads
            )
            self.contexts[place] = replace(context, threads=threads)

    def close_items(self, about: UUID | None, subject: str | None = None) -> None:
        """Close the open items about somebody, or the one of a subject."""
        for place, context in enumerate(self.contexts):
            left = tuple(
                item
                for item in context.items
                if item.about_id != about or subject not in (None, item.subject)
            )
            self.contexts[place] = replace(context, items=left)

    def message_id(self) -> MessageId:
        """Return the id of the next inbound text."""
        return MessageId(self.fresh())

    def _apply(self, place: int, decision: Decision) -> None:
        context = self.contexts[place]
        line = context.line
        if line is not None and decision.opted_out is not None:
            context = replace(context, line=replace(line, opted_out=decision.opted_out))
        if decision.unlinked:
            gone = set(decision.unlinked)
            context = replace(
                context,
                threads=tuple(
                    replace(t, uses_phone=t.uses_phone and t.patient_id not in gone)
                    for t in context.threads
                ),
                caregivers=tuple(c for c in context.caregivers if c.id not in gone),
            )
        conversations = {c.id: c for c in context.conversations}
        for saved in decision.conversations:
            known = conversations.get(saved.id)
            conversations[saved.id] = ConversationSeen(
                id=saved.id,
                thread_id=saved.thread_id,
                patient_id=saved.patient_id,
                script=saved.script,
                language=saved.language,
                state=saved.state,
                started_at=known.started_at if known else decision.at,
                screening_id=saved.screening_id,
            )
            if not saved.open:
                del conversations[saved.id]
        items = {item.id: item for item in context.items}
        for item in decision.items:
            items[item.id] = ItemSeen(
                item.id, item.about_id, item.subject, item.severity, item.owner_id, item.due_at
            )
        for raised in decision.raised:
            items[raised.id] = replace(
                items[raised.id], severity=raised.severity, due_at=raised.due_at
            )
        self.contexts[place] = replace(
            context, conversations=tuple(conversations.values()), items=tuple(items.values())
        )
        self._share_items(place)
        self.texts += decision.texts
        self.timers += decision.timers
        for risk in decision.risks:
            if risk.answer_id is None:
                self._found.append((risk.patient_id, risk.domain))

    def _share_items(self, place: int) -> None:
        """Show an item about a patient on all their lines."""
        mine = self.contexts[place]
        patients = {thread.patient_id for thread in mine.threads}
        shared = {i.id: i for i in mine.items if i.about_id in patients}
        for other, context in enumerate(self.contexts):
            if other == place:
                continue
            theirs = {thread.patient_id for thread in context.threads}
            items = {i.id: i for i in context.items}
            items |= {key: i for key, i in shared.items() if i.about_id in theirs}
            self.contexts[other] = replace(context, items=tuple(items.values()))

    def rose(self, before: TurnContext, decision: Decision) -> list[ItemSeen]:
        """Return the items whose severity this decision raised."""
        old = {item.id: item for item in before.items}
        return [
            replace(old[r.id], severity=r.severity, due_at=r.due_at)
            for r in decision.raised
            if r.id in old and rank(r.severity) > rank(old[r.id].severity)
        ]
