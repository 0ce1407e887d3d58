"""What somebody of a family writes to the team in the app, read as a text is. (p).

Who wrote it is known, so nothing is guessed and no carrier's word is heard: STOP is a word there,
and a person reads it. Danger is found by the same reader and answered by the same safe words; what
it says of needs is a risk. It answers no question that stands on the phone. This room refuses
silence: whatever it says, it is somebody's work.
"""

from engage.conversation.events import TextReceived
from engage.queue.flag import Flag
from engage.reading.reader import Asked, dangers, read
from engage.turns.answering import inbound_of
from engage.turns.asked import context_of
from engage.turns.attribution import Attributed
from engage.turns.context import TextCame, Written
from engage.turns.crisis import ask_once, crisis, is_crisis
from engage.turns.draft import Draft
from engage.turns.helping import spoke_of_needs
from engage.turns.spoken import stated


def read_written(draft: Draft, event: TextReceived, came: TextCame, by: Written) -> None:
    """Read what was written, and give it to whoever answers for the person."""
    thread = draft.context.thread_of(by.patient_id)
    if thread is None:
        draft.flag(
            Flag(reason="not-handled", severity="possible", rule="inbox/not-handled", quote=True),
            None,
        )
        return
    who = Attributed(by.author, by.author_id, thread, None, sure="certain", why="signed-in")
    draft.inbound = inbound_of(came, who)
    context = context_of(None, by_caregiver=by.author == "caregiver")
    reading = read(event.text, Asked(context))
    found = dangers(reading, len(event.text))
    crisis(draft, found, who, event.text)
    heard = () if reading.guessed else reading.labels
    needs = stated(draft, who, event.text, heard, danger=bool(found))
    if not is_crisis(found):
        reason = "caregiver-wrote" if by.author == "caregiver" else "outside-conversation"
        draft.flag(
            Flag(reason=reason, severity="routine", rule=f"inbox/{reason}", quote=True), thread
        )
    spoke_of_needs(draft, who, needs, reading.version)
    ask_once(draft, found, who)
