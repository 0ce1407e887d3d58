"""An inbound text, read: crisis, consent, keywords, then the live conversation, in this order. (p).

Crisis and STOP are judged independently on the same text, and both before the engine sees it. This
room refuses silence: a text that no rule and no conversation takes becomes work for a person.
"""

from typing import assert_never

from msgspec.structs import replace

from engage.conversation.effects import OptIn, OptOut
from engage.conversation.events import ConsentChanged, TextReceived
from engage.conversation.states import Asking
from engage.queue.flag import THANKS, Flag
from engage.reading.fold import words
from engage.reading.keywords import (
    FreeFormStop,
    Help,
    Start,
    Stop,
    carrier_word,
    programme_stop,
)
from engage.reading.reader import MODEL_RULE, Asked, dangers, read
from engage.reading.redflags import RedFlag
from engage.turns import consents, unsharing, visit_words
from engage.turns.advancing import advance_one
from engage.turns.answering import greet_stranger, inbound_of, reply
from engage.turns.asked import context_of, own_part
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.burst import together
from engage.turns.checks import is_check
from engage.turns.context import ConversationSeen, TextCame, ThreadSeen
from engage.turns.correction import word_again
from engage.turns.crisis import answered, ask_once, crisis, is_crisis
from engage.turns.draft import Draft
from engage.turns.helping import spoke_of_needs
from engage.turns.intents import is_only_cannot
from engage.turns.inviting import asks_to_invite
from engage.turns.meeting import is_meeting
from engage.turns.spoken import only_thanks, stated, wholly


def read_text(
    draft: Draft, event: TextReceived, came: TextCame, who: Attributed | Unplaced
) -> None:
    """Read a text; one that staff corrected is read again, and the line's own matters are not."""
    again = draft.turn.corrected is not None
    thread = who.thread if isinstance(who, Attributed) else None
    asked = who.conversation if isinstance(who, Attributed) else None
    if not again:
        draft.inbound = inbound_of(came, who)
    own = own_part(event.text, draft.library)
    before = tuple(replace(one, text=own_part(one.text, draft.library)) for one in came.before)
    reading = read(own, _asked(who, asked))
    alone = dangers(reading, len(own))
    if _is_listed(draft, asked, own):
        alone = tuple(one for one in alone if one.rule != MODEL_RULE)
    found = together(own, before, alone)
    # Danger words are a person's, whatever stands around them; a guess at boilerplate is nobody's.
    meant = tuple(one for one in found if one.rule != MODEL_RULE)
    machine = not again and not is_crisis(meant) and consents.from_a_machine(draft, event)
    found = meant if machine else found
    word = carrier_word(event.text, came.opt_out_type)
    line = draft.context.line
    quiet = isinstance(word, Stop | FreeFormStop) or is_crisis(found)
    strange = not (again or machine) and consents.stranger(
        draft, event, who, advance_one, quiet=quiet
    )
    crisis(draft, found, who, event.text, strange=strange)
    if machine:
        consents.read_by_hand(draft, who)
        return
    # The likeliest label of a text that says little is no need: "the food was good".
    heard = () if reading.guessed else reading.labels
    needs = stated(draft, who, own, heard, danger=bool(found))
    unsharing.ends_sharing(draft, event, who, advance_one)
    match word:
        case Stop() | FreeFormStop() | Help() if again:
            word_again(draft, word, thread)
        case Stop() | FreeFormStop():
            _opt_out(draft, word, thread, confirm=not is_crisis(found))
        case Start() if line and line.opted_out and not again and not came.overtaken:
            draft.consent(OptIn(), "keyword")
            if not word.carrier_answers:
                draft.say(
                    "started", "started", _language(thread, word), kind="consent", thread=thread
                )
        case Help():
            _help(draft, word, thread)
        case Start() | None if strange:
            pass  # who holds the phone has said that none of it is for them
        case Start() | None:
            _words(draft, event, came, who, found, told=wholly(who, reading.labels, needs))
        case _:
            assert_never(word)
    if strange:
        return
    if not again and word is None and "opt_out" in reading.labels:
        _may_wish_to_stop(draft, event, thread)
    spoke_of_needs(draft, who, needs, reading.version)
    if not again:
        ask_once(draft, found, who)


def _is_listed(draft: Draft, asked: ConversationSeen | None, text: str) -> bool:
    """Say whether a text is, word for word, an answer that our own question about a visit lists.

    "I won't be there" is no farewell then: the model, which knows no such question, is not heard.
    Rules are, and nothing may stand beside it.
    """
    if asked is None or not is_meeting(asked.script) or not isinstance(asked.state, Asking):
        return False
    prompt = draft.library.scripts[asked.script].prompt(asked.state.prompt)
    said = " ".join(words(text))
    listed = prompt is not None and any(said in one.words for one in prompt.options)
    return listed or is_only_cannot(text)


def _asked(who: Attributed | Unplaced, asked: ConversationSeen | None) -> Asked:
    """Say what a text may be the answer to, as far as the reader knows the prompt."""
    live = asked.state if asked is not None and isinstance(asked.state, Asking) else None
    by_caregiver = isinstance(who, Attributed) and who.author == "caregiver"
    return Asked(context_of(live.prompt if live else None, by_caregiver=by_caregiver))


def _opt_out(
    draft: Draft, word: Stop | FreeFormStop, thread: ThreadSeen | None, *, confirm: bool
) -> None:
    """Close the line for everyone on it; a wish in free words we must confirm ourselves.

    Once: a line that is closed already has read it. And not in a crisis: the last thing such a
    person reads is where help is.
    """
    line = draft.context.line
    confirm = confirm and line is not None and not line.opted_out
    draft.consent(OptOut("keyword"), "free-form" if isinstance(word, FreeFormStop) else "keyword")
    # As they stand now: "STOP, wrong number" has ended some already.
    for seen, _ in draft.states().values():
        advance_one(draft, seen, ConsentChanged(draft.at, opted_out=True))
    if confirm and not draft.unlinked:
        consents.offer_calls(draft, word, thread)
    if confirm and (isinstance(word, FreeFormStop) or not word.carrier_answers):
        draft.say("stopped", "stopped", _language(thread, word), kind="consent", thread=thread)


def _may_wish_to_stop(draft: Draft, event: TextReceived, thread: ThreadSeen | None) -> None:
    """Let a human hear what sounds like a wish to opt out; only sure words close the line.

    What answered a question, or ended one programme, has been understood already.
    """
    answered = draft.meetings.said or draft.decision().answers
    understood = answered or draft.unshared or programme_stop(event.text) is not None
    if draft.opted_out or understood:
        return
    draft.flag(
        Flag(reason="opted-out-in-words", severity="routine", rule="consent/meant", quote=True),
        thread,
    )


def _help(draft: Draft, word: Help, thread: ThreadSeen | None) -> None:
    """Give the required text unless the carrier does, and let a human see it: it may be a cry."""
    line = draft.context.line
    if not word.carrier_answers and line is not None and not line.opted_out:
        key, language = consents.help_key(draft), _language(thread, word)
        draft.say(key, "help", language, kind="consent", thread=thread, cause=line.id)
    draft.flag(
        Flag(reason="asked-for-help", severity="urgent", rule="keyword/help", quote=True), thread
    )


def _words(
    draft: Draft,
    event: TextReceived,
    came: TextCame,
    who: Attributed | Unplaced,
    found: tuple[RedFlag, ...],
    *,
    told: bool,
) -> None:
    """Let the live conversation read the text; what it does not take, a human reads.

    `told`: it speaks of a need alone, and becomes that need's work (behaviour 24).
    """
    if came.media_count:
        thread = who.thread if isinstance(who, Attributed) else None
        draft.flag(
            Flag(reason="picture", severity="routine", rule="inbox/picture", quote=True), thread
        )
    if isinstance(who, Unplaced):
        draft.flag(
            Flag(reason=who.reason, severity="routine", rule=f"inbox/{who.reason}", quote=True),
            None,
        )
        if who.reason == "unknown-sender" and not is_crisis(found):
            greet_stranger(draft)
        return
    if is_crisis(found) or (not found and unsharing.wished_no_sharing(draft, event, who)):
        return
    if not found and asks_to_invite(draft, event, who):
        return
    if unsharing.ended_the_question(draft, who):
        flag = Flag(reason="said-more", severity="routine", rule="inbox/unshared", quote=True)
        draft.flag(flag, who.thread)
        return
    if answered(draft, event, who, found):
        return
    asked, line = who.conversation, draft.context.line
    if consents.ends_programme(draft, event, who, advance_one):
        return
    checks = asked is not None and is_check(asked.script)
    if asked is not None and checks and consents.answered(draft, event, who, asked, advance_one):
        return
    if asked is not None and line is not None and not line.opted_out and event.text.strip():
        reply(draft, event, came, who, asked, advance_one)
        return
    if found or told or (came.media_count and not event.text.strip()):
        return
    if draft.turn.corrected is None and visit_words.unasked(draft, event, who):
        return
    reason = "caregiver-wrote" if who.author == "caregiver" else "outside-conversation"
    rule = THANKS if only_thanks(event.text) else f"inbox/{reason}"
    draft.flag(Flag(reason=reason, severity="routine", rule=rule, quote=True), who.thread)


def _language(thread: ThreadSeen | None, word: Stop | FreeFormStop | Start | Help) -> str:
    return thread.language if thread else (word.language or "en")
