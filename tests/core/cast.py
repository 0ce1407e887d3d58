"""The people and turns that tests of a decision stand on, and a decision in words.

It is a Tuesday, ten in the morning in Phoenix, two days before Thanksgiving.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from engage.conversation.answers import Answer
from engage.conversation.events import Event, TextReceived
from engage.conversation.severity import Severity
from engage.conversation.states import Asking, NotStarted, State
from engage.ids import (
    CaregiverId,
    ConversationId,
    LineId,
    MessageId,
    NumberId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
    ThreadId,
    derived,
)
from engage.needs.scoring import AtRisk, CannotSay, NoRisk, Verdict
from engage.queue.routing import CoverSeen, StaffSeen
from engage.turns.context import (
    CaregiverSeen,
    Channel,
    ConversationSeen,
    ItemSeen,
    Language,
    LineSeen,
    PracticeSeen,
    ScreeningAsked,
    StaffText,
    TextCame,
    ThreadSeen,
    Turn,
    TurnContext,
)
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.scene import state_words, word

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIBRARY = Library.shipped()
HUNGER, RIDE = "hunger-vital-sign", "ahc-transportation"
FIRST, SECOND, ONLY = "hvs.worried", "hvs.ran-out", "ahc.transportation"

_BIRTH = UUID("0190a000-0000-7000-8000-000000000000")
_WEEK = ("mon", "tue", "wed", "thu", "fri")


def an_id(label: str) -> UUID:
    """Return the id of a thing by its name."""
    return derived(AT, _BIRTH, label)


DANA = StaffSeen(StaffId(an_id("dana")), "Dana", ("care_manager",))
MARCUS = StaffSeen(StaffId(an_id("marcus")), "Marcus", ("care_manager",))
OLGA = StaffSeen(StaffId(an_id("olga")), "Olga", ("practice_admin",))
STAFF = (DANA, MARCUS, OLGA)

PRACTICE = PracticeSeen(
    id=PracticeId(an_id("practice")),
    name="Desert Bloom Family Practice",
    texting_name="Desert Bloom",
    support_phone="602-555-0199",
    time_zone="America/Phoenix",
    business_hours=dict.fromkeys(_WEEK, (("09:00", "17:00"),)),
    holidays="US-AZ",
    responsible_id=OLGA.id,
)
LINE = LineId(an_id("line"))
SCREENING = ScreeningId(an_id("screening"))


def patient(
    name: str,
    manager: StaffSeen | None = DANA,
    language: Language = "en",
    *,
    active: bool = True,
    uses_phone: bool = True,
) -> ThreadSeen:
    """Return a patient's thread on the line."""
    return ThreadSeen(
        id=ThreadId(an_id(f"thread/{name}")),
        patient_id=PatientId(an_id(name)),
        given_name=name,
        language=language,
        active=active,
        uses_phone=uses_phone,
        manager_id=manager.id if manager else None,
    )


ROSA = patient("Rosa")
LUIS = patient("Luis", MARCUS, "es")


def caregiver(name: str, *of: ThreadSeen) -> CaregiverSeen:
    """Return somebody who helps patients and uses the phone."""
    return CaregiverSeen(CaregiverId(an_id(name)), name, tuple(t.patient_id for t in of))


def scene(
    *threads: ThreadSeen,
    caregivers: tuple[CaregiverSeen, ...] = (),
    conversations: tuple[ConversationSeen, ...] = (),
    items: tuple[ItemSeen, ...] = (),
    covers: tuple[CoverSeen, ...] = (),
    opted_out: bool = False,
) -> TurnContext:
    """Return what is loaded for a turn on the line."""
    return TurnContext(
        practice=PRACTICE,
        line=LineSeen(LINE, NumberId(an_id("number")), opted_out),
        threads=threads,
        caregivers=caregivers,
        conversations=conversations,
        items=items,
        staff=STAFF,
        covers=covers,
    )


def conversation(
    thread: ThreadSeen, state: State, script: str = HUNGER, since: timedelta = HOUR
) -> ConversationSeen:
    """Return an open conversation, begun some time ago."""
    label = f"conversation/{thread.given_name}/{script}"
    return ConversationSeen(
        id=ConversationId(an_id(label)),
        thread_id=thread.id or ThreadId(an_id("no thread")),
        patient_id=thread.patient_id,
        script=script,
        language=thread.language,
        state=state,
        started_at=AT - since,
        screening_id=ScreeningId(an_id(f"screening/{thread.given_name}/{script}")),
    )


def live(  # noqa: PLR0913 - the ways in which a question can stand
    thread: ThreadSeen,
    prompt: str = FIRST,
    script: str = HUNGER,
    *,
    answers: tuple[tuple[str, Answer], ...] = (),
    accepted: bool = True,
    silent: bool = False,
    paused: bool = False,
    tries: int = 0,
    since: timedelta = HOUR,
    queued: tuple[str, ...] = (),
) -> ConversationSeen:
    """Return a conversation whose question waits for an answer."""
    at = AT - since
    state = Asking(
        1,
        prompt,
        at,
        tries=tries,
        accepted_at=at if accepted else None,
        nudged=silent,
        nudge_accepted_at=at if silent else None,
        silent=silent,
        introduced=accepted,
        paused=paused,
        answers=answers,
    )
    return replace(conversation(thread, state, script, since), queued=queued)


def waiting(
    thread: ThreadSeen, script: str = RIDE, since: timedelta = HOUR / 2
) -> ConversationSeen:
    """Return a conversation that has not had its turn on the phone."""
    return conversation(thread, NotStarted(), script, since)


def item(
    about: ThreadSeen | None, subject: str, severity: Severity = "routine", due: timedelta = HOUR
) -> ItemSeen:
    """Return open work of Dana's about a patient, or about the line."""
    return ItemSeen(
        QueueItemId(an_id(f"item/{subject}")),
        about.patient_id if about else LINE,
        subject,
        severity,
        DANA.id,
        AT + due,
    )


def text(
    words: str,
    *,
    carrier: Literal["STOP", "START", "HELP"] | None = None,
    pictures: int = 0,
    at: datetime = AT,
) -> Turn:
    """Return the turn of a text that came in; `carrier` is the carrier's own finding."""
    message = MessageId(an_id(f"text/{words}"))
    return Turn(
        cause=message, event=TextReceived(at, words), text=TextCame(message, carrier, pictures)
    )


def turn(
    event: Event,
    about: ConversationSeen | None = None,
    patient_id: PatientId | None = None,
    screening: ScreeningAsked | None = None,
) -> Turn:
    """Return the turn of anything that is no text."""
    return Turn(
        cause=an_id(f"event/{type(event).__name__}"),
        event=event,
        conversation_id=about.id if about else None,
        patient_id=patient_id or (about.patient_id if about else None),
        screening=screening,
        staff_id=DANA.id,
    )


def writes(event: Event, thread: ThreadSeen) -> Turn:
    """Return the turn of Dana's own words to a patient."""
    message = MessageId(an_id("dana's text"))
    thread_id = thread.id or ThreadId(an_id("no thread"))
    return Turn(
        cause=message,
        event=event,
        patient_id=thread.patient_id,
        staff_id=DANA.id,
        staff_text=StaffText(message, thread_id, DANA.id, "Did the bus pass come?"),
    )


def asked(
    thread: ThreadSeen, instrument: str = HUNGER, channel: Channel = "sms", **known: Answer
) -> ScreeningAsked:
    """Return a screening that Dana asks for; known answers are named by the end of their key."""
    answers = {f"hvs.{key.replace('_', '-')}": answer for key, answer in known.items()}
    return ScreeningAsked(
        SCREENING, thread.patient_id, instrument, channel, thread.language, answers
    )


def of(about: ConversationSeen) -> ScreeningAsked:
    """Return the screening that a conversation asks by text."""
    screening = about.screening_id or SCREENING
    return ScreeningAsked(screening, about.patient_id, about.script, "sms", about.language)


Row = tuple[TurnContext, Turn, list[str]]


def rows(table: Mapping[str, Row]) -> pytest.MarkDecorator:
    """Return a table as the parameters of a test."""
    return pytest.mark.parametrize(("context", "happened", "expected"), table.values(), ids=table)


def taken(context: TurnContext, happened: Turn) -> list[str]:
    """Return a decision in words."""
    return list(told(context, decide(context, happened, LIBRARY)))


def ids_of(decision: Decision) -> list[UUID]:
    """Return the ids of all rows a decision makes."""
    return [
        row.id
        for made in (
            decision.consents,
            decision.answers,
            decision.texts,
            decision.items,
            decision.flags,
            decision.timers,
        )
        for row in made
    ]


def told(context: TurnContext, decision: Decision) -> Iterator[str]:
    """Say all that a decision says, in the order in which its rows are saved."""
    names: dict[UUID | None, str] = {person.id: person.given_name for person in context.staff}
    names |= {thread.patient_id: thread.given_name for thread in context.threads}
    names |= {thread.id: thread.given_name for thread in context.threads}
    names |= {LINE: "the line", None: "the phone"}
    subjects = {known.id: known.subject for known in context.items}
    if decision.opted_out is not None:
        yield f"line {'closed' if decision.opted_out else 'open'}"
    for consent in decision.consents:
        yield f"consent {consent.kind} by {consent.how}"
    for screening in decision.screenings:
        yield f"screening {screening.status} {_verdict(screening.verdict)}".rstrip()
    for saved in decision.conversations:
        yield f"{names[saved.patient_id]} {state_words(saved.state)}"
    for given in decision.answers:
        yield f"answer {given.item} {word(given.answer)} by {given.reporter}"
    for withdrawn in decision.withdrawn:
        yield f"withdraw {withdrawn.key}"
    for said in decision.texts:
        yield f"say {said.text_id or said.body} to {names[said.thread_id]}"
    for opened in decision.items:
        due = opened.due_at.astimezone(ZoneInfo(context.practice.time_zone))
        about, owner = names[opened.about_id], names[opened.owner_id]
        yield f"open {opened.subject} {opened.severity} about {about}: {owner}, {due:%a %H:%M}"
    for raised in decision.raised:
        due = raised.due_at.astimezone(ZoneInfo(context.practice.time_zone))
        yield f"join {subjects[raised.id]} {raised.severity}, {due:%a %H:%M}"
    for answered in decision.answered:
        yield f"answered {names[answered]}"
    for flag in decision.flags:
        yield f"flag {flag.reason} {flag.severity}"
    for timer in decision.timers:
        yield f"timer {timer.name}/{timer.step}"
    for reason in decision.handed_off:
        yield f"hand off {reason}"


def _verdict(verdict: Verdict | None) -> str:
    match verdict:
        case None:
            return ""
        case AtRisk():
            return "at risk"
        case NoRisk():
            return "no risk"
        case CannotSay():
            return "cannot say"
        case _:
            assert_never(verdict)
