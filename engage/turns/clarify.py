"""One question to somebody who may be in danger, as scripts: do you need help right now? (p).

Two wordings, by kind of danger; violence has none, for who answers may not be alone. What becomes
of the answer is crisis.py's. This room refuses behaviour, but for what ends such a conversation.
"""

from collections.abc import Mapping

from engage.conversation.events import Cancelled, Event, ItemClosed, StaffWrote, TimerFired
from engage.conversation.script import Option, Prompt, Script
from engage.reading.redflags import Kind

YES, NO = "yes", "no"

_YES = ("help me", "i do", "i need help", "hurry", "ayudeme", "necesito ayuda")
_NO = ("im ok", "i am ok", "im fine", "i am fine", "no emergency", "nah", "not right now")
_NO_ES = ("estoy bien", "todo bien", "ya estoy bien", "no es emergencia", "no hace falta")
_OPTIONS = (Option(YES, 1, _YES, "yes"), Option(NO, 2, (*_NO, *_NO_ES), "no"))


def _script(key: str) -> Script:
    return Script(key, "1", (Prompt(key, _OPTIONS),), lead=None, closing="clarify.no")


CLARIFY: Mapping[Kind, Script] = {
    "medical": _script("clarify.medical"),
    "self-harm": _script("clarify.self-harm"),
}
"""By kind of danger; a prompt's key is also the id of its text."""

SCRIPTS: Mapping[str, Script] = {script.id: script for script in CLARIFY.values()}
"""By id."""


def is_clarifying(script: str) -> bool:
    """Say whether a conversation asks if help is needed right now."""
    return script in SCRIPTS


def as_lived(script: str, event: Event) -> Event:
    """Return an event as such a conversation lives it: whatever interrupts it ends it.

    It is not asked again when the human who took over is done, and nobody is reminded a day later.
    """
    if is_clarifying(script) and isinstance(event, StaffWrote | ItemClosed | TimerFired):
        return Cancelled(event.at)
    return event
