"""Which of the reader's prompts a question is, so that a reply is read beside it. (p).

The reader knows the prompts of its corpus; a question it does not know is none. This room refuses
to read anything.
"""

from engage.reading.answers import Context


def context_of(prompt: str | None, *, by_caregiver: bool) -> Context:
    """Return the reader's name for what had been asked; a caregiver is asked openly."""
    if by_caregiver:
        return "caregiver"
    if prompt is not None and prompt.startswith("hvs."):
        return "hvs_food"
    return "checkin_feeling" if prompt == "checkin.feeling" else "none"
