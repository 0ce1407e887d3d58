"""The processes of a deployment: API, worker, hospitals' door. Each opens its side and runs.

This room refuses logic. With `parent` a process ends when whoever started it is gone: the demo's
children must not outlive it.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator

import structlog
import uvicorn
from prometheus_client import start_http_server

from engage import crash, wiring
from engage.api import drain
from engage.api.app import create_app
from engage.api.auth.marks import ANYBODY
from engage.api.parts import Parts as ApiParts
from engage.auditor.looking import Auditor
from engage.db.migrate import current, migrate, newest
from engage.db.session import Database, DatabaseAway
from engage.errors import WrongSetting
from engage.hl7v2.mllp import Door, Tls
from engage.jobs.auditing import Rounds
from engage.jobs.canaries import Flights
from engage.jobs.leases import LEASE_SECONDS
from engage.jobs.worker import Parts, run_worker
from engage.messaging.http_fetch import HttpFetch
from engage.messaging.http_post import HttpPost
from engage.messaging.spool.disk import Disk, RealDisk
from engage.people.signing.organisation import Issuer
from engage.settings import Settings
from engage.turns.canary import Canaries
from engage.web import pages

SIMULATOR_LEASE_SECONDS = 5.0
DRAIN_SECONDS = 10
HEARTBEAT_SECONDS = 10.0
SEEN_AGAIN_SECONDS = 1.0
_PARENT = "ENGAGE_DEMO_CHILD"

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def serve(settings: Settings, *, host: str, port: int, disk: Disk | None = None) -> None:
    """Run an API process until SIGTERM; what is under way is finished first.

    It starts also while the database is away: what the carrier posts is then spooled.
    """
    async with _side(settings, "app", disk or RealDisk()) as house:
        simulated, oidc = house.settings.carrier == "simulator", house.settings.oidc
        parts = ApiParts(
            settings=house.settings,
            database=house.database,
            vault=house.vault,
            clock=house.clock,
            turns=house.turns,
            doors=house.doors,
            outbox=house.outbox,
            feed=house.feed,
            instruments=house.library.instruments,
            catalogue=house.library.catalogue,
            bell=house.bell,
            channels=house.channels,
            post=house.post if simulated else None,
            spooling=house.spooling,
            canaries=Canaries(
                database=house.database,
                vault=house.vault,
                clock=house.clock,
                library=house.library,
            ),
            issuer=None if oidc is None else Issuer(oidc, HttpFetch(), house.clock),
        )
        app = create_app(
            parts,
            extra=pages.routes(pages.Pages.read(), simulated=simulated, open_to_all=ANYBODY),
        )
        server = _Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
                lifespan="on",
            )
        )
        async with _until_parent_dies(), _beside(server, parts):
            await server.serve()


@contextlib.asynccontextmanager
async def _beside(server: uvicorn.Server, parts: ApiParts) -> AsyncGenerator[None, None]:
    """Look after the spool, and after a database that was away at the start, while we serve."""
    running: list[asyncio.Task[None]] = []
    if parts.database.unseen:
        running.append(asyncio.create_task(_until_schema_fits(server, parts.database)))
    if parts.spooling is not None:
        running.append(asyncio.create_task(drain.run(parts, parts.spooling)))
    try:
        yield
    finally:
        for one in running:
            one.cancel()
        for ended in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(ended, WrongSetting):
                raise ended


async def _until_schema_fits(server: uvicorn.Server, database: Database) -> None:
    """End a process that started without its database, should that turn out to be a wrong one."""
    while True:
        try:
            await _refuse_old_schema(database)
        except DatabaseAway:
            await asyncio.sleep(SEEN_AGAIN_SECONDS)
        except WrongSetting:
            server.should_exit = True
            raise
        else:
            return


class _Server(uvicorn.Server):
    """Ends with 0 when it is told to end: uvicorn's own sends itself the signal once more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take a signal as the wish to end."""
        here = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            here.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                here.remove_signal_handler(number)


async def work(settings: Settings) -> None:
    """Run a worker until SIGTERM; the batch under way is finished first."""
    async with _side(settings, "worker") as house, _until_parent_dies(), shown(house.settings):
        await refuse_unproven(house)
        simulated = house.settings.carrier == "simulator"
        lineage = None if simulated else wiring.lineage(house)
        if lineage is not None:
            # Before the first claim: what a restored copy believes unsent may have left.
            await lineage.first_look()
        looking = () if lineage is None else (lineage.keep_looking,)
        async with _safety_net(house) as watching:
            await run_worker(
                Parts(
                    turns=house.turns,
                    outbox=house.outbox,
                    reconciler=house.reconciler,
                    pager=house.pager,
                    hospital=house.hospital,
                    letters=house.letters,
                    notices=house.notices,
                    database=house.database,
                    clock=house.clock,
                    bell=house.bell,
                    redis_url=house.settings.redis_url or None,
                    lease_seconds=SIMULATOR_LEASE_SECONDS if simulated else LEASE_SECONDS,
                    beside=(*looking, *watching),
                )
            )


async def refuse_unproven(house: wiring.House) -> None:
    """Refuse to text real people before pages have come by two ways; WrongSetting says which."""
    if house.settings.real and (
        said := await wiring.unproven(house.settings, house.database, house.clock.now())
    ):
        raise WrongSetting(" ".join(said))


@contextlib.asynccontextmanager
async def shown(settings: Settings) -> AsyncGenerator[None, None]:
    """Show what this worker counts at an address of its own, if one is set."""
    if settings.worker_metrics is None:
        yield
        return
    host, port = settings.worker_metrics
    try:
        server, thread = start_http_server(port, host)
    except OSError as refused:
        sentence = f"ENGAGE_WORKER_METRICS can't be listened on ({refused.strerror})."
        raise WrongSetting(sentence) from refused
    _log.info("metrics shown", port=server.server_port)
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()


@contextlib.asynccontextmanager
async def _safety_net(
    house: wiring.House,
) -> AsyncGenerator[tuple[Callable[[], Coroutine[None, None, None]], ...], None]:
    """Open what runs beside a worker's loops and does not trust them: auditor and canaries."""
    settings, beside = house.settings, list[Callable[[], Coroutine[None, None, None]]]()
    async with contextlib.AsyncExitStack() as stack:
        if settings.canary_seconds is not None:
            flights = Flights(
                database=house.database,
                master=house.vault.master,
                doors=house.doors,
                clock=house.clock,
                post=house.post,
                public_url=settings.public_url,
                every_seconds=settings.canary_seconds,
            )
            beside.append(flights.run)
        if settings.auditor_database_url:
            database = await Database.open(
                settings.auditor_database_url,
                setting="ENGAGE_AUDITOR_DATABASE_URL",
                size=1,
                even_away=True,
            )
            stack.push_async_callback(database.close)
            post = HttpPost(total_seconds=HEARTBEAT_SECONDS)
            stack.push_async_callback(post.aclose)
            auditor = Auditor(
                database,
                house.clock,
                canary_seconds=settings.canary_seconds,
                spool=wiring.spool_directory(settings),
            )
            rounds = Rounds(
                auditor, wiring.alarms(house), house.clock, post, settings.heartbeat_url
            )
            beside.append(rounds.run)
        else:
            _log.error("nobody audits", setting="ENGAGE_AUDITOR_DATABASE_URL")
        yield tuple(beside)


async def listen(settings: Settings, ready: Callable[[int], None]) -> None:
    """Take hospitals' messages until SIGTERM; a message under way is finished first."""
    if settings.mllp_listen is None:
        sentence = "ENGAGE_MLLP_LISTEN is empty: it says where hospitals' systems call."
        raise WrongSetting(sentence)
    host, port = settings.mllp_listen
    tls = None if settings.mllp_tls is None else Tls(*settings.mllp_tls)
    over = asyncio.Event()
    async with (
        _side(settings, "app") as house,
        _until_parent_dies(),
        Door(house.hospital, house.clock).open(host, port, tls) as open_port,
    ):
        here = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            here.add_signal_handler(number, over.set)
        ready(open_port)
        await over.wait()


@contextlib.asynccontextmanager
async def _side(
    settings: Settings, role: wiring.Role, disk: Disk | None = None
) -> AsyncGenerator[wiring.House, None]:
    crash.arm(os.environ.get(crash.SETTING, ""))
    filled, servers = await wiring.to_thread_prepared(settings)
    try:
        if servers is not None and os.environ.get(_PARENT) != "1":
            await migrate(filled.owner_database_url, wiring.logins(filled))
        async with wiring.house(filled, role, disk=disk) as house:
            if not house.database.unseen:
                await _refuse_old_schema(house.database)
            # What is loaded now stays for ever: the collector need not look at it again and again,
            # which costs a request that is under way a hundred milliseconds.
            gc.collect()
            gc.freeze()
            yield house
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)


async def _refuse_old_schema(database: Database) -> None:
    revision = await current(database)
    if revision != newest():
        sentence = (
            f"The schema is at {revision or 'nothing'}, not {newest()}: run `engage migrate`."
        )
        raise WrongSetting(sentence)


@contextlib.asynccontextmanager
async def _until_parent_dies() -> AsyncGenerator[None, None]:
    """Ask this process to stop when its standard input, a pipe from the demo, is closed."""
    if os.environ.get(_PARENT) != "1":
        yield
        return
    watching = asyncio.create_task(_watch_parent())
    try:
        yield
    finally:
        watching.cancel()


async def _watch_parent() -> None:
    reader = asyncio.StreamReader()
    here = asyncio.get_running_loop()
    await here.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    os.kill(os.getpid(), signal.SIGTERM)
