"""The storm in its small form: forty kills while two thousand texts flow, then the ledgers.

`make storm` is the larger form. It is a process of its own, so that what it starts and kills is
nobody else's; most of its time is waiting.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.storm.storm import Asked

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.xdist_group("storm")]

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 900
"""A machine that is this crowded says nothing about promises."""


def test_nothing_is_lost_or_doubled_in_a_storm() -> None:
    """R1, R5, R6, R8, R9, R11: the carrier's ledger and the database agree, whatever was killed."""
    asked = Asked()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.storm", "--texts", str(asked.texts)),
            *("--kills", str(asked.kills), "--away", str(asked.away_seconds)),
            # How fast is printed and judged by `make storm`: here others use the machine, too.
            *("--rescue", "120", "--drain", "120"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert f"0 violations in {asked.kills} kills" in done.stdout


def test_the_figures_are_the_promised_ones() -> None:
    """CI: 2,000 texts, 40 kills at least three seconds apart, the database away for fifteen."""
    asked = Asked()
    assert (asked.texts, asked.kills, asked.every_seconds, asked.away_seconds) == (2000, 40, 3, 15)
