"""One way to ask somebody elsewhere for a short answer: who an organisation's sign-in is.

It refuses to follow redirects, to keep cookies, to take an answer of more than a megabyte, and to
raise for a peer that is not there (the status is then 0).
"""

from collections.abc import Mapping

import aiohttp

TOTAL_SECONDS = 10.0
MOST_BYTES = 1 << 20


class HttpFetch:
    """A client with connections for one question at a time."""

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Get, or post a body; return the status and the answer, or 0 if there was none."""
        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS)
        cookies = aiohttp.DummyCookieJar()
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=cookies) as client,
                client.request(
                    "GET" if body is None else "POST",
                    url,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                read = bytearray()
                async for part in answer.content.iter_chunked(1 << 16):
                    read += part
                    if len(read) > MOST_BYTES:
                        return 0, b""
                return answer.status, bytes(read)
        except (aiohttp.ClientError, OSError):
            return 0, b""
