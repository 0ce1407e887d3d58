"""The door itself: MLLP frames over TCP or TLS, one answer a frame, in their order.

One bad frame costs that frame: it is skipped to its end and refused, and the connection goes on.
While the database is away nothing is answered and the connection is closed, so that the sender
keeps the message and tries again. Frames are read here and not by the `hl7` package, whose reader
loses its place after a frame that is too large. This room refuses a frame without an end, more than
a sender may send at once, and to listen to a network without knowing who calls (settings.py).
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final, Protocol

import structlog
from msgspec import Struct
from prometheus_client import Gauge

from engage.clock import Clock, fresh_id
from engage.db.session import DatabaseAway
from engage.errors import EngageError, WrongSetting
from engage.hl7v2.answers import Verdict, acknowledgement
from engage.hl7v2.message import Message

START: Final = b"\x0b"
END: Final = b"\x1c\r"
MOST_BYTES: Final = 1024 * 1024
MOST_CONNECTIONS: Final = 64
IDLE_SECONDS: Final = 3600.0
"""Hospitals keep a connection open; one that is silent for an hour is a forgotten one."""
FRAME_SECONDS: Final = 30.0
"""How long a frame that has begun may take, and how long an answer may take to leave."""

_OPEN = Gauge("engage_mllp_connections", "Open connections of HL7 senders")
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class FrameTooLarge(EngageError):  # noqa: N818 - reads as a sentence
    """The frame is larger than what is taken here."""


class Takes(Protocol):
    """Who takes a message."""

    async def take(self, raw: bytes) -> tuple[Verdict, Message | None]:
        """Keep a message and say what its sender is told."""
        ...


class Limits(Struct, frozen=True):
    """How much, how many, how long."""

    most_bytes: int = MOST_BYTES
    most_connections: int = MOST_CONNECTIONS
    idle_seconds: float = IDLE_SECONDS
    frame_seconds: float = FRAME_SECONDS


class Tls(Struct, frozen=True):
    """Our certificate and key, and who signs those of the senders: PEM files."""

    certificate: Path
    key: Path
    client_ca: Path


class Door:
    """Answers senders until it is closed; a message under way is finished first."""

    def __init__(self, intake: Takes, clock: Clock, limits: Limits | None = None) -> None:
        """Take who takes the messages."""
        self._intake = intake
        self._clock = clock
        self._limits = limits or Limits()
        self._here: set[asyncio.Task[None]] = set()
        self._taking: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def open(self, host: str, port: int, tls: Tls | None = None) -> AsyncGenerator[int, None]:
        """Listen, and say on which port; leaving it lets what is under way come to its end."""
        context = None if tls is None else _context(tls)
        try:
            server = await asyncio.start_server(
                self._called, host, port, limit=self._limits.most_bytes, ssl=context
            )
        except OSError as error:
            sentence = "ENGAGE_MLLP_LISTEN names an address that can't be listened on."
            raise WrongSetting(sentence) from error
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for one in self._here - self._taking:
                one.cancel()
            if self._here:
                await asyncio.wait(self._here, timeout=self._limits.frame_seconds)
            for one in self._here:
                one.cancel()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep the task: the loop itself would forget it."""
        if len(self._here) >= self._limits.most_connections:
            _log.warning("too many connections", count=len(self._here))
            writer.close()
            return
        one = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._here.add(one)
        _OPEN.set(len(self._here))
        one.add_done_callback(self._left)

    def _left(self, one: asyncio.Task[None]) -> None:
        self._here.discard(one)
        self._taking.discard(one)
        _OPEN.set(len(self._here))
        if not one.cancelled() and (error := one.exception()) is not None:
            _log.error("connection failed", exc_info=error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        try:
            while True:
                raw = await self._frame(reader)
                if me is not None:
                    self._taking.add(me)
                answer = await self._answer(raw)
                writer.write(START + answer + END)
                async with asyncio.timeout(self._limits.frame_seconds):
                    await writer.drain()
                if me is not None:
                    self._taking.discard(me)
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            # They are gone, or silent, or stopped in the middle: nothing was promised.
            _log.debug("connection ended")
        except DatabaseAway:
            _log.warning("not stored", reason="database-away")
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.frame_seconds):
                    await writer.wait_closed()

    async def _frame(self, reader: asyncio.StreamReader) -> bytes | None:
        """Return the next message; None for a frame that is too large, read to its end."""
        async with asyncio.timeout(self._limits.idle_seconds):
            # What stands between frames (a keep-alive, the rest of a broken one) is nobody's.
            while await reader.readexactly(1) != START:
                pass
        fits = True
        async with asyncio.timeout(self._limits.frame_seconds):
            while True:
                try:
                    found = await reader.readuntil(END)
                except asyncio.LimitOverrunError as over:
                    await reader.readexactly(over.consumed)
                    fits = False
                else:
                    break
        # A sender that died in a frame and begins anew: the last beginning counts.
        return found[: -len(END)].rpartition(START)[2] if fits else None

    async def _answer(self, raw: bytes | None) -> bytes:
        verdict, message = Verdict("AR", "too-large"), None
        if raw is not None:
            try:
                verdict, message = await self._intake.take(raw)
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - one bad message never ends a connection
                # A fault of ours, before it was stored: the sender keeps it for a person there,
                # and what comes after it does not wait.
                _log.error("message not taken", exc_info=error)
                verdict = Verdict("AE", "not-stored")
        own_id = fresh_id(self._clock).hex[-20:]
        return acknowledgement(verdict, message, self._clock.now(), own_id)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    files: tuple[tuple[str, Callable[[], None]], ...] = (
        ("ENGAGE_MLLP_TLS_CERT", lambda: context.load_cert_chain(tls.certificate, tls.key)),
        ("ENGAGE_MLLP_TLS_CLIENT_CA", lambda: context.load_verify_locations(tls.client_ca)),
    )
    for setting, load in files:
        try:
            load()
        except OSError as error:  # ssl's own errors are of this kind
            sentence = f"{setting} and its key name files that can't be read as certificates."
            raise WrongSetting(sentence) from error
    return context
