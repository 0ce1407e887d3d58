"""Replies that a practice keeps ready: their languages, their variables, and what they cost. (p).

A variable is a word in braces. A reply that names one that nobody can fill, or that says what no
text of ours may (messaging/lint.py), is refused when it is written, not when it is sent. This room
sends nothing: a filled reply is words that a person may still change.
"""

import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from engage.errors import EngageError
from engage.messaging import lint
from engage.messaging.segments import count, tidy
from engage.people.fields import Language

LONGEST_BODY = 1000
LONGEST_TITLE = 80
BODIES = "/bodies"

VARIABLES = ("given_name", "care_manager", "practice", "phone")
"""The patient, the colleague who writes, the practice as texts name it, its number for calls."""

Bodies: TypeAlias = Mapping[Language, Annotated[str, Meta(min_length=1, max_length=LONGEST_BODY)]]
"""The words in each language that somebody has written them in."""

_NAMED = re.compile(r"\{([a-z_]+)\}")
_USUAL_NAME = "Guadalupe"
"""As long as given names are, all but the longest."""


class UnknownVariable(EngageError):  # noqa: N818 - reads as a sentence
    """The variables of a reply are {given_name}, {care_manager}, {practice} and {phone}."""


class NoWords(EngageError):  # noqa: N818
    """A reply is written in at least one language."""


class Values(Struct, frozen=True, kw_only=True):
    """What stands for the variables."""

    care_manager: str
    practice: str
    phone: str
    given_name: str = _USUAL_NAME

    def __repr__(self) -> str:
        """Hide the names."""
        return "Values(…)"


class Filled(Struct, frozen=True):
    """The words as they would stand in the box, and how many texts the carrier counts."""

    body: str
    segments: int

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Filled(segments={self.segments}, …)"


def read_bodies(bodies: Bodies) -> Bodies:
    """Return the words, tidied; refuse a variable that nobody fills, and no words at all."""
    if not bodies:
        raise NoWords(BODIES)
    for language, body in bodies.items():
        rest = _NAMED.sub("", body)
        named = set(_NAMED.findall(body))
        if not named <= set(VARIABLES) or "{" in rest or "}" in rest:
            place = f"{BODIES}/{language}"
            raise UnknownVariable(place)
        lint.check(body, language, f"{BODIES}/{language}")
    return {language: tidy(body) for language, body in bodies.items()}


def fill(body: str, values: Values) -> Filled:
    """Put names in the place of the variables and count."""
    said = {
        "given_name": values.given_name,
        "care_manager": values.care_manager,
        "practice": values.practice,
        "phone": values.phone,
    }
    # In one pass: a name with braces in it fills nothing.
    words = _NAMED.sub(lambda found: said.get(found[1], found[0]), body)
    return Filled(words, count(words).segments)
