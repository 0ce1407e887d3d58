"""Writes a transcript from a typed conversation: answers stand between the typed lines. (p).

The directives are typed first, then the lines a person says ("> patient: 1", or just "1") and the
time that passes ("... 24h"). This room refuses to keep a line that can't be understood: it says why
and asks again.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from engage.conversation.transcript_format import DIRECTIVES, TranscriptInvalid, parse
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
            continue
        if not any(one.startswith("at ") for one in scene):
            scene.append(f"at       {now:%Y-%m-%d %H:%M} UTC")
        acts.append(line if word in _SIGNS else f"> patient: {line}")
        try:
            lines = _with_effects(scene, acts, library)
        except TranscriptInvalid as error:
            acts.pop()
            say(error.sentence)
            continue
        for shown in lines[_place(lines, acts[-1]) + 1 :]:
            say(shown)
    return "\n".join([*scene, "", *_with_effects(scene, acts, library)]) + "\n"


def _with_effects(scene: list[str], acts: list[str], library: Library) -> list[str]:
    return list(play(parse("\n".join([*scene, "", *acts])), library).lines)


def _place(lines: list[str], act: str) -> int:
    wanted = act.split()
    return max(
        (place for place, line in enumerate(lines) if line.split() == wanted),
        default=len(lines) - 1,
    )
