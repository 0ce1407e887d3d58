"""Runs the demo: servers, schema, people, an API process, a worker; keeps them alive, stops them.

The two processes are the ones of production, started from settings alone; here they are children
that are started again when they die and end when this process does. This room refuses addresses
other than this machine's: the simulated carrier is for nobody else.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

import aiohttp
import msgspec

from engage import embedded, wiring
from engage.clock import monotonic_seconds
from engage.db.migrate import migrate
from engage.demo import seed, told
from engage.demo.story import Scene, Story
from engage.errors import EngageError
from engage.people import bootstrap
from engage.settings import Settings, is_loopback

READY_SECONDS = 60.0
RESTART_SECONDS = 0.5
STEADY_SECONDS = 5.0
SLOWEST_SECONDS = 8.0
STOP_SECONDS = 15.0
DANA = "dana.whitfield@example.org"


class NotLoopback(EngageError):  # noqa: N818 - reads as a sentence
    """The demo runs on this machine alone: --host must be a loopback address."""


class PortTaken(EngageError):  # noqa: N818
    """Something else listens on this port; choose another with --port, or 0 for a free one."""


class NotReady(EngageError):  # noqa: N818
    """The API did not become ready; the lines above say why."""


async def run(
    settings: Settings, *, host: str, port: int, data_dir: Path | None, once: bool
) -> int:
    """Run until interrupted or, with `once`, until the story is told; 0 means all well."""
    if not is_loopback(host):
        raise NotLoopback
    throwaway = once and data_dir is None and settings.data_dir is None
    folder = data_dir or settings.data_dir
    if folder is None:
        folder = embedded.throwaway_data_dir() if throwaway else embedded.default_data_dir()
    port = await _free_port(host, port)
    settings = msgspec.structs.replace(
        settings,
        data_dir=folder,
        public_url=f"http://{f'[{host}]' if ':' in host else host}:{port}",
        carrier="simulator",
    )
    filled, servers = await wiring.to_thread_prepared(settings)
    try:
        await migrate(filled.owner_database_url, wiring.logins(filled))
        scene = await _set_scene(filled)
        environment = _environment(settings)
        async with (
            _kept_alive(("serve", "--host", host, "--port", str(port)), environment),
            _kept_alive(("worker",), environment),
        ):
            await _until_ready(filled.public_url)
            if once:
                return await Story(filled.public_url, scene, folder).tell()
            told.how_to_play(filled.public_url, scene, sys.stdout)
            await _until_interrupted()
            return 0
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)
        if throwaway:
            shutil.rmtree(folder, ignore_errors=True)


async def _set_scene(settings: Settings) -> Scene:
    async with wiring.house(settings, "app") as house:
        people = await seed.seed(house.database, house.vault, house.clock)
        tokens = {
            email: await bootstrap.token(house.database, house.vault, house.clock, email)
            for email in people.staff
        }
        return Scene(
            number=people.numbers[0],
            patient_id=people.patients[seed.STORY_PATIENT],
            manager_id=people.staff[DANA],
            manager_token=tokens[DANA],
            tokens=tokens,
        )


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return what a child needs; blanks mean embedded, so no password stands in an environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")}
    return kept | {
        "ENGAGE_DATA_DIR": str(settings.data_dir),
        "ENGAGE_PUBLIC_URL": settings.public_url,
        "ENGAGE_CARRIER": "simulator",
        "ENGAGE_LOG_LEVEL": settings.log_level,
        "ENGAGE_DEMO_CHILD": "1",
        **({"ENGAGE_REDIS_URL": settings.redis_url} if settings.redis_url else {}),
        **_urls(settings),
    }


def _urls(settings: Settings) -> dict[str, str]:
    if not settings.database_url:
        return {}
    return {
        "ENGAGE_DATABASE_URL": settings.database_url,
        "ENGAGE_OWNER_DATABASE_URL": settings.owner_database_url,
        "ENGAGE_WORKER_DATABASE_URL": settings.worker_database_url,
        "ENGAGE_AUDITOR_DATABASE_URL": settings.auditor_database_url,
        "ENGAGE_SECRET_KEYS": ",".join(settings.secret_keys),
    }


@contextlib.asynccontextmanager
async def _kept_alive(
    command: Sequence[str], environment: Mapping[str, str]
) -> AsyncGenerator[None, None]:
    """Keep a child running: one that dies, however, is started again."""
    children: list[asyncio.subprocess.Process] = []

    async def keep() -> None:
        wait = RESTART_SECONDS
        while True:
            began = monotonic_seconds()
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "engage",
                *command,
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
            children[:] = [child]
            await child.wait()
            # One that can't even start is not started ten times a second.
            lived = monotonic_seconds() - began
            wait = RESTART_SECONDS if lived > STEADY_SECONDS else min(2 * wait, SLOWEST_SECONDS)
            await asyncio.sleep(wait)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        for child in children:
            await _stop(child)


async def _stop(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()


async def _free_port(host: str, port: int) -> int:
    """Return the port, or a free one for 0. One that is taken gets some seconds to be let go."""
    for _ in range(10):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return int(probe.getsockname()[1])
            except OSError:
                await asyncio.sleep(RESTART_SECONDS)
    raise PortTaken


async def _until_ready(url: str) -> None:
    end = monotonic_seconds() + READY_SECONDS
    async with aiohttp.ClientSession() as web:
        while monotonic_seconds() < end:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with web.get(f"{url}/health/ready") as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(0.1)
    raise NotReady


async def _until_interrupted() -> None:
    stopped = asyncio.Event()
    here = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        here.add_signal_handler(number, stopped.set)
    await stopped.wait()
