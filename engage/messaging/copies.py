"""Of what a text to a caregiver tells, and whether it may still be told when it leaves. (p).

A copy waits: over a night, for its place in the line, for a phone that failed. What the person
allowed may be over by then: taken back, run out, or narrowed by a birthday. So the right it needs
is named here, by the text, and asked for again by the sender. This room refuses to give a right.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from engage.messaging.kinds import TextKind
from engage.messaging.may_text import MayNot
from engage.people.sharing.grant import Category, Scope, Verb

TO_CAREGIVER = ".caregiver"
"""How the id of a text ends that tells a caregiver of the person."""

ASKED_OF_CAREGIVER = "+caregiver"
"""How the id of a script ends that asks a caregiver in the person's place."""


class Right(Struct, frozen=True):
    """What one must be allowed to be told it."""

    category: Category
    verb: Verb = "see"


COPIES: Mapping[str, Right] = {
    "visit.coming.caregiver": Right("visits"),
    "pick-up.arranged.caregiver": Right("rides"),
    "pick-up.failed.caregiver": Right("rides"),
    "pick-up.cancelled.caregiver": Right("rides"),
    "check-in.opening.caregiver": Right("check-ins", "answer"),
    "check-in.thanks.caregiver": Right("check-ins", "answer"),
}
"""The texts of the catalogue that tell a caregiver of the person, each with the right it needs."""

ANSWERING = Right("check-ins", "answer")

_ALWAYS: frozenset[TextKind] = frozenset({"safety", "consent", "code", "right-person", "news"})
"""Of nobody's care: where help is, what STOP did, who holds the phone."""


def right_of(text_id: str | None, kind: TextKind, script: str | None) -> Right | None:
    """Return what a text needs; None if it is no copy for a caregiver."""
    if kind in _ALWAYS:
        return None
    if text_id is not None and text_id in COPIES:
        return COPIES[text_id]
    return ANSWERING if script is not None and script.endswith(ASKED_OF_CAREGIVER) else None


def told_still(right: Right | None, readers: Iterable[Scope]) -> MayNot | None:
    """Say whether nobody who reads the phone may be told it any more; None: it may leave.

    `readers` is what each caregiver on that phone may now, of the person it is about.
    """
    if right is None or any(one.may(right.category, right.verb) for one in readers):
        return None
    return MayNot("not-shared")
