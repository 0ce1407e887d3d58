"""Every transcript under this folder, played against the pure core.

A nurse can read and write them; the grammar is in engage/conversation/transcript_format.py. What
differs is shown in three lines. `pytest tests/transcripts --update` rewrites the files from what
happened: read the diff before you believe it. CI never does.
"""

from collections.abc import Container, Iterator, Sequence
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

    Events, directives, remarks and every line that is right keep their wording and their place.
    """
    played = play(parse(text), LIBRARY)
    wrong = {one.line for one in played.differences if one.expected != "nothing"}
    happened = list(played.lines)
    kept: list[str] = []
    listed: list[tuple[Outgoing | Effected, str]] = []
    blanks: list[str] = []

    def settle(until: str | None) -> None:
        """Write down the effects of the event above, which end where the next event begins."""
        count = next((n for n, one in enumerate(happened) if until and one.startswith(until)), None)
        kept.extend(effects(listed, wrong, happened[:count]))
        del happened[:count], listed[:]

    for line, raw in zip(parse(text).lines, text.removesuffix("\n").split("\n"), strict=True):
        match line:
            case Blank():
                blanks.append(raw)
                continue
            case Outgoing() | Effected():
                listed.append((line, "\n".join([*blanks, raw])))
            case Directive():
                kept.extend([*blanks, raw])
            case _:
                settle(f"{raw.split()[0]} ")
                event = happened.pop(0)
                as_said = event in raw or not isinstance(line, Stands)
                kept.extend([*blanks, raw if as_said else event])
        blanks.clear()
    settle(None)
    return "\n".join([*kept, *blanks]) + "\n"


def effects(
    listed: Sequence[tuple[Outgoing | Effected, str]], wrong: Container[int], happened: list[str]
) -> Iterator[str]:
    """Yield the effects of one event: right ones as listed, others in place of wrong ones."""
    left = list(happened)
    for line, _ in listed:
        if line.line not in wrong:
            left.remove(shown(line))
    last_text = max(
        (n for n, (line, _) in enumerate(listed) if isinstance(line, Outgoing)), default=0
    )
    for place, (line, raw) in enumerate(listed):
        if line.line not in wrong:
            yield raw
        elif isinstance(line, Effected) or place == last_text:
            # Texts have an order: one that is missing before another is added behind it.
            kind = shown(line).split()[:2]
            instead = next((one for one in left if one.split()[:2] == kind), None)
            if instead is not None:
                left.remove(instead)
                before, line_break, _ = raw.rpartition("\n")
                yield f"{before}{line_break}{instead}"
    yield from left


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
title    five things are wrong
patient  Rosa, en, care manager Dana
screen   ahc-transportation
at       2031-03-04 10:00 America/Chicago

< system: ahc.transportation [1 often]
> patient: 1                    # a bus pass would help

* answer  ahc.transportation = no
* flag    transportation-insecurity routine    # kept with its remark
* hand-off
< system: hvs.worried
= asking ahc.transportation     # not any more

... 24h
# the end
"""
AFTER = """\
title    five things are wrong
patient  Rosa, en, care manager Dana
screen   ahc-transportation
at       2031-03-04 10:00 America/Chicago

< system: ahc.transportation
> patient: 1                    # a bus pass would help

* answer  ahc.transportation = yes
* flag    transportation-insecurity routine    # kept with its remark
< system: thanks
* queue   Dana, due 2031-03-06 17:00
< system: help.want
= asking help.want

... 24h
< system: nudge help.want
# the end
"""


def test_an_update_changes_what_is_wrong() -> None:
    """An update puts right what did not happen so, adds what is missing, and keeps the rest."""
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
