"""What somebody of a family wishes to be told of, by which ways, and when not. (p).

Nothing is told that was not chosen: each kind of news has its own ways. A push and a text come when
there is news, a digest once a day and only if there was any. In the quiet hours, by the clock they
name, nothing comes but, if they say so, what is about the same day. This room refuses to choose
anything for anybody.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage.errors import EngageError
from engage.people.fields import read_time_zone

NewsKind: TypeAlias = Literal[
    "visits", "tomorrow", "rides", "needs", "errands", "messages", "check-ins", "documents",
    "sharing",
]  # fmt: skip
Way: TypeAlias = Literal["push", "text", "digest"]

KINDS: Final[tuple[NewsKind, ...]] = get_args(NewsKind)
WAYS: Final[tuple[Way, ...]] = get_args(Way)
MINUTES_A_DAY: Final = 24 * 60


class NotQuietHours(EngageError):  # noqa: N818 - reads as a sentence
    """Quiet hours begin at one minute of the day and end at another one."""


class Quiet(Struct, frozen=True):
    """From when until when nothing comes; past midnight, if it ends earlier than it begins."""

    begins: time
    ends: time


class Choices(Struct, frozen=True, kw_only=True):
    """What one person chose."""

    #: By which ways they are told of a kind of news; none: not at all.
    ways: Mapping[NewsKind, tuple[Way, ...]] = {}
    #: By whose clock the hours below are meant.
    zone: str
    quiet: Quiet | None = Quiet(time(21), time(8))
    #: When what came since yesterday is told at once.
    digest_at: time = time(18)
    #: What is about the next hours may come in quiet hours, too.
    wakes: bool = False

    @property
    def wants(self) -> bool:
        """Whether there is anything that they want to be told."""
        return any(self.ways.values())

    def uses(self, *ways: Way) -> bool:
        """Say whether any kind of news comes by one of these ways."""
        return any(one in chosen for chosen in self.ways.values() for one in ways)


def read(choices: Choices) -> Choices:
    """Return choices in their order, each way once; NotATimeZone, NotQuietHours."""
    read_time_zone(choices.zone, "/zone")
    if choices.quiet is not None and choices.quiet.begins == choices.quiet.ends:
        raise NotQuietHours("/quiet")  # noqa: EM101 - a pointer, not a sentence
    return Choices(
        ways={
            kind: tuple(way for way in WAYS if way in choices.ways[kind])
            for kind in KINDS
            if choices.ways.get(kind)
        },
        zone=choices.zone,
        quiet=choices.quiet,
        digest_at=choices.digest_at,
        wakes=choices.wakes,
    )


def quiet_until(choices: Choices, at: datetime) -> datetime | None:
    """Return when the quiet hours of a moment end; None outside them."""
    quiet = choices.quiet
    if quiet is None:
        return None
    local = at.astimezone(ZoneInfo(choices.zone))
    clock = local.time()
    over_night = quiet.ends < quiet.begins
    if over_night:
        within = clock >= quiet.begins or clock < quiet.ends
    else:
        within = quiet.begins <= clock < quiet.ends
    if not within:
        return None
    days = 1 if over_night and clock >= quiet.begins else 0
    ending = _moment(local, quiet.ends, days=days)
    # An autumn night has an hour twice: in its second the clock comes to the end once more.
    return ending if ending > at else _moment(local, quiet.ends, days=days, fold=1)


def quiet_from(choices: Choices, at: datetime) -> datetime | None:
    """Return when quiet hours begin next, after a moment; None without any."""
    if choices.quiet is None:
        return None
    local = at.astimezone(ZoneInfo(choices.zone))
    today = _moment(local, choices.quiet.begins, days=0)
    return today if today > at else _moment(local, choices.quiet.begins, days=1)


def digest_after(choices: Choices, at: datetime) -> datetime:
    """Return the first moment after another at which a digest leaves."""
    local = at.astimezone(ZoneInfo(choices.zone))
    today = _moment(local, choices.digest_at, days=0)
    return today if today > at else _moment(local, choices.digest_at, days=1)


def _moment(local: datetime, clock: time, *, days: int, fold: int = 0) -> datetime:
    there = datetime.combine(local.date() + timedelta(days=days), clock, local.tzinfo)
    # In UTC: moments of one zone are compared by their clocks, also in an hour that comes twice.
    return there.replace(fold=fold).astimezone(UTC)
