"""A crisis on the line: its flags, the words of its kind, and silence from everything else. (p).

Judged on the same words as STOP and independently of it, before any conversation reads them. This
room refuses to decide that something is no crisis: a person does, with an outcome.
"""

from engage.queue.flag import Flag
from engage.reading.redflags import RedFlag
from engage.turns.context import ThreadSeen
from engage.turns.draft import Draft

SAFETY_EVERY_SECONDS = 30 * 60
"""A person in a crisis reads the safety text once in this time, not after every word."""


def crisis(draft: Draft, found: tuple[RedFlag, ...], thread: ThreadSeen | None) -> None:
    """Flag what was found, and say the safe words of the worst of it."""
    for danger in found:
        draft.flag(
            Flag(
                reason="red-flag",
                severity=danger.severity,
                rule=f"redflag/{danger.rule}",
                quote=True,
            ),
            thread,
        )
    worst = next((danger for danger in found if danger.severity == "crisis"), None)
    line = draft.context.line
    if worst is None or line is None or draft.turn.corrected is not None:
        return
    # One safety text is tried on a closed line too (promises D6).
    period = int(draft.at.timestamp()) // SAFETY_EVERY_SECONDS
    draft.say(
        f"safety/{period}",
        f"safety.{worst.kind}",
        thread.language if thread else worst.language,
        kind="safety",
        thread=thread,
        cause=line.id,
    )


def is_crisis(found: tuple[RedFlag, ...]) -> bool:
    """Say whether somebody must look now."""
    return any(danger.severity == "crisis" for danger in found)
