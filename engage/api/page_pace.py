"""How often a one-time page may be asked for: for each page, and for each address that misses.

A page is asked for a few times by one person. Addresses under which there is no page are asked for
by whoever guesses: after some they are told to wait. A page that is there is never kept from
its person because of what others guess behind the same address. This room refuses to remember a
secret: it is given, hashed and forgotten with its stretch of time.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.datastructures import State

from engage.api.pace import Pace

AnyRequest: TypeAlias = Request[Any, Any, State]

WAIT: Final = timedelta(minutes=10)
"""The stretch that is counted, and so long who asked too often waits at most."""

MOST_OF_PAGE: Final = 120
"""A long screening is thirty requests, looked at again and again."""

MOST_MISSES: Final = 30


class PagePaces:
    """The two limits of one-time pages."""

    def __init__(self) -> None:
        """Begin with nobody counted."""
        self._page = Pace(MOST_OF_PAGE, WAIT)
        self._misses = Pace(MOST_MISSES, WAIT)

    def refuses(self, token: str, at: datetime) -> bool:
        """Count a request for a page, and say whether that is too often."""
        return _over(self._page, hashlib.sha256(token.encode()).digest(), at)

    def missed(self, request: AnyRequest, at: datetime) -> bool:
        """Count an address under which there is no page; say whether that is too often."""
        peer = request.client.host if request.client else ""
        return _over(self._misses, peer.encode(), at)


def _over(pace: Pace, key: bytes, at: datetime) -> bool:
    if not pace.allows(key, at):
        return True
    pace.count(key, at)
    return False
