"""The conversations about visits of one turn: what was said, what they do and show. (p).

Collected while a turn is decided; choosing.py says what follows once it has all of it. This room
refuses to judge an answer.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from engage.appointments.appointment import TO_COME
from engage.appointments.local import day_of, say_day, say_when
from engage.conversation.answers import Answer
from engage.conversation.effects import RaiseFlag, SendText
from engage.conversation.events import Cancelled, Event, Started
from engage.conversation.states import NotStarted, Step
from engage.ids import ConversationId
from engage.messaging.kinds import TextKind
from engage.turns import meeting
from engage.turns.context import ConversationSeen, ThreadSeen, Turn, TurnContext
from engage.turns.talks import Act, Known, VisitTalk, Want, starts

_SOON = timedelta(hours=12)
_ORDINALS = ("first", "second", "third", "fourth")
_OWN_ENDS = frozenset({"no-reply", "unclear-answer", "not-asked"})
"""What the engine says of any conversation, and is said of a visit in its own way."""


class Said(Struct, frozen=True):
    """An answer that somebody gave in a conversation about visits."""

    seen: ConversationSeen
    answer: Answer
    thread: ThreadSeen


class Ended(Struct, frozen=True):
    """A conversation about visits that came to no answer, and why."""

    seen: ConversationSeen
    why: str


class Meetings:
    """What one turn says about visits."""

    def __init__(self, context: TurnContext, turn: Turn) -> None:
        """Begin with nothing said."""
        self.turn = turn
        self.known: Known = context.visits
        self.begun: dict[ConversationId, VisitTalk] = {}
        self.said: list[Said] = []
        self.ended: list[Ended] = []
        self.acts: list[Act] = []
        self.wants: dict[Want, None] = {}

    def talk_of(self, seen: ConversationSeen | None) -> VisitTalk | None:
        """Return what a conversation is about, if it is one about visits."""
        if seen is None or not meeting.is_meeting(seen.script):
            return None
        begun = self.begun.get(seen.id)
        talks = (one for one in self.known.talks if one.conversation_id == seen.id)
        return begun or next(talks, None)

    def told(self, seen: ConversationSeen, answer: Answer, thread: ThreadSeen) -> None:
        """Take an answer."""
        if meeting.is_meeting(seen.script):
            self.said.append(Said(seen, answer, thread))

    def as_lived(self, seen: ConversationSeen, event: Event) -> Event:
        """Return an event as a conversation about visits lives it: stale, it is not begun."""
        event = meeting.as_lived(seen.script, event)
        if not isinstance(event, Started) or not isinstance(seen.state, NotStarted):
            return event
        talk = self.talk_of(seen)
        if meeting.is_meeting(seen.script) and (talk is None or _is_stale(talk, event.at)):
            return Cancelled(event.at)
        return event

    def as_told(self, seen: ConversationSeen, step: Step) -> Step:
        """Return a step without the closing words and flags that follow.py says in its own way."""
        if not meeting.is_meeting(seen.script):
            return step
        kept = [one for one in step.effects if not (isinstance(one, SendText) and _closes(one))]
        for one in step.effects:
            if isinstance(one, RaiseFlag) and one.reason in _OWN_ENDS:
                self.ended.append(Ended(seen, one.reason))
                kept.remove(one)
        return Step(step.state, tuple(kept))

    def kind_of(self, seen: ConversationSeen) -> TextKind:
        """Return the kind of a question: how soon it is about decides which comes first."""
        talk = self.talk_of(seen)
        if talk is None or talk.kind == "missed":
            return "visit-2d"
        soon = talk.kind == "offer" or self._is_soon(talk)
        return "visit-3h" if soon else "visit-2d"

    def not_after(self, seen: ConversationSeen) -> datetime | None:
        """Return from when a question is not worth asking any more."""
        talk = self.talk_of(seen)
        if talk is None:
            return None
        match talk.kind:
            case "offer" if talk.slots:
                return talk.slots[0].starts_at
            case "remind" | "ride" | "which" if talk.visits:
                return starts(talk.visits[0])
            case _:
                return None

    def values(self, seen: ConversationSeen | None) -> dict[str, str]:
        """Return what stands in the texts of a conversation: moments, by the clock of the place."""
        talk = self.talk_of(seen)
        if talk is None or seen is None:
            return {}
        return said_of(talk, seen.language)

    def _is_soon(self, talk: VisitTalk) -> bool:
        return bool(talk.visits) and starts(talk.visits[0]) - self.turn.at <= _SOON


def said_of(talk: VisitTalk, language: str) -> dict[str, str]:
    """Return the moments of a talk as they are said in a text."""
    visits = [starts(one) for one in talk.visits]
    times = [one.starts_at for one in talk.slots]
    listed = visits if talk.kind in {"which", "offer"} else times
    about = visits
    if talk.kind in {"echo", "offer"}:
        about = times or ([talk.proposed_at] if talk.proposed_at else [])
    values = {
        name: say_when((one,), talk.zone, language)
        for name, one in zip(_ORDINALS, listed, strict=False)
    }
    if about:
        values["when"] = say_when(about, talk.zone, language)
        values["day"] = say_day(day_of(about[0], talk.zone), language)
    return values


def _is_stale(talk: VisitTalk, at: datetime) -> bool:
    """Say whether what was to be asked has passed while it waited for its turn."""
    match talk.kind:
        case "offer":
            return any(one.starts_at <= at for one in talk.slots)
        case "missed":
            return False
        case _:
            return not any(one.status in TO_COME and starts(one) > at for one in talk.visits)


def _closes(text: SendText) -> bool:
    return text.key == "thanks"
