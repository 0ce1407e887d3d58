"""Pages by web push: a browser shows the one sentence, also while the console is closed.

What leaves is closed for that browser alone (RFC 8291): the push service sees when, and how long.
The library closes and signs; the request is ours, so that no redirect is followed, nobody waits
longer than a page may, and only the push services on the list are called, whatever is stored. This
room refuses a word in a push that the e-mail does not have.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from pywebpush import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    WebPusher,
    WebPushException,
)

from engage.clock import Clock
from engage.people.pagers.browser import Browser, NoPushService, service_of
from engage.people.pagers.vapid import VapidKey
from engage.queue.paging.channel import Gone, Outcome, Refused, Said, Told
from engage.queue.paging.words import path_of, subject_of

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]

TTL_SECONDS: Final = 15 * 60
"""By then the next step has told somebody else."""
SIGNED_SECONDS: Final = 3600
_TAKEN: Final = range(200, 300)
_GONE: Final = (404, 410)
_FORBIDDEN: Final = 403
_APPLE: Final = ".push.apple.com"


class Hurry(Struct, frozen=True):
    """How long a push service keeps a push for a phone that is off, and whether it wakes it."""

    ttl_seconds: int
    urgency: Literal["normal", "high"]


PAGE: Final = Hurry(TTL_SECONDS, "high")


class PushChannel:
    """Pushes to browsers; one per process."""

    def __init__(
        self,
        keys: Sequence[VapidKey],
        hosts: Sequence[str],
        post: Post,
        clock: Clock,
        public_url: str,
    ) -> None:
        """Take our keys, the push services that may be called, and how; call nobody yet."""
        self._keys = {key.public: key for key in keys}
        self._hosts = hosts
        self._post = post
        self._clock = clock
        self._public_url = public_url

    async def tell(self, address: str, said: Said) -> Outcome:
        """Push a page to one browser."""
        return await self.push(address, payload_of(said), PAGE)

    async def push(self, address: str, payload: bytes, hurry: Hurry) -> Outcome:
        """Push to one browser what it opens."""
        browser = msgspec.json.decode(address, type=Browser)
        key = self._keys.get(browser.server_key)
        if key is None:
            # It was made for a key that is no longer ours: nobody can push to it any more.
            return Gone()
        try:
            # Again, as when it was stored: the list may be shorter now.
            service = service_of(browser.endpoint, self._hosts)
        except NoPushService:
            return Refused("no-push-service", again=False)
        until = int(self._clock.now().timestamp()) + SIGNED_SECONDS
        try:
            closed = _closed(browser, payload)
            headers = key.headers(browser.endpoint, subject_for(self._public_url), until)
        except (WebPushException, ValueError) as error:
            return Refused(type(error).__name__, again=False)
        headers |= {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(hurry.ttl_seconds),
            "Urgency": hurry.urgency,
        }
        return _read(await self._post(browser.endpoint, headers, closed), service)


def payload_of(said: Said) -> bytes:
    """Return what the browser opens: the sentence, where it leads, and what makes two pages one."""
    return msgspec.json.encode(
        {"title": subject_of(said), "url": path_of(said), "tag": str(said.page_id)}
    )


def subject_for(public_url: str) -> str:
    """Return whom a push service may turn to: our own address, which it must be able to call."""
    if public_url.startswith("https:"):
        return public_url
    return f"mailto:engage@{urlsplit(public_url).hostname or 'localhost'}"


def _closed(browser: Browser, payload: bytes) -> bytes:
    told: dict[str, Any] = {
        "endpoint": browser.endpoint,
        "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
    }
    return cast("dict[str, bytes]", WebPusher(told).encode(payload))["body"]


def _read(status: int, service: str) -> Outcome:
    if status in _TAKEN:
        return Told()
    # Apple says 403 of a browser that is gone, where others say 404 or 410.
    if status in _GONE or (status == _FORBIDDEN and service.endswith(_APPLE)):
        return Gone()
    return Refused(f"answered-{status}")
