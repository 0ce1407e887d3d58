"""Who asks too often is told to wait, each for themselves, and forgotten with their stretch."""

from datetime import UTC, datetime, timedelta

from engage.api.pace import MOST_KEYS, Pace

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
STRETCH = timedelta(minutes=10)


def test_each_key_has_its_own_count() -> None:
    """Three times in ten minutes; then a wait until the stretch that began it is over."""
    pace = Pace(3, STRETCH)
    for _ in range(3):
        assert pace.allows(b"one", AT)
        pace.count(b"one", AT)
    assert not pace.allows(b"one", AT + STRETCH - timedelta(seconds=1))
    assert pace.allows(b"two", AT)
    assert pace.allows(b"one", AT + STRETCH)
    pace.count(b"one", AT + STRETCH)
    assert pace.allows(b"one", AT + STRETCH)


def test_it_remembers_no_more_than_so_many() -> None:
    """The key that was counted longest ago is forgotten first: memory has an end."""
    pace = Pace(1, STRETCH)
    for number in range(MOST_KEYS + 1):
        pace.count(str(number).encode(), AT)
    assert pace.allows(b"0", AT)
    assert not pace.allows(b"1", AT)
