"""Why a screening is not asked now."""

from datetime import UTC, datetime, time

import pytest

from engage.needs import instrument as instruments
from engage.queue.clocks import Calendar
from engage.turns.refusals import NobodyReadsToday, refuse_unread

OPEN = Calendar(
    "America/Phoenix",
    dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ((time(9), time(17)),)),
    "US-AZ",
)
TOOLS = instruments.load_all()


def arizona(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 in Phoenix, seven hours behind UTC all year."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).replace(hour=hour + 7)


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        (arizona(24, 8), True),
        (arizona(24, 15), True),
        # Less than two hours are left: who answers would wait for tomorrow.
        (arizona(24, 15, 1), False),
        # A Sunday, and Thanksgiving.
        (arizona(22, 10), False),
        (arizona(26, 10), False),
    ],
)
def test_low_mood_is_asked_while_somebody_reads(at: datetime, *, asked: bool) -> None:
    """PHQ-2 is texted only where somebody reads the answers on the same business day."""
    if asked:
        refuse_unread(OPEN, TOOLS["phq-2"], at)
    else:
        with pytest.raises(NobodyReadsToday):
            refuse_unread(OPEN, TOOLS["phq-2"], at)


def test_hunger_is_asked_on_any_day() -> None:
    """Other instruments say nothing of it: their answers are for the next business days."""
    refuse_unread(OPEN, TOOLS["hunger-vital-sign"], arizona(22, 10))
