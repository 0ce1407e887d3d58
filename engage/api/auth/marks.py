"""What a route is open to, written beside the route and read by the guard.

A route without a mark is open to nobody. tests/policy/test_authorization_table.py holds the whole
table; a new route is added there, with a thought about who needs it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from engage.people.access import Action
from engage.people.sharing.grant import Category, Verb

ACTION: Final = "engage_action"
PUBLIC: Final = "engage_public"
OWN: Final = "engage_own"
FRESH: Final = "engage_fresh"
FRESH_IF: Final = "engage_fresh_if"
FAMILY: Final = "engage_family"

ANYBODY: Final[Mapping[str, object]] = {PUBLIC: True}
"""For doors with a lock of their own (a signature), and for what is no secret."""

ONESELF: Final[Mapping[str, object]] = {OWN: True}
"""For what is everybody's own who is signed in: staff, a caregiver, a patient."""


def fresh(mark: Mapping[str, object]) -> Mapping[str, object]:
    """Return a mark, for a route that asks for a proof at most five minutes old besides."""
    return {**mark, FRESH: True}


def fresh_if(mark: Mapping[str, object], why: str) -> Mapping[str, object]:
    """Return a mark for a route that asks itself for such a proof, in the case that `why` names."""
    return {**mark, FRESH_IF: why}


def needs(action: Action) -> Mapping[str, object]:
    """Return the mark of a route for those who may do this, each in their own practices."""
    return {ACTION: action}


class Right(Struct, frozen=True):
    """What of a person's record a route of families is about."""

    #: None: of any category.
    category: Category | None = None
    verb: Verb = "see"
    #: For the person themselves alone.
    own: bool = False


def family(
    category: Category | None = None, verb: Verb = "see", *, own: bool = False
) -> Mapping[str, object]:
    """Return the mark of a route for caregivers and patients.

    Where the path names a patient, the caller needs this right about them; else there is a 404, as
    there is for whom nobody knows.
    """
    return {FAMILY: Right(category, verb, own)}
