"""A danger on the line: its flags, the words of its kind and situation, and one question. (p).

Judged on the same words as STOP and independently of it, before any conversation reads them. What
is certain gets the safe words at once; what is doubtful gets one question, as the live prompt of
the phone: yes is a crisis, no calls off the page and keeps the work, and five minutes without an
answer page somebody. This room refuses to decide that something is no crisis: a
person does, with an outcome.
"""

from datetime import timedelta
from typing import Literal, TypeAlias

from engage.conversation.answers import Chosen, Understood
from engage.conversation.events import Cancelled, StaffWrote, Started, TextReceived
from engage.conversation.replies import read_answer
from engage.conversation.states import Asking, NotStarted
from engage.ids import ConversationId, derived
from engage.queue.flag import Flag
from engage.reading.about import about_another
from engage.reading.redflags import Kind, RedFlag
from engage.turns.advancing import DANGER, advance_one, open_danger
from engage.turns.attribution import Attributed, Unplaced, is_shared
from engage.turns.burst import UNREAD
from engage.turns.clarify import CLARIFY, NO, SCRIPTS, YES, is_clarifying
from engage.turns.context import ConversationSeen, ThreadSeen
from engage.turns.draft import Draft
from engage.turns.languages import asked_for

SAFETY_EVERY_SECONDS = 30 * 60
"""A person in a crisis reads the safety text once in this time, not after every word."""

UNANSWERED = timedelta(minutes=5)
"""How long the question may stay without an answer before somebody is paged."""

SUBJECT = DANGER

Situation: TypeAlias = Literal["self", "other", "shared", "stranger"]
"""For whom the safe words are: who writes, somebody they write about, whoever reads the phone, or
a number that nobody here knows."""

_WORDS: dict[tuple[Kind, Situation], str] = {
    ("medical", "self"): "safety.medical",
    ("medical", "other"): "safety.medical.other",
    ("medical", "shared"): "safety.medical.shared",
    ("medical", "stranger"): "safety.medical.stranger",
    ("self-harm", "self"): "safety.self-harm",
    ("self-harm", "other"): "safety.self-harm.other",
    ("self-harm", "shared"): "safety.self-harm.shared",
    ("self-harm", "stranger"): "safety.self-harm.stranger",
    # Neutral for whoever reads it: neither what was written nor a hotline (clinical.md F4).
    ("violence", "self"): "safety.violence",
    ("violence", "other"): "safety.violence",
    ("violence", "shared"): "safety.violence",
    ("violence", "stranger"): "safety.violence.stranger",
}


def crisis(
    draft: Draft,
    found: tuple[RedFlag, ...],
    who: Attributed | Unplaced,
    words: str,
    *,
    strange: bool = False,
) -> None:
    """Flag what was found in some words, say the safe words of it, and hold everything else.

    `strange`: whoever holds the phone has just said that it is not the person's.
    """
    thread = who.thread if isinstance(who, Attributed) else None
    for danger in found:
        draft.flag(
            Flag(
                reason="red-flag",
                severity=danger.severity,
                rule=f"redflag/{danger.rule}",
                quote=True,
            ),
            thread,
        )
    if not is_crisis(found):
        return
    if draft.turn.corrected is None:
        kind, language = _kind(found), found[0].language
        where = "stranger" if strange else situation(draft, who, words)
        _say_safe_words(draft, kind, where, None if strange else thread, language)
    hold(draft, who)


def _kind(found: tuple[RedFlag, ...]) -> Kind:
    """Return whose words answer several dangers: those that nobody is hurt by.

    Where a hand is raised nothing else is said, however the words are ordered; the words about a
    wish to die name 911 as well.
    """
    kinds = {danger.kind for danger in found}
    return next(kind for kind in ("violence", "self-harm", "medical") if kind in kinds)


def is_crisis(found: tuple[RedFlag, ...]) -> bool:
    """Say whether somebody must look now."""
    return any(danger.severity == "crisis" for danger in found)


def situation(draft: Draft, who: Attributed | Unplaced, words: str) -> Situation:
    """Say for whom the safe words must be: the more who may read them, the less they say."""
    if isinstance(who, Unplaced):
        return "stranger" if who.reason == "unknown-sender" else "shared"
    if who.thread.uses_phone and is_shared(draft.context, who.thread.patient_id):
        return "shared"
    return "other" if about_another(words) else "self"


def _say_safe_words(
    draft: Draft, kind: Kind, where: Situation, thread: ThreadSeen | None, language: str
) -> None:
    line = draft.context.line
    if line is None:
        return
    # One safety text is tried on a closed line too (promises D6). Another danger has other words:
    # 988 is not withheld from somebody because their chest hurt before.
    period = int(draft.at.timestamp()) // SAFETY_EVERY_SECONDS
    draft.say(
        f"safety/{kind}/{period}",
        _WORDS[kind, where],
        thread.language if thread else language,
        kind="safety",
        thread=thread,
        cause=line.id,
    )


def hold(draft: Draft, who: Attributed | Unplaced) -> None:
    """Hold automation's tongue: a question about food after "my chest hurts" is an insult.

    With everybody on the phone, if nobody knows whose words these are.
    """
    # As they stand now: this very text may have been an answer.
    for seen, _ in draft.states().values():
        if isinstance(who, Unplaced) or seen.patient_id == who.thread.patient_id:
            advance_one(draft, seen, StaffWrote(draft.at))


# What is doubtful


def ask_once(draft: Draft, found: tuple[RedFlag, ...], who: Attributed | Unplaced) -> None:
    """Ask whether help is needed now, if that can be asked here; unanswered, it pages.

    Once for each piece of work, not on a closed line, not while somebody else on the phone is being
    asked, and never about violence.
    """
    line = draft.context.line
    kinds = {danger.kind for danger in found}
    if not found or is_crisis(found) or isinstance(who, Unplaced) or "violence" in kinds:
        return
    thread = who.thread
    known = any(
        item.about_id == thread.patient_id and item.subject == SUBJECT
        for item in draft.context.items
    )
    if known or line is None or draft.opted_out or thread.id is None or not thread.active:
        return
    others = (seen for seen in draft.context.conversations if seen.patient_id != thread.patient_id)
    if any(isinstance(seen.state, Asking) and not seen.state.silent for seen in others):
        return
    hold(draft, who)
    script = CLARIFY["self-harm" if "self-harm" in kinds else "medical"]
    begun = ConversationSeen(
        id=ConversationId(derived(draft.at, draft.turn.cause, "clarify")),
        thread_id=thread.id,
        patient_id=thread.patient_id,
        script=script.id,
        language=thread.language,
        state=NotStarted(),
        started_at=draft.at,
    )
    draft.stand(begun, begun.state)
    advance_one(draft, begun, Started(draft.at))
    draft.triage.page_about(SUBJECT, thread, draft.at + UNANSWERED)


def answered(
    draft: Draft, event: TextReceived, who: Attributed, found: tuple[RedFlag, ...]
) -> bool:
    """Take the answer to "do you need help right now?"; say whether it was asked."""
    asked = who.conversation
    if asked is None or not is_clarifying(asked.script) or not isinstance(asked.state, Asking):
        return False
    if asked_for(event.text) not in {None, asked.language}:
        return False  # a wish for the other language: it is put again in that
    prompt = SCRIPTS[asked.script].prompts[0]
    unread = _unread(asked.state, event)
    match read_answer(event.text, prompt, asked.language):
        case Understood(Chosen(option)) if option == YES:
            advance_one(draft, asked, Cancelled(draft.at))
            kind: Kind = "self-harm" if asked.script == CLARIFY["self-harm"].id else "medical"
            draft.flag(
                Flag(reason="red-flag", severity="crisis", rule="clarify/yes", quote=True),
                who.thread,
            )
            if draft.turn.corrected is None:
                where = situation(draft, who, "")
                _say_safe_words(draft, kind, where, who.thread, who.thread.language)
            hold(draft, who)
        case Understood(Chosen(option)) if option == NO and not found and not unread:
            advance_one(draft, asked, event)
            if open_danger(draft, who.thread.patient_id) != "crisis":
                draft.triage.unpage_about(SUBJECT, who.thread)
        case _ if not found:
            # Neither: what they wrote is read by a human, and the page stays where it is.
            draft.flag(
                Flag(
                    reason="clarify-unclear", severity="possible", rule="clarify/words", quote=True
                ),
                who.thread,
            )
        case _:
            # Flagged for what it says; a "2" that comes after it would be about something else.
            advance_one(draft, asked, Cancelled(draft.at))
    return True


def _unread(state: Asking, event: TextReceived) -> bool:
    """Say whether a text came so soon that it answers what was asked before this question."""
    since = state.asked_at if state.accepted_at is None else state.accepted_at
    return event.at - since < UNREAD
