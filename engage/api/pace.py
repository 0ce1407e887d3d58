"""How often one asker may ask for one thing: counted in this process, over fixed stretches of time.

It keeps a calendar that asks every second from costing what a thousand others cost, and lets nobody
try addresses by the thousand. Two processes count each for themselves. This room refuses to know
who asks: it is given a key, and forgets it with its stretch.
"""

from datetime import datetime, timedelta
from typing import Final

MOST_KEYS: Final = 20_000
"""More are not remembered at once; the oldest is forgotten first."""


class Pace:
    """So many times in so long, for each key."""

    def __init__(self, most: int, stretch: timedelta) -> None:
        """Take the limit."""
        self._most = most
        self._stretch = stretch
        self._seen: dict[bytes, tuple[datetime, int]] = {}

    def allows(self, key: bytes, at: datetime) -> bool:
        """Say whether this key has something left."""
        since, count = self._seen.get(key, (at, 0))
        return count < self._most or at - since >= self._stretch

    def count(self, key: bytes, at: datetime) -> None:
        """Count one time."""
        since, count = self._seen.pop(key, (at, 0))
        if at - since >= self._stretch:
            since, count = at, 0
        if len(self._seen) >= MOST_KEYS:
            self._seen.pop(next(iter(self._seen)))
        self._seen[key] = (since, count + 1)
