"""The person's own thresholds, read beside a turn of a check-in that asks for a number.

Nearly no turn does, and then nothing is read. This room refuses to judge; checkins/script.py does.
"""

from msgspec.structs import replace

from engage.checkins.answered import store as answered
from engage.checkins.script import load_all, own_id
from engage.db.session import Work
from engage.ids import ScreeningId
from engage.turns.context import ScreeningAsked, TurnContext

MEASURED = frozenset(
    script.id for script in load_all().values() if any(item.measure for item in script.items)
)
"""The scripts that ask for a number."""


async def with_limits(
    work: Work, context: TurnContext, also: ScreeningAsked | None = None
) -> TurnContext:
    """Return a context with the thresholds of its check-ins, and of one that staff type in."""
    wanted: dict[ScreeningId, None] = {
        seen.screening_id: None
        for seen in context.conversations
        if seen.screening_id is not None and own_id(seen.script) in MEASURED
    }
    if also is not None and also.instrument in MEASURED:
        wanted[also.id] = None
    if not wanted:
        return context
    limits = await answered.limits_of(work, context.practice.id, list(wanted))
    return replace(context, limits={**limits})
