"""A text that is read long after it came: what was said since is newer, and stands. (p).

A STOP that is found only after the START that followed it closed nothing when it came, and must not
now. It goes into the ledger as what it was. This room refuses to read anything else: a danger in
such a text is a danger.
"""

from engage.conversation.events import TextReceived
from engage.queue.flag import Flag
from engage.reading.keywords import FreeFormStop, Stop, carrier_word
from engage.reading.reader import dangers, read
from engage.turns.answering import inbound_of
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.context import TextCame
from engage.turns.draft import Draft


def stop_overtaken(
    draft: Draft, event: TextReceived, came: TextCame, who: Attributed | Unplaced
) -> bool:
    """Write down a STOP that a later START has overtaken; False if that is not what it is."""
    word = carrier_word(event.text, came.opt_out_type) if came.reopened else None
    if not isinstance(word, Stop | FreeFormStop):
        return False
    in_words = isinstance(word, FreeFormStop)
    if in_words and dangers(read(event.text), len(event.text)):
        return False
    draft.inbound = inbound_of(came, who)
    draft.record("overtaken", "free-form" if in_words else "keyword", None)
    if in_words:
        # There may be more in it than the wish: somebody reads it.
        thread = who.thread if isinstance(who, Attributed) else None
        draft.flag(
            Flag(
                reason="outside-conversation",
                severity="routine",
                rule="consent/overtaken",
                quote=True,
            ),
            thread,
        )
    return True
