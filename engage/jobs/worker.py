"""The worker: every loop, the bell, and a sweep that makes the bell a comfort and not a need.

In every worker process a sweep wakes all loops every few seconds, so a lost ring, a wiped Redis or
a worker killed in the middle costs seconds. Without any Redis it sweeps so often that nobody
notices. A stop lets what is in hand finish. This module refuses to know what a loop does.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine

import structlog
from msgspec import Struct

from engage.clock import Clock, random_bytes
from engage.db.session import Database
from engage.jobs.doorbell import Doorbell, listen
from engage.jobs.leases import LEASE_SECONDS
from engage.jobs.loops import (
    SLOTS,
    Hospital,
    Letters,
    Loop,
    Notices,
    Outbox,
    Pager,
    Reconciler,
    Turns,
    all_loops,
    ensure_partitions,
)

SWEEP_SECONDS = (2.0, 5.0)
"""Between two sweeps, evenly spread, so that many workers do not sweep in step."""
SWEEP_ALONE_SECONDS = 0.25
CANCEL_AGAIN_SECONDS = 0.5
STOP_SECONDS = 10.0
"""How long what is in hand may take after a stop."""
PARTITIONS_EVERY_SECONDS = 24 * 3600
PARTITIONS_AGAIN_SECONDS = 600

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Parts(Struct, frozen=True, kw_only=True):
    """What a worker is made of; wiring builds it."""

    turns: Turns
    outbox: Outbox
    reconciler: Reconciler
    pager: Pager
    hospital: Hospital
    letters: Letters
    notices: Notices
    #: Signed in as the worker: it alone may claim.
    database: Database
    clock: Clock
    bell: Doorbell
    redis_url: str | None = None
    lease_seconds: float = LEASE_SECONDS
    slots: int = SLOTS
    #: What else runs for ever while the worker does.
    beside: tuple[Callable[[], Coroutine[None, None, None]], ...] = ()

    def __repr__(self) -> str:
        """Hide addresses."""
        return "Parts(…)"


async def run_worker(parts: Parts, stop: asyncio.Event | None = None) -> None:
    """Work until `stop` is set; without one, until SIGTERM or SIGINT."""
    stopped = stop or asyncio.Event()
    here = asyncio.get_running_loop()
    if stop is None:
        for number in _SIGNALS:
            here.add_signal_handler(number, stopped.set)
    loops = all_loops(
        turns=parts.turns,
        outbox=parts.outbox,
        reconciler=parts.reconciler,
        pager=parts.pager,
        hospital=parts.hospital,
        letters=parts.letters,
        notices=parts.notices,
        database=parts.database,
        clock=parts.clock,
        lease_seconds=parts.lease_seconds,
        slots=parts.slots,
    )

    def wake(name: str) -> None:
        if name in loops:
            loops[name].wake()

    parts.bell.attach(wake)
    looking = [asyncio.create_task(loop.run()) for loop in loops.values()]
    beside = [
        asyncio.create_task(_sweep(loops, alone=parts.redis_url is None)),
        asyncio.create_task(_keep_partitions(parts)),
        *(asyncio.create_task(one()) for one in parts.beside),
    ]
    if parts.redis_url is not None:
        beside.append(asyncio.create_task(listen(parts.redis_url, wake)))
    waiting = asyncio.create_task(stopped.wait())
    try:
        ended, _ = await asyncio.wait(
            (waiting, *looking, *beside), return_when=asyncio.FIRST_COMPLETED
        )
        for one in ended:
            # None of them ends by itself: if one did, the whole worker must not limp on.
            one.result()
    finally:
        parts.bell.attach(None)
        await _cancel(waiting, *beside)
        await asyncio.gather(*(loop.stop(STOP_SECONDS) for loop in loops.values()))
        await _cancel(*looking)
        if stop is None:
            for number in _SIGNALS:
                here.remove_signal_handler(number)


async def _sweep(loops: dict[str, Loop], *, alone: bool) -> None:
    while True:
        for loop in loops.values():
            loop.wake()
        await asyncio.sleep(SWEEP_ALONE_SECONDS if alone else _jittered(*SWEEP_SECONDS))


async def _keep_partitions(parts: Parts) -> None:
    while True:
        wait = PARTITIONS_EVERY_SECONDS
        try:
            await ensure_partitions(parts.database, parts.clock)
        except Exception as error:  # noqa: BLE001 - the default partition takes what has no month
            _log.warning("partitions not made", exc_info=error)
            wait = PARTITIONS_AGAIN_SECONDS
        await asyncio.sleep(wait)


async def _cancel(*running: asyncio.Task[object]) -> None:
    while going := [one for one in running if not one.done()]:
        for one in going:
            one.cancel()
        # Once is not enough: a library in the middle of an answer may turn a cancellation into an
        # error of its own, and who goes on after errors would then go on for ever.
        await asyncio.wait(going, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*running, return_exceptions=True)


def _jittered(least: float, most: float) -> float:
    return least + (most - least) * int.from_bytes(random_bytes(2), "big") / 0xFFFF
