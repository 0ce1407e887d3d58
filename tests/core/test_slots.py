"""Free times: who may have one, who is shown it first, and who waits for it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.appointments.asked.values import read_rule
from engage.appointments.refusals import NotDays, NotHours, NotWaiting
from engage.appointments.slot import (
    HOLD,
    MOST_OFFERED,
    Schedule,
    Slot,
    SlotGone,
    SlotNotFree,
    Wish,
    block,
    choose,
    free,
    hold,
    is_unusual,
    suits,
    take,
)
from engage.appointments.waiting import (
    PACE,
    Candidate,
    Offer,
    Waiting,
    check_new,
    is_for,
    is_offered,
    left,
    order,
    rests_until,
    won,
)
from engage.ids import (
    AppointmentId,
    OfferId,
    PatientId,
    PlaceId,
    PracticeId,
    ScheduleId,
    SlotId,
    WaitingId,
)

NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)
"""A Tuesday noon in Phoenix."""
PHOENIX = "America/Phoenix"
HERE, BOOK = PracticeId(UUID(int=1)), ScheduleId(UUID(int=2))
ROSA, LUIS = PatientId(UUID(int=10)), PatientId(UUID(int=11))
VISIT, OTHER = AppointmentId(UUID(int=20)), AppointmentId(UUID(int=21))


def slot(starts_at: datetime = NOON + timedelta(days=1), number: int = 30) -> Slot:
    """Return a free time of half an hour."""
    return Slot(
        practice_id=HERE,
        id=SlotId(UUID(int=number)),
        schedule_id=BOOK,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        status="free",
    )


def local(day: int, hour: int, minute: int = 0, zone: str = PHOENIX) -> datetime:
    """Return a moment of December by the clock of a place."""
    return datetime(2026, 12, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_a_hold_is_for_one_and_ends() -> None:
    """What is offered to Rosa is nobody else's for ten minutes, and hers even after them."""
    held = hold(slot(), ROSA, NOON)
    assert held.is_open_to(ROSA, NOON)
    assert not held.is_open_to(LUIS, NOON)
    assert not held.is_open_to(None, NOON)
    later = NOON + HOLD
    assert held.is_open_to(LUIS, later)
    assert held.is_open_to(ROSA, later)
    with pytest.raises(SlotGone):
        take(held, LUIS, OTHER, later - timedelta(microseconds=1))
    assert take(held, LUIS, OTHER, later).appointment_id == OTHER


def test_a_time_is_taken_once() -> None:
    """A second visit hears that it is gone; the same one again changes nothing."""
    taken = take(slot(), ROSA, VISIT, NOON)
    assert take(taken, ROSA, VISIT, NOON) == taken
    for person in (ROSA, LUIS):
        with pytest.raises(SlotGone):
            take(taken, person, OTHER, NOON)
        with pytest.raises(SlotGone):
            hold(taken, person, NOON)


def test_what_has_begun_is_nobodys() -> None:
    """A time that begins now can't be held or taken any more."""
    one = slot(NOON)
    assert not one.is_open_to(ROSA, NOON)
    assert one.is_open_to(ROSA, NOON - timedelta(seconds=1))
    with pytest.raises(SlotGone):
        hold(one, ROSA, NOON)


def test_staff_block_only_what_nobody_has() -> None:
    """A free time is blocked and given back; a mistake stays one; a held or taken one is gone."""
    blocked = block(slot(), "busy-unavailable", NOON)
    assert not blocked.is_open_to(ROSA, NOON)
    assert block(blocked, "busy-unavailable", NOON) == blocked
    assert block(blocked, "free", NOON).is_open_to(ROSA, NOON)
    mistake = block(blocked, "entered-in-error", NOON)
    assert free(mistake) == mistake
    with pytest.raises(SlotNotFree):
        block(mistake, "free", NOON)
    for one in (hold(slot(), ROSA, NOON), take(slot(), ROSA, VISIT, NOON)):
        with pytest.raises(SlotGone):
            block(one, "busy-unavailable", NOON)


@given(st.lists(st.sampled_from(["hold", "take", "free", "wait"]), max_size=12), st.data())
def test_nobody_elses_hold_is_ever_open(steps: list[str], data: st.DataObject) -> None:
    """Whatever is done, a time never belongs to two, and its fields tell one story."""
    one, at = slot(NOON + timedelta(days=3)), NOON
    for step in steps:
        person = data.draw(st.sampled_from([ROSA, LUIS]))
        before = one
        try:
            if step == "hold":
                one = hold(one, person, at)
            elif step == "take":
                one = take(one, person, VISIT if person == ROSA else OTHER, at)
            elif step == "free":
                one = free(one)
            else:
                at += timedelta(minutes=data.draw(st.integers(0, 12)))
        except SlotGone:
            assert not before.is_open_to(person, at)
        assert (one.status == "busy") == (one.appointment_id is not None)
        assert (one.status == "busy-tentative") == (one.held_for is not None)
        assert (one.held_for is None) == (one.held_until is None)
        if one.held_until is not None and one.held_until > at:
            strangers = {ROSA, LUIS} - {one.held_for}
            assert not any(one.is_open_to(stranger, at) for stranger in strangers)
        assert one.version >= before.version
    assert free(one).is_open_to(None, at)
    assert (free(one).starts_at, free(one).id) == (one.starts_at, one.id)


def test_early_late_and_weekend_are_by_the_clock_of_the_place() -> None:
    """08:59 is early, 09:00 is not, 17:00 is late, and Saturday is a weekend where people are."""
    assert is_unusual(local(1, 8, 59), PHOENIX) == {"early"}
    assert is_unusual(local(1, 9), PHOENIX) == frozenset()
    assert is_unusual(local(1, 17), PHOENIX) == {"late"}
    assert is_unusual(local(5, 12), PHOENIX) == {"weekend"}
    # Friday evening here, Saturday in UTC.
    assert is_unusual(local(4, 18), PHOENIX) == {"late"}
    assert suits(local(1, 8), PHOENIX, Wish(early=True))
    assert not suits(local(1, 8), PHOENIX, Wish(late=True))
    assert suits(local(5, 12), PHOENIX, Wish(carer=True))
    assert not suits(local(1, 12), PHOENIX, Wish(carer=True))


def test_unusual_times_are_kept_for_whom_they_suit() -> None:
    """A carer is shown Saturday first; who asked for nothing sees it only if nothing else is."""
    saturday = slot(local(5, 10), 31)
    weekdays = [slot(local(day, 10), 40 + day) for day in (1, 2, 3)]
    every = [saturday, *weekdays]
    assert saturday in choose(every, PHOENIX, Wish(carer=True))
    assert saturday in choose(every, PHOENIX, Wish(weekend=True))
    assert saturday not in choose(every, PHOENIX, Wish())
    assert saturday not in choose(every, PHOENIX, Wish(early=True))
    assert choose([saturday], PHOENIX, Wish()) == (saturday,)


def test_offers_are_spread_over_days() -> None:
    """Three times of three days rather than three of one morning; soonest first."""
    monday = [slot(local(1, 9 + hour), 50 + hour) for hour in range(4)]
    others = [slot(local(2, 10), 60), slot(local(3, 10), 61)]
    shown = choose([*monday, *others], PHOENIX, Wish())
    assert shown == (monday[0], *others)
    assert choose(monday, PHOENIX, Wish()) == tuple(monday[:3])


@given(
    st.lists(st.integers(0, 24 * 14), max_size=20, unique=True),
    st.builds(Wish, early=st.booleans(), late=st.booleans(), carer=st.booleans()),
)
def test_what_is_offered_is_among_what_there_is(hours: list[int], wish: Wish) -> None:
    """At most three, each once, in order, and as many as there are."""
    some = [slot(local(1, 0) + timedelta(hours=one), 100 + one) for one in hours]
    shown = choose(some, PHOENIX, wish)
    assert len(shown) == min(MOST_OFFERED, len(some))
    assert set(shown) <= set(some)
    assert list(shown) == sorted(shown, key=lambda one: one.starts_at)
    assert choose(reversed(some), PHOENIX, wish) == shown


@pytest.mark.parametrize(
    ("night", "offset"),
    [(date(2026, 3, 8), timedelta(hours=-6)), (date(2026, 11, 1), timedelta(hours=-6))],
)
def test_half_past_two_on_the_nights_of_the_clock(night: date, offset: timedelta) -> None:
    """A time of 02:30 is one moment on both nights, early by the clock of its place, and taken."""
    zone = ZoneInfo("America/Denver")
    wall = datetime(night.year, night.month, night.day, 2, 30, tzinfo=zone)
    one = slot(wall.astimezone(UTC))
    assert "early" in is_unusual(one.starts_at, "America/Denver")
    assert one.starts_at.astimezone(zone).date() == night
    before = one.starts_at - timedelta(hours=1)
    taken = take(hold(one, ROSA, before), ROSA, VISIT, before)
    assert taken.ends_at - taken.starts_at == timedelta(minutes=30)
    assert choose([one], "America/Denver", Wish(early=True)) == (one,)
    if night.month == 3:
        # There is no 02:30: it is told as 03:30, half an hour after the clocks went on.
        assert one.starts_at.astimezone(zone).hour == 3
        assert one.starts_at.astimezone(zone).utcoffset() == offset
    else:
        assert one.starts_at.astimezone(zone).hour == 2


def test_how_to_get_ready_is_told_in_their_language() -> None:
    """In Spanish where there is Spanish; else in English, rather than not at all."""
    one = Schedule(
        practice_id=HERE, id=BOOK, place_id=PlaceId(UUID(int=3)), name="Lee", zone=PHOENIX
    )
    both = replace(one, prepare_en="Bring your glasses.", prepare_es="Traiga sus lentes.")
    assert both.prepare("es") == "Traiga sus lentes."
    assert both.prepare("en") == "Bring your glasses."
    assert replace(both, prepare_es="").prepare("es") == "Bring your glasses."
    assert not one.prepare("es")


# The waiting list


def entry(number: int, since: int = 0, visit: AppointmentId | None = None) -> Waiting:
    """Return somebody who waits, since so many hours after noon."""
    return Waiting(
        practice_id=HERE,
        id=WaitingId(UUID(int=number)),
        patient_id=PatientId(UUID(int=1000 + number)),
        appointment_id=visit,
        schedule_id=BOOK,
        from_day=date(2026, 12, 1),
        until_day=date(2026, 12, 20),
        since=NOON + timedelta(hours=since),
        changed_at=NOON,
    )


def one_waits(number: int, since: int = 0, wish: Wish | None = None) -> Candidate:
    """Return a candidate without a visit."""
    mine = entry(number, since)
    return Candidate(entry=mine, person=mine.patient_id, wish=wish or Wish())


def offer(number: int, hours: int = 0) -> Offer:
    """Return an offer made so many hours after noon."""
    return Offer(
        practice_id=HERE,
        id=OfferId(UUID(int=number)),
        slot_id=SlotId(UUID(int=30)),
        waiting_id=WaitingId(UUID(int=number)),
        patient_id=ROSA,
        at=NOON + timedelta(hours=hours),
    )


def test_carers_come_first_for_times_that_suit_them() -> None:
    """A Saturday goes to the carer who came last; a Tuesday to whoever has waited longest."""
    long, short = one_waits(1), one_waits(2, 5)
    carer = one_waits(3, 9, Wish(carer=True))
    saturday, tuesday = slot(local(5, 10)), slot(local(8, 10))
    assert order([long, short, carer], saturday, PHOENIX) == (carer, long, short)
    assert order([carer, short, long], tuesday, PHOENIX) == (long, short, carer)


def test_two_records_of_one_person_are_asked_once() -> None:
    """Whose records became one waits as one, since the earlier of both."""
    older, newer = one_waits(1), one_waits(2, 5)
    assert order([newer, replace(older, person=newer.person)], slot(local(8, 10)), PHOENIX) == (
        replace(older, person=newer.person),
    )


def test_only_what_is_sooner_is_offered() -> None:
    """Not on another day, not later than what they have, and not once they were seen."""
    mine = Candidate(
        entry=entry(1, visit=VISIT), person=ROSA, visit_status="booked", visit_at=local(10, 10)
    )
    assert is_for(mine, slot(local(10, 9)), PHOENIX)
    assert not is_for(mine, slot(local(10, 10)), PHOENIX)
    assert not is_for(mine, slot(local(11, 9)), PHOENIX)
    assert not is_for(replace(mine, visit_status="fulfilled"), slot(local(2, 9)), PHOENIX)
    assert not is_for(replace(mine, visit_status="cancelled"), slot(local(2, 9)), PHOENIX)
    assert not is_for(one_waits(2), slot(local(21, 9)), PHOENIX)
    assert is_for(one_waits(2), slot(local(20, 23)), PHOENIX)
    elsewhere = replace(slot(local(2, 9)), schedule_id=ScheduleId(UUID(int=9)))
    assert not is_for(one_waits(2), elsewhere, PHOENIX)
    gone = one_waits(2)
    assert not is_for(replace(gone, entry=left(gone.entry, NOON)), slot(local(2, 9)), PHOENIX)


def test_the_next_few_are_asked_when_the_first_had_their_time() -> None:
    """Two hours after the last who has not answered; at once if everybody has."""
    assert rests_until([], NOON) is None
    assert rests_until([offer(1), offer(2, 1)], NOON) == NOON + timedelta(hours=1) + PACE
    assert rests_until([offer(1)], NOON + PACE) is None
    said_no = replace(offer(1), status="declined")
    assert rests_until([said_no, replace(offer(2), status="unreachable")], NOON) is None
    assert rests_until([said_no, offer(2)], NOON) == NOON + PACE


def test_a_time_too_near_or_taken_is_not_offered_round() -> None:
    """People must get there, and a held time is somebody's."""
    near = slot(NOON + timedelta(hours=1))
    assert not is_offered(near, NOON)
    assert is_offered(slot(), NOON)
    assert not is_offered(hold(slot(), ROSA, NOON), NOON)


def test_days_to_wait_for_are_to_come() -> None:
    """Not turned round, not over, and within a year."""
    mine = entry(1)
    check_new(mine, date(2026, 11, 24))
    for days in (
        {"from_day": date(2026, 12, 21)},
        {"from_day": date(2026, 11, 1), "until_day": date(2026, 11, 23)},
        {"until_day": date(2028, 1, 1)},
    ):
        with pytest.raises(NotDays):
            check_new(replace(mine, **days), date(2026, 11, 24))


def test_who_has_won_does_not_leave() -> None:
    """They have a visit now, which is called off as any other; leaving twice is leaving once."""
    gone = left(entry(1), NOON)
    assert left(gone, NOON) == gone
    with pytest.raises(NotWaiting):
        left(won(entry(1), NOON), NOON)


def test_a_rule_of_reminders_has_five_hours_at_the_most() -> None:
    """The longest first, each once, none beyond a month."""
    assert read_rule((3, 48, 48), 24, 5).hours_before == (48, 3)
    assert read_rule((), 0, 0).hours_before == ()
    for wrong in ((0,), (721,), (1, 2, 3, 4, 5, 6)):
        with pytest.raises(NotHours):
            read_rule(wrong, 24, 5)
