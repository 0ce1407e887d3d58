"""What people write about a visit instead of a number: "running late", "next tuesday at 3". (p).

Bound to the visit that was talked about, else to the one whose day is named, else to the only one.
A time in words is said back before it counts; a question, and whatever can't be read, is for a
person, and what was asked stays open. This room refuses to guess which visit was meant.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engage.appointments.appointment import Appointment
from engage.appointments.dates import Day, Moment, When, fits, read_when, span_of
from engage.conversation.answers import Unclear
from engage.conversation.events import Cancelled, TextReceived
from engage.conversation.replies import read_answer
from engage.conversation.script import Prompt
from engage.conversation.states import Asking
from engage.queue.flag import Flag
from engage.reading.fold import words
from engage.turns import arranging
from engage.turns.advancing import advance_one
from engage.turns.attribution import Attributed
from engage.turns.context import ConversationSeen, ThreadSeen
from engage.turns.draft import Draft
from engage.turns.intents import Intent, intent_of, speaks_of_a_visit
from engage.turns.meeting import CANNOT, CHANGE, MOST_VISITS, is_meeting
from engage.turns.talks import Ahead, Openings, VisitTalk, in_order, starts

_LATE_FROM, _LATE_UNTIL = timedelta(hours=2), timedelta(hours=12)
"""Who says that they run late means a visit that began a while ago, or begins today."""
_LONG = 7
"""With more words than this there is more in it than "I can't come": a person reads it."""
_FEW = 2

_DAYS = {
    0: ("monday", "mon", "lunes"),
    1: ("tuesday", "tue", "tues", "martes"),
    2: ("wednesday", "wed", "weds", "miercoles"),
    3: ("thursday", "thu", "thur", "thurs", "jueves"),
    4: ("friday", "fri", "viernes"),
    5: ("saturday", "sat", "sabado"),
    6: ("sunday", "sun", "domingo"),
}
_TODAY, _TOMORROW = (
    frozenset({"today", "hoy", "tonight"}),
    frozenset({"tomorrow", "manana", "tmrw"}),
)


def takes(draft: Draft, event: TextReceived, who: Attributed, asked: ConversationSeen) -> bool:
    """Take words about a visit that is being talked about; False: the engine reads them."""
    talk = draft.meetings.talk_of(asked)
    prompt = _prompt(draft, asked)
    if not is_meeting(asked.script):
        # Beside another question only what names a day: it may be about that question.
        unread = prompt is not None and isinstance(
            read_answer(event.text, prompt, asked.language), Unclear
        )
        return unread and _names_a_day(event.text) and unasked(draft, event, who)
    if talk is None or prompt is None:
        return False
    if talk.kind in {"offer", "missed"} or not talk.visits:
        return False
    if not isinstance(read_answer(event.text, prompt, asked.language), Unclear):
        return False
    thread, intent = who.thread, intent_of(event.text)
    if intent == "late":
        advance_one(draft, asked, Cancelled(draft.at))
        _late(draft, thread, talk.visits[0], asked)
        return True
    if talk.kind == "ride":
        return _after_all(draft, event, thread, talk, asked)
    when = read_when(event.text, asked.language, draft.at, talk.zone)
    if when is not None and len(talk.visits) == 1 and not _names(when, talk.visits[0]):
        advance_one(draft, asked, Cancelled(draft.at))
        if talk.kind == "remind":
            arranging.answer_visit(draft, talk.visits[0], "tentative")
        _asked_for(draft, thread, talk.visits[0], when, asked)
        return True
    if intent is not None and talk.kind == "remind":
        option = CANNOT if intent == "cannot" else CHANGE
        number = next(str(one.number) for one in prompt.options if one.key == option)
        advance_one(draft, asked, replace(event, text=number))
        _read_too(draft, thread, event)
        return True
    if len(words(event.text)) <= _FEW and "?" not in event.text:
        return False
    arranging.give(draft, thread, talk.visits[0], "visit-question", "visit/words")
    arranging.passed_on(draft, thread, asked)
    return True


def _after_all(
    draft: Draft,
    event: TextReceived,
    thread: ThreadSeen,
    talk: VisitTalk,
    asked: ConversationSeen,
) -> bool:
    """Take "I can't come after all" from who was just asked how they get there."""
    intent = intent_of(event.text)
    if intent is None:
        return False
    advance_one(draft, asked, Cancelled(draft.at))
    answer = "declined" if intent == "cannot" else "tentative"
    arranging.another_time(draft, thread, talk.visits, talk.zone, asked.language, answer)
    _read_too(draft, thread, event)
    return True


def unasked(draft: Draft, event: TextReceived, who: Attributed) -> bool:
    """Take words about a visit that nobody asked about: "can't make it thursday"."""
    intent, thread = intent_of(event.text), who.thread
    if intent is None or not thread.active or thread.id is None or draft.opted_out:
        return False
    by_day = intent == "cannot" and _names_a_day(event.text)
    if not by_day and not speaks_of_a_visit(event.text, intent):
        return False
    found = draft.meetings.known.ahead_of(thread.patient_id)
    if found is None:
        draft.meetings.wants[Ahead(thread.patient_id)] = None
        return True
    near = [one for one in in_order(found) if _could_be(one, intent, draft.at)]
    meant = _by_day(event.text, near, draft.at)
    if not meant:
        return False
    if intent == "late":
        _late(draft, thread, meant[0], None)
        return True
    answer = "declined" if intent == "cannot" else "tentative"
    zone = meant[0].zone
    arranging.another_time(draft, thread, meant[:MOST_VISITS], zone, thread.language, answer)
    _read_too(draft, thread, event)
    return True


def _late(
    draft: Draft, thread: ThreadSeen, visit: Appointment, asked: ConversationSeen | None
) -> None:
    """Somebody comes, and later: they are expected, and a person tells the clinic at once."""
    arranging.answer_visit(draft, visit, "accepted")
    arranging.give(draft, thread, visit, "running-late", "visit/late", "urgent")
    arranging.say(draft, thread, "visit.late", asked.language if asked else thread.language)


def _asked_for(
    draft: Draft, thread: ThreadSeen, visit: Appointment, when: When, asked: ConversationSeen
) -> None:
    """Offer what is free of the time that somebody named; one moment is said back to them."""
    language = asked.language
    if not isinstance(when, Moment):
        arranging.offer_times(draft, thread, visit, language, when=when)
        return
    if visit.schedule_id is None:
        arranging.echo(draft, thread, visit, language, when.at)
        return
    wanted = Openings(visit.id, *span_of(when, visit.zone))
    slots = draft.meetings.known.open_for(wanted)
    if slots is None:
        draft.meetings.wants[wanted] = None
        return
    fitting = [one for one in slots if fits(when, one.starts_at, visit.zone)]
    arranging.echo(draft, thread, visit, language, when.at, fitting[:1])


def _could_be(visit: Appointment, intent: Intent, at: datetime) -> bool:
    if visit.status != "booked":
        return False
    if intent == "late":
        return at - _LATE_FROM <= starts(visit) <= at + _LATE_UNTIL
    return starts(visit) > at


def _by_day(text: str, visits: Sequence[Appointment], at: datetime) -> Sequence[Appointment]:
    """Return the visits whose day a text names; all of them if it names none."""
    if not _names_a_day(text):
        return visits
    spoken = frozenset(words(text))
    named = {day for day, names in _DAYS.items() if not spoken.isdisjoint(names)}
    return [one for one in visits if _is_named(one, spoken, named, at)]


def _names_a_day(text: str) -> bool:
    every = _TODAY.union(_TOMORROW, *_DAYS.values())
    return not every.isdisjoint(words(text))


def _is_named(visit: Appointment, spoken: frozenset[str], named: set[int], at: datetime) -> bool:
    clock = ZoneInfo(visit.zone)
    day, today = starts(visit).astimezone(clock).date(), at.astimezone(clock).date()
    if day == today and not spoken.isdisjoint(_TODAY):
        return True
    if day == today + timedelta(days=1) and not spoken.isdisjoint(_TOMORROW):
        return True
    return day.weekday() in named


def _names(when: When, visit: Appointment) -> bool:
    """Say whether words that name a day mean the visit's own day: no other time is asked for."""
    return isinstance(when, Day) and when.day == visit.day


def _read_too(draft: Draft, thread: ThreadSeen, event: TextReceived) -> None:
    if len(words(event.text)) > _LONG:
        draft.flag(
            Flag(reason="said-more", severity="routine", rule="visit/said-more", quote=True), thread
        )


def _prompt(draft: Draft, asked: ConversationSeen) -> Prompt | None:
    state = asked.state
    script = draft.library.scripts[asked.script]
    return script.prompt(state.prompt) if isinstance(state, Asking) and not state.paused else None
