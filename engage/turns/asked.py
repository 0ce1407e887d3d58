"""What a reply is read beside: which of the reader's prompts was asked, and what we had said. (p).

The reader knows the prompts of its corpus; a question it does not know is none. This room refuses
to read anything.
"""

from collections.abc import Iterator

from engage.messaging import texts
from engage.reading.answers import Context
from engage.reading.reactions import own_words
from engage.turns.library import Library


def context_of(prompt: str | None, *, by_caregiver: bool) -> Context:
    """Return the reader's name for what had been asked; a caregiver is asked openly."""
    if by_caregiver:
        return "caregiver"
    if prompt is not None and prompt.startswith("hvs."):
        return "hvs_food"
    if prompt is not None and prompt.startswith("visit.coming"):
        return "appt_confirm"
    return "checkin_feeling" if prompt == "checkin.feeling" else "none"


def own_part(text: str, library: Library) -> str:
    """Return a text without what a reaction quotes of our words: nobody is in danger by those."""
    return own_words(text, _sayings(library))


def _sayings(library: Library) -> Iterator[str]:
    """Yield every wording that may have been texted, with a hole where a value stands."""
    for text in library.catalogue.values():
        for wordings in (text.text, text.one or {}):
            yield from wordings.values()
    for question in library.questions.values():
        for language in texts.LANGUAGES:
            yield texts.ask(question, language)
            yield texts.ask_plainly(question, language)
