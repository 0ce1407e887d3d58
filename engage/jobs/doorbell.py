"""The doorbell: a ring in one process wakes a loop in another. Both ends, and all of arq.

An arq job is the name of a loop; its id is the same name, so a hundred rings are one job. A ring
while that job is answered must not be lost, and arq refuses a second job of the same id until it
has forgotten the first. So the loop is woken only after arq has forgotten the job
(`after_job_end`): a ring that was refused came before that, and what it announced was committed
before the ring, so the look that follows sees it; a ring after that is a job of its own. The job
itself does nothing, and the work runs outside of arq, so none of arq's time limits apply to it.

arq's worker dies whenever Redis goes away; here it is started again for ever. Nothing waits for
Redis, and nothing is lost with it: the sweep finds everything. This module refuses payloads,
results, pickle, and arq's own log lines.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

import arq.connections
import arq.worker
import msgspec
import structlog
from arq.connections import ArqRedis
from arq.typing import StartupShutdown
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from engage.clock import monotonic_seconds
from engage.jobs.loops import NAMES

QUEUE = "engage"
RING_SECONDS = 0.5
"""How long a ring may take before it is given up."""
DEAF_SECONDS = 1.0
"""How long no ring is tried after one failed."""
POLL_SECONDS = 0.02
ANSWER_SECONDS = 1
FORGET_SECONDS = 60
"""A ring that nobody answers for so long is forgotten: the sweep has done it."""
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
STEADY_SECONDS = 10.0
_REDIS_SECONDS = 2.0

Wake: TypeAlias = Callable[[str], None]

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Doorbell:
    """Rings; one per process. Without Redis, or in the worker itself, it wakes what is here."""

    def __init__(self, redis_url: str | None) -> None:
        """Take where Redis is, if it is; connect to nothing yet."""
        self._redis = None if redis_url is None else _connect(redis_url, RING_SECONDS)
        self._here: Wake | None = None
        self._wanted: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None
        self._deaf_until = 0.0

    def attach(self, wake: Wake | None) -> None:
        """Have rings of this process wake its own loops, without a way around by Redis."""
        self._here = wake

    def ring(self, loop: str) -> None:
        """Wake a loop somewhere, soon, or not at all. Ring after the commit. Never raises."""
        if self._here is not None:
            self._here(loop)
            return
        if self._redis is None or monotonic_seconds() < self._deaf_until:
            return
        self._wanted.add(loop)
        if self._ringing is None or self._ringing.done():
            with suppress(RuntimeError):  # no event loop runs: the sweep will do
                self._ringing = asyncio.get_running_loop().create_task(self._ring(self._redis))

    async def aclose(self) -> None:
        """Finish ringing and let go of the connections."""
        if self._ringing is not None:
            with suppress(asyncio.CancelledError):
                await self._ringing
        if self._redis is not None:
            await _let_go(self._redis)

    async def _ring(self, redis: ArqRedis) -> None:
        while self._wanted:
            loop = self._wanted.pop()
            try:
                async with asyncio.timeout(RING_SECONDS):
                    await redis.enqueue_job(loop, _job_id=loop, _expires=FORGET_SECONDS)
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("could not ring", loop=loop, exc_info=error)
                self._deaf_until = monotonic_seconds() + DEAF_SECONDS
                self._wanted.clear()


async def listen(redis_url: str, wake: Wake) -> None:
    """Wake the loops that are rung for, for ever, through every death of Redis."""
    arq.worker.logger.disabled = True
    arq.connections.logger.disabled = True
    wait = FIRST_WAIT_SECONDS
    while True:
        began = monotonic_seconds()
        try:
            await _one_life(redis_url, wake)
        except Exception as error:  # noqa: BLE001 - arq passes on whatever Redis did
            _log.warning("doorbell is silent", exc_info=error)
        if monotonic_seconds() - began > STEADY_SECONDS:
            wait = FIRST_WAIT_SECONDS
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)


class _Ear(Worker):
    """arq's worker, without the line about itself that it keeps in Redis and nobody reads."""

    async def record_health(self) -> None:
        """Keep nothing."""


async def _one_life(redis_url: str, wake: Wake) -> None:
    redis = _connect(redis_url, _REDIS_SECONDS)
    ear: _Ear | None = None
    try:
        # What a worker that was killed left behind would keep the bell silent for a while.
        await redis.delete(QUEUE, *_keys())
        ear = _Ear(
            [func(_nothing, name=name) for name in NAMES],
            redis_pool=redis,
            queue_name=QUEUE,
            poll_delay=POLL_SECONDS,
            job_timeout=ANSWER_SECONDS,
            keep_result=0,
            max_tries=1,
            handle_signals=False,
            log_results=False,
            after_job_end=_waker(wake),
            job_serializer=_serialize,
            job_deserializer=_deserialize,
        )
        for name in NAMES:  # rings may have been lost since the last life
            wake(name)
        await ear.async_run()
    finally:
        if ear is not None:
            answering = tuple(ear.tasks.values())
            for one in answering:
                one.cancel()
            await asyncio.gather(*answering, return_exceptions=True)
        await _let_go(redis)


def _waker(wake: Wake) -> StartupShutdown:
    async def woken(ctx: dict[Any, Any]) -> None:
        wake(ctx["job_id"])

    return woken


async def _nothing(ctx: dict[Any, Any]) -> None:
    """Do nothing: the loop is woken after arq has forgotten the job."""


def _connect(redis_url: str, seconds: float) -> ArqRedis:
    # redis leaves the types of its keywords open.
    pool: ConnectionPool = ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
        redis_url, socket_timeout=seconds, socket_connect_timeout=seconds
    )
    return ArqRedis(
        pool,
        job_serializer=_serialize,
        job_deserializer=_deserialize,
        default_queue_name=QUEUE,
    )


async def _let_go(redis: ArqRedis) -> None:
    with suppress(RedisError, OSError):
        await redis.aclose(close_connection_pool=True)


def _keys() -> list[str]:
    kinds = ("arq:job:", "arq:in-progress:", "arq:retry:", "arq:result:")
    return [kind + name for kind in kinds for name in NAMES]


def _serialize(job: dict[str, Any]) -> bytes:
    # Only a failure has something in it that msgpack does not know, and nobody reads failures.
    return msgspec.msgpack.encode(job, enc_hook=_nothing_of)


def _deserialize(job: bytes) -> dict[str, Any]:
    return msgspec.msgpack.decode(job, type=dict[str, Any])


def _nothing_of(_: object) -> None:
    return None
