"""Workers that are killed while they read: for test_dying_reader.py.

`python -m tests.storm.dying_reader` takes what it needs as JSON on standard input, forks one worker
after another, and says how each ended. Each looks once at what came in; the kernel kills it at the
first word that the model weighs, in the middle of the text, as it kills what takes too much memory.
"""

import asyncio
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

import msgspec
from msgspec import Struct

from engage import logs, wiring
from engage.jobs.leases import LEASE_SECONDS
from engage.jobs.loops import all_loops
from engage.reading.linear import Model
from engage.reading.reader import shipped_model
from engage.settings import load
from engage.turns.library import Library
from tests.storm.life import SharedClock


class Lives(Struct, frozen=True, kw_only=True):
    """How many workers live one after another, and where."""

    environment: dict[str, str]
    clock_file: str
    count: int


def _die_reading(frame: FrameType, event: str, _: object) -> None:
    if event == "call" and frame.f_code is Model.scores.__code__:
        os.kill(os.getpid(), signal.SIGKILL)


async def _live(lives: Lives, library: Library) -> None:
    clock = SharedClock(Path(lives.clock_file))
    # What the one before had in hand is free again.
    clock.advance(LEASE_SECONDS + 1)
    settings = load(lives.environment)
    async with wiring.house(settings, "worker", clock=clock, library=library) as worker:
        loops = all_loops(
            turns=worker.turns,
            outbox=worker.outbox,
            reconciler=worker.reconciler,
            pager=worker.pager,
            hospital=worker.hospital,
            letters=worker.letters,
            notices=worker.notices,
            database=worker.database,
            clock=clock,
        )
        sys.setprofile(_die_reading)
        await loops["inbox"].drain()


def main() -> None:
    """Fork a worker after another; print a line with how each ended."""
    lives = msgspec.json.decode(sys.stdin.buffer.read(), type=Lives)
    logs.configure("CRITICAL")
    # Read once: six workers cost what they do, not what they import.
    library = Library.shipped()
    shipped_model()
    ends: list[int] = []
    for _ in range(lives.count):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                asyncio.run(_live(lives, library))
                status = 0
            except BaseException:  # noqa: BLE001 - nobody else would ever see it
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        ends.append(os.waitstatus_to_exitcode(ended))
    sys.stdout.write(msgspec.json.encode(ends).decode())


if __name__ == "__main__":
    main()
