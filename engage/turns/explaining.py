"""A text read once more, exactly as it was read when it came: for whoever asks why. (p).

The same words without what a reaction quotes of ours, beside the same question, and together with
the texts just before it. What was decided then stays decided: this room refuses to change anything,
and whoever shows its answer says which reader gave it.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from engage.reading.reader import Asked, Reading, dangers, read
from engage.reading.redflags import RedFlag
from engage.turns.asked import context_of, own_part
from engage.turns.burst import together
from engage.turns.context import Part
from engage.turns.library import Library


class Explained(Struct, frozen=True):
    """What today's reader makes of a text."""

    #: Of the text alone; its places are those of the text as it was written.
    reading: Reading
    #: What is a danger in it, also where only the texts before it make it one.
    found: tuple[RedFlag, ...]
    #: The rules among them that the text alone does not name.
    joined: frozenset[str]


def explain(
    text: str,
    before: Sequence[Part],
    library: Library,
    *,
    prompt: str | None,
    by_caregiver: bool,
) -> Explained:
    """Read a text again; `before` came just before it on the line, oldest first."""
    own = own_part(text, library)
    reading = read(own, Asked(context_of(prompt, by_caregiver=by_caregiver)))
    alone = dangers(reading, len(own))
    parts = tuple(replace(one, text=own_part(one.text, library)) for one in before)
    found = together(own, parts, alone)
    by_itself = {(one.rule, one.severity) for one in alone}
    return Explained(
        reading=reading,
        found=found,
        joined=frozenset(one.rule for one in found if (one.rule, one.severity) not in by_itself),
    )
