"""A carrier to storm with: Twilio over HTTP, with a ledger of both directions, a pen, and dice.

It stands on tests/fakes/fake_twilio.py. Besides creating and listing texts it brings texts in by
signed webhooks, repeats them, takes the fallback door, loses some for good, and posts status
reports late, twice, out of order or never. What it does wrong is decided by a seeded die, so a
storm's faults can be counted. The ledger is the truth that the database is compared with.
"""

import asyncio
import random  # noqa: TID251 - seeded: a storm must be one that can be had again
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web

from engage.clock import Clock, SystemClock
from engage.messaging.carrier import Account, Text
from engage.messaging.simulator import signed_inbound, signed_report
from engage.people.phone import PhoneNumber
from tests.fakes.fake_twilio import Created, FakeTwilio, error

PATIENCE_SECONDS: Final = 15.0
"""How long a carrier waits for a webhook, in all."""
PAGE: Final = 1000
INBOUND: Final = "/webhooks/twilio/inbound"
FALLBACK: Final = "/webhooks/twilio/fallback"
GONE: Final = 0

Fate = Literal[
    "accept",
    "drop-before",
    "drop-after",
    "500-after",
    "500-before",
    "429",
    "slow",
    "report-first",
]
Brought = Literal["thanked", "missed", "lost"]
"""thanked: answered 2xx. missed: tried and never answered so. lost: no webhook was even sent."""


@dataclass(frozen=True)
class Weather:
    """How often what goes wrong, out of a hundred."""

    creates: tuple[tuple[Fate, float], ...] = (("accept", 100),)
    webhook_lost: float = 0
    webhook_twice: float = 0
    webhook_at_once_twice: float = 0
    webhook_to_fallback: float = 0
    report_lost: float = 0
    report_twice: float = 0
    report_late: float = 0
    #: How long an ordinary create may take.
    slowest_seconds: float = 0


CALM: Final = Weather()
STORM: Final = Weather(
    creates=(
        ("accept", 84),
        ("drop-before", 2),
        ("drop-after", 3),
        ("500-after", 2),
        ("500-before", 1),
        ("429", 2),
        ("slow", 2),
        ("report-first", 4),
    ),
    webhook_lost=1,
    webhook_twice=9,
    webhook_at_once_twice=1,
    webhook_to_fallback=5,
    report_lost=10,
    report_twice=10,
    report_late=10,
    slowest_seconds=0.6,
)


@dataclass
class Row(Created):
    """One row of the ledger: a text in either direction."""

    #: Our own signed id, from the address for reports.
    own: str = ""
    #: Whether whoever created it was told so.
    answered: bool = True
    brought: Brought = "lost"


class FakeCarrier(FakeTwilio):
    """The carrier of one practice; `doors` says on which ports somebody may answer now."""

    def __init__(
        self,
        account: Account,
        number: str,
        public_url: str,
        *,
        seed: int = 0,
        weather: Weather = CALM,
        doors: Callable[[], Sequence[int]] = tuple,
        slow_seconds: float = 6.0,
    ) -> None:
        """Take whose carrier it is, and the weather."""
        super().__init__()
        self.page_size = PAGE
        self.account = account
        self.number = number
        self.public_url = public_url
        self.weather = weather
        self.fates: Counter[str] = Counter()
        #: How long each first try of a webhook took, and what came of it.
        self.took: list[tuple[float, int]] = []
        self._doors = doors
        self._dice = random.Random(seed)  # noqa: S311 - dice, not secrets
        self._slow_seconds = slow_seconds
        self.clock: Clock = SystemClock()
        self._count = 0
        self._running: set[asyncio.Task[object]] = set()
        self._out: aiohttp.ClientSession | None = None
        self._runner.app.router.add_post(
            "/2010-04-01/Accounts/{account}/Messages/{sid}.json", self._blank
        )

    async def __aexit__(self, *failure: object) -> None:
        """Stop posting, and listening."""
        for one in tuple(self._running):
            one.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._out is not None:
            await self._out.close()
        await super().__aexit__(*failure)

    @property
    def sent(self) -> list[Row]:
        """What left."""
        return [row for row in self.rows() if row.direction == "outbound-api"]

    @property
    def came(self) -> list[Row]:
        """What came in."""
        return [row for row in self.rows() if row.direction == "inbound"]

    def rows(self) -> list[Row]:
        """Return the ledger."""
        return [row for row in self.ledger if isinstance(row, Row)]

    # Texts in

    def write(self, phone: str, words: str) -> Row:
        """Take a text from a phone into the ledger; it has not been brought to anybody yet."""
        form = {"To": self.number, "From": phone, "Body": words}
        row = Row(self._sid(), form, self.clock.now(), "received", "inbound")
        self.ledger.append(row)
        return row

    async def bring(self, row: Row) -> Brought:
        """Bring a text to a webhook as Twilio does: once more if nobody listens, then elsewhere."""
        if self._throw(self.weather.webhook_lost):
            row.brought = "lost"
            return row.brought
        row.brought = "missed"
        if not self._throw(self.weather.webhook_to_fallback):
            tries = [self._post_in(row, INBOUND)]
            if self._throw(self.weather.webhook_at_once_twice):
                tries.append(self._post_in(row, INBOUND))
            statuses = await asyncio.gather(*tries)
            if GONE in statuses and 204 not in statuses:
                statuses = [await self._post_in(row, INBOUND)]
            if 204 in statuses:
                row.brought = "thanked"
        if row.brought == "missed" and await self._post_in(row, FALLBACK) == 204:
            row.brought = "thanked"
        if self._throw(self.weather.webhook_twice):
            self._beside(self._post_in(row, INBOUND, 2 * self._dice.random()))
        return row.brought

    def inbound(self, row: Row, path: str = INBOUND) -> tuple[str, dict[str, str], bytes]:
        """Return the address, headers and body of a webhook."""
        url = self.public_url + path
        form = row.form
        headers, body = signed_inbound(
            url, self.account, form["From"], self.number, form["Body"], row.sid
        )
        return url, headers, body

    async def _post_in(self, row: Row, path: str, after: float = 0.0) -> int:
        await asyncio.sleep(after)
        _, headers, body = self.inbound(row, path)
        began = asyncio.get_running_loop().time()
        status = await self._post(path, headers, body)
        self.took.append((asyncio.get_running_loop().time() - began, status))
        return status

    # Texts out

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self.plan:
            act = self.plan.popleft()
            row = self._created(form) if act.kind in {"accept", "drop-after", "hang"} else None
            if row is not None and act.kind == "accept":
                return self._shown(row, request)
            if row is not None:
                row.answered = False
            return await self._misbehave(request, act)
        fate = self._fate()
        self.fates[fate] += 1
        match fate:
            case "drop-before":
                return self._dropped(request)
            case "500-before":
                return error(500, 20500)
            case "429":
                return error(429, 20429, {"Retry-After": "1"})
            case "drop-after" | "500-after":
                row = self._created(form)
                row.answered = False
                return self._dropped(request) if fate == "drop-after" else error(500, 20500)
            case "slow":
                await asyncio.sleep(self._slow_seconds)
                return self._shown(self._created(form), request)
            case "report-first":
                row = self._created(form, reports=False)
                await self._report(row, "sent")
                self._beside(self._reports(row))
                return self._shown(row, request)
            case "accept":
                await asyncio.sleep(self.weather.slowest_seconds * self._dice.random())
                return self._shown(self._created(form), request)

    def _shown(self, row: Row, request: web.Request) -> web.Response:
        if request.transport is None or request.transport.is_closing():
            row.answered = False
        return web.json_response(row.resource(request.match_info["account"]), status=201)

    def _created(self, form: dict[str, str], *, reports: bool = True) -> Row:
        own = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("m", [""])[0]
        row = Row(self._sid(), form, self.clock.now(), own=own)
        self.ledger.append(row)
        if reports:
            self._beside(self._reports(row))
        return row

    async def _reports(self, row: Row) -> None:
        """Post what becomes of a text, as carriers do: mostly once, mostly in order."""
        words = ["sent", "delivered"]
        if self._throw(self.weather.report_late):
            words.reverse()
        for word in words:
            await asyncio.sleep(0.2 + self._dice.random())
            row.status = "delivered"
            if self._throw(self.weather.report_lost):
                continue
            for _ in range(1 + self._throw(self.weather.report_twice)):
                # Once more if it was not taken, then never again.
                if await self._report(row, word) != 204:
                    await asyncio.sleep(1)
                    await self._report(row, word)

    async def _report(self, row: Row, word: str) -> int:
        text = Text(
            own_id=row.own,
            from_number=self.number,
            to=PhoneNumber(row.form["To"]),
            body="",
            callback_url=row.form["StatusCallback"],
            validity_seconds=60,
            messaging_service_sid=None,
        )
        headers, body = signed_report(self.account, text, row.sid, word)
        parts = urlsplit(text.callback_url)
        return await self._post(f"{parts.path}?{parts.query}", headers, body)

    def report(self, row: Row, word: str) -> tuple[str, dict[str, str], bytes]:
        """Return the address, headers and body of a report, for a test that carries it itself."""
        url = row.form["StatusCallback"]
        text = Text(
            own_id=row.own,
            from_number=self.number,
            to=PhoneNumber(row.form["To"]),
            body="",
            callback_url=url,
            validity_seconds=60,
            messaging_service_sid=None,
        )
        return url, *signed_report(self.account, text, row.sid, word)

    async def _blank(self, request: web.Request) -> web.StreamResponse:
        for row in self.rows():
            if row.sid == request.match_info["sid"]:
                return web.json_response(row.resource(request.match_info["account"]))
        return error(404, 20404)

    # Small things

    async def _post(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self._out is None:
            self._out = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS),
                connector=aiohttp.TCPConnector(force_close=True, limit=0),
            )
        doors = list(self._doors())
        self._dice.shuffle(doors)
        for port in doors:
            url = f"http://127.0.0.1:{port}{path}"
            try:
                async with self._out.post(url, data=body, headers=headers) as answer:
                    return answer.status
            except aiohttp.ClientConnectorError:
                # Nobody listens there: a balancer goes on to the next. What was written stays so.
                continue
            except (aiohttp.ClientError, TimeoutError, OSError):
                return GONE
        return GONE

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing more is being posted."""
        async with asyncio.timeout(seconds):
            while self._running:
                await asyncio.wait(tuple(self._running))

    def _beside(self, act: Coroutine[None, None, object]) -> None:
        running = asyncio.ensure_future(act)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def _fate(self) -> Fate:
        fates, weights = zip(*self.weather.creates, strict=True)
        return self._dice.choices(fates, weights)[0]

    def _throw(self, of_a_hundred: float) -> bool:
        return self._dice.random() * 100 < of_a_hundred

    def _sid(self) -> str:
        self._count += 1
        return f"SM{self._count:032x}"

    def since(self, row: Row) -> timedelta:
        """Return how long ago a text was taken."""
        return self.clock.now() - row.at
