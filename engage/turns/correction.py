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
from engage.reading.reader import Asked, dangers, read
from engage.turns.answering import Advance, inbound_of
from engage.turns.asked import context_of
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.burst import together
from engage.turns.clarify import SCRIPTS as CLARIFYING
from engage.turns.clarify import is_clarifying
from engage.turns.context import ConversationSeen, Corrected, ScreeningLeft, TextCame, ThreadSeen
from engage.turns.crisis import SUBJECT, crisis, hold, is_crisis
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
    _tell_of_consent(draft, fix)
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
            if not is_clarifying(seen.script):
                _beware(draft, fix, came, who)
                # As it stands now: a danger holds its tongue.
                advance(draft, draft.states()[seen.id][0], entered)
                return
            who = replace(who, conversation=seen)
    read_again(draft, again, came, who)


def _beware(draft: Draft, fix: Corrected, came: TextCame, who: Attributed) -> None:
    """Flag the dangers of a text whose answer somebody named: it may say more than the answer."""
    asked = context_of(fix.prompt, by_caregiver=who.author == "caregiver")
    alone = dangers(read(fix.text, Asked(asked)), len(fix.text))
    found = together(fix.text, came.before, alone)
    crisis(draft, found, who, fix.text)
    if found and not is_crisis(found):
        hold(draft, who)  # in doubt the next question waits as well


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
    # Who answered "do you need help right now?" was somebody else: nobody has said no.
    theirs = draft.context.thread_of(fix.was_about) if fix.was_about is not None else None
    if theirs is not None and fix.was_asked in CLARIFYING:
        draft.triage.page_about(SUBJECT, theirs, draft.at)
    if fix.resumes:
        for seen, state in draft.states().values():
            if seen.patient_id == fix.was_about and not isinstance(state, Done):
                advance(draft, seen, ItemClosed(draft.at))
    over = fix.was_in is not None and read_it is None
    if theirs is not None and (over or fix.screenings):
        # Their care manager must know that something is missing now, and not whose words it was.
        draft.flag(
            Flag(reason="answers-taken-back", severity="routine", rule="correction/taken-back"),
            theirs,
        )


def _tell_of_consent(draft: Draft, fix: Corrected) -> None:
    """Tell whoever cares for a person what became of their consent, and what stands by law."""
    for place, (person, reason) in enumerate(fix.consent):
        about = person or fix.patient_id
        thread = None if about is None else draft.context.thread_of(about)
        rule = f"correction/{reason}/{place}"
        draft.flag(Flag(reason=reason, severity="routine", rule=rule), thread)


def _rescored(draft: Draft, left: ScreeningLeft) -> ScreeningSaved:
    tool = draft.library.instruments.get(left.instrument)
    whole = draft.library.asks_all(left.instrument, left.known)
    status = "in-progress" if left.status == "completed" and not whole else left.status
    return ScreeningSaved(
        id=left.id,
        patient_id=left.patient_id,
        instrument=left.instrument,
        instrument_version=left.instrument_version,
        channel=left.channel,
        language=left.language,
        status=status,
        verdict=None if tool is None or status == "in-progress" else score(tool, left.known),
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
