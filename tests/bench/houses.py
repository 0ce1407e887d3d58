"""The product's own processes, started as in production: from settings alone."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from engage import embedded
from engage.clock import monotonic_seconds
from tests.bench.load import Burst, Outcome
from tests.bench.world import World

READY_SECONDS = 30.0
STOP_SECONDS = 15.0
PORT = 18_431


def environment(servers: embedded.Servers, world: World, port: int = PORT) -> Mapping[str, str]:
    """Return the settings of an API process and of a worker."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")}
    return {
        **kept,
        "ENGAGE_DATABASE_URL": servers.url("app", world.database),
        "ENGAGE_WORKER_DATABASE_URL": servers.url("worker", world.database),
        # Its own, not the machine's: a spool of somebody's deployment may lie there.
        "ENGAGE_DATA_DIR": str(servers.data_dir),
        "ENGAGE_REDIS_URL": servers.redis_url or "",
        "ENGAGE_SECRET_KEYS": world.secret,
        "ENGAGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ENGAGE_CARRIER": "simulator",
        "ENGAGE_LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def running(
    settings: Mapping[str, str], *command: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run `engage …` until the end of the block, and stop it as a service manager would."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engage", *command, env=settings
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            await asyncio.wait_for(child.wait(), STOP_SECONDS)


@asynccontextmanager
async def serving(
    settings: Mapping[str, str], port: int = PORT
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run one API process, and begin when it is ready."""
    async with running(settings, "serve", "--port", str(port)) as child:
        await _until_ready(child, port)
        yield child


async def _until_ready(child: asyncio.subprocess.Process, port: int) -> None:
    end = monotonic_seconds() + READY_SECONDS
    async with aiohttp.ClientSession() as web:
        while monotonic_seconds() < end and child.returncode is None:
            try:
                async with web.get(f"http://127.0.0.1:{port}/health/ready") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    message = "the API process did not become ready"
    raise RuntimeError(message)


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process, in MiB; 0 where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


class Generator:
    """The load generator, in a process of its own."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
            await self._child.wait()

    async def burst(self, asked: Burst) -> Outcome:
        """Do one burst."""
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            message = "the load generator does not run"
            raise RuntimeError(message)
        child.stdin.write(msgspec.json.encode(asked) + b"\n")
        return msgspec.json.decode(await child.stdout.readline(), type=Outcome)
