"""One text by which a person lets their family see and hear nothing more. (p).

It ends what was granted, whatever else the text says, and none of our texts: no carrier acts on the
words. This room refuses to let it wait for a person, and to share anything by text.
"""

from engage.conversation.events import TextReceived
from engage.reading.keywords import stop_sharing
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.draft import Draft

_KEY = "sharing-stopped"


def ends_sharing(draft: Draft, event: TextReceived, who: Attributed | Unplaced) -> None:
    """End all sharing if a patient says so.

    On a phone that others use too it counts as well: who shares less by mistake is soon heard. Of
    a text that was another's at first, a person ends it.
    """
    if not isinstance(who, Attributed) or who.author != "patient":
        return
    if draft.turn.corrected is None and stop_sharing(event.text) is not None:
        draft.unshared.append(who.thread.patient_id)


def wished_no_sharing(draft: Draft, event: TextReceived, who: Attributed) -> bool:
    """Confirm that nothing is shared any more, once; say whether the text says nothing else."""
    wish = stop_sharing(event.text)
    if wish is None or not draft.unshared:
        return False
    draft.say(_KEY, _KEY, who.thread.language, kind="consent", thread=who.thread)
    return wish.whole
