"""The bench's own arithmetic: what it must not get wrong, without a server."""

import pytest

from tests.bench.bare import WRITTEN
from tests.bench.consoles import CONSOLES, ConsolesSeen
from tests.bench.hot import LEAST_SECONDS, shortened, wrongs
from tests.bench.measure import percentile, sample, summary
from tests.bench.sync import Asked, SyncSeen
from tests.bench.table import Machine, table


def test_rows_that_add_up_are_not_complained_of() -> None:
    """Ten answered texts with the rows of ten leave nothing to say."""
    assert wrongs(10, {table: 10 * each for table, each in WRITTEN.items()}, 0, {}, {}) == ()


@pytest.mark.parametrize("table", WRITTEN)
@pytest.mark.parametrize("off", [-1, 1])
def test_one_row_lost_or_doubled_fails(table: str, off: int) -> None:
    """A single row too few or too many, in any table, is named."""
    rows = {name: 10 * each for name, each in WRITTEN.items()}
    rows[table] += off
    assert [one.partition(":")[0] for one in wrongs(10, rows, 0, {}, {})] == [table]


def test_an_idle_or_refusing_product_fails() -> None:
    """No answer at all, an unread text, another answer, a refused duplicate: each is a failure."""
    none = dict.fromkeys(WRITTEN, 0)
    assert len(wrongs(0, none, 0, {}, {})) == 1
    assert len(wrongs(0, none, 1, {"503": 2}, {"403": 1})) == 4


def test_a_crowded_machine_shortens_rounds_and_never_drops_one() -> None:
    """Rounds that would take too long are cut to what is left, down to a floor."""
    assert shortened(2.5, took=30, left=150, rounds=4) == 2.5
    assert shortened(2.5, took=60, left=192, rounds=4) == 2.0
    assert shortened(2.5, took=60, left=-5, rounds=4) == LEAST_SECONDS
    assert shortened(2.5, took=60, left=-5, rounds=0) == 2.5


def test_percentiles_and_medians_are_of_the_rounds() -> None:
    """p99 of a hundred values is the ninety-ninth; a summary is medians and the range."""
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50, 99)
    rounds = [sample(count, 2.0, values) for count in (200, 100, 900)]
    whole = summary(rounds)
    assert (whole.per_second, whole.least, whole.most, whole.p99) == (100, 50, 450, 99)


def test_a_console_that_misses_a_text_fails() -> None:
    """Fifty consoles that each saw ten texts are fine; one look too few is named."""
    figures = dict.fromkeys(("seen_p50", "seen_p95", "claim_p50", "claim_p95"), 1.0)
    counts = dict.fromkeys(("claims", "lost", "looks"), 1)
    assert ConsolesSeen(texts=10, seen=10 * CONSOLES, **figures, **counts).wrong == ()
    assert ConsolesSeen(texts=10, seen=10 * CONSOLES - 1, **figures, **counts).wrong != ()


def test_what_a_phone_asks_is_on_the_page() -> None:
    """The three questions of a family's phone are three lines, each with its own figures."""
    seen = SyncSeen(
        everything=Asked(1, 2), changed=Asked(3, 4), nothing=Asked(5, 6), kibibytes=470.2
    )
    machine = Machine("2026-11-22", 2, "18", "on", "on", 0.1)
    lines = table(machine, None, None, sync=seen).splitlines()
    assert "| all 1,000 changed since | p50 3 ms, p95 4 ms |" in lines
    assert "| everything, 470 KiB | p50 1 ms, p95 2 ms |" in lines
    assert "| nothing changed | p50 5 ms, p95 6 ms |" in lines
