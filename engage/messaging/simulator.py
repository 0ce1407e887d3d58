"""A carrier that lives in this process: for `engage demo` and for tests. No phone ever rings.

It behaves as the real one does where it matters to us: a text is the carrier's the moment it is in
the ledger, status reports come later, signed, to the callback URL of the text, and some numbers
always fail, like Twilio's own test numbers. It refuses to know the people behind the numbers, and
to reach a handset: the simulated phone reads the ledger.

| to | what happens |
|---|---|
| +15005550001 | refused: 21211, not a number |
| +15005550002 | refused: 21612, not reachable |
| +15005550003 | refused: 21408, region not switched on |
| +15005550004 | refused: 21610, opted out at the carrier |
| +15005550009 | refused: 21614, not a mobile |
| +15005550029 | throttled: 20429, never taken |
| +15005550033 | taken, then undelivered: 30003, phone off |
| +15005550036 | taken, then undelivered: 30006, landline |
| +15005550050 | taken, but the answer is lost: unknown, then delivered |
| +15005550051 | taken, the answer and all reports are lost: only `find` tells |
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final, Protocol, TypeAlias
from urllib.parse import urlencode

from engage.clock import Clock, random_bytes
from engage.messaging.carrier import (
    Accepted,
    Account,
    Arrived,
    Found,
    Outcome,
    Refused,
    Text,
    Throttled,
    Unknown,
    classify,
)
from engage.messaging.segments import count
from engage.messaging.signature import HEADER, compute

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Posts a body to a URL and returns the status, 0 if nobody answered; it never raises."""

REFUSED: Final[Mapping[str, int]] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
THROTTLED: Final[Mapping[str, int]] = {"+15005550029": 20429}
UNDELIVERED: Final[Mapping[str, int]] = {"+15005550033": 30003, "+15005550036": 30006}
ANSWER_LOST: Final = "+15005550050"
ALL_LOST: Final = "+15005550051"

AT_ONCE: Final = 8
"""How many reports are on their way at the same time."""
OK: Final = range(200, 300)


class Ledger(Protocol):
    """Where the simulated carrier keeps what it took; the store has it, so that it is durable."""

    async def record(self, account: Account, text: Text, sid: str, at: datetime) -> None:
        """Keep a text: from now on the carrier has it."""
        ...

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str],
    ) -> str | None:
        """Return the earliest sid not in `taken` of a text to that number with these words."""
        ...

    async def recipient(self, account: Account, sid: str) -> str | None:
        """Return the number that a text went to, or None if the carrier never had it."""
        ...

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words of a text; False if the carrier never had it."""
        ...


class SimulatorCarrier:
    """A `Carrier` over a ledger. One per process; `aclose` it in the loop that used it."""

    def __init__(
        self, ledger: Ledger, post: Post, clock: Clock, *, pace_seconds: float = 0.4
    ) -> None:
        """Take the ledger, a way to post, a clock, and the pause before each report."""
        self._ledger = ledger
        self._post = post
        self._clock = clock
        self._pace_seconds = pace_seconds
        self._reports: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def send(self, account: Account, text: Text) -> Outcome:
        """Take the text into the ledger and report on it later; or fail as its number says."""
        to = text.to.e164
        if to in REFUSED:
            rule = classify(REFUSED[to])
            return Refused(rule.code, rule.effect)
        if to in THROTTLED:
            rule = classify(THROTTLED[to])
            return Throttled(rule.effect.wait_seconds, rule.code, rule.effect)
        sid = "SM" + random_bytes(16).hex()
        await self._ledger.record(account, text, sid, self._clock.now())
        if to != ALL_LOST:
            reporting = asyncio.create_task(self._report(account, text, sid))
            self._reports.add(reporting)
            reporting.add_done_callback(self._reports.discard)
        if to in (ANSWER_LOST, ALL_LOST):
            return Unknown("timeout")
        return Accepted(sid, count(text.body).segments)

    async def find(
        self,
        account: Account,
        text: Text,
        after: datetime,
        before: datetime,
        taken: frozenset[str] = frozenset(),
    ) -> Found | None:
        """Look in the ledger."""
        sid = await self._ledger.find(account, text, after, before, taken)
        return None if sid is None else _end(sid, text.to.e164)

    async def fetch(self, account: Account, sid: str) -> Found | None:
        """Look in the ledger; what became of a text follows from its number."""
        to = await self._ledger.recipient(account, sid)
        return None if to is None else _end(sid, to)

    async def arrived(
        self,
        account: Account,  # noqa: ARG002 - the port's
        number: str,  # noqa: ARG002 - the port's
        since: datetime,  # noqa: ARG002 - the port's
    ) -> tuple[Arrived, ...]:
        """Return nothing: a simulated phone is told at once when its text was not taken."""
        return ()

    async def blank(self, account: Account, sid: str) -> bool:
        """Blank the words in the ledger."""
        return await self._ledger.blank(account, sid)

    async def settle(self) -> None:
        """Wait until every report so far has been posted: for tests and for `demo --once`."""
        while self._reports:
            await asyncio.gather(*self._reports)

    async def aclose(self) -> None:
        """Stop reporting; what was not posted is lost, as it may be with a real carrier."""
        reports = tuple(self._reports)
        for report in reports:
            report.cancel()
        await asyncio.gather(*reports, return_exceptions=True)

    async def _report(self, account: Account, text: Text, sid: str) -> None:
        end = _end(sid, text.to.e164)
        for word, code in (("sent", None), (end.status, end.error_code)):
            await asyncio.sleep(self._pace_seconds)
            headers, body = signed_report(account, text, sid, word, code)
            async with self._slots:
                # Once more if it was not taken, then never again: the sweeper asks.
                if await self._post(text.callback_url, headers, body) not in OK:
                    await asyncio.sleep(self._pace_seconds)
                    await self._post(text.callback_url, headers, body)


def signed_report(
    account: Account, text: Text, sid: str, word: str, code: int | None = None
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the status report that a carrier would post."""
    fields = [
        ("SmsSid", sid),
        ("SmsStatus", word),
        ("MessageStatus", word),
        ("To", text.to.e164),
        ("MessageSid", sid),
        ("AccountSid", account.account_sid),
        ("From", text.from_number),
        ("ApiVersion", "2010-04-01"),
    ]
    if code is not None:
        fields.append(("ErrorCode", str(code)))
    return _signed(text.callback_url, fields, account)


def signed_inbound(
    url: str, account: Account, sender: str, to: str, body: str, sid: str
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the request by which a carrier would bring a text in."""
    fields = [
        ("ToCountry", "US"),
        ("SmsMessageSid", sid),
        ("NumMedia", "0"),
        ("SmsSid", sid),
        ("SmsStatus", "received"),
        ("Body", body),
        ("FromCountry", "US"),
        ("To", to),
        ("NumSegments", str(count(body).segments)),
        ("MessageSid", sid),
        ("AccountSid", account.account_sid),
        ("From", sender),
        ("ApiVersion", "2010-04-01"),
    ]
    if account.messaging_service_sid is not None:
        fields.append(("MessagingServiceSid", account.messaging_service_sid))
    return _signed(url, fields, account)


def _signed(
    url: str, fields: list[tuple[str, str]], account: Account
) -> tuple[dict[str, str], bytes]:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        HEADER: compute(url, fields, account.auth_tokens[0]),
    }
    return headers, urlencode(fields, errors="surrogateescape").encode("ascii")


def _end(sid: str, to: str) -> Found:
    code = UNDELIVERED.get(to)
    return Found(sid, "delivered" if code is None else "undelivered", code)
