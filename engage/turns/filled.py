"""What stands in the holes of a text, whoever it is about. (p).

This room refuses wording: the catalogue's is all there is.
"""

from engage.turns.context import ConversationSeen, ThreadSeen, TurnContext
from engage.turns.library import Library

_TEAM = {"en": "A person", "es": "Una persona"}


def values_for(
    context: TurnContext,
    library: Library,
    seen: ConversationSeen | None,
    thread: ThreadSeen | None,
) -> dict[str, str]:
    """Return the practice, the care manager and the person, as their texts name them."""
    practice = context.practice
    script = library.scripts.get(seen.script) if seen else None
    return {
        "practice": practice.texting_name,
        "phone": practice.support_phone,
        "count": str(len(script.prompts)) if script else "1",
        "care_manager": manager_of(context, thread, seen.language if seen else "en"),
        "given_name": thread.given_name if thread else "",
    }


def manager_of(context: TurnContext, thread: ThreadSeen | None, language: str) -> str:
    """Return who looks after a person, by their given name."""
    manager = thread.manager_id if thread else None
    return next((s.given_name for s in context.staff if s.id == manager), _TEAM[language])
