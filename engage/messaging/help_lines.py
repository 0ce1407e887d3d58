"""The numbers our texts tell people to call, with the day they were last checked. (p).

Data in help_lines.toml. This room refuses a number without a source, and goes stale on purpose: a
look that is too old is said by the doctor.
"""

import tomllib
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

import msgspec
from msgspec import Struct

LOOK_EVERY = timedelta(days=180)
"""How long a look holds."""


class HelpLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A number that helps, where that was read, and when last."""

    id: str
    number: str
    what: str
    source: str
    last_checked: date
    #: Said by a person who knows that the phone is safe, never texted.
    spoken_only: bool = False


class _File(Struct, forbid_unknown_fields=True):
    line: tuple[HelpLine, ...]


@lru_cache(maxsize=1)
def load() -> tuple[HelpLine, ...]:
    """Return the numbers that ship with the package."""
    found = resources.files("engage.messaging").joinpath("help_lines.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(found), _File).line


def unlooked(today: date) -> tuple[HelpLine, ...]:
    """Return the numbers that nobody has checked for too long."""
    return tuple(line for line in load() if today - line.last_checked > LOOK_EVERY)
