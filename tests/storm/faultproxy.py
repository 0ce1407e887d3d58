"""A TCP proxy in front of PostgreSQL that does what networks do: delay, cut, go dumb, lose a reply.

It listens on a port of this machine and leads to a unix socket or a port. It reads the frames that
a client sends, without TLS, so that it knows a COMMIT when it passes: with `lose_reply_to(k)` the
k-th one reaches the server, and the client never hears what became of it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs, quote, unquote, urlsplit

CHUNK = 64 * 1024
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
COMMITTED = b"COMMIT\x00"

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Upstream: TypeAlias = Callable[[], Awaitable[Streams]]


def to_unix(path: str) -> Upstream:
    """Return the way to a unix socket."""
    return lambda: asyncio.open_unix_connection(path)


def to_port(port: int) -> Upstream:
    """Return the way to a port of this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


@dataclass(eq=False)
class Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    #: What the client has sent and the frames have not been read from yet.
    unread: bytes = b""
    started: bool = False
    #: From now on nothing of the server reaches the client, and the end of it cuts the link.
    lost: bool = False

    def cut(self) -> None:
        """End both sides at once, as a broken cable's RST does."""
        for writer in (self.client, self.server):
            writer.transport.abort()


@dataclass
class FaultProxy:
    """What goes wrong, and what went by."""

    upstream: Upstream
    port: int = 0
    #: Waits so long before each piece in either direction.
    delay_seconds: float = 0.0
    #: New connections are taken and nobody answers; nothing passes in either direction.
    silent: bool = False
    #: Nothing of the server reaches a client; what a client sends still arrives.
    half_open: bool = False
    #: New connections are refused by ending them.
    refusing: bool = False
    #: After so many bytes to clients, all in all, the connection is cut in the middle.
    cut_after_bytes: int | None = None
    #: How many COMMITs have been forwarded.
    commits: int = 0
    #: How many replies were lost on purpose.
    replies_lost: int = 0
    _lose: int | None = None
    _links: set[Link] = field(default_factory=set)
    _moving: asyncio.Event = field(default_factory=asyncio.Event)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def lose_reply_to(self, commit: int) -> None:
        """Forward the `commit`-th COMMIT from now on, and cut before its reply."""
        self.commits, self._lose = 0, commit

    def cut_all(self) -> None:
        """Cut every connection there is."""
        for link in tuple(self._links):
            link.cut()

    def silence(self) -> None:
        """Let nothing pass any more, without a word to anybody: a frozen server or a black hole."""
        self.silent = True
        self._moving.clear()

    def speak(self) -> None:
        """Let everything pass again, also what was held back."""
        self.silent = False
        self._moving.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one client."""
        here = asyncio.current_task()
        assert here is not None
        self._running.add(here)
        try:
            if self.refusing:
                writer.transport.abort()
                return
            await self._moving.wait()
            try:
                from_server, to_server = await self.upstream()
            except OSError:
                writer.transport.abort()
                return
            link = Link(writer, to_server)
            self._links.add(link)
            try:
                await self._both_ways(link, reader, from_server)
            finally:
                self._links.discard(link)
                link.cut()
        finally:
            self._running.discard(here)

    async def stop(self) -> None:
        """End all connections and wait until nothing runs."""
        self._moving.set()
        self.cut_all()
        for one in tuple(self._running):
            one.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _both_ways(
        self, link: Link, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader
    ) -> None:
        ways = {
            asyncio.create_task(self._upward(link, from_client)),
            asyncio.create_task(self._downward(link, from_server)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _upward(self, link: Link, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while piece := await reader.read(CHUNK):
                await self._pause()
                for whole in self._frames(link, piece):
                    if _is_commit(whole):
                        self.commits += 1
                        if self.commits == self._lose:
                            self._lose, link.lost = None, True
                    link.server.write(whole)
                await link.server.drain()

    async def _downward(self, link: Link, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            seen = b""
            while True:
                piece = await reader.read(CHUNK)
                if not piece:
                    return
                if link.lost:
                    # Only when the server has said that it is done is the doubt a real one.
                    seen += piece
                    if COMMITTED in seen or b"ROLLBACK\x00" in seen:
                        self.replies_lost += 1
                        return
                    continue
                await self._pause()
                if self.half_open:
                    continue
                if self.cut_after_bytes is not None:
                    if len(piece) >= self.cut_after_bytes:
                        link.client.write(piece[: self.cut_after_bytes])
                        await link.client.drain()
                        link.client.close()
                        self.cut_after_bytes = None
                        return
                    self.cut_after_bytes -= len(piece)
                link.client.write(piece)
                await link.client.drain()

    async def _pause(self) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._moving.wait()

    def _frames(self, link: Link, piece: bytes) -> list[bytes]:
        """Return the whole frames that a client has sent; the rest waits for its end."""
        link.unread += piece
        found: list[bytes] = []
        while (size := _frame_size(link)) and len(link.unread) >= size:
            frame, link.unread = link.unread[:size], link.unread[size:]
            code = int.from_bytes(frame[4:8], "big")
            if not link.started and code not in {SSL_REQUEST, GSS_REQUEST}:
                link.started = True
            found.append(frame)
        return found


def _frame_size(link: Link) -> int:
    """Return how long the first unread frame is; 0 while that can't be said."""
    if link.started:
        return 1 + int.from_bytes(link.unread[1:5], "big") if len(link.unread) > 4 else 0
    # The first frame, and a question about TLS before it, have no letter.
    return int.from_bytes(link.unread[:4], "big") if len(link.unread) > 3 else 0


def _is_commit(frame: bytes) -> bool:
    return frame[:1] == b"Q" and frame[5:].strip(b"\x00 ;").upper() == b"COMMIT"


@asynccontextmanager
async def faultproxy(upstream: Upstream) -> AsyncGenerator[FaultProxy, None]:
    """Run a proxy on a free port."""
    proxy = FaultProxy(upstream)
    proxy.speak()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()


def socket_of(url: str) -> str:
    """Return the unix socket that a URL of the embedded servers leads to."""
    runtime = parse_qs(urlsplit(url).query)["host"][0]
    return f"{runtime}/.s.PGSQL.5432"


def through(proxy: FaultProxy, url: str) -> str:
    """Return a URL of the embedded servers, led through a proxy."""
    parts = urlsplit(url)
    login = f"{parts.username}:{quote(unquote(parts.password or ''))}"
    return f"postgresql://{login}@127.0.0.1:{proxy.port}{parts.path}?sslmode=disable"
