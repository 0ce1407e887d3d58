"""R13: whatever the zone, the night and the clock, nothing leaves in quiet hours or over budget."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from engage.ids import MessageId, PatientId, uuid7
from engage.messaging.budget import A_WEEK, Limits, Waiting, merged
from engage.messaging.kinds import KINDS, TextKind
from engage.messaging.may_text import JUST_NOW, Facts, May, MayNot, Timing, Wait, may_text
from engage.messaging.quiet_hours import (
    Hours,
    Place,
    Span,
    next_open,
    open_until,
    span_of,
    table,
    whereabouts,
)
from engage.people.fields import US_STATES
from engage.people.phone import PhoneNumber

NINE_TO_EIGHT = table().usual
FINE = Facts(has_phone=True, patient_active=True, opted_out=False)
ZONES = (
    "America/Adak",
    "America/Anchorage",
    "America/Boise",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Detroit",
    "America/Edmonton",
    "America/Halifax",
    "America/Havana",
    "America/Indiana/Indianapolis",
    "America/Indiana/Knox",
    "America/Juneau",
    "America/Kentucky/Louisville",
    "America/Los_Angeles",
    "America/Menominee",
    "America/Mexico_City",
    "America/New_York",
    "America/North_Dakota/Center",
    "America/Phoenix",
    "America/Puerto_Rico",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/St_Thomas",
    "America/Toronto",
    "America/Vancouver",
    "America/Winnipeg",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Chatham",
    "Pacific/Guam",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
    "Pacific/Saipan",
)
"""Forty: all of ours, and the odd ones of the world."""

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda passed: YEAR + passed)
kinds = st.sampled_from(sorted(KINDS))
places = st.lists(
    st.builds(Place, st.sampled_from(ZONES), st.none() | st.sampled_from(sorted(US_STATES))),
    min_size=1,
    max_size=3,
).map(tuple)


def at_places(where: tuple[Place, ...], practice: Span = NINE_TO_EIGHT) -> Hours:
    """Return the hours of these places."""
    return Hours(places=where, known="stated", practice=practice)


def changes(zone: str, year: int) -> Iterator[datetime]:
    """Yield the hours around which a zone's clocks change in a year."""
    moment = datetime(year, 1, 1, tzinfo=UTC)
    here = ZoneInfo(zone)
    for hour in range(366 * 24):
        now = moment + timedelta(hours=hour)
        if (
            now.astimezone(here).utcoffset()
            != (now + timedelta(hours=1)).astimezone(here).utcoffset()
        ):
            yield now


@pytest.mark.parametrize("zone", ZONES)
def test_both_nights_of_the_clocks_keep_wall_clock_hours(zone: str) -> None:
    """Behaviour 14, R13: around each change of the clocks texts rest until nine and after eight."""
    hours = at_places((Place(zone, "AZ"),))
    days = [*changes(zone, 2026), datetime(2026, 11, 24, tzinfo=UTC)]
    for change in days:
        for quarter in range(-4 * 36, 4 * 36):
            moment = change + timedelta(minutes=15 * quarter)
            local = moment.astimezone(ZoneInfo(zone)).time()
            is_open = open_until(moment, hours) is not None
            assert is_open == (time(9) <= local < time(20)), (zone, moment)
            opening = next_open(moment, hours)
            assert opening is not None
            opens = opening.astimezone(ZoneInfo(zone)).time()
            assert opening == moment if is_open else opens == time(9)


@given(moments, places)
def test_open_is_open_everywhere(moment: datetime, where: tuple[Place, ...]) -> None:
    """Behaviour 14: of several possible zones each must be open, and until the first one closes."""
    hours = at_places(where)
    end = open_until(moment, hours)
    each = [open_until(moment, at_places((place,))) for place in where]

    assert (end is not None) == all(one is not None for one in each)
    if end is not None:
        assert end == min(one for one in each if one is not None)


@given(moments, places)
def test_the_next_opening_is_open_and_none_is_missed(
    moment: datetime, where: tuple[Place, ...]
) -> None:
    """What is promised as the next hour is one, and no quarter before it was."""
    hours = at_places(where)
    opening = next_open(moment, hours)

    if opening is None:
        quarters = 4 * 24 * 14
    else:
        assert opening >= moment
        assert open_until(opening, hours) is not None
        quarters = int((opening - moment) / timedelta(minutes=15))
    for quarter in range(0, quarters, 1 if quarters < 400 else 3):
        earlier = moment + timedelta(minutes=15 * quarter)
        if opening is None or earlier < opening:
            assert open_until(earlier, hours) is None


@given(
    st.sampled_from(ZONES),
    st.sampled_from(sorted(US_STATES)),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_a_practice_can_only_be_stricter_than_the_law(zone: str, state: str, day: date) -> None:
    """Whatever a practice configures, no hour of any day lies outside federal or state rules."""
    everything = Span(time(0), time(23, 59))
    span = span_of(Place(zone, state), day, everything)
    rule = next((one for one in table().state if one.code == state), None)
    law = [table().federal, *([rule.on(day.weekday())] if rule else [])]

    for one in law:
        if one is None:
            assert span is None
        elif span is not None:
            assert one.opens <= span.opens < span.closes <= one.closes


@given(moments, st.sampled_from(["+16025550142", "+17875550142", "+19075550142"]))
def test_an_unknown_zone_is_lawful_in_every_possible_one(moment: datetime, number: str) -> None:
    """Behaviour 14: with nothing on record it must be day in every state, and by the area code."""
    where, known = whereabouts([(None, None)], "America/Phoenix", PhoneNumber(number))
    hours = Hours(places=where, known=known, practice=NINE_TO_EIGHT)

    assert known == "unknown"
    assert next_open(moment, hours) is not None
    if open_until(moment, hours) is not None:
        for zone in ("Pacific/Honolulu", "America/New_York", "America/Puerto_Rico"):
            assert time(9) <= moment.astimezone(ZoneInfo(zone)).time() < time(20)


def test_one_person_of_an_unknown_zone_makes_a_shared_phone_unknown() -> None:
    """Behaviours 8 and 14: the hours of a phone are those of everybody who uses it."""
    zones = [("America/Denver", "CO"), (None, "FL")]
    where, known = whereabouts(zones, "America/Phoenix", None)

    assert known == "state"
    assert {place.zone for place in where} == {
        "America/Denver",
        "America/New_York",
        "America/Chicago",
    }
    assert whereabouts([*zones, (None, None)], "America/Phoenix", None)[1] == "unknown"
    assert whereabouts([], "America/Phoenix", None)[1] == "unknown"


def test_every_state_has_a_zone_and_every_rule_a_source() -> None:
    """The table is whole: all states that a record may name, each rule with where it was read."""
    assert {code for codes in table().zones.values() for code in codes} == US_STATES
    assert {rule.code for rule in table().state} <= US_STATES
    assert all(rule.source and rule.as_of <= table().read_on for rule in table().state)


# A line over weeks


class Queued(Struct):
    """A text of the simulated line."""

    id: MessageId
    kind: TextKind
    at: datetime
    until: datetime


class Line:
    """A line whose outbox wakes at odd moments, by a clock that jumps."""

    def __init__(self, hours: Hours) -> None:
        """Begin with nothing sent."""
        self.hours = hours
        self.queue: list[Queued] = []
        self.left: list[tuple[datetime, TextKind]] = []
        #: When those left that must keep hours.
        self.kept_hours: list[datetime] = []
        self.dropped: list[MayNot] = []

    def wake(self, at: datetime) -> None:
        """Ask about each text that is due, in any order, as the outbox would."""
        for text in [one for one in self.queue if one.until <= at]:
            others = tuple(
                Waiting(id=one.id, kind=one.kind, at=one.at, until=one.until)
                for one in self.queue
                if one is not text
            )
            counted = tuple(when for when, kind in self.left if KINDS[kind].budgeted)
            now = Timing(at=at, hours=self.hours, left=counted, waiting=others)
            answer = may_text(FINE, text.kind, now, text.at)
            match answer:
                case May():
                    self.left.append((at, text.kind))
                    at_once = KINDS[text.kind].hours == "at-once" and at - text.at < JUST_NOW
                    if KINDS[text.kind].hours != "any" and not at_once:
                        self.kept_hours.append(at)
                    self.queue.remove(text)
                case Wait(until):
                    assert until > at
                    text.until = until
                case MayNot():
                    self.dropped.append(answer)
                    self.queue.remove(text)


steps = st.tuples(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=1), timedelta(hours=-1)]),
    st.lists(kinds, max_size=3),
)


@given(moments, places, st.lists(steps, min_size=5, max_size=60))
def test_nothing_leaves_at_night_or_over_budget(
    begin: datetime,
    where: tuple[Place, ...],
    plan: list[tuple[timedelta, timedelta, list[TextKind]]],
) -> None:
    """R13, behaviours 14 and 15: over weeks, outages and clock jumps, 0 outside, 0 too many.

    And nothing vanishes: each text left, waits, or was dropped with a reason.
    """
    line, at, made = Line(at_places(where)), begin, 0
    for passed, jump, wanted in plan:
        at += passed
        for kind in wanted:
            made += 1
            line.queue.append(Queued(MessageId(uuid7(at, made.to_bytes(10))), kind, at, at))
        # The worker's clock is an hour off now and then; what it writes down is what it believes.
        line.wake(at + jump)

    planned = [(when, kind) for when, kind in line.left if KINDS[kind].budgeted]
    for when in line.kept_hours:
        assert open_until(when, line.hours) is not None
    for place in where:
        days = sorted(when.astimezone(ZoneInfo(place.zone)).date() for when, _ in planned)
        assert len(days) == len(set(days))
        for day in days:
            assert sum(day - A_WEEK < other <= day for other in days) <= Limits().a_week
    assert made == len(line.left) + len(line.queue) + len(line.dropped)


@given(
    moments,
    st.timedeltas(timedelta(hours=49), timedelta(days=5)),
    st.lists(kinds, min_size=1, max_size=40),
)
def test_an_outage_ends_without_a_flood(
    begin: datetime, outage: timedelta, backlog: list[TextKind]
) -> None:
    """Behaviour 14: what piled up while nothing worked is dropped by its shelf life, not sent."""
    line = Line(at_places((Place("America/Phoenix", "AZ"),)))
    line.queue = [
        Queued(MessageId(uuid7(begin, n.to_bytes(10))), kind, begin, begin)
        for n, kind in enumerate(backlog)
    ]
    line.wake(begin + outage)

    assert len(line.left) <= Limits().a_day
    assert all(kind == "screening" for _, kind in line.left)


@given(moments, st.lists(st.tuples(kinds, st.integers(0, 1)), max_size=8))
def test_two_visits_on_one_day_are_one_text(
    moment: datetime, wanted: list[tuple[TextKind, int]]
) -> None:
    """Behaviours 15 and 41: one kind, person and day merge, where there are words for it."""
    noon = moment.replace(hour=19, minute=0)
    people = [PatientId(uuid7(moment, bytes([n] * 10))) for n in (1, 2)]
    texts = [
        Waiting(
            id=MessageId(uuid7(noon, n.to_bytes(10))), kind=kind, at=noon, patient_id=people[who]
        )
        for n, (kind, who) in enumerate(wanted)
    ]
    hours = at_places((Place("America/Phoenix", "AZ"),))

    groups = merged(texts, hours, ["visits-2d"])

    for group in groups:
        assert len(group) > 1
        assert {(one.kind, one.patient_id) for one in group} == {("visit-2d", group[0].patient_id)}
    for person in people:
        visits = [one for one in texts if (one.kind, one.patient_id) == ("visit-2d", person)]
        assert sum(len(g) for g in groups if g[0].patient_id == person) == (
            len(visits) if len(visits) > 1 else 0
        )
    assert merged(texts, hours, []) == ()
