"""Numbers that people are told to call are listed, sourced and looked at now and then."""

import re
from datetime import timedelta

from engage.messaging import help_lines
from engage.messaging.texts import load

_NUMBER = re.compile(r"\b(?:9\d\d|\d{5}|1?-?\d{3}-\d{3}-\d{4})\b")


def test_every_number_in_a_text_is_a_listed_one_that_may_be_texted() -> None:
    """A text names no number that nobody checks, and never one that could give somebody away."""
    allowed = {line.number for line in help_lines.load() if not line.spoken_only}
    named = {
        number
        for text in load().values()
        for wording in text.text.values()
        for number in _NUMBER.findall(wording)
    }
    assert named == allowed


def test_a_look_goes_stale() -> None:
    """After half a year without a look the doctor has something to say."""
    newest = max(line.last_checked for line in help_lines.load())
    assert not help_lines.unlooked(newest)
    assert help_lines.unlooked(newest + help_lines.LOOK_EVERY + timedelta(days=1)) == (
        help_lines.load()
    )
