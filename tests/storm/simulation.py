"""A practice on a virtual clock: the pure core between a carrier that lies and processes that die.

One seed decides everything: who writes what, which webhook is lost or repeated, which worker dies
at which of its steps, what the carrier does and when it says so. The core is the product's own
(decide, the delivery machine, may_text with its hours and budget); the rows of the database are
values here. Two runs of a seed leave the same trace. Invariants are checked as things happen, by
arithmetic of their own.
"""

import hashlib
import random  # noqa: TID251 - seeded: a run must be one that can be had again
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from engage.conversation.events import ItemClosed, StaffWrote, Started, TextReceived, TimerFired
from engage.ids import ConversationId, MessageId, PatientId, ScreeningId
from engage.messaging.budget import Limits, Waiting
from engage.messaging.delivery import (
    REPORTS,
    STATES,
    Report,
    State,
    advance,
    is_final,
    news,
    step,
)
from engage.messaging.kinds import KINDS, TextKind
from engage.messaging.may_text import DELAYED, Facts, May, MayNot, Timing, Wait, may_text
from engage.messaging.quiet_hours import Hours, Place, table
from engage.turns.context import ScreeningAsked, StaffText, TextCame, Turn, TurnContext
from engage.turns.decide import decide
from engage.turns.decision import Decision, TextOut, TimerSet
from engage.turns.library import Library
from engage.turns.outcome import outcome_event, parked
from engage.turns.world import World

LIBRARY: Final = Library.shipped()
ZONES: Final = ("America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles")
STARTS: Final = (
    # Two days before each change of the clocks, and an ordinary week.
    datetime(2031, 3, 7, 16, 0, tzinfo=UTC),
    datetime(2031, 10, 31, 15, 0, tzinfo=UTC),
    datetime(2031, 6, 3, 15, 0, tzinfo=UTC),
)
SAID: Final = (
    *("1", "2", "3", "4", "often", "never", "si", "no", "skip", "banana", "1 and I fell"),
    *("1", "2", "2", "hello?", "", "gracias", "STOP", "ALTO", "START", "HELP"),
    *("i want to die", "no chest pain", "STOP i want to die"),
)
LEASE: Final = timedelta(seconds=15)
LOOK_AFTER: Final = (timedelta(minutes=2), timedelta(minutes=3), timedelta(minutes=5))
TRIES: Final = 5
LOOKS: Final = 3
PATIENTS: Final = ("Rosa", "Luis", "Ana")


class Violation(AssertionError):  # noqa: N818 - a promise is not an error
    """A promise was broken; the sentence says which."""


class Died(Exception):  # noqa: N818 - a process that dies says nothing
    """The process that did this is gone; what it committed stays."""


@dataclass
class Out:
    """A text of ours, as its row."""

    text: TextOut
    line: int
    patient: PatientId | None
    written: datetime
    state: State = "queued"
    reason: str | None = None
    sending_at: datetime | None = None
    sid: int | None = None
    looks: int = 0
    resent: bool = False
    #: What its conversation was told.
    told: list[str] = field(default_factory=list)

    # The shape that `outcome_event` reads.

    @property
    def must_know(self) -> bool:
        """Whether somebody must tell the person if it does not."""
        return False

    @property
    def key(self) -> str:
        """Its key."""
        return self.text.key

    @property
    def status(self) -> str:
        """Its state."""
        return self.state

    @property
    def status_reason(self) -> str | None:
        """Why it was withheld."""
        return self.reason

    @property
    def conversation_id(self) -> ConversationId | None:
        """The conversation that waits for it."""
        return self.text.conversation_id

    @property
    def by_staff(self) -> bool:
        """Whether a person wrote it."""
        return self.text.author == "staff"


@dataclass
class In:
    """A text of somebody's, as its row."""

    sid: int
    line: int
    turn: Turn
    tries: int = 0
    handled: bool = False


@dataclass
class Created:
    """One row of the carrier's ledger."""

    sid: int
    own: MessageId
    at: datetime
    #: Whether we were told that it was taken.
    answered: bool


class Simulation:
    """One run. `step` does one thing; `settle` lets all faults end and looks at what is left."""

    def __init__(self, seed: int) -> None:
        """Found the practice of a seed."""
        self.seed = seed
        self._dice = random.Random(seed)  # noqa: S311 - dice, not secrets
        self.at = self._dice.choice(STARTS)
        self.zone = self._dice.choice(ZONES)
        self.world = World(self.at, self.zone, LIBRARY)
        self._set_scene()
        self.trace = hashlib.sha256()
        self.faults = True
        #: One text in some runs breaks every turn that reads it.
        self.poison = self._dice.choice((None, None, self._dice.randrange(1, 20)))
        self._sids = 0
        self._later: list[tuple[datetime, int, Callable[[], None]]] = []
        self._laters = 0
        self.inbound: dict[int, In] = {}
        #: The carrier's ids that were answered 2xx.
        self.thanked: set[int] = set()
        self.read: dict[int, list[int]] = {}
        self.out: dict[MessageId, Out] = {}
        self.ledger: list[Created] = []
        self.leases: dict[MessageId, datetime] = {}
        self.due: dict[MessageId, datetime] = {}
        self.outcomes: set[MessageId] = set()
        self.timers: dict[UUID, tuple[TimerSet, int]] = {}
        self.fired: list[UUID] = []
        self.closed: set[int] = set()
        self.crashes = 0
        self.wrote: dict[int, datetime] = {}
        self.staff_wrote: dict[int, datetime] = {}

    def _set_scene(self) -> None:
        world = self.world
        dana, marcus = (world.person_of_staff(name) for name in ("Dana", "Marcus"))
        home, elenas, anas, _ = (world.line() for _ in range(4))
        world.add_patient("Rosa", "en", dana, home)
        world.add_patient("Luis", "es", marcus, home)
        world.add_caregiver("Elena", "Rosa", elenas)
        world.add_patient("Ana", "es", dana, anas)

    # The run

    def run(self, steps: int) -> str:
        """Do so many steps, settle, and return the trace."""
        self._screen("Rosa")
        for _ in range(steps):
            self.step()
        self.settle()
        return self.trace.hexdigest()

    def step(self) -> None:
        """Let one thing happen, whatever the dice say, and what was due by then."""
        act = self._dice.choices(
            (
                self._somebody_writes,
                self._time_passes,
                self._workers_look,
                self._staff_screen,
                self._staff_write,
                self._staff_close,
                self._a_record_changes,
            ),
            weights=(30, 22, 30, 5, 4, 5, 2),
        )[0]
        self._say(act.__name__)
        act()

    def settle(self) -> None:
        """End all faults, let four days pass, and check that nothing is left over."""
        self.faults = False
        for _ in range(4 * 24):
            self._pass(timedelta(hours=1))
            for _ in range(4):
                self._workers_look()
        self._check_end()

    def _say(self, *words: object) -> None:
        self.trace.update(("|".join(map(str, (self.at, *words))) + "\n").encode())

    def _chance(self, of: float) -> bool:
        return self.faults and self._dice.random() < of

    def _may_die(self, of: float) -> None:
        if self._chance(of):
            raise Died

    def _soon(self, within: timedelta, act: Callable[[], None]) -> None:
        self._laters += 1
        moment = self.at + within * self._dice.random()
        self._later.append((moment, self._laters, act))

    def _pass(self, span: timedelta) -> None:
        until = self.at + span
        while True:
            ripe = [one for one in self._later if one[0] <= until]
            if not ripe:
                break
            first = min(ripe, key=lambda one: one[:2])
            self._later.remove(first)
            self.at = max(self.at, first[0])
            first[2]()
        self.at = until

    def _time_passes(self) -> None:
        minutes = self._dice.choice((1, 5, 30, 60, 180, 600, 1440, 1800))
        self._pass(timedelta(minutes=minutes))

    # Texts in

    def _somebody_writes(self) -> None:
        self._sids += 1
        sid, line = self._sids, self._dice.choice((0, 0, 0, 1, 2, 2, 3))
        words = self._dice.choice(SAID)
        if self._chance(0.05):
            # No webhook comes at all: minutes later the reconciler finds it in the carrier's list.
            self._soon(timedelta(minutes=5), lambda: self._fetched(sid, line, words))
            return
        self._deliver(sid, line, words)
        if self._chance(0.1):
            self._soon(timedelta(minutes=2), lambda: self._deliver(sid, line, words))

    def _fetched(self, sid: int, line: int, words: str) -> None:
        self._record(sid, line, words)
        self.thanked.add(sid)

    def _deliver(self, sid: int, line: int, words: str) -> None:
        """Post a webhook; unanswered it is posted once more, to the fallback door."""
        try:
            self._may_die(0.05)
            row = self._record(sid, line, words)
            if row is not None and not self._unread_before(row):
                self._read(row)
            self._may_die(0.05)
            self.thanked.add(sid)
        except Died:
            self.crashes += 1
            self._say("died at the door", sid)
            self._soon(timedelta(seconds=15), lambda: self._fetched(sid, line, words))

    def _record(self, sid: int, line: int, words: str) -> In | None:
        """Insert receipt and text, or find that they are there."""
        if sid in self.inbound:
            return None
        message = self.world.message_id()
        turn = Turn(
            cause=message,
            event=TextReceived(self.at, words),
            text=TextCame(message, media_count=int(self._dice.random() < 0.05)),
        )
        self.inbound[sid] = row = In(sid, line, turn)
        self.wrote[line] = self.at
        self._say("recorded", sid, line)
        return row

    def _unread_before(self, row: In) -> bool:
        mine = [one for one in self.inbound.values() if one.line == row.line and not one.handled]
        return mine[0] is not row

    def _read(self, row: In) -> None:
        """Take the turn of a recorded text; a fault leaves it unread, for a worker."""
        if self.poison == row.sid or self._chance(0.05):
            row.tries += 1
            self._say("turn failed", row.sid)
            return
        try:
            self._take(row.line, row.turn)
        except Died:
            self.crashes += 1
            row.tries += 1
            return
        self._has_read(row)

    def _has_read(self, row: In) -> None:
        if row.handled:
            message = f"text {row.sid} was handled twice"
            raise Violation(message)
        row.handled = True
        earlier = self.read.setdefault(row.line, [])
        recorded = [one.sid for one in self.inbound.values() if one.line == row.line]
        earlier.append(row.sid)
        if earlier != recorded[: len(earlier)]:
            message = f"line {row.line} was read out of order: {earlier} of {recorded}"
            raise Violation(message)

    # Turns

    def _take(self, line: int, turn: Turn) -> None:
        """Decide and save in one unit; a death between the two leaves nothing but the cause."""
        self._load(line)
        before = self.world.contexts[line]
        if self._chance(0.04):
            decide(_stored(before), turn, LIBRARY)
            raise Died
        again = decide(_stored(before), turn, LIBRARY)
        saved = self.world.take(line, turn)
        if replace(again, texts=saved.texts) != saved:
            message = "a turn decided again names other rows"
            raise Violation(message)
        self._saved(line, before, turn, saved)

    def _load(self, line: int) -> None:
        queued: dict[object, list[str]] = {}
        for one in self.out.values():
            if one.state == "queued" and one.text.conversation_id is not None:
                queued.setdefault(one.text.conversation_id, []).append(one.text.key)
        context = self.world.contexts[line]
        seen = tuple(
            replace(one, queued=tuple(queued.get(one.id, ()))) for one in context.conversations
        )
        self.world.contexts[line] = replace(context, conversations=seen)

    def _saved(self, line: int, before: TurnContext, turn: Turn, saved: Decision) -> None:
        self._say("saved", turn.cause, *(t.id for t in saved.texts), *(f.id for f in saved.flags))
        staff = {one.id for one in before.staff}
        items = {one.id: one for one in self.world.contexts[line].items}
        for flag in saved.flags:
            item = items.get(flag.item_id)
            if item is None or item.owner_id not in staff:
                message = f"flag {flag.reason} has no item with an owner"
                raise Violation(message)
        for wish in saved.withdrawn:
            for one in self.out.values():
                if (one.text.cause_id, one.text.key) == (wish.cause_id, wish.key):
                    one.state = step(one.state, "withdraw")
        threads: dict[object, PatientId] = {
            one.id: one.patient_id for one in self.world.contexts[line].threads
        }
        for text in saved.texts:
            if text.id in self.out:
                message = f"{text.key} is a second row"
                raise Violation(message)
            self.out[text.id] = Out(text, line, threads.get(text.thread_id), self.at)
            self.due[text.id] = self.at
        for timer in self.world.timers:
            self.timers[timer.id] = (timer, line)
        self.world.timers.clear()
        if saved.opted_out is not None:
            (self.closed.add if saved.opted_out else self.closed.discard)(line)

    # Workers

    def _workers_look(self) -> None:
        """Let each loop look once; a loop that dies leaves its claim to the lease."""
        looks = [self._inbox, self._timers, self._outcomes, self._outbox]
        self._dice.shuffle(looks)
        for look in looks:
            try:
                look()
            except Died:
                self.crashes += 1
                self._say("a worker died")
            self._pass(timedelta(seconds=self._dice.choice((1, 5, 20))))

    def _inbox(self) -> None:
        for line in range(len(self.world.contexts)):
            unread = [o for o in self.inbound.values() if o.line == line and not o.handled]
            if not unread:
                continue
            row = unread[0]
            row.tries += 1
            if row.tries > TRIES:
                self._park(row)
            else:
                self._read(row)

    def _park(self, row: In) -> None:
        text = row.turn.text
        if text is None:
            return
        context = replace(self.world.contexts[row.line], conversations=())
        decision = parked(_stored(context), row.turn, LIBRARY, text.message_id)
        kept = self.world.contexts[row.line].conversations
        self.world._apply(row.line, decision)  # noqa: SLF001 - the saving half of its `take`
        here = self.world.contexts[row.line]
        self.world.contexts[row.line] = replace(here, conversations=kept)
        self._saved(row.line, context, row.turn, decision)
        if not decision.flags:
            message = f"text {row.sid} was parked without work"
            raise Violation(message)
        self._has_read(row)

    def _timers(self) -> None:
        ripe = sorted(
            (timer for timer, _ in self.timers.values() if timer.fires_at <= self.at),
            key=lambda timer: (timer.fires_at, timer.id),
        )
        for timer in ripe:
            line = self.timers[timer.id][1]
            self._take(
                line,
                Turn(
                    cause=timer.id,
                    event=TimerFired(self.at, timer.name, timer.step),
                    conversation_id=timer.conversation_id,
                ),
            )
            if timer.id in self.fired:
                message = f"timer {timer.name} fired twice"
                raise Violation(message)
            self.fired.append(timer.id)
            del self.timers[timer.id]

    def _outcomes(self) -> None:
        for own in sorted(self.outcomes):
            sent = self.out[own]
            event = outcome_event(sent, self.at)
            if event is not None:
                self._take(
                    sent.line,
                    Turn(
                        cause=own,
                        event=event,
                        conversation_id=sent.text.conversation_id,
                        patient_id=sent.patient,
                    ),
                )
                sent.told.append(type(event).__name__)
            self.outcomes.discard(own)

    def _outbox(self) -> None:
        ripe = [own for own, due in self.due.items() if due <= self.at]
        for own in sorted(ripe, key=lambda one: (KINDS[self.out[one].text.kind].rank, one)):
            # The claim: from here on nobody else looks at it until the lease ends.
            self.due[own] = self.at + LEASE
            self._may_die(0.03)
            if self.out[own].state == "unknown":
                self._resolve(self.out[own])
            else:
                self._send(self.out[own])

    def _send(self, one: Out) -> None:
        own = one.text.id
        if one.state == "sending":
            # Somebody died over it.
            self._move(one, step(one.state, "lose"))
            self.due[own] = self.at + LOOK_AFTER[0]
            return
        if one.state != "queued":
            del self.due[own]
            return
        answer = self._ask(one)
        match answer:
            case MayNot(reason):
                one.reason = reason
                self._move(one, step(one.state, "expire" if reason in DELAYED else "withdraw"))
                self.outcomes.add(own)
                return
            case Wait(until):
                self.due[own] = until
                return
            case May():
                pass
        one.sending_at = self.at
        self._move(one, step(one.state, "claim"))
        self._may_die(0.04)
        self._post(one)

    def _post(self, one: Out) -> None:
        own = one.text.id
        fate = "taken"
        if self.faults:
            fate = self._dice.choices(
                ("taken", "refused", "throttled", "lost-before", "lost-after"),
                weights=(80, 4, 4, 4, 8),
            )[0]
        self._say("posted", own, fate)
        if fate in {"taken", "lost-after"}:
            self._create(one, answered=fate == "taken")
        self._may_die(0.04)
        match fate:
            case "taken":
                one.sid = self.ledger[-1].sid
                self._move(one, step(one.state, "accept"))
            case "refused":
                self._move(one, step(one.state, "refuse"))
            case "throttled":
                self._move(one, step(one.state, "put-back"))
                self.due[own] = self.at + timedelta(seconds=30)
            case _:
                self._move(one, step(one.state, "lose"))
                self.due[own] = self.at + LOOK_AFTER[0]

    def _resolve(self, one: Out) -> None:
        own = one.text.id
        one.looks += 1
        taken = {other.sid for other in self.out.values()}
        found = next((c for c in self.ledger if c.own == own and c.sid not in taken), None)
        self._may_die(0.04)
        if found is not None:
            one.sid = found.sid
            self._move(one, step(one.state, "accept"))
        elif one.looks >= LOOKS and one.text.kind == "safety" and not one.resent:
            one.resent = True
            self._move(one, step(one.state, "try-again"))
            self.due[own] = self.at
        elif one.looks >= LOOKS:
            self.outcomes.add(own)
            del self.due[own]
        else:
            self.due[own] = self.at + LOOK_AFTER[one.looks % len(LOOK_AFTER)]

    def _move(self, one: Out, state: State) -> None:
        before, one.state = one.state, state
        if news(before, state) is not None:
            self.outcomes.add(one.text.id)
        if is_final(state) or state in {"accepted", "sent"}:
            self.due.pop(one.text.id, None)

    # The carrier

    def _create(self, one: Out, *, answered: bool) -> None:
        self._check_may_leave(one)
        self.ledger.append(Created(len(self.ledger) + 1, one.text.id, self.at, answered))
        copies = [row for row in self.ledger if row.own == one.text.id]
        if len(copies) > 1 and (copies[0].answered or one.text.kind != "safety" or len(copies) > 2):
            message = f"{one.text.kind} text {one.text.key} left {len(copies)} times"
            raise Violation(message)
        end = self._dice.choice(("delivered", "delivered", "delivered", "undelivered", "failed"))
        sid = len(self.ledger)
        for word in ("queued", "sent", end):
            for _ in range(1 + self._chance(0.2)):
                if not self._chance(0.15):
                    self._soon(timedelta(minutes=3), lambda word=word: self._report(one, sid, word))

    def _report(self, one: Out, sid: int, word: str) -> None:
        report: Report = next(known for known in REPORTS if known == word)
        if one.sid not in (None, sid):
            return
        before = one.state
        self._move(one, advance(one.state, report))
        one.sid = sid
        if STATES.index(one.state) < STATES.index(before):
            message = f"a report moved a text back from {before} to {one.state}"
            raise Violation(message)

    # What may leave, by arithmetic of our own

    def _ask(self, one: Out) -> May | Wait | MayNot:
        threads = self.world.contexts[one.line].threads
        thread = next((seen for seen in threads if seen.patient_id == one.patient), None)
        facts = Facts(
            has_phone=True,
            patient_active=thread is None or thread.active,
            opted_out=one.line in self.closed,
        )
        others = [o for o in self.out.values() if o.line == one.line and o is not one]
        waiting = tuple(
            Waiting(id=o.text.id, kind=o.text.kind, at=o.written, patient_id=o.patient)
            for o in others
            if o.state == "queued"
        )
        left = tuple(
            o.sending_at
            for o in others
            if o.sending_at is not None
            and KINDS[o.text.kind].budgeted
            and o.state not in {"queued", "refused", "withdrawn", "expired"}
        )
        wrote = self.staff_wrote.get(one.line)
        timing = Timing(
            at=self.at,
            hours=Hours(places=(Place(self.zone, "AZ"),), known="stated", practice=table().usual),
            limits=Limits(),
            left=left,
            waiting=waiting,
            wrote_at=self.wrote.get(one.line),
            talking=None if wrote is None else (wrote, wrote + timedelta(hours=4)),
        )
        return may_text(facts, one.text.kind, timing, one.written)

    def _check_may_leave(self, one: Out) -> None:
        kind: TextKind = one.text.kind
        if one.line in self.closed and kind not in {"consent", "safety"}:
            message = f"a {kind} text left on a closed line"
            raise Violation(message)
        local = self.at.astimezone(ZoneInfo(self.zone))
        if KINDS[kind].hours == "window" and not 8 <= local.hour < 21:
            message = f"a {kind} text left at {local:%H:%M}"
            raise Violation(message)
        if not KINDS[kind].budgeted:
            return
        days = [
            row.at.astimezone(ZoneInfo(self.zone)).date()
            for row in self.ledger
            if self.out[row.own].line == one.line and KINDS[self.out[row.own].text.kind].budgeted
        ]
        today = local.date()
        week = sum(today - timedelta(days=7) < day <= today for day in days)
        if today in days or week >= 3:
            message = f"a {kind} text left beyond the budget of its line"
            raise Violation(message)

    # Staff

    def _staff_screen(self) -> None:
        self._screen(self._dice.choice(PATIENTS))

    def _screen(self, name: str) -> None:
        person = self.world.people[name]
        if person.patient is None:
            return
        thread = self.world.contexts[person.line].thread_of(person.patient)
        if thread is None or not thread.active:
            return
        screening = ScreeningId(self.world.fresh())
        instrument = self._dice.choice(sorted(LIBRARY.instruments.keys() & LIBRARY.scripts.keys()))
        asked = ScreeningAsked(screening, person.patient, instrument, "sms", thread.language)
        turn = Turn(
            cause=screening, event=Started(self.at), patient_id=person.patient, screening=asked
        )
        self._by_staff(person.line, turn)

    def _staff_write(self) -> None:
        person = self.world.people[self._dice.choice(PATIENTS)]
        if person.patient is None:
            return
        thread = self.world.contexts[person.line].thread_of(person.patient)
        if thread is None or thread.id is None:
            return
        message, dana = self.world.message_id(), self.world.staff["Dana"].id
        turn = Turn(
            cause=message,
            event=StaffWrote(self.at),
            patient_id=person.patient,
            staff_id=dana,
            staff_text=StaffText(message, thread.id, dana, "Hello, Dana here."),
        )
        self._by_staff(person.line, turn)
        self.staff_wrote[person.line] = self.at

    def _staff_close(self) -> None:
        person = self.world.people[self._dice.choice(PATIENTS)]
        self.world.close_items(person.patient)
        turn = Turn(cause=self.world.fresh(), event=ItemClosed(self.at), patient_id=person.patient)
        self._by_staff(person.line, turn)

    def _a_record_changes(self) -> None:
        person = self.world.people[self._dice.choice(PATIENTS)]
        language = self._dice.choice((None, "en", "es"))
        self.world.change_person(person.patient, active=True, language=language)

    def _by_staff(self, line: int, turn: Turn) -> None:
        """Take a turn that a click caused; who sees an error clicks again."""
        try:
            self._take(line, turn)
        except Died:
            self.crashes += 1

    # At the end

    def _check_end(self) -> None:
        for row in self.inbound.values():
            if not row.handled:
                message = f"text {row.sid} was never handled"
                raise Violation(message)
        if lost := self.thanked - self.inbound.keys():
            message = f"texts {sorted(lost)} were thanked for and lost"
            raise Violation(message)
        known = {one.sid for one in self.out.values()}
        for one in self.out.values():
            waits = one.state == "queued" and self.due.get(one.text.id, self.at) > self.at
            if one.state in {"queued", "sending"} and not waits:
                message = f"{one.text.kind} text {one.text.key} is {one.state} for ever"
                raise Violation(message)
            if one.state == "unknown" and not one.told:
                message = f"nobody was told that {one.text.key} is unknown"
                raise Violation(message)
        for row in self.ledger:
            if row.sid not in known and not self.out[row.own].resent:
                message = f"the carrier has text {row.sid} that we know nothing of"
                raise Violation(message)
        if self.outcomes:
            message = f"{len(self.outcomes)} outcomes were never told"
            raise Violation(message)


def _stored(context: TurnContext) -> TurnContext:
    return msgspec.json.decode(msgspec.json.encode(context), type=TurnContext)
