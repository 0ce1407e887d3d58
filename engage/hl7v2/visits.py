"""Stays in hospital, told to the room that follows up on them."""

from uuid import UUID

from engage.checkins import discharges
from engage.checkins.discharges import Heard
from engage.checkins.visit import Movement
from engage.clock import Clock
from engage.db.session import Work
from engage.ids import PracticeId


class Stays:
    """What a message about a stay does, in the caller's transaction."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock by which a discharge is recent or not."""
        self._clock = clock

    async def hear(
        self, work: Work, practice: PracticeId, movement: Movement, cause: UUID
    ) -> Heard:
        """Take what was said of a stay; the same twice changes nothing."""
        return await discharges.hear(
            work, practice, movement, source="hl7", cause=cause, at=self._clock.now()
        )
