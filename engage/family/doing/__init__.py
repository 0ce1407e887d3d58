"""What somebody of a family did themselves: that is no news to them. (p).

The histories of visits and of needs say who took each step; errands say it themselves (`news`). A
step counts as theirs only where its history names them, and only as long as the record stands where
that step brought it. This room refuses to guess: what nobody is named for is told to everybody.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from engage.family.news import News, state_of


class Step(Struct, frozen=True, kw_only=True):
    """One step in a history: where the record stood after it, and whether they took it."""

    record: UUID
    #: As marks have it (`news.Mark`).
    state: str
    at: datetime | None = None
    mine: bool


def not_mine(news: Iterable[News], steps: Iterable[Step]) -> tuple[News, ...]:
    """Return the news without what they did themselves; steps come oldest first."""
    brought: dict[UUID, Step] = {}
    for step in steps:
        before = brought.get(step.record)
        # Who repeats it (the clinic writes down what they chose) brought it nowhere.
        if before is None or (before.state, before.at) != (step.state, step.at):
            brought[step.record] = step
    mine = {(one.record, one.state, one.at) for one in brought.values() if one.mine}
    return tuple(
        one
        for one in news
        # That it is tomorrow is the clock's doing.
        if one.what == "tomorrow" or (one.record, state_of(one), one.moment) not in mine
    )
