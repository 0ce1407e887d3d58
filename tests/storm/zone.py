"""Where it is day now: a storm runs at any hour, and planned texts leave by day only."""

from datetime import datetime

NOON = 12


def daytime(now: datetime) -> str:
    """Return a zone in which it is noon, give or take half an hour."""
    ahead = NOON - now.hour
    # The signs of these zones are the other way round.
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"
