"""Speed, money and the account: what lets a text leave now and what makes it wait."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from engage.messaging.pacing import (
    Bucket,
    Go,
    Held,
    Rate,
    Spent,
    Urgency,
    Wait,
    day_of,
    next_day,
    slower,
    weigh,
)

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
RATE = Rate(per_second=1.0, burst=10, per_day=2000)
FULL, EMPTY = Bucket(10, AT), Bucket(0, AT)
FINE = Held()


def verdict(
    urgency: Urgency = "routine",
    segments: int = 1,
    bucket: Bucket = FULL,
    spent: Spent | None = None,
    held: Held = FINE,
) -> Go | Wait:
    """Weigh a text that is like any other but for what is given."""
    return weigh(urgency, segments, RATE, bucket, spent or Spent(), held, AT)


def test_segments_are_counted_and_not_texts() -> None:
    """A text of three segments costs three seconds of a number that sends one a second."""
    left = verdict(segments=3, bucket=Bucket(1, AT))

    assert left == Go(-2, AT + timedelta(seconds=3), unusual=False)


def test_an_empty_bucket_fills_with_time() -> None:
    """A number that has sent all it may waits until one segment is there again."""
    assert verdict(bucket=EMPTY) == Wait(AT + timedelta(seconds=1), routine_only=False, why="pace")
    assert isinstance(verdict(bucket=Bucket(0, AT - timedelta(seconds=1))), Go)


def test_a_bucket_never_holds_more_than_a_burst() -> None:
    """A quiet night does not allow a flood in the morning."""
    rested = verdict(bucket=Bucket(0, AT - timedelta(days=1)))

    assert isinstance(rested, Go)
    assert rested.credit == 9


def test_a_safety_text_asks_nobody() -> None:
    """Neither pace nor money nor a held account keeps a safety text back."""
    spent = Spent(by_number=2000, by_practice=10_000)
    held = Held("stop")

    assert isinstance(verdict("safety", bucket=EMPTY, spent=spent, held=held), Go)


@pytest.mark.parametrize(
    ("spent", "why"),
    [(Spent(by_number=1600), "number-cap"), (Spent(by_practice=8000), "practice-cap")],
)
def test_routine_texts_stop_before_those_somebody_waits_for(
    spent: Spent, why: Literal["number-cap", "practice-cap"]
) -> None:
    """Rule 28: at four fifths of a day's cap routine texts wait for tomorrow; answers do not."""
    assert verdict("routine", spent=spent) == Wait(next_day(AT), routine_only=True, why=why)
    assert isinstance(verdict("answer", spent=spent), Go)


def test_a_full_cap_stops_answers_too() -> None:
    """Rule 28: a cap is a cap."""
    stopped = verdict("answer", spent=Spent(by_practice=10_000))

    assert stopped == Wait(next_day(AT), routine_only=False, why="practice-cap")


def test_three_times_the_usual_is_said() -> None:
    """Rule 28: an unusual day is noticed with the segment that makes it so; small ones are not."""
    usual = verdict(spent=Spent(by_practice=299, usual=100))
    unusual = verdict(spent=Spent(by_practice=300, usual=100))
    small = verdict(spent=Spent(by_practice=40, usual=2))
    new = verdict(spent=Spent(by_practice=5000))

    assert [one.unusual for one in (usual, unusual, small, new) if isinstance(one, Go)] == [
        False,
        True,
        False,
        False,
    ]


def test_a_stop_has_no_end_and_a_pause_has() -> None:
    """A pause ends by itself; a stop waits for a human."""
    until = AT + timedelta(hours=1)

    assert verdict(held=Held("pause", until)) == Wait(until, routine_only=False, why="account")
    assert isinstance(verdict(held=Held("pause", AT)), Go)
    assert isinstance(verdict(held=Held("stop")), Wait)


def test_days_are_those_of_the_carriers() -> None:
    """Caps begin anew at midnight in Los Angeles, also when clocks change."""
    assert day_of(datetime(2026, 11, 25, 7, 59, tzinfo=UTC)).day == 24
    assert next_day(AT) == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    assert next_day(datetime(2026, 3, 8, 9, 0, tzinfo=UTC)) == datetime(2026, 3, 9, 7, tzinfo=UTC)


def test_slowing_down_doubles_and_listens() -> None:
    """Each further "too many" doubles the pause, up to a minute; what the carrier asks is kept."""
    assert [slower(times, 1) for times in (1, 2, 3, 9)] == [2, 4, 8, 60]
    assert slower(1, 90) == 90
