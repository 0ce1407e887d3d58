"""How a caregiver is themselves: the questions as data, and what counts as an answer."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from engage.checkins.script import REVIEW, load_all
from engage.family.strain import StrainCheck, could_use_help, read_answers, script
from engage.ids import CaregiverId, PracticeId


def test_it_says_that_it_is_not_validated() -> None:
    """Three questions of our own in both languages; the Spanish is a draft, nobody is scored."""
    asked = script()
    assert (asked.review, len(asked.items)) == (REVIEW, 3)
    assert asked.status == {"en": "project", "es": "draft"}
    assert all(item.measure is None and set(item.text) == {"en", "es"} for item in asked.items)
    # It is asked of nobody by text: no plan can name it.
    assert asked.id not in load_all()


@pytest.mark.parametrize(
    "given",
    [{}, {"strain.sleep": "hardly"}, {"strain.rest": "help"}, {"strain.rest": "hardly", "x": "y"}],
)
def test_what_is_not_asked_is_no_answer(given: dict[str, str]) -> None:
    """Nothing at all, another question, another's option, and one of them beside a good one."""
    assert read_answers(given) is None


def test_help_is_what_they_say_and_not_what_we_conclude() -> None:
    """Only the option that says so says so; hard days and no rest conclude nothing."""
    worst = {"strain.step-in": "nobody", "strain.rest": "hardly", "strain.holding-up": "hard"}
    read = read_answers(worst)
    assert read is not None
    assert list(read) == ["strain.holding-up", "strain.rest", "strain.step-in"]
    assert not could_use_help(read)
    assert could_use_help({"strain.holding-up": "help"})


def test_what_somebody_says_of_themselves_is_not_printed() -> None:
    """A check in a log shows no answer."""
    one = StrainCheck(
        practice_id=PracticeId(UUID(int=1)),
        id=UUID(int=2),
        caregiver_id=CaregiverId(UUID(int=3)),
        at=datetime(2026, 11, 24, tzinfo=UTC),
        script_version="1",
        answers={"strain.holding-up": "hard"},
        told=False,
    )
    assert "hard" not in repr(one)
