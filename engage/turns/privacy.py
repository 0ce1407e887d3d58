"""What may not be asked where somebody else reads along. (p).

A phone that a family shares, or that is a caregiver's, never shows a sensitive question: not the
first time, not as a reminder, not put in other words. The answers given so far stay, and a human
asks the rest in another way. This room refuses to decide what is sensitive: the instrument says so.
"""

from engage.conversation.effects import RaiseFlag, SendText
from engage.conversation.engine import advance
from engage.conversation.events import Cancelled
from engage.conversation.script import Script
from engage.conversation.states import Step
from engage.turns.attribution import is_shared
from engage.turns.context import ConversationSeen, Turn, TurnContext


def kept_private(
    context: TurnContext, turn: Turn, seen: ConversationSeen, step: Step, script: Script
) -> Step:
    """Return a step as it may be taken here: on a shared phone, without sensitive questions."""
    asks = any(isinstance(one, SendText) and _sensitive(one, script) for one in step.effects)
    if not asks or not is_shared(context, seen.patient_id):
        return step
    ended = advance(step.state, Cancelled(turn.at), script, seen.language)
    flag = RaiseFlag("sensitive-not-asked", "routine", "privacy/shared-phone")
    kept = (one for one in step.effects if not isinstance(one, SendText))
    return Step(ended.state, (*kept, flag, *ended.effects))


def asks_sensitive(script: Script) -> bool:
    """Say whether a script has a question that not everybody in a family may read."""
    return any(prompt.sensitive for prompt in script.prompts)


def _sensitive(text: SendText, script: Script) -> bool:
    prompt = script.prompt(text.text.rpartition(" ")[2])
    return prompt is not None and prompt.sensitive
