"""Writes a transcript from a typed conversation: answers stand between the typed lines. (p).

The directives are typed first, then the lines a person says ("> patient: 1", or just "1") and the
time that passes ("... 24h"). This room refuses to keep a line that can't be understood: it says why
and asks again.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from engage.conversation.transcript_format import (
    DIRECTIVES,
    Directive,
    TranscriptInvalid,
    parse,
    parse_at,
    parse_patient,
)
from engage.turns.library import Library
from engage.turns.transcript import play

_SIGNS = (">", "...", "!", "=", "#")


def converse(
    library: Library, typed: Iterable[str], say: Callable[[str], object], now: datetime
) -> str:
    """Return the transcript of a conversation typed line by line; an empty line ends it."""
    scene: list[str] = []
    acts: list[str] = []
    say("Directives first (title, patient, screen, at), then what is said; an empty line ends.")
    for raw in typed:
        line = raw.rstrip("\n")
        if not line.strip():
            if acts:
                break
            continue
        word = line.split(" ", 1)[0]
        if word in DIRECTIVES:
            scene.append(line)
            if (fault := _fault(scene, acts, library)) is not None:
                _forget(scene, fault, say)
            continue
        acts.append(line if word in _SIGNS else f"> patient: {line}")
        for shown in _happens(scene, acts, library, say, now):
            say(shown)
    return "\n".join([*scene, "", *_with_effects(scene, acts, library)]) + "\n"


def _happens(
    scene: list[str],
    acts: list[str],
    library: Library,
    say: Callable[[str], object],
    now: datetime,
) -> list[str]:
    """Return what follows the newest act; an act that can't be is taken back, and so is a scene."""
    while True:
        timed = any(one.startswith("at ") for one in scene)
        staged = scene if timed else [*scene, f"at       {now:%Y-%m-%d %H:%M} UTC"]
        try:
            lines = _with_effects(staged, acts, library)
        except TranscriptInvalid as error:
            if error.line > len(scene):
                say(error.sentence)
                acts.pop()
                return []
            _forget(scene, error, say)
        else:
            scene[:] = staged
            return lines[_place(lines, acts[-1]) + 1 :]


def _fault(scene: list[str], acts: list[str], library: Library) -> TranscriptInvalid | None:
    """Return what is wrong with the newest directive: alone, or with what was said already."""
    try:
        (line,) = parse(scene[-1]).lines
        match line:
            case Directive(name="at"):
                parse_at(line)
            case Directive(name="patient"):
                parse_patient(line)
            case _:
                pass
        if acts:
            _with_effects(scene, acts, library)
    except TranscriptInvalid as error:
        return TranscriptInvalid(len(scene), error.reason)
    return None


def _forget(scene: list[str], error: TranscriptInvalid, say: Callable[[str], object]) -> None:
    """Say what is wrong with a directive, and forget it: it may be typed again."""
    say(error.sentence)
    say(f"Forgotten: {scene.pop(error.line - 1)}")


def _with_effects(scene: list[str], acts: list[str], library: Library) -> list[str]:
    return list(play(parse("\n".join([*scene, "", *acts])), library).lines)


def _place(lines: list[str], act: str) -> int:
    wanted = act.split()
    return max(
        (place for place, line in enumerate(lines) if line.split() == wanted),
        default=len(lines) - 1,
    )
