"""What a text did to the consent of a person who did not write it. (p).

The ledger is only added to, so a correction adds what undoes it: as much as that text alone had
closed or proved, and no more. What stood before it, or was said again since, stays. This room
refuses to undo a STOP: the law gives it to whoever holds the phone, whoever we took them for.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from engage.people.consent import PURPOSES, Purpose, Step, closed_purposes

_HOLDER = ("asked", "right-person", "wrong-person")


class Said(Struct, frozen=True, kw_only=True):
    """A line of a person's ledger and the text that says it, if one does."""

    step: Step
    message_id: UUID | None = None
    #: On the line of the text that is corrected, which is where it could prove anything.
    here: bool = True


class Unsaid(Struct, frozen=True, kw_only=True):
    """What a correction owes a person."""

    #: Closed by that text alone.
    reopens: tuple[Purpose, ...] = ()
    #: It said "yes, this is me", and was not theirs: whose phone it is is in doubt again.
    doubts: bool = False
    #: It said "wrong number", and was not theirs to say.
    relinks: bool = False


def unsaid(ledger: Sequence[Said], text: UUID) -> Unsaid:
    """Return what of a person's ledger, oldest first, stands by one text alone."""
    now = closed_purposes(said.step for said in ledger)
    without = closed_purposes(said.step for said in ledger if said.message_id != text)
    last = next((s for s in reversed(ledger) if s.here and s.step.kind in _HOLDER), None)
    own = last is not None and last.message_id == text and last.step.how != "correction"
    return Unsaid(
        reopens=tuple(one for one in PURPOSES if one in now - without),
        doubts=own and last is not None and last.step.kind == "right-person",
        relinks=own and last is not None and last.step.kind == "wrong-person",
    )
