"""Loads what the hour says about a text: one call, right before it leaves or when a page asks.

Everything is as it stands at this moment: zone, hours, what left and what waits. This room refuses
to judge it; may_text.py does.
"""

from datetime import datetime, time, timedelta

import msgspec
from msgspec import Struct

from engage.db.session import Work
from engage.ids import LineId, MessageId, PatientId, PracticeId, floor_of
from engage.messaging.budget import A_WEEK, Limits, Waiting
from engage.messaging.kinds import KINDS
from engage.messaging.may_text import JUST_NOW, JUST_WROTE, Answer, Timing, barred, may_text
from engage.messaging.model import Outgoing
from engage.messaging.quiet_hours import Hours, Span, area_zones, table, whereabouts
from engage.people.consent import VERIFY_AFTER
from engage.people.phone import PhoneNumber
from engage.people.practice import SHOW_TEXTING_HOURS

LOOK_BACK = A_WEEK + timedelta(days=2) + max(rules.shelf_life for rules in KINDS.values())
"""How long ago a text may have been written that still counts."""

TALKS_FOR = timedelta(hours=4)
"""For so long after a person's own words, unless the work was closed, a human talks."""

FEW_ZONES = 4
"""An area code with more of them says nothing about where somebody lives."""

CRISIS_LOOKS = timedelta(hours=1)
"""How soon it is looked again whether a crisis is over."""


class _Seen(Struct, frozen=True):
    practice_zone: str
    texting_hours: str
    a_day: int
    a_week: int
    people: tuple[tuple[str | None, str | None], ...]
    left: tuple[datetime, ...]
    waiting: tuple[Waiting, ...]
    in_crisis: bool
    wrote_at: datetime | None = None
    staff_wrote_at: datetime | None = None
    heard_at: datetime | None = None
    #: By whose clocks caregivers on this phone said that they live.
    clocks: tuple[str, ...] = ()
    asked_at: datetime | None = None
    answered_at: datetime | None = None


_DECODER = msgspec.json.Decoder(_Seen)


async def ask(work: Work, text: Outgoing, at: datetime, *, simulated: bool) -> Answer:
    """Say whether a text of ours may leave now, with its line locked."""
    forbidden = barred(text.facts, text.kind)
    if forbidden is not None:
        return forbidden
    hours = KINDS[text.kind].hours
    if hours == "any" or (hours == "at-once" and at - text.at < JUST_NOW):
        # No hour concerns it, so nothing is looked up.
        nowhere = Hours(places=(), known="unknown", practice=table().usual)
        return may_text(
            text.facts, text.kind, Timing(at=at, hours=nowhere), text.at, text.not_after
        )
    now = await load(
        work,
        text.practice_id,
        text.line_id,
        text.patient_id,
        text.to,
        at,
        text=text.id,
        simulated=simulated,
        copy=text.right is not None,
    )
    return may_text(text.facts, text.kind, now, text.at, text.not_after)


async def load(  # noqa: PLR0913 - what is asked of the database, and for which text
    work: Work,
    practice: PracticeId,
    line: LineId | None,
    patient: PatientId | None,
    number: PhoneNumber | None,
    at: datetime,
    *,
    text: MessageId | None = None,
    simulated: bool = False,
    copy: bool = False,
) -> Timing:
    """Return what matters at a moment; only a `simulated` carrier texts all day.

    `copy`: the text tells a caregiver of the person.
    """
    since = floor_of(at - LOOK_BACK)
    seen = _DECODER.decode(await work.call("text_timing", practice, line, patient, text, since, at))
    places, known = whereabouts(_people(seen, number), seen.practice_zone, number)
    all_day = simulated and seen.texting_hours == SHOW_TEXTING_HOURS
    return Timing(
        at=at,
        hours=Hours(
            places=places, known=known, practice=practice_span(seen.texting_hours), all_day=all_day
        ),
        limits=Limits(seen.a_day, seen.a_week),
        left=seen.left,
        waiting=seen.waiting,
        wrote_at=seen.wrote_at,
        talking=_talking(seen, at, copy=copy),
        unverified=patient is not None and _unverified(seen, at),
    )


def _people(seen: _Seen, number: PhoneNumber | None) -> tuple[tuple[str | None, str | None], ...]:
    """Return whose hours count; a clock that came with a browser is that of a journey, too."""
    clocks = dict.fromkeys(seen.clocks)
    near = area_zones(number)
    if clocks and len(near) <= FEW_ZONES:
        clocks |= dict.fromkeys(near)
    return (*seen.people, *((one, None) for one in clocks))


def practice_span(said: str) -> Span:
    """Return a practice's hours; for a real carrier "all-day" is the usual ones."""
    if said == SHOW_TEXTING_HOURS:
        return table().usual
    opens, _, closes = said.partition("-")
    return Span(time.fromisoformat(opens), time.fromisoformat(closes))


def _unverified(seen: _Seen, at: datetime) -> bool:
    if seen.asked_at is not None and (seen.answered_at is None or seen.answered_at < seen.asked_at):
        # They were asked and have not said yes; whatever else came from the phone is no answer.
        return True
    return seen.heard_at is None or at - seen.heard_at >= VERIFY_AFTER


def _talking(seen: _Seen, at: datetime, *, copy: bool) -> tuple[datetime, datetime] | None:
    # Who is told of somebody else's visit, on a phone of their own, and wrote nothing themselves
    # learns nothing of a crisis by a text that stays away.
    wrote = seen.wrote_at is not None and at - seen.wrote_at < JUST_WROTE
    if seen.in_crisis and (wrote or seen.people or not copy):
        return at, at + CRISIS_LOOKS
    if seen.staff_wrote_at is None or at >= seen.staff_wrote_at + TALKS_FOR:
        return None
    return seen.staff_wrote_at, seen.staff_wrote_at + TALKS_FOR
