"""A text was somebody else's: what it did is taken back, and it is read for the right person. (p).

Nothing is erased: answers, flags and work that were wrong stay readable with the correction that
says so. The right person's conversation reads the text as it would have. This room refuses to do
again what was right whoever wrote: a line's consent, and the safety text.
"""

from collections.abc import Callable

from msgspec.structs import replace

from engage.conversation.answers import Understood
from engage.conversation.events import (
    AnswerEntered,
    AnswersTakenBack,
    ItemClosed,
    TextReceived,
)
from engage.conversation.replies import read_answer
from engage.conversation.states import Asking, Done
from engage.ids import PatientId
from engage.needs.scoring import score
from engage.queue.flag import Flag
from engage.reading.keywords import CarrierWord, FreeFormStop, Help
from engage.turns.answering import Advance, inbound_of
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.context import ConversationSeen, Corrected, ScreeningLeft, TextCame, ThreadSeen
from engage.turns.decision import ScreeningSaved
from engage.turns.draft import Draft

ReadAgain = Callable[[Draft, TextReceived, TextCame, Attributed | Unplaced], None]


def correct(
    draft: Draft, event: AnswersTakenBack, came: TextCame, advance: Advance, read_again: ReadAgain
) -> None:
    """Take back what a text did as one person's, and read it as the other's."""
    fix = draft.turn.corrected
    if fix is None:
        return
    _take_back(draft, fix, event, advance)
    who = _who(draft, fix)
    again = TextReceived(draft.at, fix.text)
    draft.inbound = replace(
        inbound_of(came, who),
        sure="certain",
        why="claimed-by-staff" if fix.claimed else "corrected-by-staff",
    )
    if isinstance(who, Attributed) and fix.prompt is not None:
        named = _entered(draft, fix, who)
        if named is not None:
            seen, entered = named
            draft.inbound = replace(draft.inbound, conversation_id=seen.id, prompt=fix.prompt)
            advance(draft, seen, entered)
            return
    read_again(draft, again, came, who)


def word_again(draft: Draft, word: CarrierWord, thread: ThreadSeen | None) -> None:
    """Let the right human see a wish or a cry; what it did to the line holds whoever wrote."""
    match word:
        case FreeFormStop():
            reason, severity, rule = "opted-out-in-words", "routine", "consent/words"
        case Help():
            reason, severity, rule = "asked-for-help", "urgent", "keyword/help"
        case _:
            return
    draft.flag(Flag(reason=reason, severity=severity, rule=rule, quote=True), thread)


def _take_back(draft: Draft, fix: Corrected, event: AnswersTakenBack, advance: Advance) -> None:
    for left in fix.screenings:
        draft.begin_screening(_rescored(draft, left))
    for cause, key in fix.queued:
        draft.withdraw(cause, key)
    read_it = next((s for s, _ in draft.states().values() if s.id == fix.was_in), None)
    if read_it is not None:
        advance(draft, read_it, event)
    if fix.resumes:
        for seen, state in draft.states().values():
            if seen.patient_id == fix.was_about and not isinstance(state, Done):
                advance(draft, seen, ItemClosed(draft.at))
    over = fix.was_in is not None and read_it is None
    thread = draft.context.thread_of(fix.was_about) if fix.was_about is not None else None
    if thread is not None and (over or fix.screenings):
        # Their care manager must know that something is missing now, and not whose words it was.
        draft.flag(
            Flag(reason="answers-taken-back", severity="routine", rule="correction/taken-back"),
            thread,
        )


def _rescored(draft: Draft, left: ScreeningLeft) -> ScreeningSaved:
    tool = draft.library.instruments[left.instrument]
    whole = all(item.key in left.known for item in tool.items)
    status = "in-progress" if left.status == "completed" and not whole else left.status
    return ScreeningSaved(
        id=left.id,
        patient_id=left.patient_id,
        instrument=left.instrument,
        instrument_version=left.instrument_version,
        channel=left.channel,
        language=left.language,
        status=status,
        verdict=None if status == "in-progress" else score(tool, left.known),
    )


def _who(draft: Draft, fix: Corrected) -> Attributed | Unplaced:
    context = draft.context
    thread = context.thread_of(fix.patient_id) if fix.patient_id is not None else None
    if thread is None or fix.author == "unknown":
        known = bool(context.caregivers) or any(t.uses_phone for t in context.threads)
        return Unplaced("ambiguous-sender" if known else "unknown-sender")
    if fix.author == "caregiver":
        author = fix.author_id or thread.patient_id
        return Attributed("caregiver", author, thread)
    asked = _asked_then(draft, fix, thread.patient_id) if fix.prompt is None else None
    return Attributed("patient", thread.patient_id, thread, asked)


def _asked_then(draft: Draft, fix: Corrected, patient: PatientId) -> ConversationSeen | None:
    """Return the conversation whose question already stood when the text came."""
    asked = [
        (state.asked_at, seen.id.bytes, seen)
        for seen, state in draft.states().values()
        if seen.patient_id == patient
        and isinstance(state, Asking)
        and state.asked_at <= fix.text_at
    ]
    return max(asked)[2] if asked else None


def _entered(
    draft: Draft, fix: Corrected, who: Attributed
) -> tuple[ConversationSeen, AnswerEntered] | None:
    """Return the answer that the text is to the question somebody named, if it is one."""
    for seen, _ in draft.states().values():
        prompt = draft.library.scripts[seen.script].prompt(fix.prompt or "")
        if seen.patient_id != who.thread.patient_id or prompt is None:
            continue
        reading = read_answer(fix.text, prompt, seen.language)
        if isinstance(reading, Understood):
            return seen, AnswerEntered(draft.at, prompt.key, reading.answer)
    return None
