"""The load generator: a process of its own that speaks HTTP/1.1 on kept connections.

Each line on standard input is one burst, each line on standard output what came of it. Bodies are
signed before the burst begins, so that the pen is not measured. A connection has one request under
way at a time, as a carrier's has.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from engage.clock import monotonic_seconds
from engage.messaging.carrier import Account
from engage.messaging.simulator import signed_inbound
from tests.bench.numbers import phone_of, sid_of

DRAIN_SECONDS = 10.0


class Burst(Struct, frozen=True, kw_only=True):
    """What to do: texts by the patients from `first` on, or one GET again and again."""

    url: str
    connections: int
    seconds: float
    first: int = 1
    #: Never more than so many requests.
    most: int = 1_000_000
    #: A pause between the beginnings of two requests; 0 is as fast as the answers come.
    every_seconds: float = 0.0
    account: Account | None = None
    number: str = ""
    token: str = ""
    #: The status that counts as done.
    wanted: int = 204


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of it; milliseconds of each answer, sorted."""

    sent: int
    answered: int
    seconds: float
    milliseconds: list[float]
    others: dict[str, int]


class _Supply:
    """The requests of a burst, in order; None when there are no more or time is up."""

    def __init__(self, requests: Sequence[bytes], most: int) -> None:
        self._requests = requests
        self._most = most
        self.sent = 0
        self.until = 0.0

    def next(self) -> bytes | None:
        if self.sent >= self._most or monotonic_seconds() >= self.until:
            return None
        self.sent += 1
        return self._requests[(self.sent - 1) % len(self._requests)]


class _Connection(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, supply: _Supply, wanted: bytes, every_seconds: float) -> None:
        self._supply = supply
        self._wanted = wanted
        self._every = every_seconds
        self._received = b""
        self._began = 0.0
        self.took: list[float] = []
        self.others: dict[str, int] = {}
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._out = cast("asyncio.WriteTransport", transport)

    def ask(self) -> None:
        """Send the next request, or end."""
        request = self._supply.next()
        if request is None:
            self._end()
            return
        self._began = monotonic_seconds()
        self._out.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer once all of it is here."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self.took.append((monotonic_seconds() - self._began) * 1000)
        self._received = b""
        status = head[9:12]
        if status != self._wanted:
            word = status.decode("ascii", "replace")
            self.others[word] = self.others.get(word, 0) + 1
        wait = self._every - (monotonic_seconds() - self._began)
        if self._every and wait > 0:
            asyncio.get_running_loop().call_later(wait, self.ask)
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        """Say that an answer will never come."""
        if not self.ended.done():
            self.others["lost"] = self.others.get("lost", 0) + 1
        self._end()

    def close(self) -> None:
        """Let the connection go."""
        self._out.close()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def burst(asked: Burst) -> Outcome:
    """Send, and wait for the last answer."""
    parts = urlsplit(asked.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    supply = _Supply(_requests(asked), asked.most)
    here = asyncio.get_running_loop()
    wanted = str(asked.wanted).encode()
    connections: list[_Connection] = []
    for _ in range(asked.connections):
        _, one = await here.create_connection(
            lambda: _Connection(supply, wanted, asked.every_seconds), host, port
        )
        connections.append(one)
    began = monotonic_seconds()
    supply.until = began + asked.seconds
    for one in connections:
        one.ask()
    await asyncio.wait([one.ended for one in connections], timeout=asked.seconds + DRAIN_SECONDS)
    seconds = monotonic_seconds() - began
    others: dict[str, int] = {}
    for one in connections:
        for word, count in one.others.items():
            others[word] = others.get(word, 0) + count
        one.close()
    took = sorted(each for one in connections for each in one.took)
    answered = len(took) - sum(count for word, count in others.items() if word != "lost")
    return Outcome(
        sent=supply.sent, answered=answered, seconds=seconds, milliseconds=took, others=others
    )


def _requests(asked: Burst) -> list[bytes]:
    parts = urlsplit(asked.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    if asked.account is None:
        head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        return [f"{head}Authorization: Bearer {asked.token}\r\n\r\n".encode()]
    made: list[bytes] = []
    for n in range(asked.first, asked.first + asked.most):
        headers, body = signed_inbound(
            asked.url, asked.account, phone_of(n), asked.number, "1", sid_of(n)
        )
        worn = {**headers, "Host": parts.netloc, "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in worn.items())
        made.append(f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return made


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def main() -> None:
    """Answer bursts until the input ends."""
    for line in sys.stdin:
        asked = msgspec.json.decode(line, type=Burst)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(burst(asked))
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
