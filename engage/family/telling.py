"""What leaves now of the news that wait for somebody, by which way, and when to look again. (p).

All that waits is asked again whether it may be told and is still so; what is not falls away without
a trace. Pushes leave at once, but not in quiet hours; texts at most one in half an hour, and what
came meanwhile goes with the next; a digest once a day, if there is anything in it. This room
refuses to put into what leaves more than how much there is.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.family.choice import Choices, NewsKind, Way, digest_after, quiet_from, quiet_until
from engage.family.news import News, Seen

TEXT_EVERY: Final = timedelta(minutes=30)
PUSH_LASTS: Final = timedelta(hours=12)
KEPT_FOR: Final = timedelta(hours=48)
"""After so long nobody needs to be told any more: it is in the app."""

PLACES: Final[Mapping[NewsKind, str]] = {
    "visits": "visits",
    "tomorrow": "visits",
    "rides": "care",
    "needs": "care",
    "errands": "to-do",
    "messages": "messages",
    "check-ins": "check-in",
    "documents": "documents",
    "sharing": "more",
}
"""Where in the app somebody finds it: an address that names nobody."""


class Waiting(Struct, frozen=True):
    """News that has not left yet by these ways."""

    news: News
    ways: frozenset[Way]


class State(Struct, frozen=True, kw_only=True):
    """What is known of one person's being told; kept sealed."""

    seen: Mapping[UUID, Seen] = {}
    waiting: tuple[Waiting, ...] = ()
    #: When a text was written last, and of what it tells.
    texted_at: datetime | None = None
    texted: tuple[News, ...] = ()
    #: It was the text of the day.
    digest: bool = False


class Leaving(Struct, frozen=True, kw_only=True):
    """What leaves now, and what stays."""

    #: They still wait in `state`, until somebody says that they arrived: `pushed`.
    push: tuple[News, ...] = ()
    #: Of how many news a text tells; 0: none is written.
    text: int = 0
    #: It is the text of the day.
    digest: bool = False
    state: State
    next_at: datetime | None = None


def decide(
    choices: Choices,
    state: State,
    fresh: Iterable[News],
    still: Callable[[News], bool],
    at: datetime,
    *,
    text_waits: bool = False,
) -> Leaving:
    """Say what leaves at a moment.

    `text_waits`: the last text has not left its queue, so it tells of this as well.
    """
    waiting = _wait(choices, state, fresh, still, at)
    quiet = quiet_until(choices, at)

    def wakes(one: News) -> bool:
        return quiet is None or (choices.wakes and one.is_soon(at))

    push = tuple(one.news for one in waiting if "push" in one.ways and wakes(one.news))
    text = [one.news for one in waiting if "text" in one.ways and wakes(one.news)]
    digest = [one.news for one in waiting if "digest" in one.ways]
    digest_at = min((digest_after(choices, one.at) for one in digest), default=None)
    if digest_at is not None and digest_at > at:
        digest = []
    free_at = None if state.texted_at is None else state.texted_at + TEXT_EVERY
    after = replace(state, waiting=waiting)
    said = _once([*text, *digest])
    if not said:
        return Leaving(push=push, state=after, next_at=_next(choices, after, push, at))
    if not text_waits and free_at is not None and free_at > at:
        soon = _next(choices, after, push, at)
        return Leaving(push=push, state=after, next_at=_first(free_at, soon))
    left: set[Way] = {"text", "digest"}
    after = replace(
        after,
        # What was texted is not told again by the digest of the same day, and the other way round.
        waiting=_without(waiting, said, left),
        texted_at=state.texted_at if text_waits else at,
        texted=(*state.texted, *said) if text_waits else said,
        digest=state.digest if text_waits else not text,
    )
    return Leaving(
        push=push,
        text=0 if text_waits else len(said),
        digest=not text,
        state=after,
        next_at=_next(choices, after, push, at),
    )


def pushed(state: State, news: Iterable[News]) -> State:
    """Return a state in which news were pushed, or can't be."""
    waiting = _without(state.waiting, tuple(news), {"push"})
    return replace(state, waiting=waiting)


def text_rests(choices: Choices, state: State, at: datetime) -> datetime | None:
    """Return until when a text that was held back rests; None if it may come now.

    The text of the day may come in quiet hours if its hour was chosen so.
    """
    if choices.wakes and any(one.is_soon(at) for one in state.texted):
        return None
    if state.digest and quiet_until(choices, digest_after(choices, at)) is not None:
        return None
    return quiet_until(choices, at)


def push_lasts(choices: Choices, news: Iterable[News], at: datetime) -> timedelta:
    """Return how long a push may wait for a phone that is off: it must not come in the night."""
    quiet = quiet_from(choices, at)
    if quiet is None or (choices.wakes and any(one.is_soon(at) for one in news)):
        return PUSH_LASTS
    return min(PUSH_LASTS, quiet - at)


def place_of(news: Iterable[News]) -> str:
    """Return where in the app all of these are."""
    places = {PLACES[one.kind] for one in news}
    return places.pop() if len(places) == 1 else "today"


def _wait(
    choices: Choices,
    state: State,
    fresh: Iterable[News],
    still: Callable[[News], bool],
    at: datetime,
) -> tuple[Waiting, ...]:
    new = [Waiting(one, frozenset(choices.ways.get(one.kind, ()))) for one in fresh]
    old = [
        Waiting(one.news, one.ways.intersection(choices.ways.get(one.news.kind, ())))
        for one in state.waiting
        if at - one.news.at < KEPT_FOR and not any(one.news.same(later.news) for later in new)
    ]
    return tuple(one for one in (*old, *new) if one.ways and still(one.news))


def _without(
    waiting: Iterable[Waiting], news: tuple[News, ...], ways: set[Way]
) -> tuple[Waiting, ...]:
    left = (Waiting(one.news, one.ways - ways) if one.news in news else one for one in waiting)
    return tuple(one for one in left if one.ways)


def _once(news: list[News]) -> tuple[News, ...]:
    return tuple(one for place, one in enumerate(news) if one not in news[:place])


def _next(choices: Choices, after: State, push: tuple[News, ...], at: datetime) -> datetime | None:
    """Return when to look again at what still waits; pushes that leave now are somebody's care."""
    quiet = quiet_until(choices, at)
    moments: list[datetime] = []
    for one in after.waiting:
        if "digest" in one.ways:
            moments.append(digest_after(choices, max(one.news.at, at)))
        if quiet is not None and one.ways & {"push", "text"} and one.news not in push:
            moments.append(quiet)
    return min(moments, default=None)


def _first(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)
