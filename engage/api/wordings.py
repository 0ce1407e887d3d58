"""The wording of a question by its key, as its instrument has it, for staff to read."""

from collections.abc import Mapping

from engage.needs.instrument import Instrument

STAFF_LANGUAGE = "en"


def question_of(instruments: Mapping[str, Instrument], prompt: str | None) -> str | None:
    """Return the wording of a question; None for a prompt that no instrument has."""
    if prompt is None:
        return None
    items = (tool.item(prompt) for tool in instruments.values())
    return next((item.text.get(STAFF_LANGUAGE) for item in items if item is not None), None)
