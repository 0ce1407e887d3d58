"""Crash points: free when not armed, exact when armed."""

import os
import signal
import subprocess
import sys

import pytest

from engage import crash
from engage.errors import WrongSetting

PASSES = """
from engage import crash
crash.arm({asked!r})
for _ in range(3):
    crash.crash_point("send.begun")
    crash.crash_point("send.done")
    print("passed", flush=True)
"""


def run(asked: str) -> subprocess.CompletedProcess[str]:
    """Pass two points three times in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", PASSES.format(asked=asked)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )


def test_nothing_happens_where_nothing_is_armed() -> None:
    """A process that was not told to die passes every point."""
    done = run("")
    assert (done.returncode, done.stdout.split()) == (0, ["passed"] * 3)


def test_it_dies_at_the_kth_pass() -> None:
    """A process that was told to dies there, at that pass, without a word."""
    done = run("send.begun#3")
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["passed"] * 2)
    assert not done.stderr


@pytest.mark.parametrize("asked", ["nowhere#1", "send.begun", "send.begun#0", "send.begun#x", "#1"])
def test_a_misspelled_point_is_refused(asked: str) -> None:
    """A point that is not there would let a test pass that tries nothing."""
    with pytest.raises(WrongSetting):
        crash.arm(asked)
