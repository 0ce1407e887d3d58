"""How Twilio's client library reaches the wire: with real timeouts, and without a word in any log.

The library's own asynchronous client ignores its timeout, logs URLs and query strings (phone
numbers) at INFO, keeps the last request in memory and throws response headers away. This one
refuses all four. It also refuses to follow redirects, to send credentials anywhere but to the
carrier, and to try again: whether a request may be repeated is not for the wire to say.
"""

# pyright: reportMissingTypeStubs=false
# The library carries its types inline, partly; what it lacks shows where a value is used.

import base64
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

HOME = "https://api.twilio.com/"
SERVICES_HOME = "https://messaging.twilio.com/"
MAX_ANSWER_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


class NotSent(Exception):  # noqa: N818 - reads as a sentence: raise NotSent
    """No connection came about, so nothing was written."""


class Wire:
    """One pool of connections for the process; made in the loop that first uses it."""

    def __init__(
        self, *, base_url: str | None, total_seconds: float, connect_seconds: float, limit: int
    ) -> None:
        """Remember how to connect; nothing is opened yet."""
        #: Where both of the carrier's addresses lead in a test.
        self._base_url = f"{base_url.rstrip('/')}/" if base_url else ""
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds)
        self._limit = limit
        self._pool: aiohttp.ClientSession | None = None

    def pool(self) -> aiohttp.ClientSession:
        """Return the open pool."""
        if self._pool is None or self._pool.closed:
            self._pool = aiohttp.ClientSession(
                timeout=self._timeout,
                # A connection that idled is often dead already, and a POST into it would be one
                # more "unknown": idle ones are let go early.
                connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=5),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._pool

    def address(self, url: str) -> str:
        """Return where a request really goes; a page link that leads elsewhere is refused."""
        for home in (HOME, SERVICES_HOME):
            if url.startswith(home):
                return (self._base_url or home) + url.removeprefix(home)
        message = "not an address of the carrier"
        raise ValueError(message)

    async def aclose(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()


class OurHttpClient(AsyncHttpClient):
    """The library's idea of an HTTP client, for one call: it keeps the status and headers."""

    def __init__(self, wire: Wire) -> None:
        """Take the shared pool."""
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._wire = wire
        #: From here on the request may be on its way.
        self.written = False
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the pool's own limits always hold
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - the library's; never followed
    ) -> Response:
        """Make one request; the exceptions are aiohttp's, or `NotSent`."""
        sent_headers = dict(headers or {})
        if auth is not None:
            # aiohttp's own way to pass credentials is deprecated.
            pair = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode("ascii")
            sent_headers["Authorization"] = f"Basic {pair}"
        address = self._wire.address(uri)
        if params:
            address += ("&" if "?" in address else "?") + _urlencoded(params)
        body = _urlencoded(data).encode("ascii") if data else None
        self.written = True
        try:
            answer = await self._wire.pool().request(
                method.upper(),
                URL(address, encoded=True),
                data=body,
                headers=sent_headers,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Refused, no such host, no TLS, no free connection. "from None": their text holds the
            # URL, and a list's URL holds a phone number.
            raise NotSent from None
        async with answer:
            self.status, self.headers = answer.status, answer.headers
            text = await _read(answer)
        return Response(answer.status, text, dict(answer.headers))


def _urlencoded(fields: Mapping[str, Any]) -> str:
    # Any: the library's own type is object, and urlencode prints what it is given.
    present = {name: value for name, value in fields.items() if value is not None}
    return urlencode(present, doseq=True)


async def _read(answer: aiohttp.ClientResponse) -> str:
    whole = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        whole += chunk
        if len(whole) > MAX_ANSWER_BYTES:
            answer.close()
            break
    return whole.decode("utf-8", "replace")
