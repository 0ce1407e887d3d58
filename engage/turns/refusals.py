"""Why a turn that a person asked for can't be taken. (p).

This room refuses reasons of its own making: each is one fact about the record.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engage.conversation.script import Script
from engage.conversation.states import Asking
from engage.errors import EngageError
from engage.needs.instrument import Instrument
from engage.queue.clocks import Calendar
from engage.turns.attribution import is_shared
from engage.turns.context import ThreadSeen, TurnContext
from engage.turns.privacy import asks_sensitive

INSTRUMENT, CHANNEL = "/instrument", "/channel"
"""The fields of the request that an error may point at."""


class NoSuchInstrument(EngageError):  # noqa: N818 - reads as a sentence
    """There is no instrument of this name."""


class NoPhone(EngageError):  # noqa: N818
    """This patient has no phone to text, or the practice has no number."""


class PhoneOfAnother(EngageError):  # noqa: N818 - reads as a sentence
    """Somebody else of theirs has this phone; correct the name, or write down another phone."""


class UnsafePhone(EngageError):  # noqa: N818
    """This phone is noted as not safe for the patient: nothing about them is texted there."""


class NoSuchAnswer(EngageError):  # noqa: N818
    """The instrument has no such question or option."""


class ConflictingAnswers(EngageError):  # noqa: N818
    """These answers contradict each other: "none of these" stands alone."""


class ScreeningOver(EngageError):  # noqa: N818
    """This screening has ended."""


class NotOnAPage(EngageError):  # noqa: N818
    """This instrument may only be asked by a person."""


class PhoneOptedOut(EngageError):  # noqa: N818
    """This phone has said stop: it can't be asked by text."""


class PhoneShared(EngageError):  # noqa: N818
    """Others read this phone too, and some of these questions are not for them."""


class NotInCare(EngageError):  # noqa: N818
    """This patient is not active, so nothing is sent."""


class PhoneBusy(EngageError):  # noqa: N818
    """Something is being asked on this phone right now: wait for the answer, or for silence."""


class AlreadyAsked(EngageError):  # noqa: N818
    """The same screening is under way with this patient."""


class NobodyReadsToday(EngageError):  # noqa: N818
    """Somebody must read these answers on the day they come: ask while the practice is open."""


TO_ANSWER = timedelta(hours=2)
"""So long before it closes a practice still asks what must be read the same day [our own rule]."""


def refuse_unread(calendar: Calendar, instrument: Instrument, at: datetime) -> None:
    """Refuse to ask by text what nobody would read on the same business day (clinical.md, B)."""
    if not instrument.same_day_reader:
        return
    closes = calendar.close_of(at.astimezone(ZoneInfo(calendar.zone)).date())
    if closes is None or at > closes - TO_ANSWER:
        raise NobodyReadsToday(CHANNEL)


def refuse_screening(context: TurnContext, thread: ThreadSeen, script: Script) -> None:
    """Refuse to ask by text who can't be texted, or what is being asked already.

    A question that nobody answered in time does not count: asking again is what staff would do.
    """
    if not thread.active:
        raise NotInCare
    if context.line is not None and context.line.opted_out:
        raise PhoneOptedOut(CHANNEL)
    if asks_sensitive(script) and is_shared(context, thread.patient_id):
        raise PhoneShared(CHANNEL)
    running = (
        seen
        for seen in context.conversations
        if seen.patient_id == thread.patient_id and seen.script == script.id
    )
    if any(not (isinstance(seen.state, Asking) and seen.state.silent) for seen in running):
        raise AlreadyAsked(INSTRUMENT)
