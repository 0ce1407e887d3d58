"""The decision: crisis, consent, keywords, engine, flags, routing, in this order. (p).

One function from what was loaded and what happened to everything that must be saved. Crisis and
STOP are judged independently on the same text, and both before the engine sees it. This room
refuses silence: a text that no rule and no conversation takes becomes work for a person.
"""

from typing import assert_never

from engage.conversation.answers import Answer
from engage.conversation.effects import OptIn, OptOut
from engage.conversation.engine import EXPIRE, advance
from engage.conversation.events import (
    AnswerEntered,
    AnswersTakenBack,
    Cancelled,
    ConsentChanged,
    DeliveryFailed,
    Event,
    ItemClosed,
    PersonChanged,
    StaffWrote,
    Started,
    TextAccepted,
    TextReceived,
    TextSkipped,
    TimerFired,
)
from engage.conversation.states import Asking, NotStarted
from engage.ids import ConversationId, PatientId, derived
from engage.queue.flag import Flag
from engage.reading.keywords import FreeFormStop, Help, Start, Stop, carrier_word
from engage.reading.reader import MODEL_RULE, Asked, dangers, read
from engage.reading.redflags import RedFlag
from engage.turns import consents
from engage.turns.answering import greet_stranger, inbound_of, reply
from engage.turns.attribution import Attributed, Unplaced, attribute, in_time
from engage.turns.burst import together
from engage.turns.checks import is_check
from engage.turns.context import ConversationSeen, TextCame, ThreadSeen, Turn, TurnContext
from engage.turns.correction import correct, word_again
from engage.turns.decision import Decision, ScreeningSaved
from engage.turns.draft import Draft
from engage.turns.library import Library
from engage.turns.privacy import kept_private

SAFETY_EVERY_SECONDS = 30 * 60
"""A person in a crisis reads the safety text once in this time, not after every word."""


def decide(context: TurnContext, turn: Turn, library: Library) -> Decision:
    """Return everything that follows from one event."""
    draft = Draft(context, turn, library)
    match turn.event:
        case TextReceived():
            if turn.text is not None:
                _text(draft, turn.event, turn.text, in_time(attribute(context), turn.at))
        case AnswersTakenBack():
            if turn.text is not None:
                correct(draft, turn.event, turn.text, _advance, _text)
        case Started() if turn.check is not None:
            consents.begin_check(draft, turn.check, _advance)
        case Started():
            _start(draft)
        case StaffWrote():
            _staff_wrote(draft)
        case AnswerEntered():
            _entered(draft, turn.event)
        case ConsentChanged() if turn.record is not None:
            consents.recorded(draft, _advance)
        case ConsentChanged() | Cancelled() | TextAccepted() | TextSkipped() | TimerFired():
            _one_conversation(draft, turn.event)
        case DeliveryFailed():
            _failed(draft, turn.event)
        case ItemClosed() | PersonChanged():
            _every_conversation(draft, turn.event)
        case _:
            assert_never(turn.event)
    _next_in_line(draft)
    return draft.decision()


# An inbound text


def _text(draft: Draft, event: TextReceived, came: TextCame, who: Attributed | Unplaced) -> None:
    """Read a text; one that staff corrected is read again, and the line's own matters are not."""
    again = draft.turn.corrected is not None
    thread = who.thread if isinstance(who, Attributed) else None
    asked = who.conversation if isinstance(who, Attributed) else None
    live = asked.state if asked is not None and isinstance(asked.state, Asking) else None
    if not again:
        draft.inbound = inbound_of(came, who)
    reading = read(event.text, _asked(who, live))
    found = together(event.text, came.before, dangers(reading, len(event.text)))
    # Danger words are a person's, whatever stands around them; a guess at boilerplate is nobody's.
    meant = tuple(one for one in found if one.rule != MODEL_RULE)
    machine = not again and not _is_crisis(meant) and consents.from_a_machine(draft, event)
    found = meant if machine else found
    _crisis(draft, found, thread)
    word = carrier_word(event.text, came.opt_out_type)
    line = draft.context.line
    if machine:
        consents.read_by_hand(draft, who)
        return
    quiet = isinstance(word, Stop | FreeFormStop) or _is_crisis(found)
    strange = not again and consents.stranger(draft, event, who, _advance, quiet=quiet)
    match word:
        case Stop() | FreeFormStop() | Help() if again:
            word_again(draft, word, thread)
        case Stop() | FreeFormStop():
            _opt_out(draft, word, thread, confirm=not _is_crisis(found))
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
            _words(draft, event, came, who, found)
        case _:
            assert_never(word)


def _asked(who: Attributed | Unplaced, live: Asking | None) -> Asked:
    """Say what a text may be the answer to, as far as the reader knows the prompt."""
    if isinstance(who, Attributed) and who.author == "caregiver":
        return Asked("caregiver")
    if live is not None and live.prompt.startswith("hvs."):
        return Asked("hvs_food")
    return Asked()


def _crisis(draft: Draft, found: tuple[RedFlag, ...], thread: ThreadSeen | None) -> None:
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
    worst = next((danger for danger in found if danger.severity == "crisis"), None)
    line = draft.context.line
    if worst is None or line is None or draft.turn.corrected is not None:
        return
    # One safety text is tried on a closed line too (promises D6).
    period = int(draft.at.timestamp()) // SAFETY_EVERY_SECONDS
    draft.say(
        f"safety/{period}",
        f"safety.{worst.kind}",
        thread.language if thread else worst.language,
        kind="safety",
        thread=thread,
        cause=line.id,
    )


def _is_crisis(found: tuple[RedFlag, ...]) -> bool:
    return any(danger.severity == "crisis" for danger in found)


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
        _advance(draft, seen, ConsentChanged(draft.at, opted_out=True))
    if confirm and not draft.unlinked:
        consents.offer_calls(draft, word, thread)
    if confirm and (isinstance(word, FreeFormStop) or not word.carrier_answers):
        draft.say("stopped", "stopped", _language(thread, word), kind="consent", thread=thread)


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
) -> None:
    """Let the live conversation read the text; what it does not take, a human reads."""
    if came.media_count:
        thread = who.thread if isinstance(who, Attributed) else None
        draft.flag(
            Flag(reason="picture", severity="routine", rule="inbox/picture", quote=True), thread
        )
    if _is_crisis(found):
        # A question about food after "my chest hurts" is an insult: automation holds its tongue,
        # with everybody on the phone if nobody knows whose words these are.
        for seen in draft.context.conversations:
            if isinstance(who, Unplaced) or seen.patient_id == who.thread.patient_id:
                _advance(draft, seen, StaffWrote(draft.at))
    if isinstance(who, Unplaced):
        draft.flag(
            Flag(reason=who.reason, severity="routine", rule=f"inbox/{who.reason}", quote=True),
            None,
        )
        if who.reason == "unknown-sender" and not _is_crisis(found):
            greet_stranger(draft)
        return
    if _is_crisis(found):
        return
    asked, line = who.conversation, draft.context.line
    if consents.ends_programme(draft, event, who, _advance):
        return
    checks = asked is not None and is_check(asked.script)
    if asked is not None and checks and consents.answered(draft, event, who, asked, _advance):
        return
    if asked is not None and line is not None and not line.opted_out and event.text.strip():
        reply(draft, event, came, who, asked, _advance)
        return
    if found or (came.media_count and not event.text.strip()):
        return
    reason = "caregiver-wrote" if who.author == "caregiver" else "outside-conversation"
    draft.flag(
        Flag(reason=reason, severity="routine", rule=f"inbox/{reason}", quote=True), who.thread
    )


def _language(thread: ThreadSeen | None, word: Stop | FreeFormStop | Start | Help) -> str:
    return thread.language if thread else (word.language or "en")


# Everything else


def _start(draft: Draft) -> None:
    """Begin a screening: with its first question if it is by text, else with the record alone."""
    asked = draft.turn.screening
    if asked is None:
        return
    tool = draft.library.instruments[asked.instrument]
    draft.begin_screening(
        ScreeningSaved(
            id=asked.id,
            patient_id=asked.patient_id,
            instrument=tool.id,
            instrument_version=tool.version,
            channel=asked.channel,
            language=asked.language,
            status="in-progress",
            requested_by=draft.turn.staff_id,
        )
    )
    thread = draft.context.thread_of(asked.patient_id)
    if asked.channel != "sms" or thread is None or thread.id is None:
        return
    seen = ConversationSeen(
        id=ConversationId(derived(draft.at, draft.turn.cause, "conversation")),
        thread_id=thread.id,
        patient_id=asked.patient_id,
        script=tool.id,
        language=asked.language,
        state=NotStarted(),
        started_at=draft.at,
        screening_id=asked.id,
    )
    # Saved as waiting; `_next_in_line` gives it the floor unless another question is live.
    draft.stand(seen, seen.state)


def _staff_wrote(draft: Draft) -> None:
    text = draft.turn.staff_text
    thread = next((t for t in draft.context.threads if text and t.id == text.thread_id), None)
    if thread is None:
        return
    for seen in draft.context.conversations:
        if seen.patient_id == thread.patient_id:
            _advance(draft, seen, draft.turn.event)
    draft.staff_text(thread)


def _entered(draft: Draft, event: AnswerEntered) -> None:
    """Take an answer that staff typed in, through the live conversation if there is one."""
    asked = draft.turn.screening
    if asked is None:
        return
    thread = draft.context.thread_of(asked.patient_id)
    seen = next((c for c in draft.context.conversations if c.screening_id == asked.id), None)
    if seen is not None:
        _advance(draft, seen, event)
    elif thread is not None:
        draft.answer(asked.id, asked.instrument, event.prompt, event.answer, thread)
        known: dict[str, Answer] = {**asked.known, event.prompt: event.answer}
        if all(item.key in known for item in draft.library.instruments[asked.instrument].items):
            draft.end_screening(asked.id, asked.instrument, known, completed=True)


def _failed(draft: Draft, event: DeliveryFailed) -> None:
    """Hand off the conversation of a text that did not arrive, or tell the care manager."""
    seen = _target(draft)
    if seen is not None and isinstance(seen.state, Asking):
        _advance(draft, seen, event)
        return
    thread = next((t for t in draft.context.threads if t.patient_id == draft.turn.patient_id), None)
    draft.flag(
        Flag(reason="undeliverable", severity="routine", rule=f"delivery/{event.reason}"), thread
    )


def _one_conversation(draft: Draft, event: Event) -> None:
    seen = _target(draft)
    if seen is not None:
        _advance(draft, seen, event)


def _every_conversation(draft: Draft, event: Event) -> None:
    patient = draft.turn.patient_id
    if isinstance(event, ItemClosed) and _in_crisis(draft, patient):
        return  # another of their items was closed; the crisis still holds automation's tongue
    for seen in draft.context.conversations:
        if seen.patient_id == patient:
            _advance(draft, seen, event)


def _next_in_line(draft: Draft) -> None:
    """One live prompt per phone: when no question is open, the next conversation begins.

    A question that nobody answered in time has lost the floor: late answers to it count as long as
    nothing newer is asked, so it ends when something newer is. A question that a human paused has
    not: they are talking. And nobody is asked anything new in a crisis.
    """
    line = draft.context.line
    standing = draft.states().values()
    live = any(isinstance(s, Asking) and (s.paused or not s.silent) for _, s in standing)
    if live or line is None or draft.opted_out:
        return
    waiting = [
        seen
        for seen, state in standing
        if isinstance(state, NotStarted) and not _in_crisis(draft, seen.patient_id)
    ]
    if not waiting:
        return
    for seen, state in standing:
        if isinstance(state, Asking):
            _advance(draft, seen, TimerFired(draft.at, EXPIRE, state.step))
    first = min(waiting, key=lambda seen: (seen.started_at, seen.id.bytes))
    _advance(draft, first, Started(draft.at))


def _in_crisis(draft: Draft, patient: PatientId | None) -> bool:
    return any(i.about_id == patient and i.severity == "crisis" for i in draft.context.items)


def _target(draft: Draft) -> ConversationSeen | None:
    wanted = draft.turn.conversation_id
    return next((c for c in draft.context.conversations if c.id == wanted), None)


def _advance(draft: Draft, seen: ConversationSeen, event: Event) -> None:
    script = draft.library.scripts[seen.script]
    thread = draft.context.thread_of(seen.patient_id)
    if thread is None:
        return
    if isinstance(event, PersonChanged) and event.language is not None:
        seen = ConversationSeen(
            id=seen.id,
            thread_id=seen.thread_id,
            patient_id=seen.patient_id,
            script=seen.script,
            language="es" if event.language == "es" else "en",
            state=seen.state,
            started_at=seen.started_at,
            screening_id=seen.screening_id,
        )
        # Also if nothing is asked now: what waits or is paused will be asked in it.
        draft.stand(seen, seen.state)
    step = advance(seen.state, event, script, seen.language)
    step = kept_private(draft.context, draft.turn, seen, step, script)
    begins = isinstance(event, Started)
    draft.conversation(seen, step.state, step.effects, thread, begins=begins)
