"""The player of transcripts: what it plays, and where it says a transcript and the core differ."""

import pytest

from engage.conversation.answers import Chosen, Declined, DidNotKnow, NotAsked
from engage.conversation.states import Asking, Done, NotStarted
from engage.conversation.transcript_format import TranscriptInvalid, parse
from engage.turns.compared import Difference, Played
from engage.turns.library import Library
from engage.turns.scene import state_words, word
from engage.turns.transcript import play
from engage.turns.typed import converse
from tests.core.cast import AT

LIBRARY = Library.shipped()
SCENE = """\
patient  Rosa, en, care manager Dana
screen   ahc-transportation
at       2031-03-04 10:00 America/Chicago
"""
CALM = SCENE.replace("screen   ahc-transportation\n", "")
HOME = SCENE + "patient  Luis, es, care manager Marcus, same phone\n"
ASKED = "< system: ahc.transportation\n"
RISK = """\
* answer  ahc.transportation = yes
* flag    transportation-insecurity routine
* queue   Dana, due 2031-03-06 17:00
< system: thanks
< system: help.want
"""
STOPS = (
    "> patient: Stop.\n* consent opted-out\n"
    "* flag opted-out routine\n* queue Dana, due 2031-03-06 17:00\n"
)
STOPPED = (
    "Desert Bloom: you will get no more texts from us. Your care stays the same. "
    "Questions? Call 602-555-0199. To get texts again, send START."
)
OUTSIDE = "* flag outside-conversation routine\n* queue Dana, due 2031-03-06 17:00\n"


def played(text: str) -> Played:
    """Return how a transcript goes."""
    return play(parse(text), LIBRARY)


def differences(text: str) -> list[str]:
    """Return the differences of a transcript, each as its three lines."""
    return [str(difference) for difference in played(text).differences]


RIGHT: dict[str, str] = {
    "an answer": SCENE + ASKED + "> patient: 1\n" + RISK + "= asking help.want",
    "effects of one event in any order": SCENE
    + ASKED
    + "> patient: 1\n< system: thanks\n* queue Dana, due 2031-03-06 17:00\n"
    + "* flag transportation-insecurity routine\n* answer ahc.transportation = yes\n"
    + "< system: help.want\n",
    "a lead and options": SCENE
    + "< system: opening + ahc.transportation [1 yes, 2 no] [for Rosa]\n",
    "a whole sentence": CALM + f'{STOPS}< system: "{STOPPED}"\n',
    "two people by name": HOME
    + ASKED
    + "> luis: 2\n* answer ahc.transportation = no\n< system: thanks [for Rosa]\n",
    "a screening for the second": CALM
    + "patient  Luis, es, care manager Marcus, same phone\nscreen   ahc-transportation, for Luis\n"
    + "< system: ahc.transportation [for Luis]\n",
    "a stranger": CALM
    + "> unknown: hi\n* flag unknown-sender routine\n* queue Dana, due 2031-03-06 17:00\n"
    + "< system: unknown-sender\n",
    "a caregiver": CALM
    + "caregiver Elena, of Rosa\n> caregiver: mom had a good day\n* flag caregiver-wrote routine\n"
    + "* queue Dana, due 2031-03-06 17:00\n",
    "a caregiver by name, of the first patient": CALM
    + "caregiver Elena\n> elena: mom had a good day\n* flag caregiver-wrote routine\n"
    + "* queue Dana, due 2031-03-06 17:00\n",
    "a caregiver with the patient's phone": CALM
    + "caregiver Elena, of Rosa, same phone\n"
    + "> caregiver: mom had a good day\n* flag ambiguous-sender routine\n"
    + "* queue Dana, due 2031-03-06 17:00\n",
    "a picture": CALM
    + '> patient: ""\n* flag picture routine\n* queue Dana, due 2031-03-06 17:00\n',
    "a duplicate": SCENE + ASKED + "> patient: 2\n* answer ahc.transportation = no\n"
    "< system: thanks\n! duplicate\n= done\n",
    "staff who were named before": CALM + "staff Marcus, supervisor\n> marcus: hello\n",
    "staff who type": SCENE
    + ASKED
    + "> dana: hello\n= paused ahc.transportation\n! closed\n"
    + ASKED,
    "a death": SCENE
    + ASKED
    + "! died\n= cancelled\n... 48h\n> patient: hello\n"
    + OUTSIDE.replace("06", "10"),
    "somebody who left, by name": HOME + ASKED + "! left Rosa\n= cancelled\n> patient: hello\n"
    "* flag outside-conversation routine\n* queue Marcus, due 2031-03-06 17:00\n",
    "a language": SCENE
    + ASKED
    + "! language es\n< system: ahc.transportation\n> patient: no\n"
    + '* answer ahc.transportation = no\n< system: "Gracias por contarnos. Dana, de su equipo de '
    + 'cuidado, leerá sus respuestas."\n',
    "a text that did not arrive": SCENE
    + ASKED
    + "! undelivered\n* flag undeliverable routine\n* queue Dana, due 2031-03-06 17:00\n"
    + "* hand-off\n= handed-off\n",
    "a text to a stranger that did not arrive": CALM
    + "> unknown: ayuda\n< system: help\n* flag asked-for-help urgent\n"
    + "* queue Dana, due 2031-03-04 17:00\n! failed help\n* flag undeliverable routine\n"
    + "* queue Dana, due 2031-03-06 17:00\n",
    "time": SCENE + ASKED + "... 23h\n... 59m\n... 1m\n< system: nudge ahc.transportation\n",
    "a closed line": SCENE.replace("Dana", "Dana, opted-out") + "= waiting\n= opted-out\n",
    "nothing at all": CALM + "= idle\n",
    "one safety text in half an hour": CALM
    + "at 2031-03-04 10:00 America/Chicago\n> patient: i want to die\n* flag red-flag crisis\n"
    + "* queue Dana, due 2031-03-04 10:15\n* page 10:00\n< system: safety.self-harm\n... 5m\n"
    + "> patient: i want to die\n* flag red-flag crisis\n* page 10:05\n... 30m\n"
    + "> patient: i want to die\n* flag red-flag crisis\n* page 10:35\n"
    + "< system: safety.self-harm\n",
    "closed work is closed": CALM
    + "> patient: hello\n"
    + OUTSIDE
    + "! closed\n> patient: hello\n"
    + OUTSIDE,
    "work that rises": CALM
    + "> patient: i had a stroke\n* flag red-flag possible\n* queue Dana, due 2031-03-04 10:15\n"
    + "* page 10:05\n< system: clarify.medical\n"
    + "> patient: he hit me\n* flag red-flag crisis\n* queue Dana, due 2031-03-04 10:15\n"
    + "* page 10:00\n< system: safety.violence\n",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_happens_is_no_difference(text: str) -> None:
    """A transcript that lists all that happens, and nothing else, plays without a difference."""
    assert differences(text) == []


WRONG: dict[str, tuple[str, list[tuple[int, str, str]]]] = {
    "another text": (
        SCENE + "< system: hvs.worried\n",
        [
            (4, "< system: hvs.worried", "< system: ahc.transportation"),
            (4, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "an effect that did not happen": (
        SCENE + ASKED + "* flag no-reply routine\n",
        [(5, "* flag    no-reply routine", "nothing")],
    ),
    "an effect that is not listed": (
        CALM + "> patient: hello\n* flag outside-conversation routine\n",
        [(4, "nothing", "* queue   Dana, due 2031-03-06 17:00")],
    ),
    "an effect that is not listed before the next event": (
        SCENE + "... 1h\n",
        [(4, "nothing", "< system: ahc.transportation")],
    ),
    "texts in another order": (
        CALM
        + "patient  Luis, en, care manager Dana, same phone\n"
        + "screen   ahc-transportation, for Rosa\nscreen   ahc-transportation, for Luis\n"
        + "< system: ahc.transportation [for Rosa]\n"
        + "> patient: 2\n* answer ahc.transportation = no\n"
        + "< system: ahc.transportation [for Luis]\n< system: thanks\n",
        [
            (9, "< system: ahc.transportation [for Luis]", "< system: thanks [for Rosa]"),
            (10, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "an option that is not offered": (
        SCENE + "< system: ahc.transportation [3 maybe]\n",
        [
            (
                4,
                "< system: ahc.transportation [3 maybe]",
                "< system: ahc.transportation [1 yes, 2 no]",
            ),
            (4, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "an option of another number": (
        SCENE + "< system: ahc.transportation [2 yes]\n",
        [
            (
                4,
                "< system: ahc.transportation [2 yes]",
                "< system: ahc.transportation [1 yes, 2 no]",
            ),
            (4, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "a text about somebody else": (
        HOME + "< system: ahc.transportation [for Luis]\n",
        [
            (
                5,
                "< system: ahc.transportation [for Luis]",
                "< system: ahc.transportation [for Rosa]",
            ),
            (5, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "a lead that did not stand there": (
        SCENE + ASKED + "> patient: maybe\n< system: opening + reask ahc.transportation\n",
        [
            (
                6,
                "< system: opening + reask ahc.transportation",
                "< system: reask ahc.transportation",
            ),
            (6, "nothing", "< system: reask ahc.transportation"),
        ],
    ),
    "another sentence": (
        CALM + f'{STOPS}< system: "Bye."\n',
        [
            (7, '< system: "Bye."', f'< system: "{STOPPED}"'),
            (7, "nothing", "< system: stopped"),
        ],
    ),
    "a lead that does not exist": (
        SCENE + "< system: greeting + ahc.transportation\n",
        [
            (4, "< system: greeting + ahc.transportation", "< system: ahc.transportation"),
            (4, "nothing", "< system: ahc.transportation"),
        ],
    ),
    "another flag, with its remark": (
        CALM + "> patient: hello\n* flag picture routine  # a picture?\n",
        [
            (4, "* flag    picture routine", "* flag    outside-conversation routine"),
            (4, "nothing", "* flag    outside-conversation routine"),
            (4, "nothing", "* queue   Dana, due 2031-03-06 17:00"),
        ],
    ),
    "a text where none went out": (
        CALM + "> patient: hello\n< system: thanks\n" + OUTSIDE,
        [(4, "< system: thanks", "* flag    outside-conversation routine")],
    ),
    "another due time": (
        CALM
        + "> patient: hello\n* flag outside-conversation routine\n"
        + "* queue Dana, due 2031-03-05 17:00\n",
        [
            (5, "* queue   Dana, due 2031-03-05 17:00", "* queue   Dana, due 2031-03-06 17:00"),
            (5, "nothing", "* queue   Dana, due 2031-03-06 17:00"),
        ],
    ),
    "another state": (
        SCENE + ASKED + "= done\n",
        [(5, "= done", "= asking ahc.transportation")],
    ),
    "a state of nothing": (CALM + "= done\n", [(3, "= done", "= idle")]),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_differences(text: str, expected: list[tuple[int, str, str]]) -> None:
    """Whatever differs is said: where, what was expected in full, and what happened instead."""
    assert [(one.line, one.expected, one.happened) for one in played(text).differences] == expected


INVALID: dict[str, tuple[str, int]] = {
    "no moment": ("patient  Rosa, en, care manager Dana\n", 1),
    "an instrument we do not have": (CALM + "screen phq-9\n> patient: hi\n", 3),
    "somebody nobody knows": (CALM + "> pedro: hi\n", 3),
    "a text that was never sent": (CALM + "! undelivered thanks\n", 3),
    "something that cannot happen": (CALM + "! exploded\n", 3),
    "nobody at all": ("at 2031-03-04 10:00 UTC\n> patient: hi\n", 2),
    "a screening of nobody": ("at 2031-03-04 10:00 UTC\nscreen ahc-transportation\n> x: hi\n", 2),
    "a language we do not write": (CALM.replace(", en,", ", xx,"), 1),
    "a role that nobody has": ("staff Ana, queen\n" + CALM, 1),
    "a caregiver of nobody": (CALM + "caregiver Elena, of Pedro\n", 3),
    "a caregiver before the patient": ("caregiver Elena\n" + CALM, 1),
    "a caregiver who is not there": (CALM + "> caregiver: hi\n", 3),
    "a year before all": (CALM.replace("2031-", "1031-"), 2),
    "the last year of all": (CALM.replace("2031-", "9999-") + "... 999999d\n", 2),
    "a thousand years": (CALM + "... 999999d\n", 3),
    "a plan ended twice": (
        CALM + "plan post-discharge, FREQ=DAILY;BYHOUR=10\n! ended\n! paused\n",
        5,
    ),
    "a pause of no length": (
        CALM + "plan post-discharge, FREQ=DAILY;BYHOUR=10\n! paused soon\n",
        4,
    ),
}


@pytest.mark.parametrize(("text", "line"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_played(text: str, line: int) -> None:
    """A transcript about something that does not exist is refused, with its line."""
    with pytest.raises(TranscriptInvalid) as refused:
        played(text)

    assert refused.value.line == line


def typed(text: str) -> tuple[str, list[str]]:
    """Return what a typed conversation becomes, and what was said meanwhile."""
    said: list[str] = []
    written = converse(LIBRARY, text.splitlines(keepends=True), said.append, AT)
    return written, said[1:]


def test_a_conversation_is_typed() -> None:
    """What is typed is written with what happened between, and plays without a difference."""
    written, said = typed(SCENE + "2\n\nnever read\n")

    assert "> patient: 2\n" in written
    assert "< system: thanks" in said
    assert "never" not in written
    assert differences(written) == []


def test_a_late_directive_that_unsays_is_forgotten() -> None:
    """Who comes in later makes no words impossible that were said before."""
    written, said = typed("> pedro: hello\n" + SCENE + "\n")

    assert "line 2: nobody is called pedro" in said
    assert "> pedro: hello\n" in written
    assert differences(written) == []


def test_the_moment_of_a_typed_conversation_is_now() -> None:
    """Without a moment a typed conversation begins when it is typed."""
    written, _ = typed(SCENE.replace("at       2031-03-04 10:00 America/Chicago\n", "") + "2\n")

    assert f"at       {AT:%Y-%m-%d %H:%M} UTC\n" in written


@pytest.mark.parametrize(
    "wrong",
    [
        "at tomorrow",
        "at 9999-12-31 10:00 UTC",
        "patient Rosa",
        "patient Luis, xx, care manager Dana",
        "caregiver Elena, of Pedro",
        "screen phq-9",
        "> pedro: hello",
        "... 999999d",
        "! exploded",
        "> patient",
    ],
)
def test_a_line_that_cannot_be_is_typed_again(wrong: str) -> None:
    """A wrong line, of the scene or not, is said and forgotten; the rest is written."""
    first = "" if wrong[0] in ">.!" else f"{wrong}\n"  # nobody is there yet to be wrong about
    written, said = typed(f"{first}{SCENE}{wrong}\n2\n{wrong}\n")

    assert any(one.startswith("line ") for one in said)
    assert wrong not in written.splitlines()
    assert "> patient: 2\n" in written
    assert differences(written) == []


def test_the_lines_that_happened() -> None:
    """The lines as they happened are there to be written down, a wrong state set right."""
    assert played(SCENE + "> patient: 2\n= asking hvs.worried\n").lines == (
        "< system: ahc.transportation",
        "> patient: 2",
        "* answer  ahc.transportation = no",
        "< system: thanks",
        "= done",
    )


def test_playing_twice_is_playing_once() -> None:
    """Nothing of a play outlives it."""
    text = RIGHT["staff who type"]

    assert played(text) == played(text)


def test_a_difference_is_three_lines() -> None:
    """Like a diff: where, minus what was expected, plus what happened."""
    assert str(Difference(7, "nothing", "* hand-off")) == "line 7\n- nothing\n+ * hand-off"


def test_answers_are_spelled() -> None:
    """Each way of not answering has a word of its own."""
    answers = (Chosen("often"), Declined(), DidNotKnow(), NotAsked())

    assert [word(answer) for answer in answers] == [
        "often",
        "declined",
        "did-not-know",
        "not-asked",
    ]


def test_states_are_spelled() -> None:
    """Each state has its word, and the live question stands behind it."""
    asking = Asking(1, "hvs.worried", AT)

    assert [state_words(state) for state in (NotStarted(), asking, Done("completed"))] == [
        "waiting",
        "asking hvs.worried",
        "done",
    ]
    assert state_words(Done("handed-off")) == "handed-off"
