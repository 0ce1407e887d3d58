"""One way to post a form somewhere and learn the status: how the simulated carrier calls back.

It refuses to raise for a peer that is not there (the answer is then 0), to follow redirects, and to
wait longer than a carrier would.
"""

from collections.abc import Mapping

import aiohttp

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0


class HttpPost:
    """A poster with its own connections, opened in the loop that first posts."""

    def __init__(self, *, total_seconds: float = TOTAL_SECONDS) -> None:
        """Open nothing yet."""
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=CONNECT_SECONDS)
        self._pool: aiohttp.ClientSession | None = None

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post, and return the HTTP status, or 0 if nobody answered."""
        if self._pool is None or self._pool.closed:
            self._pool = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
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
