"""What is told of a visit and asks nothing: how to get ready, and what a caregiver hears. (p).

No question, so no conversation: an answer to it is words that a person reads. This room refuses to
tell anything to who is not in care.
"""

from collections.abc import Iterable
from datetime import UTC, timedelta

from msgspec.structs import replace

from engage.appointments.appointment import Appointment
from engage.appointments.local import say_when
from engage.ids import MessageId, derived
from engage.messaging.kinds import TextKind
from engage.turns.context import Turn, TurnContext
from engage.turns.decision import Decision, TextOut, Withdrawn
from engage.turns.draft import Draft
from engage.turns.library import Library
from engage.turns.talks import starts
from engage.turns.telling import Reader

_SOON = timedelta(hours=12)


def inform(
    context: TurnContext,
    turn: Turn,
    library: Library,
    visits: tuple[Appointment, ...],
    reader: Reader,
    step: str,
    *,
    words: str = "",
) -> Decision | None:
    """Return the decision that tells it on the line of the context; None if nobody is to hear."""
    first = visits[0]
    thread = context.thread_of(turn.patient_id) if turn.patient_id is not None else None
    if thread is None or thread.id is None or not thread.active:
        return None
    language = reader.language or thread.language
    own = "visit.prepare" if words else "visit.coming.told"
    text_id = own if reader.caregiver_id is None else "visit.coming.caregiver"
    kind: TextKind = "visit-3h" if starts(first) - turn.at <= _SOON else "visit-2d"
    key = _key(first, step, reader)
    values = {
        "practice": context.practice.texting_name,
        "phone": context.practice.support_phone,
        "given_name": thread.given_name,
        "when": say_when([starts(one) for one in visits], first.zone, language),
        "words": words,
    }
    text = TextOut(
        id=MessageId(derived(turn.at, first.id, f"text/{key}")),
        thread_id=thread.id,
        conversation_id=None,
        cause_id=first.id,
        key=key,
        body=library.words(text_id, language, values),
        kind=kind,
        text_id=text_id,
        not_after=starts(first),
    )
    return replace(Draft(context, turn, library).decision(), texts=(text,))


def copies_of(
    visit: Appointment, hours_before: Iterable[int], reader: Reader
) -> tuple[Withdrawn, ...]:
    """Return what a reader was to hear of a visit, so that it is not said any more."""
    keys = (_key(visit, str(hours), reader) for hours in hours_before)
    return tuple(Withdrawn(visit.id, key) for key in keys)


def _key(visit: Appointment, step: str, reader: Reader) -> str:
    moment = starts(visit).astimezone(UTC)
    return f"visit/{step}/{moment:%Y-%m-%dT%H:%M}/{reader.label}"
