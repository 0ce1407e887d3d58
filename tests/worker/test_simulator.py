"""The simulated carrier: its ledger, its reports, its numbers, and the texts it brings in."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiohttp import web

from engage.clock import SettableClock
from engage.messaging.carrier import Accepted, Account, Found, Refused, Text, Throttled, Unknown
from engage.messaging.http_post import HttpPost
from engage.messaging.signature import HEADER, verify
from engage.messaging.simulator import SimulatorCarrier, signed_inbound
from engage.messaging.webhook_form import StatusReport, inbound, parse_form, status
from engage.people.phone import PhoneNumber

NOW = datetime(2031, 3, 4, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = Account("AC" + "2" * 32, ("new", "old"), "SK", "secret")
CALLBACK = "https://engage.example/webhooks/twilio/status?m=opaque-1"


class ListLedger:
    """A ledger in memory, in the order of taking."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: list[tuple[str, Text, datetime]] = []
        self._accounts: dict[str, str] = {}

    async def record(self, account: Account, text: Text, sid: str, at: datetime) -> None:
        """Keep a text."""
        self.rows.append((sid, text, at))
        self._accounts[sid] = account.account_sid

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str],
    ) -> str | None:
        """Return the first match."""
        return next(
            (
                sid
                for sid, kept, at in self.rows
                if self._accounts[sid] == account.account_sid
                and (kept.to, kept.body) == (text.to, text.body)
                and after <= at <= before
                and sid not in taken
            ),
            None,
        )

    async def recipient(self, account: Account, sid: str) -> str | None:
        """Return the number of a text."""
        if self._accounts.get(sid) != account.account_sid:
            return None
        return next(kept.to.e164 for known, kept, _ in self.rows if known == sid)

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words of a text."""
        mine = self._accounts.get(sid) == account.account_sid
        self.rows = [
            (known, msgspec.structs.replace(kept, body="") if mine and known == sid else kept, at)
            for known, kept, at in self.rows
        ]
        return mine


class Door:
    """Our own webhook door, as the carrier sees it."""

    def __init__(self, *answers: int) -> None:
        """Answer these, then 204 for ever."""
        self.answers = list(answers)
        self.reports: list[StatusReport] = []

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Check the signature as the real door does, and note the report."""
        params = parse_form(body)
        assert verify(url, params, headers[HEADER], ["old", "new"])
        self.reports.append(status(params))
        return self.answers.pop(0) if self.answers else 204


def _text(to: str = "+12025550123") -> Text:
    return Text("opaque-1", "+12025550101", PhoneNumber(to), "¿Sí? 1 or 2", CALLBACK, 3600)


async def test_a_text_is_taken_and_reported_on() -> None:
    """What is in the ledger is the carrier's; sent and delivered follow, signed."""
    ledger, door = ListLedger(), Door()
    carrier = SimulatorCarrier(ledger, door, SettableClock(NOW), pace_seconds=0)

    outcome = await carrier.send(ACCOUNT, _text())
    await carrier.settle()

    sid = ledger.rows[0][0]
    assert outcome == Accepted(sid, 1)
    assert ledger.rows == [(sid, _text(), NOW)]
    assert [(one.sid, one.status) for one in door.reports] == [(sid, "sent"), (sid, "delivered")]
    assert await carrier.fetch(ACCOUNT, sid) == Found(sid, "delivered")
    assert await carrier.fetch(ACCOUNT, "SM" + "0" * 32) is None


@pytest.mark.parametrize(
    ("to", "code"),
    [("01", 21211), ("02", 21612), ("03", 21408), ("04", 21610), ("09", 21614)],
)
async def test_refused_number(to: str, code: int) -> None:
    """A number that is always refused never reaches the ledger."""
    ledger = ListLedger()
    carrier = SimulatorCarrier(ledger, Door(), SettableClock(NOW))

    outcome = await carrier.send(ACCOUNT, _text(f"+150055500{to}"))

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.effect.message) == (code, "fail")
    assert ledger.rows == []


async def test_throttled_number() -> None:
    """A number that is always throttled never reaches the ledger."""
    ledger = ListLedger()
    carrier = SimulatorCarrier(ledger, Door(), SettableClock(NOW))

    assert isinstance(await carrier.send(ACCOUNT, _text("+15005550029")), Throttled)
    assert ledger.rows == []


@pytest.mark.parametrize(("to", "code"), [("33", 30003), ("36", 30006)])
async def test_undelivered_number(to: str, code: int) -> None:
    """A number that cannot be reached is found out later, by report or by asking."""
    ledger, door = ListLedger(), Door()
    carrier = SimulatorCarrier(ledger, door, SettableClock(NOW), pace_seconds=0)

    outcome = await carrier.send(ACCOUNT, _text(f"+150055500{to}"))
    await carrier.settle()

    assert isinstance(outcome, Accepted)
    assert [(one.status, one.error_code) for one in door.reports] == [
        ("sent", None),
        ("undelivered", code),
    ]
    assert await carrier.fetch(ACCOUNT, outcome.sid) == Found(outcome.sid, "undelivered", code)


@pytest.mark.parametrize(("to", "reports"), [("50", 2), ("51", 0)])
async def test_lost_answer(to: str, reports: int) -> None:
    """A text whose answer was lost is the carrier's all the same."""
    ledger, door = ListLedger(), Door()
    carrier = SimulatorCarrier(ledger, door, SettableClock(NOW), pace_seconds=0)
    text = _text(f"+150055500{to}")

    assert await carrier.send(ACCOUNT, text) == Unknown("timeout")
    await carrier.settle()

    sid = ledger.rows[0][0]
    assert len(door.reports) == reports
    assert await carrier.find(ACCOUNT, text, NOW - HOUR, NOW + HOUR) == Found(sid, "delivered")
    assert await carrier.find(ACCOUNT, text, NOW - HOUR, NOW, frozenset({sid})) is None


async def test_a_report_is_tried_twice() -> None:
    """A report that was not taken is posted once more, and then no more."""
    door = Door(503, 204, 0, 500)
    carrier = SimulatorCarrier(ListLedger(), door, SettableClock(NOW), pace_seconds=0)

    await carrier.send(ACCOUNT, _text())
    await carrier.settle()

    assert [one.status for one in door.reports] == ["sent", "sent", "delivered", "delivered"]


async def test_closing_leaves_nothing_behind() -> None:
    """After closing no report is on its way."""
    door = Door()
    carrier = SimulatorCarrier(ListLedger(), door, SettableClock(NOW), pace_seconds=60)
    await carrier.send(ACCOUNT, _text())

    await asyncio.wait_for(carrier.aclose(), 1)
    await carrier.settle()

    assert door.reports == []


@pytest.mark.parametrize("body", ["1", "", " sí & no\r\n+1=%41 😀 ", "I want\0"])
def test_signed_inbound(body: str) -> None:
    """A text that the simulator brings in passes the real door, word for word."""
    url = "https://engage.example/webhooks/twilio/inbound"
    sid = "SM" + "1" * 32

    headers, raw = signed_inbound(url, ACCOUNT, "+12025550123", "+12025550101", body, sid)

    params = parse_form(raw)
    assert verify(url, params, headers[HEADER], ["new"])
    text = inbound(params)
    assert (text.sid, text.account_sid) == (sid, ACCOUNT.account_sid)
    assert (text.sender, text.to, text.body) == ("+12025550123", "+12025550101", body)


async def test_http_post() -> None:
    """A post learns the status, follows no redirect, and takes silence for 0."""
    seen: list[tuple[str, bytes]] = []

    async def door(request: web.Request) -> web.Response:
        seen.append((request.headers["X-Mark"], await request.read()))
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/in", door)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    post = HttpPost()

    assert await post(f"http://127.0.0.1:{port}/in", {"X-Mark": "x"}, b"a=1") == 302
    await runner.cleanup()
    assert await post(f"http://127.0.0.1:{port}/in", {}, b"a=1") == 0
    await post.aclose()
    await HttpPost().aclose()

    assert seen == [("x", b"a=1")]
