"""What a person, or a caregiver whom they allowed to be told, reads of something arranged. (p).

Said when somebody will come, and when they will not after all; never that something was only asked
for. No need and no place of a visit is named. What an older text said that has not left is not said
any more. This room refuses to say anything to who is not in care.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments.local import day_bounds, day_of, say_day, say_time
from engage.appointments.ride import HOLDS, Ride
from engage.ids import CaregiverId, MessageId, derived
from engage.turns.context import Language, ThreadSeen, Turn, TurnContext
from engage.turns.decision import Decision, TextOut, Withdrawn
from engage.turns.draft import Draft
from engage.turns.library import Library

News: TypeAlias = Literal["arranged", "failed", "cancelled"]
_TEAM: Mapping[Language, str] = {"en": "A person", "es": "Una persona"}


class Reader(Struct, frozen=True):
    """Who reads it: the patient, or a caregiver of theirs."""

    caregiver_id: CaregiverId | None = None
    language: Language | None = None

    @property
    def label(self) -> str:
        """What tells their text from another's."""
        return "patient" if self.caregiver_id is None else str(self.caregiver_id)


def news_of(before: Ride | None, after: Ride) -> News | None:
    """Return what of a change a person is told; None if nothing."""
    if after.status == "arranged":
        if before is None or before.status != "arranged" or before.pickup_at != after.pickup_at:
            return "arranged"
        # Who drives, or their number, is not what was said.
        return None
    if before is None or before.status not in HOLDS:
        # They were never told that somebody would come.
        return None
    if after.status == "failed":
        return "failed"
    return "cancelled" if after.status == "cancelled" else None


def tell(
    context: TurnContext,
    turn: Turn,
    library: Library,
    ride: Ride,
    news: News,
    reader: Reader,
) -> Decision | None:
    """Return the decision that says it on the line of the context; None if nobody is to hear it."""
    thread = context.thread_of(ride.patient_id)
    if thread is None or thread.id is None or not thread.active:
        return None
    if ride.kind == "food-box" and reader.caregiver_id is not None:
        # What they may be told of is rides.
        return None
    language = reader.language or thread.language
    text_id = f"{'pick-up' if ride.kind == 'ride' else 'brought'}.{news}"
    if reader.caregiver_id is not None:
        text_id = f"{text_id}.caregiver"
    key = f"ride/{ride.version}/{reader.label}"
    text = TextOut(
        id=MessageId(derived(turn.at, ride.id, f"text/{key}")),
        thread_id=thread.id,
        conversation_id=None,
        cause_id=ride.id,
        key=key,
        body=library.words(text_id, language, _values(context, thread, ride, language)),
        # Somebody of the practice has just seen to it, and by day it is worth the same tomorrow.
        kind="staff",
        text_id=text_id,
        not_after=_told_by(ride, news, turn),
    )
    older = older_texts(replace(ride, version=ride.version - 1), reader)
    empty = Draft(context, turn, library).decision()
    return replace(empty, texts=() if _is_over(ride, news, turn) else (text,), withdrawn=older)


def _is_over(ride: Ride, news: News, turn: Turn) -> bool:
    """Say whether nothing is left to be told: it was written down afterwards."""
    if ride.pickup_at is None:
        return False
    if news == "arranged":
        return ride.pickup_at < turn.at
    return day_of(ride.pickup_at, ride.zone) < day_of(turn.at, ride.zone)


def _told_by(ride: Ride, news: News, turn: Turn) -> datetime:
    """Return until when it is worth saying: before they wait for it, or while they still do."""
    if ride.pickup_at is not None and (ride.pickup_at > turn.at or news == "arranged"):
        return ride.pickup_at
    day = ride.day if ride.pickup_at is None else day_of(ride.pickup_at, ride.zone)
    _, ends = day_bounds(day, ride.zone)
    return ends


def older_texts(ride: Ride, reader: Reader) -> tuple[Withdrawn, ...]:
    """Return what a reader was told of a ride up to now, so that it is not said any more."""
    return tuple(
        Withdrawn(ride.id, f"ride/{version}/{reader.label}")
        for version in range(1, ride.version + 1)
    )


def _values(
    context: TurnContext, thread: ThreadSeen, ride: Ride, language: Language
) -> dict[str, str]:
    staff = (one.given_name for one in context.staff if one.id == thread.manager_id)
    day = ride.day if ride.pickup_at is None else day_of(ride.pickup_at, ride.zone)
    return {
        "practice": context.practice.texting_name,
        "phone": context.practice.support_phone,
        "care_manager": next(staff, _TEAM[language]),
        "given_name": thread.given_name,
        "day": say_day(day, language),
        "time": "" if ride.pickup_at is None else say_time(ride.pickup_at, ride.zone, language),
    }
