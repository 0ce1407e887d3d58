"""Seeds of the simulation: nothing lost, nothing doubled, and every seed replays.

`STORM_SEEDS` and `STORM_STEPS` widen it (`make storm`: 500 of 300 steps, LONG=1: 10,000). A run
that fails names its seed, and the same seed fails the same way again.
"""

import os
import sys

import pytest

from tests.storm.simulation import Simulation, Violation

SEEDS = int(os.environ.get("STORM_SEEDS", "100"))
STEPS = int(os.environ.get("STORM_STEPS", "100"))

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("simulation")]


def test_no_seed_breaks_a_promise() -> None:
    """R17: in whatever order things fail, nothing is lost, sent twice, or without an owner."""
    crashes = texts = sent = 0
    for seed in range(SEEDS):
        run = Simulation(seed)
        try:
            run.run(STEPS)
        except Violation as broken:
            pytest.fail(f"seed {seed}, {STEPS} steps: {broken}")
        crashes += run.crashes
        texts += len(run.inbound)
        sent += len(run.ledger)
    sys.stdout.write(
        f"{SEEDS} seeds x {STEPS} steps: {texts} texts in, {sent} out, {crashes} deaths\n"
    )
    # A simulation in which nothing happens proves nothing.
    assert min(crashes, texts, sent) > SEEDS


@pytest.mark.parametrize("seed", [3, 41, 59])
def test_a_seed_replays(seed: int) -> None:
    """The same seed leaves the same trace, and another one another trace."""
    assert Simulation(seed).run(STEPS) == Simulation(seed).run(STEPS)
    assert Simulation(seed).run(STEPS) != Simulation(seed + 1).run(STEPS)


class _Careless(Simulation):
    """A worker that posts what may have left."""

    def _send(self, one) -> None:  # noqa: ANN001 - a mutant of the simulation, not of the product
        if one.state == "sending":
            self._post(one)
            return
        super()._send(one)


class _Forgetful(Simulation):
    """A door that thanks before it records."""

    def _deliver(self, sid: int, line: int, words: str) -> None:
        self.thanked.add(sid)
        if not self._chance(0.05):
            super()._deliver(sid, line, words)


class _Hasty(Simulation):
    """A worker that reads the youngest text of a line first."""

    def _unread_before(self, row: object) -> bool:  # noqa: ARG002 - it looks at nothing
        return False


@pytest.mark.parametrize("mutant", [_Careless, _Forgetful, _Hasty])
def test_the_simulation_bites(mutant: type[Simulation]) -> None:
    """A worker that sends again, thanks too early, or reads out of order is found."""

    def run_twenty() -> None:
        for seed in range(20):
            mutant(seed).run(100)

    with pytest.raises(Violation):
        run_twenty()
