"""What a turn does about consent, beside STOP and START: who holds the phone, and what about. (p).

Three rules stand behind all of it. Doubt about who holds a phone silences what would be sent to it.
A wish ends what it names, and everything if it names nothing. And opting out of texts is not opting
out of care: a person is asked to offer a call. This room refuses to open anything: only START from
the phone, or staff with a recorded reason, does.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never
from uuid import UUID

from msgspec.structs import replace

from engage.conversation.answers import Chosen, OutOfBounds, Unclear, Understood
from engage.conversation.effects import OptIn, OptOut
from engage.conversation.engine import EXPIRE, live_key
from engage.conversation.events import (
    Cancelled,
    ConsentChanged,
    Event,
    Started,
    TextReceived,
    TimerFired,
)
from engage.conversation.replies import read_answer
from engage.conversation.states import Asking, Done, NotStarted
from engage.ids import ConversationId, derived
from engage.people.consent import How, Purpose, Wording
from engage.queue.flag import Flag
from engage.reading.keywords import (
    FreeFormStop,
    Stop,
    WrongNumber,
    programme_stop,
    says_a_machine,
    wrong_number,
)
from engage.turns.attribution import Attributed, Unplaced
from engage.turns.checks import CHECKS, ENROLMENT, STILL_YOU, WRONG_NUMBER, YES, is_check
from engage.turns.context import ConversationSeen, ThreadSeen
from engage.turns.draft import Draft

Advance: TypeAlias = Callable[[Draft, ConversationSeen, Event], None]

HELP_EVERY_SECONDS = 5 * 60
"""A machine that sends HELP gets one answer in this time, so two machines can't keep talking."""


# Machines


def from_a_machine(draft: Draft, event: TextReceived) -> bool:
    """Say whether a machine wrote a text: an auto-responder, or a number of our own."""
    return _ours(draft) or says_a_machine(event.text)


def read_by_hand(draft: Draft, who: Attributed | Unplaced) -> None:
    """Give what a machine wrote to a person; nothing automatic answers it (behaviour 16)."""
    reason = "own-number" if _ours(draft) else "automatic-reply"
    thread = who.thread if isinstance(who, Attributed) else None
    draft.flag(Flag(reason=reason, severity="routine", rule=f"inbox/{reason}", quote=True), thread)


def _ours(draft: Draft) -> bool:
    return draft.turn.text is not None and draft.turn.text.ours


def help_key(draft: Draft) -> str:
    """Return the key of the answer to HELP: the same for all that come within minutes."""
    return f"help/{int(draft.at.timestamp()) // HELP_EVERY_SECONDS}"


# STOP


def offer_calls(draft: Draft, word: Stop | FreeFormStop, thread: ThreadSeen | None) -> None:
    """Have a call offered to everybody whose texts have just stopped (behaviour 19)."""
    if isinstance(word, FreeFormStop):
        # There may be more in it than the wish: somebody reads it.
        reason, rule = "opted-out-in-words", "consent/words"
    elif word.also_means == "visit":
        reason, rule = "opted-out-or-visit", "consent/visit"
    else:
        reason, rule = "opted-out", "consent/offer-call"
    quote = reason != "opted-out"
    if thread is None and quote:
        draft.flag(Flag(reason=reason, severity="routine", rule=rule, quote=True), None)
    for place, one in enumerate(_reached(draft)):
        if thread is not None and one.patient_id == thread.patient_id:
            own = _each(rule, place)
            draft.flag(Flag(reason=reason, severity="routine", rule=own, quote=quote), one)
        else:
            each = _each("consent/offer-call", place)
            draft.flag(Flag(reason="opted-out", severity="routine", rule=each), one)


def _each(rule: str, place: int) -> str:
    """Return a rule's name for the next person on the phone: one text, one rule, one flag."""
    return f"{rule}/{place + 1}" if place else rule


def _reached(draft: Draft) -> Iterator[ThreadSeen]:
    """Yield the threads of everybody whom texts on this line are about now."""
    helped = {patient for one in draft.context.caregivers for patient in one.of}
    for thread in draft.context.threads:
        if thread.active and (thread.uses_phone or thread.patient_id in helped):
            yield thread


# A phone that can't be texted


def tell_of_phone(draft: Draft) -> None:
    """Tell the care manager of everybody on a phone what failed texts taught us of it, once."""
    trouble = draft.turn.trouble
    if trouble is None:
        return
    for place, one in enumerate(_reached(draft)):
        rule = _each(f"phone/{trouble}", place)
        draft.flag(Flag(reason=f"phone-{trouble}", severity="routine", rule=rule), one)


# A programme


def ends_programme(
    draft: Draft, event: TextReceived, who: Attributed | Unplaced, advance: Advance
) -> bool:
    """End the one kind of text that a patient no longer wants; the rest goes on."""
    wish = programme_stop(event.text)
    if wish is None or not isinstance(who, Attributed) or who.author != "patient":
        return False
    draft.record("withdrawn", "free-form", who.thread, purpose=wish.programme, scope="programme")
    _end(draft, who.thread, wish.programme, advance)
    draft.flag(
        Flag(reason="opted-out-in-words", severity="routine", rule="consent/programme", quote=True),
        who.thread,
    )
    if not draft.opted_out:
        draft.say(
            "programme-stopped",
            "programme-stopped",
            who.thread.language,
            kind="consent",
            thread=who.thread,
        )
    return True


def _end(draft: Draft, thread: ThreadSeen, purpose: Purpose | None, advance: Advance) -> None:
    """Call off a person's conversations about something; None is all but who they are."""
    if purpose in (None, "screenings"):
        for seen in draft.context.conversations:
            if seen.patient_id == thread.patient_id and not is_check(seen.script):
                advance(draft, seen, Cancelled(draft.at))


# Whose phone it is


def begin_check(draft: Draft, script: str, advance: Advance) -> None:
    """Ask who holds the phone, unless somebody on it is being asked something right now.

    A question that has not left does not count: it waits for the answer to this one.
    """
    line, patient = draft.context.line, draft.turn.patient_id
    thread = None if patient is None else draft.context.thread_of(patient)
    if line is None or line.opted_out or thread is None or thread.id is None:
        return
    if not thread.active or any(held_by(seen, script) for seen in draft.context.conversations):
        return
    for seen in draft.context.conversations:
        if isinstance(seen.state, Asking) and seen.state.silent:
            # Nobody answered it in time: what is asked now is newer.
            advance(draft, seen, TimerFired(draft.at, EXPIRE, seen.state.step))
    begun = ConversationSeen(
        id=ConversationId(derived(draft.at, draft.turn.cause, "check")),
        thread_id=thread.id,
        patient_id=thread.patient_id,
        script=script,
        language=thread.language,
        state=NotStarted(),
        started_at=draft.at,
    )
    draft.stand(begun, begun.state)
    advance(draft, begun, Started(draft.at))
    draft.record("asked", _how(script), thread, wording=_wording(draft, script, thread))


def held_by(seen: ConversationSeen, script: str) -> bool:
    """Say whether a conversation holds the phone, so that who is there can't be asked now.

    What waits unsent for the answer to just that question does not; all else that may still be
    answered does, and so does a human who is talking.
    """
    state = seen.state
    if not isinstance(state, Asking):
        return False
    if script == STILL_YOU and not is_check(seen.script) and not state.paused:
        return state.accepted_at is not None and not state.silent
    return state.paused or not state.silent


def answered(
    draft: Draft, event: TextReceived, who: Attributed, asked: ConversationSeen, advance: Advance
) -> bool:
    """Take an answer to "is this you?"; what can't be read is asked once more, as any question."""
    state = asked.state
    prompt = CHECKS[asked.script].prompt(state.prompt) if isinstance(state, Asking) else None
    if prompt is None:
        return False
    if isinstance(state, Asking) and live_key(state) in asked.queued and not state.tries:
        return False  # it has not left: whatever this answers, it is not what we asked
    reading = read_answer(event.text, prompt, asked.language)
    match reading:
        case Unclear() | OutOfBounds():
            return False
        case Understood(Chosen(option)) if option == YES:
            advance(draft, asked, event)
            _known(draft, asked, who.thread)
        case Understood(Chosen(option)) if option == WRONG_NUMBER:
            _strange(draft, WrongNumber("es" if asked.language == "es" else "en"), who, advance)
        case Understood():
            # Neither yes nor no, and not to be pressed: a person asks in another way.
            advance(draft, asked, Cancelled(draft.at))
            draft.flag(
                Flag(reason="unclear-answer", severity="routine", rule="consent/check", quote=True),
                who.thread,
            )
    return True


def _known(draft: Draft, asked: ConversationSeen, thread: ThreadSeen) -> None:
    state = draft.states()[asked.id][1]
    if not isinstance(state, Done) or state.outcome != "completed":
        return  # a human is talking: they read it
    how = _how(asked.script)
    draft.record("right-person", how, thread, wording=_wording(draft, asked.script, thread))
    if asked.script == ENROLMENT:
        draft.record("granted", how, thread, wording=_wording(draft, asked.script, thread))
    draft.verified = True


def _how(script: str) -> How:
    return "enrolment" if script == ENROLMENT else "re-verification"


def _wording(draft: Draft, script: str, thread: ThreadSeen) -> Wording:
    text = draft.library.catalogue[CHECKS[script].prompts[0].key]
    return Wording(text.id, text.version, thread.language)


def stranger(
    draft: Draft, event: TextReceived, who: Attributed | Unplaced, advance: Advance, *, quiet: bool
) -> bool:
    """Stop everything to a phone whose holder says that it is not the person's (behaviour 9)."""
    names = [thread.given_name for thread in draft.context.threads]
    asked = who.conversation if isinstance(who, Attributed) else None
    said = wrong_number(event.text, names, asked_who=asked is not None and is_check(asked.script))
    return said is not None and _strange(draft, said, who, advance, quiet=quiet)


def _strange(
    draft: Draft,
    said: WrongNumber,
    who: Attributed | Unplaced,
    advance: Advance,
    *,
    quiet: bool = False,
) -> bool:
    strangers = tuple(_not_theirs(draft, said, who))
    if not strangers:
        return False  # nobody on record uses this phone: they are an unknown sender
    asked = who.conversation if isinstance(who, Attributed) else None
    how: How = "free-form" if asked is None or not is_check(asked.script) else _how(asked.script)
    for place, thread in enumerate(strangers):
        unlink(draft, thread, how, advance)
        rule = _each("consent/wrong-number", place)
        draft.flag(Flag(reason="wrong-number", severity="routine", rule=rule, quote=True), thread)
    if draft.inbound is not None:
        # Whoever wrote it, it was not the person; it stays where the question was asked.
        draft.inbound = replace(draft.inbound, author="unknown", author_id=None)
    line = draft.context.line
    if line is not None and not quiet and not draft.opted_out:
        draft.say(
            "wrong-number",
            "wrong-number",
            said.language,
            kind="reply",
            thread=None,
            cause=line.id,
        )
    return True


def unlink(
    draft: Draft, thread: ThreadSeen, how: How, advance: Advance, reason: str | None = None
) -> None:
    """End that a phone is a person's: nothing more goes to it, and the history keeps it."""
    for seen in draft.context.conversations:
        if seen.patient_id == thread.patient_id:
            advance(draft, seen, Cancelled(draft.at))
    draft.record("wrong-person", how, thread, reason=reason)
    draft.unlinked.extend(_holders(draft, thread))


def _holders(draft: Draft, thread: ThreadSeen) -> Iterator[UUID]:
    if thread.uses_phone:
        yield thread.patient_id
        return
    for caregiver in draft.context.caregivers:
        if thread.patient_id in caregiver.of:
            yield caregiver.id


def _not_theirs(
    draft: Draft, said: WrongNumber, who: Attributed | Unplaced
) -> Iterator[ThreadSeen]:
    """Yield whose phone it is not: who was named, else who was asked, else everybody."""
    reached = tuple(_reached(draft))
    named = [t for t in reached if said.named and said.named in t.given_name.casefold().split()]
    if named:
        yield from named
    elif isinstance(who, Attributed):
        yield who.thread
    else:
        yield from reached


# What staff record


def recorded(draft: Draft, advance: Advance) -> None:
    """Write down what a person told staff, and do what follows from it."""
    said, patient = draft.turn.record, draft.turn.patient_id
    thread = None if patient is None else draft.context.thread_of(patient)
    if said is None or thread is None:
        return
    match said.kind:
        case "opted-out":
            draft.consent(OptOut("staff"), "staff", reason=said.reason)
            for seen in draft.context.conversations:
                advance(draft, seen, ConsentChanged(draft.at, opted_out=True))
        case "opted-in":
            draft.consent(OptIn(), "staff", reason=said.reason)
            draft.say("started", "started", thread.language, kind="consent", thread=thread)
        case "wrong-person":
            unlink(draft, thread, "staff", advance, said.reason)
        case "right-person":
            draft.record("right-person", "staff", thread, reason=said.reason)
            draft.verified = True
            for seen in draft.context.conversations:
                if is_check(seen.script) and seen.patient_id == thread.patient_id:
                    advance(draft, seen, Cancelled(draft.at))
        case "works-again":
            draft.record("works-again", "staff", None, reason=said.reason)
        case "granted" | "declined" | "withdrawn":
            draft.record(
                said.kind,
                "staff",
                thread,
                purpose=said.purpose,
                scope="all" if said.purpose is None else "programme",
                reason=said.reason,
            )
            if said.kind != "granted":
                _end(draft, thread, said.purpose, advance)
        case _:
            assert_never(said.kind)


__all__ = [
    "ENROLMENT",
    "STILL_YOU",
    "answered",
    "begin_check",
    "ends_programme",
    "from_a_machine",
    "held_by",
    "help_key",
    "offer_calls",
    "read_by_hand",
    "recorded",
    "stranger",
    "unlink",
]
