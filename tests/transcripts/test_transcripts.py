"""Every transcript under this folder, played against the pure core.

A nurse can read and write them; the grammar is in engage/conversation/transcript_format.py. What
differs is shown in three lines. `pytest tests/transcripts --update` rewrites the files from what
happened: read the diff before you believe it. CI never does.
"""

from pathlib import Path

import pytest

from engage.conversation.transcript_format import (
    Blank,
    Directive,
    Effected,
    Outgoing,
    Stands,
    parse,
    print_transcript,
)
from engage.turns.library import Library
from engage.turns.scene import shown
from engage.turns.transcript import play
from tests.conftest import refuse_update

FOLDER = Path(__file__).parent
TRANSCRIPTS = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): path
    for path in sorted(FOLDER.rglob("*.sms"))
}
LIBRARY = Library.shipped()


def rewritten(text: str) -> str:
    """Return a transcript with the effects that really happened; the rest stays as it is written.

    Events, directives, remarks and every line that is right keep their wording.
    """
    happened = list(play(parse(text), LIBRARY).lines)
    kept: list[str] = []
    blanks: list[str] = []

    def keep(*lines: str) -> None:
        kept.extend([*blanks, *lines])
        blanks.clear()

    begun = False
    for line, raw in zip(parse(text).lines, text.removesuffix("\n").split("\n"), strict=True):
        if isinstance(line, Blank):
            # Held back: an effect that is added belongs to the event above.
            blanks.append(raw)
            continue
        if isinstance(line, Directive):
            keep(raw)
            continue
        if not begun:
            begun = True
            keep()
        if isinstance(line, Outgoing | Effected):
            if happened and happened[0] == shown(line):
                happened.pop(0)
                keep(raw)
            continue
        while not happened[0].startswith(f"{raw.split()[0]} "):
            kept.append(happened.pop(0))
        event = happened.pop(0)
        keep(event if isinstance(line, Stands) and event not in raw else raw)
    kept.extend(happened)
    keep()
    return "\n".join(kept) + "\n"


@pytest.mark.parametrize("path", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_transcript(path: Path, pytestconfig: pytest.Config) -> None:
    """What a transcript says is all that happens, and all that happens is what it says."""
    text = path.read_text("utf-8")
    played = play(parse(text), LIBRARY)

    if played.differences and pytestconfig.getoption("--update"):
        path.write_text(rewritten(text), "utf-8")
        pytest.skip("rewritten: read the diff")
    if played.differences:
        said = "\n\n".join(str(difference) for difference in played.differences)
        pytest.fail(f"{path.name}, {said}", pytrace=False)


def test_there_are_transcripts() -> None:
    """Losing the folder must not look like passing its tests."""
    assert len(TRANSCRIPTS) >= 20


@pytest.mark.parametrize("path", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_a_transcript_says_what_it_shows(path: Path) -> None:
    """Each transcript has one title, a moment and somebody, so that a nurse knows what to check."""
    transcript = parse(path.read_text("utf-8"))

    assert [len(transcript.values(name)) for name in ("title", "at")] == [1, 1]
    assert transcript.values("patient")


@pytest.mark.parametrize("path", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_what_is_right_is_not_rewritten(path: Path) -> None:
    """An update leaves every character of a right transcript alone."""
    text = path.read_text("utf-8")

    assert play(parse(text), LIBRARY).differences or rewritten(text) == text


@pytest.mark.parametrize("path", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_events_alone_are_a_transcript(path: Path) -> None:
    """A transcript can be begun with events alone: an update adds what they lead to."""
    events = "\n".join(
        raw for raw in path.read_text("utf-8").splitlines() if raw[:1] not in {"<", "*", "="}
    )

    assert not play(parse(rewritten(events)), LIBRARY).differences


BEFORE = """\
title    four things are wrong
patient  Rosa, en, care manager Dana
screen   ahc-transportation
at       2031-03-04 10:00 America/Chicago

< system: hvs.worried           # another question
> patient: 1                    # a bus pass would help
* flag    no-reply routine
* answer  ahc.transportation = yes   # kept with its remark
= asking ahc.transportation

... 24h
"""
AFTER = """\
title    four things are wrong
patient  Rosa, en, care manager Dana
screen   ahc-transportation
at       2031-03-04 10:00 America/Chicago

< system: ahc.transportation
> patient: 1                    # a bus pass would help
* answer  ahc.transportation = yes   # kept with its remark
* flag    transportation-insecurity routine
* queue   Dana, due 2031-03-06 17:00
< system: thanks
= done

... 24h
"""


def test_an_update_changes_what_is_wrong() -> None:
    """An update takes out what did not happen, adds what did, and keeps remarks and blank lines."""
    assert rewritten(BEFORE) == AFTER
    assert rewritten(AFTER) == AFTER


def test_the_normal_form_plays_the_same() -> None:
    """How a transcript is spaced does not matter."""
    normal = print_transcript(parse(AFTER))

    assert play(parse(normal), LIBRARY) == play(parse(AFTER), LIBRARY)


def test_ci_updates_nothing() -> None:
    """Where CI is set, an update is refused: there it would make every run pass."""
    with pytest.raises(pytest.UsageError, match="CI"):
        refuse_update(asked=True, ci="true")

    refuse_update(asked=True, ci=None)
    refuse_update(asked=False, ci="true")
