"""One text by which a person lets their family see and hear nothing more. (p).

It ends what was granted, whatever else the text says, and none of our texts: no carrier acts on the
words. This room refuses to let it wait for a person, and to share anything by text.
"""

from collections.abc import Callable

from engage.conversation.events import Cancelled, Event, TextReceived
from engage.reading.keywords import stop_sharing
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.context import ConversationSeen
from engage.turns.draft import Draft
from engage.turns.invite import is_invite

Advance = Callable[[Draft, ConversationSeen, Event], None]
_KEY = "sharing-stopped"


def ends_sharing(
    draft: Draft, event: TextReceived, who: Attributed | Unplaced, advance: Advance
) -> None:
    """End all sharing if a patient says so, and the question whether more is to be shared.

    On a phone that others use too it counts as well: who shares less by mistake is soon heard. Of
    a text that was another's at first, a person ends it.
    """
    if not isinstance(who, Attributed) or who.author != "patient":
        return
    if draft.turn.corrected is None and stop_sharing(event.text) is not None:
        draft.unshared.append(who.thread.patient_id)
        for seen in draft.context.conversations:
            if is_invite(seen.script) and seen.patient_id == who.thread.patient_id:
                advance(draft, seen, Cancelled(draft.at))


def wished_no_sharing(draft: Draft, event: TextReceived, who: Attributed) -> bool:
    """Confirm that nothing is shared any more, once; say whether the text says nothing else."""
    wish = stop_sharing(event.text)
    if wish is None or not draft.unshared:
        return False
    draft.say(_KEY, _KEY, who.thread.language, kind="consent", thread=who.thread)
    return wish.whole


def ended_the_question(draft: Draft, who: Attributed) -> bool:
    """Say whether the question that a text could answer ended with the sharing."""
    asked = who.conversation
    return asked is not None and is_invite(asked.script) and bool(draft.unshared)
