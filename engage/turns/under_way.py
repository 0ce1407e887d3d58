"""The row of a screening that is under way, from whatever this turn knows of it. (p).

This room refuses to score: needs does.
"""

from engage.checkins.script import own_id
from engage.ids import ScreeningId
from engage.turns.context import Turn, TurnContext
from engage.turns.decision import ScreeningSaved


def under_way(
    context: TurnContext, turn: Turn, screening: ScreeningId, version: str
) -> ScreeningSaved | None:
    """Return a screening as it stands before this turn ends it; None if nothing is known of it."""
    seen = next((c for c in context.conversations if c.screening_id == screening), None)
    asked = turn.screening
    if asked is not None and asked.id == screening:
        return ScreeningSaved(
            id=screening,
            patient_id=asked.patient_id,
            instrument=asked.instrument,
            instrument_version=version,
            channel=asked.channel,
            language=asked.language,
            status="in-progress",
        )
    if seen is None:
        return None
    return ScreeningSaved(
        id=screening,
        patient_id=seen.patient_id,
        instrument=own_id(seen.script),
        instrument_version=version,
        channel="sms",
        language=seen.language,
        status="in-progress",
    )
