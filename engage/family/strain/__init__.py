"""How a caregiver is themselves: three questions of our own, and nobody's verdict. (p).

Written as a check-in script is, and no more validated than one: it gives no score. The answers are
the caregiver's and belong to nobody's record. This room refuses an answer to what is not asked.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Final
from uuid import UUID

from engage.checkins.script import CheckInScript, parse
from engage.ids import CaregiverId, PracticeId
from engage.people.fields import Personal

LONGEST_WORDS: Final = 1000


class StrainCheck(Personal, frozen=True, kw_only=True):
    """What a caregiver said of themselves at one moment."""

    practice_id: PracticeId
    id: UUID
    caregiver_id: CaregiverId
    at: datetime
    script_version: str
    #: The option by question.
    answers: Mapping[str, str]
    #: They wished the team to hear of it.
    told: bool


@cache
def script() -> CheckInScript:
    """Return the questions that ship with the package."""
    file = resources.files("engage.family.strain") / "check.toml"
    return parse(file.read_text(encoding="utf-8"))


def read_answers(given: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return answers in the order of the questions; None if one is to nothing that is asked."""
    found: dict[str, str] = {}
    for item in script().items:
        option = given.get(item.key)
        if option is not None and item.option(option) is not None:
            found[item.key] = option
    return found if found and len(found) == len(given) else None


def could_use_help(answers: Mapping[str, str]) -> bool:
    """Say whether somebody says that they could use help."""
    for item in script().items:
        said = item.option(answers.get(item.key, ""))
        if said is not None and said.rule is not None:
            return True
    return False
