"""One way to post something somewhere and learn the status: reports, heartbeats, pushes.

It refuses to raise for a peer that is not there (the answer is then 0), to follow redirects, and to
wait longer than a carrier would. Where others chose the address it calls no machine of our own
network: a name that leads to one is a name that nobody answers to.
"""

import socket
from collections.abc import Mapping
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0


class PublicOnly(AbstractResolver):
    """Finds the addresses of a name, and none if one of them is not out in the world."""

    def __init__(self, inner: AbstractResolver) -> None:
        """Take who really asks."""
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return addresses; OSError for a name that leads inside."""
        found = await self._inner.resolve(host, port, family)
        if not all(ip_address(one["host"]).is_global for one in found):
            message = "a name that leads into a network of our own"
            raise OSError(message)
        return found

    async def close(self) -> None:
        """Let go of the inner one."""
        await self._inner.close()


class HttpPost:
    """A poster with its own connections, opened in the loop that first posts."""

    def __init__(self, *, total_seconds: float = TOTAL_SECONDS, public_only: bool = False) -> None:
        """Open nothing yet."""
        self._public_only = public_only
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=CONNECT_SECONDS)
        self._pool: aiohttp.ClientSession | None = None

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post, and return the HTTP status, or 0 if nobody answered."""
        if self._pool is None or self._pool.closed:
            resolver = PublicOnly(DefaultResolver()) if self._public_only else None
            self._pool = aiohttp.ClientSession(
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(resolver=resolver),
            )
        try:
            async with self._pool.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError):
            return 0

    async def aclose(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()
