"""What a text is to the question that stands: an answer, part of one, another language. (p).

The engine reads one text beside one prompt; here is what comes before that: was the question read
at all, is this the rest of a sentence, is it a wish for the other language. This room refuses to
leave a text to nobody: what it keeps from the engine, a human reads.
"""

from collections.abc import Callable

from msgspec.structs import replace

from engage.conversation.engine import live_key
from engage.conversation.events import Event, PersonChanged, TextReceived
from engage.conversation.states import Asking
from engage.messaging.attributed import Why
from engage.queue.flag import Flag
from engage.turns import burst, visit_words
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.context import ConversationSeen, Language, TextCame
from engage.turns.decision import InboundRead, LanguageChosen
from engage.turns.draft import Draft
from engage.turns.languages import asked_for, spoken

Advance = Callable[[Draft, ConversationSeen, Event], None]


def inbound_of(came: TextCame, who: Attributed | Unplaced) -> InboundRead:
    """Return who wrote a text, about whom, which prompt it answers, how sure we are and why."""
    if isinstance(who, Unplaced):
        return InboundRead(came.message_id, author="unknown", sure="none", why=who.why)
    asked = who.conversation
    live = asked.state if asked is not None and isinstance(asked.state, Asking) else None
    return InboundRead(
        came.message_id,
        author=who.author,
        author_id=who.author_id,
        thread_id=who.thread.id,
        conversation_id=asked.id if asked else None,
        prompt=live.prompt if live else None,
        sure=who.sure,
        why=who.why,
    )


def reply(
    draft: Draft,
    event: TextReceived,
    came: TextCame,
    who: Attributed,
    asked: ConversationSeen,
    advance: Advance,
) -> None:
    """Let the conversation that asked last read a text, if it can be a reply to it."""
    wanted = asked_for(event.text)
    if wanted is not None and wanted != asked.language:
        _switch(draft, who, wanted, advance)
        return
    script = draft.library.scripts[asked.script]
    state = asked.state
    whole = burst.whole_answer(event.text, came.before, asked, script)
    if whole is not None:
        _because(draft, "continuation")
        advance(draft, asked, replace(event, text=whole))
        return
    if burst.goes_on(event.text, event.at, came.before, asked, script):
        _because(draft, "continuation", unasked=True)
        draft.flag(
            Flag(reason="said-more", severity="routine", rule="inbox/continuation", quote=True),
            who.thread,
        )
        return
    if isinstance(state, Asking) and live_key(state) in asked.queued and not state.tries:
        # The question has not left: whatever this answers, it is not what we asked. (One that is
        # put again has been read once.)
        _because(draft, "early-text", unasked=True)
        draft.flag(
            Flag(reason="early-text", severity="routine", rule="inbox/early", quote=True),
            who.thread,
        )
        return
    if not visit_words.takes(draft, event, who, asked):
        advance(draft, asked, event)
    other = spoken(event.text)
    if other is not None and other != asked.language:
        draft.say(
            "language",
            "language-offer",
            other,
            kind="reply",
            thread=who.thread,
            cause=asked.id,
        )


def greet_stranger(draft: Draft) -> None:
    """Answer a number that nobody here knows, once for ever: a human will read what it wrote."""
    line = draft.context.line
    if line is None or draft.opted_out or draft.turn.corrected is not None:
        return
    draft.say("unknown-sender", "unknown-sender", None, kind="reply", thread=None, cause=line.id)


def _switch(draft: Draft, who: Attributed, wanted: Language, advance: Advance) -> None:
    """Text a person in the other language from now on, the question that stands first."""
    draft.languages.append(LanguageChosen(who.thread.patient_id, wanted))
    for seen in draft.context.conversations:
        if seen.patient_id == who.thread.patient_id:
            advance(draft, seen, PersonChanged(draft.at, active=True, language=wanted))


def _because(draft: Draft, why: Why, *, unasked: bool = False) -> None:
    """Note a better reason; a text that answers nothing names no prompt."""
    if draft.inbound is not None:
        prompt = None if unasked else draft.inbound.prompt
        draft.inbound = replace(draft.inbound, why=why, prompt=prompt)
