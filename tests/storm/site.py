"""A deployment to break: its own PostgreSQL, a proxy before it, and a real `engage serve`."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import asyncpg

from engage import embedded
from engage.clock import SystemClock
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.embedded import postgres
from engage.embedded.account import serving_account
from engage.embedded.home import Home
from engage.messaging.signature import HEADER, compute
from tests.conftest import LOGINS
from tests.fakes.practice import Place, open_practice
from tests.storm.faultproxy import FaultProxy, faultproxy, socket_of, through, to_unix

SECRET = "a secret key for tests only of forty characters"
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
ANSWER_SECONDS = 30
GONE = 0
"""What `post` returns when the connection ended without an answer."""


@dataclass
class Site:
    """The servers, the practice, and where an API process would listen."""

    data_dir: Path
    servers: embedded.Servers
    proxy: FaultProxy
    place: Place
    port: int
    #: The carrier's ids that were answered 204, each line in its order.
    thanked: dict[str, list[str]] = field(default_factory=dict)
    _shares: list[embedded.Servers] = field(default_factory=list)

    @property
    def public_url(self) -> str:
        """The address that the carrier calls."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Home:
        """The data directory of the servers."""
        return Home(self.data_dir, serving_account())

    def pids(self) -> list[int]:
        """Return the pids of PostgreSQL's processes, the postmaster first."""
        postmaster = postgres.running_pid(self.home)
        if postmaster is None:
            return []
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii")
        return [postmaster, *map(int, children.split())]

    async def restart(self) -> None:
        """Start PostgreSQL again on the same directory."""
        self._shares.append(await asyncio.to_thread(embedded.start, self.data_dir, redis=False))

    async def rows(self, sql: str) -> list[Any]:
        """Read over all walls."""
        connection = await asyncpg.connect(self.servers.url("admin"), timeout=ANSWER_SECONDS)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def stored(self) -> dict[str, list[str]]:
        """Return the carrier's ids of all texts, each line in the order in which it is read."""
        rows = await self.rows(
            "SELECT line_id, carrier_sid FROM message WHERE direction = 'in' ORDER BY line_id, id"
        )
        lines: dict[str, list[str]] = {}
        for line, sid in rows:
            lines.setdefault(str(line), []).append(sid)
        return lines

    async def post(self, web: aiohttp.ClientSession, sender: str, sid: str) -> int:
        """Post a signed text and return the status, or GONE."""
        account = self.place.door.account
        path = "/webhooks/twilio/inbound"
        fields = {
            "MessageSid": sid,
            "AccountSid": account.account_sid,
            "From": sender,
            "To": self.place.door.number,
            "Body": "hello",
        }
        signature = compute(
            f"{self.public_url}{path}", list(fields.items()), account.auth_tokens[0]
        )
        try:
            async with web.post(
                f"{self.public_url}{path}",
                data=urlencode(fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: signature},
            ) as answer:
                status = answer.status
        except aiohttp.ClientError:
            return GONE
        if status == 204:
            self.thanked.setdefault(sender, []).append(sid)
        return status

    async def asked(self, web: aiohttp.ClientSession, path: str) -> tuple[int, str]:
        """Return what an address answers."""
        try:
            async with web.get(f"{self.public_url}{path}") as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return GONE, ""

    async def until(self, web: aiohttp.ClientSession, path: str, *statuses: int) -> None:
        """Wait until an address answers so."""
        async with asyncio.timeout(START_SECONDS):
            while (await self.asked(web, path))[0] not in statuses:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.1)

    async def until_drained(self, web: aiohttp.ClientSession) -> None:
        """Wait until the spool is empty: at most as long as we promise."""
        async with asyncio.timeout(60):
            while not await self._spool_is_empty(web):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)

    async def _spool_is_empty(self, web: aiohttp.ClientSession) -> bool:
        return "engage_spool_waiting 0.0" in (await self.asked(web, "/metrics"))[1]

    @asynccontextmanager
    async def serving(self, *program: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
        """Run an API process until it answers, and end it if it has not ended."""
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith("ENGAGE_")
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *(program or ("-m", "engage", "serve", "--port", str(self.port))),
            cwd=ROOT,
            env=clean
            | {
                "ENGAGE_DATABASE_URL": through(self.proxy, self.servers.url("app")),
                "ENGAGE_SECRET_KEYS": SECRET,
                "ENGAGE_PUBLIC_URL": self.public_url,
                "ENGAGE_DATA_DIR": str(self.data_dir / "engage"),
                "ENGAGE_LOG_LEVEL": "ERROR",
            },
        )
        try:
            async with client() as web:
                while (await self.asked(web, "/health/live"))[0] != 200:
                    assert child.returncode is None, "it ended instead of serving"
                    await asyncio.sleep(0.1)
            yield child
        finally:
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(child.wait(), START_SECONDS)
                except TimeoutError:
                    child.kill()
                    await child.wait()

    async def end(self) -> None:
        """Stop the servers, whatever state they are in."""
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)
        for share in (*self._shares, self.servers):
            await asyncio.to_thread(share.stop)


@asynccontextmanager
async def client() -> AsyncGenerator[aiohttp.ClientSession, None]:
    """Be the carrier: patient, and without connections kept."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as web:
        yield web


@asynccontextmanager
async def site() -> AsyncGenerator[Site, None]:
    """Build all of it, and leave nothing."""
    data_dir = embedded.throwaway_data_dir()
    # Not `throwaway` servers: those may forget what they committed when they are killed.
    servers = await asyncio.to_thread(embedded.start, data_dir, redis=False)
    try:
        await migrate(servers.url("owner"), LOGINS)
        app = await Database.open(servers.url("app"), setting="ENGAGE_DATABASE_URL", size=2)
        place = await open_practice(app, Vault(MasterKeys([SECRET]), app), SystemClock())
        await app.close()
        async with faultproxy(to_unix(socket_of(servers.url("app")))) as proxy:
            made = Site(data_dir, servers, proxy, place, free_port())
            try:
                yield made
            finally:
                await made.end()
    finally:
        servers.stop()
        await asyncio.to_thread(shutil.rmtree, data_dir, ignore_errors=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
