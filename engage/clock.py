"""The only reader of time and of randomness. Everything else gets them as values.

A `Clock` can be set, so that a demo or a test lives on any day. This room refuses naive moments.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from engage.ids import RANDOM_BYTES, uuid7


class Clock(Protocol):
    """What the shell asks for the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved: for demos, transcripts and tests."""

    def __init__(self, at: datetime) -> None:
        """Start at an aware moment; a naive one is a ValueError."""
        self._at = _aware(at)

    def now(self) -> datetime:
        """Return the moment it was set to, in UTC."""
        return self._at

    def set(self, at: datetime) -> None:
        """Jump to an aware moment."""
        self._at = _aware(at)

    def advance(self, by: timedelta) -> None:
        """Move on by a duration."""
        self._at += by


def fresh_id(clock: Clock) -> UUID:
    """Return a new random UUIDv7: for rows that nothing caused but a person's click."""
    return uuid7(clock.now(), secrets.token_bytes(RANDOM_BYTES))


def random_bytes(count: int) -> bytes:
    """Return unguessable bytes for keys, nonces and tokens."""
    return secrets.token_bytes(count)


def monotonic_seconds() -> float:
    """Return a reading for measuring durations; it has no date."""
    return time.monotonic()


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = "a moment needs a zone"
        raise ValueError(message)
    return at.astimezone(UTC)
