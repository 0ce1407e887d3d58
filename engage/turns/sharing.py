"""What the people of a practice hold in others: who serves several is full over all of them."""

from datetime import datetime

import msgspec

from engage.db.session import Work
from engage.queue.elsewhere.store import held_elsewhere
from engage.queue.routing import asked_elsewhere, with_elsewhere
from engage.turns.context import TurnContext


async def with_shared(work: Work, context: TurnContext, at: datetime) -> TurnContext:
    """Return a context whose people hold what they hold everywhere."""
    asked = asked_elsewhere(context.staff)
    if not asked:
        return context
    held = await held_elsewhere(work, context.practice.id, asked, at)
    return msgspec.structs.replace(context, staff=with_elsewhere(context.staff, held))
