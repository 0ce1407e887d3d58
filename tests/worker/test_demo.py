"""The demo as its users run it: one command, real processes, a real database and queue."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engage import embedded

pytestmark = pytest.mark.slow

TOLD = "= done: every step happened, once"
STEPS = ("screen ", "< system", "* flag", "* queue", "* claim", "< staff", "* done")


@pytest.fixture
async def folder() -> AsyncIterator[Path]:
    """Make a data directory of the demo's own."""
    made = embedded.throwaway_data_dir()
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def _start(folder: Path) -> asyncio.subprocess.Process:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ENGAGE_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engage", "demo", "--once", "--port", "0"),
        *("--data-dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )


def _children(of: int, word: str) -> list[int]:
    """Return the demo's children that run a command."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if parent == of and word.encode() in command:
            found.append(int(entry.name))
    return found


async def _line(demo: asyncio.subprocess.Process, start: str) -> str:
    assert demo.stdout is not None
    while line := (await asyncio.wait_for(demo.stdout.readline(), 200)).decode():
        if line.startswith(start):
            return line
    raise AssertionError("the story ended before " + start)


async def _rest(demo: asyncio.subprocess.Process) -> str:
    """Return what else it said, and what it complained of, for whoever reads a failure."""
    out, complaints = await asyncio.wait_for(demo.communicate(), 400)
    return out.decode() + complaints.decode()


async def test_the_story_is_told_end_to_end_and_again(folder: Path) -> None:
    """`engage demo --once` exits 0 with every step of the job; told again it is a new story."""
    for _ in range(2):
        demo = await _start(folder)
        told = await _rest(demo)

        assert demo.returncode == 0, told
        assert TOLD in told
        assert all(any(line.startswith(s) for line in told.splitlines()) for s in STEPS)


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the children in /proc")
@pytest.mark.parametrize(
    ("killed", "steps"),
    [("worker", ("screen", "> patient")), ("serve", ("< system", "* claim"))],
)
async def test_a_killed_process_loses_and_repeats_nothing(
    folder: Path, killed: str, steps: tuple[str, ...]
) -> None:
    """Kill -9 of the API or the worker, twice a story: it still ends, and each text left once."""
    demo = await _start(folder)
    for after in steps:
        await _line(demo, after)
        # The one that was killed before is started again by then, or soon.
        while not (pids := _children(demo.pid, killed)):
            assert demo.returncode is None, "it ended without the process"
            await asyncio.sleep(0.05)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    told = await _rest(demo)

    assert demo.returncode == 0, told
    assert TOLD in told


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the children in /proc")
async def test_everything_killed_goes_on_at_the_next_start(folder: Path) -> None:
    """Kill -9 of the demo and its processes: a new start goes on with the story, nothing twice."""
    first = await _start(folder)
    await _line(first, "> patient")
    serving, working = _children(first.pid, "serve"), _children(first.pid, "worker")
    assert serving
    assert working
    for pid in (first.pid, *serving, *working):
        os.kill(pid, signal.SIGKILL)
    await first.communicate()

    second = await _start(folder)
    told = await _rest(second)

    assert second.returncode == 0, told
    assert TOLD in told
