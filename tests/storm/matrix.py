"""The matrix of crash points: die at a point, live again, and compare the ledgers.

Each cell has a database of its own, a carrier of its own, and two lives: the first is told to die
at the k-th pass of a point, the second goes through everything again.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from engage import embedded
from engage.clock import SettableClock, SystemClock
from engage.crash import Point
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.messaging.doors import Doors
from engage.messaging.sending import store as sending
from engage.turns.take import Turns
from tests.fakes.fake_twilio import Act
from tests.fakes.practice import LIBRARY, Place, SilentBell, add_patient, open_practice, raw, screen
from tests.fakes.smtp import FakeSmtp
from tests.storm.comparison import CRISIS, compare
from tests.storm.fakecarrier import FALLBACK, INBOUND, FakeCarrier, Row
from tests.storm.life import COUNTING, Life, Request, SharedClock
from tests.storm.signed import SECRET, reviews_file
from tests.storm.zone import daytime

ROOT: Final = Path(__file__).resolve().parents[2]
PUBLIC_URL: Final = "http://127.0.0.1:8000"
KINDS: Final = {
    "answer": "1",
    "crisis": CRISIS,
    "stop": "STOP",
    "both": f"STOP {CRISIS}",
    "unclear": "what is this about",
    "help": "HELP",
}
ROSA, LUIS, ANA = "+16025551001", "+16025551002", "+16025551003"
STRANGER: Final = "+16025551009"


@dataclass
class Matrix:
    """What all cells share: a server, a practice ready to be copied, a process that forks lives."""

    servers: embedded.Servers
    scene: str
    place: Place
    folder: Path
    zygote: asyncio.subprocess.Process
    smtp: FakeSmtp
    cells: int = 0

    async def passes(self, kind: str) -> dict[Point, int]:
        """Return how often a life that does not die passes each point."""
        async with self._cell(kind) as cell:
            life = cell.life(COUNTING)
            assert await self._lived(life) == 0
            found = await asyncio.to_thread(Path(life.notes_file).read_bytes)
        return msgspec.json.decode(found, type=dict[Point, int])

    async def cell(self, point: Point, nth: int, kind: str) -> list[str]:
        """Die there, live again, and return what is wrong; an undead life is wrong too."""
        async with self._cell(kind) as cell:
            ended = await self._lived(cell.life(f"{point}#{nth}"))
            # With some kinds a point is passed less often: then nobody dies, and all must be well.
            if ended != -signal.SIGKILL and (ended != 0 or nth == 1):
                return [f"{point}#{nth} with {kind}: ended with {ended}, it should have died"]
            again = await self._lived(cell.life(""))
            if again != 0:
                return [f"{point}#{nth} with {kind}: the second life ended with {again}"]
            wrong = await cell.judged()
        return [f"{point}#{nth} with {kind}: {one}" for one in wrong]

    async def _lived(self, life: Life) -> int:
        into, out = self.zygote.stdin, self.zygote.stdout
        assert into is not None
        assert out is not None
        into.write(msgspec.json.encode(life) + b"\n")
        await into.drain()
        async with asyncio.timeout(60):
            return int(await out.readline())

    @contextlib.asynccontextmanager
    async def _cell(self, kind: str) -> AsyncGenerator["_Cell", None]:
        self.cells += 1
        name = f"cell_{self.cells}_{self.folder.name[-8:]}".lower().replace("-", "_")
        here = self.folder / name
        here.mkdir()
        clock_file = here / "clock"
        clock_file.write_text("0", "ascii")
        await asyncio.to_thread(self.servers.create_database, name, self.scene)
        try:
            async with FakeCarrier(
                self.place.door.account, self.place.door.number, PUBLIC_URL
            ) as carrier:
                carrier.clock = SharedClock(clock_file)
                yield _Cell(self, name, here, carrier, kind)
        finally:
            await asyncio.to_thread(self.servers.drop_database, name)


class _Cell:
    def __init__(
        self, matrix: Matrix, database: str, folder: Path, carrier: FakeCarrier, kind: str
    ) -> None:
        self._matrix = matrix
        self._database = database
        self._folder = folder
        self._carrier = carrier
        # The second text to leave is taken, and nobody hears of it.
        carrier.plan.extend((Act(), Act("drop-after")))
        write = carrier.write
        self._front = [self._request("inbound", write(ROSA, KINDS[kind]))]
        self._fallback = [self._request("fallback", write(LUIS, "2"))]
        self._away = [
            self._request("inbound", write(ANA, "gracias")),
            self._request("inbound", write(STRANGER, KINDS[kind])),
        ]
        # This one no webhook brings.
        write(ANA, "hello?")

    def _request(self, kind: Literal["inbound", "fallback"], row: Row) -> Request:
        path = FALLBACK if kind == "fallback" else INBOUND
        return Request(kind, *self._carrier.inbound(row, path), row.sid)

    def life(self, crash: str) -> Life:
        servers = self._matrix.servers
        return Life(
            environment={
                "ENGAGE_DATABASE_URL": servers.url("app", self._database),
                "ENGAGE_WORKER_DATABASE_URL": servers.url("worker", self._database),
                "ENGAGE_SECRET_KEYS": SECRET,
                "ENGAGE_PUBLIC_URL": PUBLIC_URL,
                "ENGAGE_DATA_DIR": str(self._folder),
                "ENGAGE_CARRIER": "twilio",
                "ENGAGE_TWILIO_BASE_URL": self._carrier.base_url,
                "ENGAGE_SMTP_URL": self._matrix.smtp.url,
                "ENGAGE_TEXT_REVIEWS": str(self._matrix.folder / "reviews.toml"),
            },
            admin_url=servers.url("admin", self._database),
            practice=self._matrix.place.id,
            clock_file=str(self._folder / "clock"),
            notes_file=str(self._folder / "notes"),
            crash=crash,
            front=self._front,
            fallback=self._fallback,
            away=self._away,
        )

    async def judged(self) -> list[str]:
        notes = (self._folder / "notes").read_text("ascii").splitlines()
        thanked = {line.removeprefix("thanked ") for line in notes}
        async with raw(self._matrix.servers.url("admin", self._database)) as rows:
            return await compare(rows, self._carrier, MasterKeys([SECRET]), thanked=thanked)


@contextlib.asynccontextmanager
async def matrix(
    servers: embedded.Servers, template: str, folder: Path
) -> AsyncGenerator[Matrix, None]:
    """Set the scene once, start what forks, and leave nothing."""
    scene = f"scene_{folder.name[-8:]}".lower().replace("-", "_")
    await asyncio.to_thread(servers.create_database, scene, template)
    reviews_file(folder / "reviews.toml")
    try:
        place = await _set_scene(servers, scene)
        zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.storm.life",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with FakeSmtp() as smtp:
                yield Matrix(servers, scene, place, folder, zygote, smtp)
        finally:
            assert zygote.stdin is not None
            zygote.stdin.close()
            await zygote.wait()
    finally:
        await asyncio.to_thread(servers.drop_database, scene)


async def _set_scene(servers: embedded.Servers, scene: str) -> Place:
    """Rosa and Luis are about to be asked, Ana is known, and the number may text fast."""
    database = await Database.open(servers.url("app", scene), setting="ENGAGE_DATABASE_URL", size=2)
    try:
        vault, clock = Vault(MasterKeys([SECRET]), database), SettableClock(SystemClock().now())
        place = await open_practice(database, vault, clock)
        turns = Turns(
            database=database, vault=vault, clock=clock, library=LIBRARY, bell=SilentBell()
        )
        where = {"time_zone": daytime(clock.now()), "us_state": "AZ"}
        for phone, name in ((ROSA, "Rosa"), (LUIS, "Luis"), (ANA, "Ana")):
            patient = await add_patient(database, place, clock, phone, name, **where)
            if name != "Ana":
                await screen(turns, database, place, clock, patient)
        async with database.work([place.id], place.id) as work:
            await sending.found(work, place.id)
            await sending.set_limits(work, place.id, None, redact_after_days=2)
        found = await Doors(database, vault).find(place.door.number, place.door.account.account_sid)
        assert found is not None
        return place
    finally:
        await database.close()
