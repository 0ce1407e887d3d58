"""Visits and rides: their tables, their clocks, and the list of a day."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.api.ride_values import HEADINGS, as_csv
from engage.appointments import appointment, ride
from engage.appointments.appointment import (
    FHIR_REASON,
    MACHINE,
    MOVES,
    REASONED,
    STATUSES,
    TIMELESS,
    TO_COME,
    Appointment,
    Span,
    check,
    check_new,
    moved,
    read_span,
)
from engage.appointments.heard import Kept as Heard
from engage.appointments.heard import Said, Stamp, rebooked, standing
from engage.appointments.local import day_bounds, day_of, say_day, say_time
from engage.appointments.refusals import (
    DirectionNeeded,
    NotATime,
    NotAVisitToRideTo,
    NotTheirsToTell,
    PickupNeeded,
    ReasonNotFitting,
    ReasonNotGiven,
    TooSoon,
    WrongRideStep,
    WrongVisitStep,
)
from engage.appointments.ride import HOLDS, OVER, Ride, Step, after_visit, take
from engage.appointments.rides.store import OnTheList, RideKept, RideWords
from engage.conversation.events import PersonChanged
from engage.hl7v2.bookings import status_of
from engage.hl7v2.siu import Booked, Booking, Cancelled, Changed, NoShow, Rescheduled
from engage.ids import (
    AppointmentId,
    CaregiverId,
    PatientId,
    PlaceId,
    PracticeId,
    RideId,
    StaffId,
)
from engage.turns.context import Language, Turn
from engage.turns.library import Library
from engage.turns.telling import News, Reader, news_of, tell
from engage.turns.world import World

NOW = datetime(2031, 3, 4, 17, tzinfo=UTC)
THURSDAY = Span(datetime(2031, 3, 6, 17, 30, tzinfo=UTC), datetime(2031, 3, 6, 21, tzinfo=UTC))
FRIDAY = Span(THURSDAY.starts_at + timedelta(days=1), THURSDAY.ends_at + timedelta(days=1))
ZONE = "America/Phoenix"


def visit(**fields: object) -> Appointment:
    """Return a booked visit on Thursday, with some fields otherwise."""
    made: dict[str, object] = {
        "practice_id": PracticeId(UUID(int=1)),
        "id": AppointmentId(UUID(int=2)),
        "patient_id": PatientId(UUID(int=3)),
        "place_id": PlaceId(UUID(int=4)),
        "status": "booked",
        "time": THURSDAY,
        "zone": ZONE,
        "reason": None,
        "changed_at": NOW,
    }
    return Appointment(**{**made, **fields})  # type: ignore[arg-type] - fields of the caller


def trip(**fields: object) -> Ride:
    """Return a ride to the visit that was just asked for, with some fields otherwise."""
    made: dict[str, object] = {
        "practice_id": PracticeId(UUID(int=1)),
        "id": RideId(UUID(int=5)),
        "kind": "ride",
        "patient_id": PatientId(UUID(int=3)),
        "appointment_id": AppointmentId(UUID(int=2)),
        "need_id": None,
        "direction": "both",
        "status": "requested",
        "reason": None,
        "day": date(2031, 3, 6),
        "zone": ZONE,
        "pickup_at": None,
        "return_at": None,
        "requested_at": NOW,
        "arranged_at": None,
        "changed_at": NOW,
    }
    return Ride(**{**made, **fields})  # type: ignore[arg-type] - fields of the caller


def test_what_the_table_of_visits_leaves_out_is_refused() -> None:
    """Every pair of statuses is in the table or refused, whoever asks."""
    for before in STATUSES:
        for to in STATUSES:
            if (before, to) not in MACHINE:
                with pytest.raises(WrongVisitStep):
                    check(visit(status=before), to, "staff", "other", NOW)


def test_nobody_says_what_is_not_theirs() -> None:
    """A person's own words cancel no booked visit, and conclude none."""
    for to in ("cancelled", "fulfilled", "arrived", "noshow"):
        with pytest.raises(NotTheirsToTell):
            check(visit(), to, "patient", None, NOW)
    with pytest.raises(NotTheirsToTell):
        moved(visit(), "caregiver")
    check(visit(status="proposed"), "pending", "patient", None, NOW)


def test_an_ending_has_its_reason_and_its_hour() -> None:
    """FHIR app-4, and nobody has missed a visit that is still to come."""
    later = THURSDAY.starts_at
    with pytest.raises(TooSoon):
        check(visit(), "arrived", "staff", None, later - timedelta(days=2))
    check(visit(), "arrived", "staff", None, later - timedelta(hours=1))
    with pytest.raises(ReasonNotGiven):
        check(visit(), "cancelled", "staff", None, NOW)
    with pytest.raises(ReasonNotFitting):
        check(visit(), "arrived", "staff", "other", NOW)
    with pytest.raises(TooSoon):
        check(visit(), "noshow", "staff", None, NOW)
    with pytest.raises(ReasonNotGiven):
        check(visit(status="noshow"), "noshow", "patient", None, later)
    check(visit(), "noshow", "staff", None, later)
    check(visit(status="noshow"), "noshow", "patient", "ride", later)
    check(visit(), "cancelled", "clinic", "provider", NOW)
    assert set(FHIR_REASON) == set(get_args(appointment.Reason))
    assert set(FHIR_REASON.values()) == {"pat", "pat-cpp", "prov", "other"}
    assert {"cancelled", "noshow"} == REASONED


def test_a_visit_has_a_time_where_fhir_asks_for_one() -> None:
    """FHIR app-2 and app-3: both ends, and only what is open may have none."""
    assert read_span(None, None) is None
    assert read_span(THURSDAY.starts_at, THURSDAY.ends_at) == THURSDAY
    naive = THURSDAY.starts_at.replace(tzinfo=None)
    for start, end in (
        (None, THURSDAY.ends_at),
        (THURSDAY.starts_at, None),
        (naive, THURSDAY.ends_at),
        (THURSDAY.starts_at, naive),
        (THURSDAY.ends_at, THURSDAY.starts_at),
        (THURSDAY.starts_at, THURSDAY.starts_at + timedelta(days=2)),
        (THURSDAY.starts_at.replace(year=9999), THURSDAY.ends_at.replace(year=9999)),
    ):
        with pytest.raises(NotATime):
            read_span(start, end)
    for status in STATUSES:
        if status not in TO_COME:
            with pytest.raises(WrongVisitStep):
                check_new(status, THURSDAY)
        elif status not in TIMELESS:
            with pytest.raises(NotATime):
                check_new(status, None)
        else:
            check_new(status, None)
    with pytest.raises(NotATime):
        check(visit(status="proposed", time=None), "booked", "staff", None, NOW)


def test_a_missed_visit_that_is_moved_is_booked_again() -> None:
    """A move keeps where an open visit stands, and books a missed or cancelled one anew."""
    for status in STATUSES:
        if status in MOVES:
            assert moved(visit(status=status), "clinic") == MOVES[status]
        else:
            with pytest.raises(WrongVisitStep):
                moved(visit(status=status), "clinic")
    by = Stamp(NOW, 1, "a")
    missed = Said(standing=standing("noshow", None, by), time=Heard(THURSDAY, by))
    later = Heard(FRIDAY, Stamp(NOW + timedelta(hours=1), 1, "b"))
    assert rebooked(missed, later).stands.status == "booked"
    assert rebooked(Said(standing=standing("booked", None, by)), later).standing is None


def test_what_was_said_stands_as_far_as_it_can() -> None:
    """A time alone is a booked visit; a status that needs a time waits for it as a proposal."""
    by = Stamp(NOW, 1, "a")
    assert Said().stands.status == "proposed"
    assert Said(time=Heard(THURSDAY, by)).stands.status == "booked"
    assert Said(standing=standing("noshow", None, by)).stands.status == "proposed"
    assert Said(standing=standing("cancelled", "other", by)).stands.status == "cancelled"
    assert standing("booked", "other", by).value.reason is None


def test_a_day_is_the_day_of_the_place() -> None:
    """At one moment it is Thursday in Phoenix and Friday in Paris; a day may have 23 hours."""
    late = visit(
        time=Span(datetime(2031, 3, 7, 6, tzinfo=UTC), datetime(2031, 3, 7, 7, tzinfo=UTC))
    )
    assert late.day == date(2031, 3, 6)
    assert replace(late, zone="Europe/Paris").day == date(2031, 3, 7)
    assert visit(status="proposed", time=None).day is None
    start, end = day_bounds(date(2031, 3, 9), "America/Chicago")
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=23)
    assert day_of(NOW, ZONE) == date(2031, 3, 4)
    with pytest.raises(ValueError, match="zone"):
        day_of(NOW.replace(tzinfo=None), ZONE)


def test_a_day_and_a_time_are_said_as_people_say_them() -> None:
    """In both languages, by the clock of the place; another language falls back to English."""
    assert say_day(date(2031, 3, 6), "en") == "Thursday, Mar 6"
    assert say_day(date(2031, 3, 6), "es") == "jueves 6 de marzo"
    assert say_day(date(2031, 3, 6), "vi") == "Thursday, Mar 6"
    assert say_time(THURSDAY.starts_at, ZONE, "en") == "10:30 AM"
    assert say_time(datetime(2031, 3, 6, 7, 5, tzinfo=UTC), ZONE, "es") == "12:05 a.m."
    assert say_time(datetime(2031, 3, 6, 19, 5, tzinfo=UTC), ZONE, "es") == "12:05 p.m."


def test_a_ride_goes_somewhere() -> None:
    """A ride has a direction and a visit to come of the same person; a box has neither."""
    ride.check_new("ride", "there", visit(), NOW)
    ride.check_new("food-box", None, None, NOW)
    for kind, direction in (("ride", None), ("food-box", "both")):
        with pytest.raises(DirectionNeeded):
            ride.check_new(kind, direction, visit(), NOW)  # type: ignore[arg-type] - each is one
    for to in (None, visit(status="cancelled"), visit(status="proposed", time=None)):
        with pytest.raises(NotAVisitToRideTo):
            ride.check_new("ride", "both", to, NOW)
    with pytest.raises(NotAVisitToRideTo):
        ride.check_new("ride", "both", visit(), THURSDAY.starts_at)


def test_what_the_table_of_rides_leaves_out_is_refused() -> None:
    """Every pair of states is in the table or refused; an ended ride only by who was to have it."""
    for before in ride.STATUSES:
        for to in ride.STATUSES:
            step = Step(to=to, reason="other" if to in ride.REASONED else None, pickup_at=NOW)
            if (before, to) in ride.MACHINE:
                assert take(trip(status=before), step, "staff", NOW).status == to
            else:
                with pytest.raises(WrongRideStep):
                    take(trip(status=before), step, "staff", NOW)
        if before in OVER:
            assert set(ride.may_become(before, "provider")) == set()


def test_a_ride_is_arranged_with_a_time_and_fails_with_a_reason() -> None:
    """Who arranges says when; who ends says why; only the visit says that it moved."""
    when = THURSDAY.starts_at - timedelta(hours=1)
    for bad in (
        Step(to="arranged"),
        Step(to="arranged", pickup_at=when.replace(tzinfo=None)),
        Step(to="arranged", pickup_at=when, return_at=when),
    ):
        with pytest.raises(PickupNeeded):
            take(trip(), bad, "staff", NOW)
    with pytest.raises(ReasonNotGiven):
        take(trip(), Step(to="failed"), "staff", NOW)
    with pytest.raises(ReasonNotFitting):
        take(trip(), Step(to="arranged", pickup_at=when, reason="other"), "staff", NOW)
    with pytest.raises(NotTheirsToTell):
        take(trip(), Step(to="failed", reason="visit-moved"), "staff", NOW)
    with pytest.raises(NotTheirsToTell):
        take(trip(), Step(to="arranged", pickup_at=when), "patient", NOW)
    held = take(trip(), Step(to="arranged", pickup_at=when), "staff", NOW)
    assert (held.pickup_at, held.arranged_at, held.version) == (when, NOW, 2)
    assert held.status in HOLDS
    assert held.gets_there
    assert not trip(direction="back").gets_there


def test_a_ride_goes_the_way_of_its_visit() -> None:
    """Behaviour 25: moved is failed, called off is called off, kept or missed is the driver's."""
    held = trip(status="arranged", pickup_at=NOW)
    elsewhere = visit(place_id=PlaceId(UUID(int=9)))
    for after in (visit(time=FRIDAY), elsewhere):
        assert after_visit(held, visit(), after) == Step(to="failed", reason="visit-moved")
    off = visit(status="cancelled", reason="provider")
    assert after_visit(held, visit(), off) == Step(to="cancelled", reason="visit-cancelled")
    on_its_way = replace(held, status="under-way")
    assert after_visit(on_its_way, visit(), off) == Step(to="failed", reason="visit-cancelled")
    for status in ("arrived", "fulfilled", "noshow"):
        assert after_visit(held, visit(), visit(status=status)) is None
    assert after_visit(replace(held, status="completed"), visit(), off) is None
    assert after_visit(held, visit(), visit(id=UUID(int=8), time=FRIDAY)) is None


def test_what_is_learned_of_a_visit_is_no_move() -> None:
    """A place that was not known, or another end: the ride stands, unless they wait for it then."""
    held = trip(status="arranged", pickup_at=NOW)
    learned = visit(place_id=PlaceId(UUID(int=9)))
    assert after_visit(held, visit(place_id=None), learned) is None
    longer = visit(time=Span(THURSDAY.starts_at, THURSDAY.ends_at + timedelta(hours=1)))
    assert after_visit(held, visit(), longer) is None
    moved = Step(to="failed", reason="visit-moved")
    assert after_visit(replace(held, return_at=THURSDAY.ends_at), visit(), longer) == moved
    home = replace(held, direction="back", pickup_at=THURSDAY.ends_at)
    assert after_visit(home, visit(), longer) == moved
    assert after_visit(home, longer, visit()) is None
    # Where it was is known to be wrong: nobody drives there.
    assert after_visit(held, learned, visit(place_id=None)) == moved


def test_a_pick_up_fits_its_visit() -> None:
    """Before it begins, on its day; back, once it has begun; a box comes when it comes."""
    begins, ends = THURSDAY.starts_at, THURSDAY.ends_at
    hour, day = timedelta(hours=1), timedelta(days=1)
    back, box = trip(direction="back"), trip(kind="food-box", direction=None)
    for which, pickup, back_at, fits in (
        (trip(), begins - hour, None, True),
        (trip(), begins - hour, ends + hour, True),
        (trip(), begins, None, False),
        (trip(), begins - 2 * day, None, False),
        (trip(), begins - hour, begins - hour, False),
        (trip(), begins - hour, ends + 2 * day, False),
        (back, begins - hour, None, False),
        (back, ends, None, True),
        (back, ends + 2 * day, None, False),
        (box, ends + 9 * day, None, True),
    ):
        arranged = Step(to="arranged", pickup_at=pickup, return_at=back_at)
        if fits:
            ride.check_pickup(which, arranged, visit())
        else:
            with pytest.raises(PickupNeeded):
                ride.check_pickup(which, arranged, visit())
    ride.check_pickup(trip(), Step(to="arranged", pickup_at=begins), visit(time=None))


def test_nobody_is_told_of_what_is_over() -> None:
    """A pick-up that was written down afterwards, or failed on an earlier day, is no news."""
    past = trip(status="arranged", pickup_at=NOW - timedelta(hours=1))
    assert told("en", past, "arranged") is None
    assert "can't be as we told you" in (told("en", past, "failed") or "")
    assert told("en", replace(past, pickup_at=NOW - timedelta(days=2)), "failed") is None


def test_a_table_of_a_day_holds_no_formula() -> None:
    """What a person typed is text in every spreadsheet; times are the place's."""
    held = trip(status="arranged", pickup_at=THURSDAY.starts_at)
    row = OnTheList(
        kept=RideKept(
            ride=held,
            words=RideWords(pickup="=HYPERLINK(1)", note="Gate 7, ring\ntwice", broker="+MTM"),
            provider="manual",
            requested_by=StaffId(UUID(int=7)),
        ),
        given_name="Rosa",
        family_name="Delgado",
        phone="+16025550142",
        place="Dialysis",
        address="1 Main St",
        visit_at=THURSDAY.ends_at,
    )
    heading, line, *rest = as_csv([row]).decode().split("\r\n")
    assert heading == ",".join(HEADINGS)
    assert line.startswith("10:30,,14:00,ride,both,Rosa,Delgado,6025550142,'=HYPERLINK(1),")
    assert '"Dialysis, 1 Main St"' in line
    assert "'+MTM" in line
    assert rest == [""]
    assert "Rosa" not in repr(row)


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (Booked, "", ("booked", None)),
        (Booked, "Waitlist", ("waitlist", None)),
        (Booked, "Complete", ("booked", None)),
        (Rescheduled, "Booked", ("booked", None)),
        (Cancelled, "", ("cancelled", "other")),
        (NoShow, "", ("noshow", None)),
        (Changed, "", (None, None)),
        (Changed, "checked-in", ("checked-in", None)),
        (Changed, "Deleted", ("cancelled", "other")),
        (Changed, "whatever", (None, None)),
    ],
)
def test_a_message_says_how_a_visit_stands(
    kind: type, code: str, expected: tuple[object, object]
) -> None:
    """The trigger says it, and where it does not, the filler's status code does, if it is known."""
    booking = Booking(
        person="A-1", placer="P", filler="F", event_at=NOW, control_id="1", status=code
    )
    timed = kind in {Booked, Rescheduled}
    said = kind(booking, NOW) if timed else kind(booking)
    assert status_of(said) == expected


def told(language: Language, ride: Ride, news: News, reader: Reader = Reader()) -> str | None:  # noqa: B008 - frozen
    """Return what a person or a caregiver of Rosa's reads."""
    world = World(NOW, ZONE, Library.shipped())
    line = world.line()
    world.add_patient("Rosa", language, world.person_of_staff("Dana"), line)
    patient = world.patient("Rosa").patient
    assert patient is not None
    turn = Turn(cause=UUID(int=6), event=PersonChanged(NOW, active=True), patient_id=patient)
    mine = replace(ride, patient_id=patient)
    decision = tell(world.contexts[line], turn, world.library, mine, news, reader)
    return decision.texts[0].body if decision is not None and decision.texts else None


def test_what_is_arranged_is_said_in_the_language_and_the_clock_of_the_place() -> None:
    """Behaviour 44: the day and the time are the place's; a caregiver reads whom it is about."""
    held = trip(status="arranged", pickup_at=THURSDAY.starts_at)
    son = Reader(CaregiverId(UUID(int=8)), "es")
    assert told("en", held, "arranged") == (
        "Desert Bloom: you will be picked up on Thursday, Mar 6 at 10:30 AM."
        " If that does not suit you, text us here or call 602-555-0199."
    )
    assert (told("es", held, "arranged") or "").startswith(
        "Desert Bloom: pasarán por usted el jueves 6 de marzo a las 10:30 a.m."
    )
    assert (told("en", held, "failed", son) or "").startswith(
        "Desert Bloom: lo de Rosa el jueves 6 de marzo no será como le dijimos. Dana,"
    )
    assert "Dana from your care team" in (told("en", held, "failed") or "")
    box = trip(
        kind="food-box", direction=None, appointment_id=None, status="arranged", pickup_at=NOW
    )
    assert "what we arranged for you comes on Tuesday, Mar 4" in (told("en", box, "arranged") or "")
    # What a caregiver may be told of is visits.
    assert told("en", box, "arranged", son) is None


def test_only_what_was_promised_is_taken_back() -> None:
    """A request is no news, nor is its end; an arranged ride is, and so is its falling through."""
    held = trip(status="arranged", pickup_at=NOW)
    assert news_of(None, trip()) is None
    assert news_of(trip(), held) == "arranged"
    assert news_of(held, trip(status="failed", reason="no-driver")) == "failed"
    assert news_of(held, trip(status="cancelled", reason="not-needed")) == "cancelled"
    assert news_of(held, trip(status="completed")) is None
    assert news_of(trip(), trip(status="failed", reason="no-driver")) is None
    # Another driver for the same hour is no news; another hour is.
    assert news_of(held, held) is None
    assert news_of(held, replace(held, pickup_at=THURSDAY.starts_at)) == "arranged"
