"""A tiny server that takes e-mail, keeps it, and refuses or hangs up where it is told to."""

import asyncio
from collections import deque
from typing import Literal, Self

Answer = Literal["take", "refuse", "hang-up"]


class FakeSmtp:
    """Listens on loopback; `mails` is what came, `to` for whom."""

    def __init__(self) -> None:
        """Begin with nothing; `plan` says what becomes of the next ones, and then all are taken."""
        self.plan: deque[Answer] = deque()
        self.mails: list[str] = []
        self.to: list[str] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no longer."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """What ENGAGE_SMTP_URL would be."""
        assert self._server is not None
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self.plan.popleft() if self.plan else "take"
        try:
            if answer != "hang-up":
                await self._listen(reader, writer, refuse=answer == "refuse")
        finally:
            writer.close()

    async def _listen(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, refuse: bool
    ) -> None:
        writer.write(b"220 fake\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"RCPT" and refuse:
                writer.write(b"550 no such person: " + line[8:])
            elif word == b"RCPT":
                self.to.append(line.partition(b"<")[2].partition(b">")[0].decode())
                writer.write(b"250 ok\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 fake\r\n")
