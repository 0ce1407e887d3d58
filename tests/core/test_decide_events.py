"""What follows when nobody wrote: timers, deliveries, staff, and whose turn it is on a phone."""

import pytest
from msgspec.structs import replace

from engage.conversation.answers import Chosen
from engage.conversation.events import (
    AnswerEntered,
    Cancelled,
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextAccepted,
    TextReceived,
    TimerFired,
)
from engage.conversation.states import Asking, NotStarted
from engage.turns.context import Turn, TurnContext
from engage.turns.decide import decide
from tests.core.cast import (
    AT,
    FIRST,
    HOUR,
    HUNGER,
    LIBRARY,
    LUIS,
    ONLY,
    RIDE,
    ROSA,
    SECOND,
    Row,
    asked,
    ids_of,
    item,
    live,
    of,
    rows,
    scene,
    taken,
    text,
    turn,
    waiting,
    writes,
)

OFTEN, NEVER = Chosen("often"), Chosen("never")
UNDECIDED = live(ROSA, accepted=False)
LAST = live(ROSA, SECOND, answers=((FIRST, NEVER),))
PAUSED = live(ROSA, paused=True)
SILENT = live(ROSA, silent=True)
RIDE_OF_LUIS = waiting(LUIS)
# Thanksgiving lies between now and the second business day after.
READ_TEXTS = "open texts routine about Rosa: Dana, Fri 17:00"
FOOD = "open need:food-insecurity routine about Rosa: Dana, Fri 17:00"


CLOCKWORK: dict[str, Row] = {
    "the carrier took the question": (
        scene(ROSA, conversations=(UNDECIDED,)),
        turn(TextAccepted(AT, "ask/1"), UNDECIDED),
        ["Rosa asking hvs.worried", "timer nudge/1"],
    ),
    "a day without a reply": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(TimerFired(AT, "nudge", 1), live(ROSA)),
        ["Rosa asking hvs.worried", "say nudge hvs.worried to Rosa"],
    ),
    "another day without a reply is work": (
        scene(ROSA, conversations=(replace(SILENT, state=replace(SILENT.state, silent=False)),)),
        turn(TimerFired(AT, "silence", 1), SILENT),
        [
            "Rosa asking hvs.worried",
            "open silence routine about Rosa: Dana, Fri 17:00",
            "flag no-reply routine",
            "timer expire/1",
        ],
    ),
    "a timer of a question that was answered since": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(TimerFired(AT, "nudge", 7), live(ROSA)),
        [],
    ),
    "a timer of a conversation that is over": (
        scene(ROSA),
        turn(TimerFired(AT, "nudge", 1), live(ROSA)),
        [],
    ),
    "a plan called off": (
        scene(ROSA, conversations=(UNDECIDED,)),
        turn(Cancelled(AT), UNDECIDED),
        ["screening stopped cannot say", "Rosa cancelled", "withdraw ask/1"],
    ),
}

ONE_LIVE_PROMPT: dict[str, Row] = {
    "a screening begins at once where nothing is live": (
        scene(ROSA),
        turn(Started(AT), screening=asked(ROSA)),
        ["screening in-progress", "Rosa asking hvs.worried", "say hvs.worried to Rosa"],
    ),
    "a second screening waits for the first": (
        scene(ROSA, LUIS, conversations=(live(ROSA),)),
        turn(Started(AT), screening=asked(LUIS, RIDE)),
        ["screening in-progress", "Luis waiting"],
    ),
    "it begins when the first ends": (
        scene(ROSA, LUIS, conversations=(LAST, RIDE_OF_LUIS)),
        text("never"),
        [
            "screening completed no risk",
            "Rosa done",
            "Luis asking ahc.transportation",
            "answer hvs.ran-out never by patient",
            "say thanks to Rosa",
            "say ahc.transportation to Luis",
        ],
    ),
    "it begins when the first is silent, whose late answers no longer count": (
        scene(
            ROSA,
            LUIS,
            conversations=(
                replace(SILENT, state=replace(SILENT.state, silent=False)),
                RIDE_OF_LUIS,
            ),
        ),
        turn(TimerFired(AT, "silence", 1), SILENT),
        [
            "screening stopped cannot say",
            "Rosa expired",
            "Luis asking ahc.transportation",
            "say ahc.transportation to Luis",
            "open silence routine about Rosa: Dana, Fri 17:00",
            "flag no-reply routine",
            "timer expire/1",
        ],
    ),
    "it begins at once if the first has long been silent": (
        scene(ROSA, LUIS, conversations=(SILENT,)),
        turn(Started(AT), screening=asked(LUIS, RIDE)),
        [
            "screening in-progress",
            "screening stopped cannot say",
            "Luis asking ahc.transportation",
            "Rosa expired",
            "say ahc.transportation to Luis",
        ],
    ),
    "it begins when the first is called off": (
        scene(ROSA, LUIS, conversations=(live(ROSA), RIDE_OF_LUIS)),
        turn(Cancelled(AT), live(ROSA)),
        [
            "screening stopped cannot say",
            "Rosa cancelled",
            "Luis asking ahc.transportation",
            "say ahc.transportation to Luis",
        ],
    ),
    "the one that has waited longest begins": (
        scene(ROSA, LUIS, conversations=(LAST, waiting(ROSA, since=HOUR / 4), RIDE_OF_LUIS)),
        text("never"),
        [
            "screening completed no risk",
            "Rosa done",
            "Luis asking ahc.transportation",
            "answer hvs.ran-out never by patient",
            "say thanks to Rosa",
            "say ahc.transportation to Luis",
        ],
    ),
    "a question that a human paused has the floor, silent or not": (
        scene(ROSA, LUIS, conversations=(live(ROSA, silent=True, paused=True),)),
        turn(Started(AT), screening=asked(LUIS, RIDE)),
        ["screening in-progress", "Luis waiting"],
    ),
    "nothing begins on a closed line": (
        scene(ROSA, opted_out=True),
        turn(Started(AT), screening=asked(ROSA)),
        ["screening in-progress", "Rosa waiting"],
    ),
    "nobody is asked anything in a crisis": (
        scene(ROSA, items=(item(ROSA, "crisis", "crisis"),)),
        turn(Started(AT), screening=asked(ROSA)),
        ["screening in-progress", "Rosa waiting"],
    ),
    "a possible danger holds nothing back": (
        scene(ROSA, items=(item(ROSA, "crisis", "possible"),)),
        turn(Started(AT), screening=asked(ROSA)),
        ["screening in-progress", "Rosa asking hvs.worried", "say hvs.worried to Rosa"],
    ),
    "what waited for the end of a crisis begins": (
        scene(ROSA, conversations=(waiting(ROSA),)),
        turn(ItemClosed(AT), patient_id=ROSA.patient_id),
        ["Rosa asking ahc.transportation", "say ahc.transportation to Rosa"],
    ),
    "a screening that staff ask in person is a record alone": (
        scene(ROSA),
        turn(Started(AT), screening=asked(ROSA, channel="staff")),
        ["screening in-progress"],
    ),
    "a patient without a thread cannot be texted": (
        scene(LUIS),
        turn(Started(AT), screening=asked(ROSA)),
        ["screening in-progress"],
    ),
}

A_HUMAN_TALKS: dict[str, Row] = {
    "Dana's words pause the question and answer whoever waits": (
        scene(ROSA, conversations=(UNDECIDED,)),
        writes(StaffWrote(AT), ROSA),
        [
            "Rosa paused hvs.worried",
            "withdraw ask/1",
            "say Did the bus pass come? to Rosa",
            "answered Rosa",
        ],
    ),
    "Dana's words to Rosa leave the question for Luis alone": (
        scene(ROSA, LUIS, conversations=(live(LUIS, ONLY, RIDE),)),
        writes(StaffWrote(AT), ROSA),
        ["say Did the bus pass come? to Rosa", "answered Rosa"],
    ),
    "words into a thread that is not there go nowhere": (
        scene(LUIS),
        writes(StaffWrote(AT), ROSA),
        [],
    ),
    "a closed item lets the question come again": (
        scene(ROSA, conversations=(PAUSED,)),
        turn(ItemClosed(AT), PAUSED),
        ["Rosa asking hvs.worried", "say hvs.worried to Rosa"],
    ),
    "a closed item of another patient does not": (
        scene(ROSA, LUIS, conversations=(PAUSED,)),
        turn(ItemClosed(AT), patient_id=LUIS.patient_id),
        [],
    ),
    "while a crisis is open, closing other work does not": (
        scene(ROSA, conversations=(PAUSED,), items=(item(ROSA, "crisis", "crisis"),)),
        turn(ItemClosed(AT), PAUSED),
        [],
    ),
    "the crisis of Luis does not hold Rosa's question": (
        scene(ROSA, LUIS, conversations=(PAUSED,), items=(item(LUIS, "crisis", "crisis"),)),
        turn(ItemClosed(AT), PAUSED),
        ["Rosa asking hvs.worried", "say hvs.worried to Rosa"],
    ),
}

PEOPLE_CHANGE: dict[str, Row] = {
    "who left or died is asked nothing more, and the next one is": (
        scene(ROSA, LUIS, conversations=(UNDECIDED, RIDE_OF_LUIS)),
        turn(PersonChanged(AT, active=False), UNDECIDED),
        [
            "screening stopped cannot say",
            "Rosa cancelled",
            "Luis asking ahc.transportation",
            "withdraw ask/1",
            "say ahc.transportation to Luis",
        ],
    ),
    "who left while waiting is not begun": (
        scene(ROSA, LUIS, conversations=(live(ROSA), RIDE_OF_LUIS)),
        turn(PersonChanged(AT, active=False), RIDE_OF_LUIS),
        ["screening stopped cannot say", "Luis cancelled"],
    ),
    "a new language asks the question again": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(PersonChanged(AT, active=True, language="es"), live(ROSA)),
        ["Rosa asking hvs.worried", "say hvs.worried to Rosa"],
    ),
}

DELIVERY: dict[str, Row] = {
    "a question that did not arrive is a call for Dana": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(DeliveryFailed(AT, "ask/1", "undelivered"), live(ROSA)),
        [
            "screening stopped cannot say",
            "Rosa handed-off",
            "open delivery routine about Rosa: Dana, Fri 17:00",
            "flag undeliverable routine",
            "hand off undeliverable",
        ],
    ),
    "an earlier question that was answered arrived, whatever the carrier says": (
        scene(ROSA, conversations=(live(ROSA),)),
        turn(DeliveryFailed(AT, "ask/0", "failed"), live(ROSA)),
        [],
    ),
    "a thank-you of a conversation that is over": (
        scene(ROSA),
        turn(DeliveryFailed(AT, "thanks", "failed"), live(ROSA)),
        ["open delivery routine about Rosa: Dana, Fri 17:00", "flag undeliverable routine"],
    ),
    "Dana's own text": (
        scene(ROSA),
        turn(DeliveryFailed(AT, "staff", "refused"), patient_id=ROSA.patient_id),
        ["open delivery routine about Rosa: Dana, Fri 17:00", "flag undeliverable routine"],
    ),
    "a text to somebody we do not know": (
        scene(),
        turn(DeliveryFailed(AT, "help", "failed")),
        ["open delivery routine about the line: Dana, Fri 17:00", "flag undeliverable routine"],
    ),
}

ENTERED: dict[str, Row] = {
    "the live question's answer goes on to the next": (
        scene(ROSA, conversations=(UNDECIDED,)),
        turn(
            AnswerEntered(AT, FIRST, OFTEN),
            screening=replace(asked(ROSA), id=UNDECIDED.screening_id),
        ),
        [
            "Rosa asking hvs.ran-out",
            "answer hvs.worried often by staff",
            "withdraw ask/1",
            "say hvs.ran-out to Rosa",
            FOOD,
            "flag food-insecurity routine",
        ],
    ),
    "the last answer needs no thank-you": (
        scene(ROSA, conversations=(LAST,)),
        turn(
            AnswerEntered(AT, SECOND, NEVER), screening=replace(asked(ROSA), id=LAST.screening_id)
        ),
        ["screening completed no risk", "Rosa done", "answer hvs.ran-out never by staff"],
    ),
    "a waiting screening keeps it": (
        scene(ROSA, LUIS, conversations=(live(LUIS, ONLY, RIDE), waiting(ROSA, HUNGER))),
        turn(AnswerEntered(AT, SECOND, NEVER), screening=of(waiting(ROSA, HUNGER))),
        ["Rosa waiting", "answer hvs.ran-out never by staff"],
    ),
    "without a conversation it is a record": (
        scene(ROSA),
        turn(AnswerEntered(AT, FIRST, NEVER), screening=asked(ROSA, channel="staff")),
        ["answer hvs.worried never by staff"],
    ),
    "without a conversation a risk is work at once": (
        scene(ROSA),
        turn(AnswerEntered(AT, FIRST, OFTEN), screening=asked(ROSA, channel="staff")),
        ["answer hvs.worried often by staff", FOOD, "flag food-insecurity routine"],
    ),
    "the last one of a record gives the verdict": (
        scene(ROSA),
        turn(
            AnswerEntered(AT, SECOND, NEVER),
            screening=asked(ROSA, channel="staff", worried=NEVER),
        ),
        ["screening completed no risk", "answer hvs.ran-out never by staff"],
    ),
    "an answer about somebody who is not here is none": (
        scene(LUIS),
        turn(AnswerEntered(AT, FIRST, OFTEN), screening=asked(ROSA)),
        [],
    ),
}


@rows(CLOCKWORK)
def test_clockwork(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviours 11 and 20: silence is nudged once and then work; a stale timer does nothing."""
    assert taken(context, happened) == expected


@rows(ONE_LIVE_PROMPT)
def test_one_live_prompt(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviours 2 and 3: one question is live on a phone, and the next one waits for the floor."""
    assert taken(context, happened) == expected


@rows(A_HUMAN_TALKS)
def test_a_human_talks(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 12: automation pauses while a human talks or a crisis is open, then resumes."""
    assert taken(context, happened) == expected


@rows(PEOPLE_CHANGE)
def test_people_change(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviours 7 and 13: who left or died hears nothing more; a new language is spoken now."""
    assert taken(context, happened) == expected


@rows(DELIVERY)
def test_delivery(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 20: a text that never arrives is work, with a conversation and without."""
    assert taken(context, happened) == expected


@rows(ENTERED)
def test_entered(context: TurnContext, happened: Turn, expected: list[str]) -> None:
    """Behaviour 39: what staff type in is recorded as theirs, and judged like any answer."""
    assert taken(context, happened) == expected


@pytest.mark.parametrize(
    "event",
    [TextReceived(AT, "1"), Started(AT), AnswerEntered(AT, FIRST, OFTEN)],
    ids=lambda event: type(event).__name__,
)
def test_an_event_without_its_particulars(event: Event) -> None:
    """An event whose text or screening was not loaded decides nothing, and raises nothing."""
    assert taken(scene(ROSA, conversations=(live(ROSA),)), turn(event)) == []


def test_a_conversation_about_nobody_here() -> None:
    """A conversation whose patient has no thread on the line stands still."""
    assert taken(scene(LUIS, conversations=(live(ROSA),)), turn(Cancelled(AT), live(ROSA))) == []


def test_a_language_waits_with_a_paused_question() -> None:
    """Behaviour 7: a language that changes while a human talks is the one spoken afterwards."""
    changed = PersonChanged(AT, active=True, language="es")
    context = scene(ROSA, conversations=(PAUSED, waiting(ROSA)))

    saved = decide(context, turn(changed, PAUSED), LIBRARY).conversations

    assert [(one.language, type(one.state)) for one in saved] == [
        ("es", Asking),
        ("es", NotStarted),
    ]


def test_an_unknown_language_is_english() -> None:
    """A language we have no words for is spoken in English rather than not at all."""
    changed = PersonChanged(AT, active=True, language="nv")

    saved = decide(scene(LUIS, conversations=(live(LUIS),)), turn(changed, live(LUIS)), LIBRARY)

    assert [one.language for one in saved.conversations] == ["en"]


@rows(CLOCKWORK | ONE_LIVE_PROMPT | A_HUMAN_TALKS | PEOPLE_CHANGE | DELIVERY | ENTERED)
def test_deciding_twice_names_the_same_rows(
    context: TurnContext, happened: Turn, expected: list[str]
) -> None:
    """A turn decided again after a crash names the same rows, and none of them twice."""
    decision = decide(context, happened, LIBRARY)

    assert decide(context, happened, LIBRARY) == decision
    assert len(set(ids_of(decision))) == len(ids_of(decision))
