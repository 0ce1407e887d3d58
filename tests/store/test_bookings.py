"""A clinic's scheduling messages leave the right visit, in any order, as often as they come."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from engage.appointments import riding
from engage.appointments.appointment import Appointment
from engage.appointments.numbers.store import by_numbers
from engage.appointments.ride import Ride
from engage.appointments.rides.store import RideKept, RideWords
from engage.appointments.riding import Mover
from engage.clock import fresh_id
from engage.hl7v2.bookings import Bookings
from engage.hl7v2.intake import Intake
from engage.hl7v2.messages import store
from engage.hl7v2.messages.store import Sender
from engage.hl7v2.visits import Stays
from engage.ids import RideId
from tests.fakes import practice as fakes
from tests.fakes.hl7 import siu, stamp
from tests.store.conftest import House

pytestmark = pytest.mark.database

BOOKED = "20261201093000-0700"
LATER = "20261202140000-0700"


def told(trigger: str, hours: int, number: str, start: str = "", control: str = "") -> bytes:
    """Return a message that counts from so many hours after the first, about one appointment."""
    sch = "SCH|P" + number + "|F" + number + "|||||||||" + (f"^^^{start}" if start else "")
    at = stamp(datetime(2026, 11, 24, 8 + hours, tzinfo=UTC))
    return siu(trigger, at, sch, control=control or f"{number}-{trigger}-{hours}")


@pytest.fixture
async def intake(house: House) -> Intake:
    """Let the clinic send, and let Rosa have the id it knows her by."""
    sender = Sender(house.place.id, fresh_id(house.clock), "NORTH")
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        assert await store.add_sender(work, "EPIC", "STMARY", sender, house.clock.now())
    await house.alter("UPDATE patient SET external_id = 'A-1'")
    return Intake(
        database=house.databases.app,
        vault=house.vault,
        clock=house.clock,
        bell=house.bell,
        visits=Stays(house.clock),
        appointments=Bookings(turns=house.turns, vault=house.vault, clock=house.clock),
    )


async def visit_of(house: House, number: str) -> Appointment:
    """Return the visit of a number."""
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        kept = await by_numbers(
            work, house.place.keys, "", f"F{number}", sender=None, person=house.rosa
        )
    assert kept is not None
    return kept.visit


async def test_every_order_leaves_the_same_visit(house: House, intake: Intake) -> None:
    """Booked, moved and corrected, shuffled and said twice: booked at the later time, once each."""
    story = (("S12", 0, BOOKED), ("S13", 1, LATER), ("S14", 2, ""))
    for place, order in enumerate(itertools.permutations(story)):
        number = str(100 + place)
        for trigger, hours, start in (*order, order[0]):
            verdict, _ = await intake.take(told(trigger, hours, number, start))
            assert verdict.code == "AA"
        one = await visit_of(house, number)
        assert one.status == "booked"
        assert one.time is not None
        assert one.time.starts_at == datetime(2026, 12, 2, 21, tzinfo=UTC)
        assert one.time.ends_at - one.time.starts_at == timedelta(minutes=30)
        assert one.zone == "America/Phoenix"
    assert await house.one("SELECT count(*) FROM appointment") == 6
    assert await house.one("SELECT count(*) FROM appointment_event") == 18
    assert await house.one("SELECT count(*) FROM hl7_message WHERE status = 'applied'") == 18


async def test_two_hospitals_that_count_from_one_speak_of_two_visits(
    house: House, intake: Intake
) -> None:
    """An id is its sender's own: neither moves, calls off or hides what the other one booked."""
    place = house.place
    await fakes.add_patient(
        house.databases.app, place, house.clock, "+16025550177", external_id="A-2"
    )
    other = Sender(place.id, fresh_id(house.clock), "NORTH")
    async with house.databases.app.work([place.id], place.id) as work:
        assert await store.add_sender(work, "CERNER", "GENERAL", other, house.clock.now())
    at, sch = stamp(house.clock.now()), "SCH|P1|F1|||||||||^^^"

    def says(trigger: str, start: str, sender: str, person: str) -> bytes:
        control = f"{trigger}-{start}-{person}"
        return siu(trigger, at, sch + start, control=control, sender=sender, person=person)

    # Tom's is of a list that somebody brought in.
    await house.alter(
        "INSERT INTO appointment (practice_id, id, patient_id, status, zone, filler, said,"
        " created_at, changed_at, start_at, end_at)"
        " SELECT practice_id, gen_random_uuid(), id, 'booked', 'UTC', 'F1', '{}', now(), now(),"
        " now(), now() + interval '1 hour' FROM patient WHERE external_id = 'A-2'"
    )
    for message in (
        says("S12", BOOKED, "EPIC|STMARY", "A-1"),
        says("S12", LATER, "CERNER|GENERAL", "A-1"),
        says("S12", BOOKED, "CERNER|GENERAL", "A-2"),
        says("S15", "", "EPIC|STMARY", "A-1"),
    ):
        verdict, _ = await intake.take(message)
        assert verdict.code == "AA"
    rows = await house.rows(
        "SELECT p.external_id, a.sender_id = $1, a.status, a.placer FROM appointment a"
        " JOIN patient p ON p.id = a.patient_id ORDER BY p.external_id, a.status",
        other.id,
    )
    assert rows == [
        ("A-1", True, "booked", "P1"),
        ("A-1", False, "cancelled", "P1"),
        ("A-2", None, "booked", None),
    ]
    # Under this id the second one has told us of Rosa already: that it is another's now, a person
    # must find out.
    assert await house.one("SELECT count(*) FROM queue_item WHERE subject = 'unknown-visit'") == 1


async def test_an_old_message_undoes_nothing(house: House, intake: Intake) -> None:
    """Cancelled after it was booked, and the booking comes late: it is kept, and changes none."""
    await intake.take(told("S15", 3, "1"))
    assert (await visit_of(house, "1")).status == "cancelled"
    await intake.take(told("S12", 0, "1", BOOKED))
    late = await visit_of(house, "1")
    assert (late.status, late.reason) == ("cancelled", "other")
    # The time was never said before, so it is known now; the status is the newer word's.
    assert late.time is not None
    await intake.take(told("S13", 1, "1", LATER))
    assert (await visit_of(house, "1")).status == "cancelled"
    await intake.take(told("S12", 0, "1", BOOKED, control="again"))
    assert await house.one("SELECT count(*) FROM appointment_event") == 4
    assert await house.one("SELECT count(*) FROM appointment_event WHERE NOT applied") == 1
    # Missed, at another number: it needs no booking to have been heard of.
    await intake.take(told("S26", 4, "2", BOOKED))
    assert (await visit_of(house, "2")).status == "noshow"


async def test_a_visit_of_nobody_we_know_is_somebodys_work(house: House, intake: Intake) -> None:
    """It is kept and whoever is responsible is asked, as for a discharge."""
    await house.alter("UPDATE patient SET external_id = 'B-9'")
    await intake.take(told("S12", 0, "1", BOOKED))
    assert await house.one("SELECT status FROM hl7_message") == "unknown"
    assert await house.rows("SELECT subject, owner_id FROM queue_item") == [
        ("unknown-visit", house.place.responsible)
    ]
    assert await house.one("SELECT count(*) FROM appointment") == 0


async def test_a_clinic_that_moves_a_visit_lets_the_ride_fail(house: House, intake: Intake) -> None:
    """Behaviour 25 by message: the ride has failed, and is work before the new time."""
    soon = house.clock.now() + timedelta(days=2)
    await intake.take(told("S12", 0, "1", stamp(soon)))
    one, at = await visit_of(house, "1"), house.clock.now()
    assert one.day is not None
    ride = Ride(
        practice_id=house.place.id,
        id=RideId(fresh_id(house.clock)),
        kind="ride",
        patient_id=house.rosa,
        appointment_id=one.id,
        need_id=None,
        direction="both",
        status="requested",
        reason=None,
        day=one.day,
        zone=one.zone,
        pickup_at=None,
        return_at=None,
        requested_at=at,
        arranged_at=None,
        changed_at=at,
    )
    new = RideKept(
        ride=ride, words=RideWords(), provider="manual", requested_by=house.place.manager
    )
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        await house.turns.before_turn(work, house.place.id, house.rosa)
        by = Mover("staff", house.place.manager)
        change = await riding.ask(work, house.place.keys, new, one, by, at)
        await house.turns.ride_changed(work, house.place.id, change, house.place.manager)
    assert await house.one("SELECT appointment_id FROM queue_item") == one.id
    earlier = soon - timedelta(hours=20)
    await intake.take(told("S13", 1, "1", stamp(earlier)))
    assert await house.rows("SELECT status, reason FROM ride") == [("failed", "visit-moved")]
    ((severity, due_at, owner),) = await house.rows(
        "SELECT severity, due_at, owner_id FROM queue_item WHERE closed_at IS NULL"
    )
    assert (severity, owner) == ("urgent", house.place.manager)
    assert isinstance(due_at, datetime)
    assert due_at < earlier


def of(trigger: str, hours: float, ids: str, start: str = "", place: str = "") -> bytes:
    """Return a message about the appointment of these ids, perhaps somewhere."""
    sch = f"SCH|{ids}|||||||||" + (f"^^^{start}" if start else "")
    at = stamp(datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(hours=hours))
    more = [f"AIL|1||{place}"] if place else []
    return siu(trigger, at, sch, *more, control=f"{trigger}-{hours}")


async def test_a_series_under_one_order_is_as_many_visits(house: House, intake: Intake) -> None:
    """Dialysis three times a week under one placer's id: the next booking is no move of the first.

    And an id that one message gives to two visits is taken from neither.
    """
    await intake.take(of("S12", 0, "P1|F1", BOOKED))
    await intake.take(of("S12", 1, "P1|F2", LATER))
    # Asked for without the book's id, then told with both.
    await intake.take(of("S12", 2, "P2|", BOOKED))
    await intake.take(of("S14", 3, "P2|F3"))
    # By each id a visit; then both ids at once.
    await intake.take(of("S12", 4, "P4|", BOOKED))
    await intake.take(of("S12", 5, "|F4", BOOKED))
    await intake.take(of("S13", 6, "P4|F4", LATER))
    assert await house.one("SELECT count(*) FROM hl7_message WHERE status <> 'applied'") == 0
    assert await house.rows(
        "SELECT placer, filler, to_char(start_at AT TIME ZONE 'UTC', 'DD') FROM appointment"
        " ORDER BY filler NULLS LAST"
    ) == [
        ("P1", "F1", "01"),
        (None, "F2", "02"),
        ("P2", "F3", "01"),
        (None, "F4", "02"),
        ("P4", None, "01"),
    ]


async def test_a_clock_that_is_years_ahead_is_not_believed(house: House, intake: Intake) -> None:
    """One message from the year 2036 does not silence the clinic until then."""
    await intake.take(of("S12", 24 * 3650, "P1|F1", BOOKED))
    house.clock.advance(timedelta(minutes=1))
    now = house.clock.now() - datetime(2026, 11, 24, 8, tzinfo=UTC)
    await intake.take(of("S15", now / timedelta(hours=1), "P1|F1"))
    assert (await visit_of(house, "1")).status == "cancelled"


async def test_a_visit_that_went_where_we_know_no_place(house: House, intake: Intake) -> None:
    """Nobody is driven to the old address: the place is unknown until somebody says which it is."""
    await house.alter(
        "INSERT INTO place (practice_id, id, external_id, name, address_sealed, zone, bring,"
        " created_at) SELECT id, gen_random_uuid(), 'MESA', 'Mesa', '', 'America/Denver', '', now()"
        " FROM practice"
    )
    await intake.take(of("S12", 0, "P1|F1", BOOKED, "MESA"))
    assert (await visit_of(house, "1")).zone == "America/Denver"
    assert (await visit_of(house, "1")).place_id is not None
    # An older word of somewhere else is no move.
    await intake.take(of("S14", -1, "P1|F1", "", "YUMA"))
    assert (await visit_of(house, "1")).place_id is not None
    await intake.take(of("S14", 1, "P1|F1", "", "TEMPE"))
    assert (await visit_of(house, "1")).place_id is None
    await intake.take(of("S14", 2, "P1|F1", "", "MESA"))
    assert (await visit_of(house, "1")).place_id is not None


ENDS = {"S15": "cancelled", "S16": "cancelled", "S17": "cancelled", "S26": "noshow"}


async def test_whatever_is_lost_or_repeated_the_last_word_stands(
    house: House, intake: Intake
) -> None:
    """Any of the messages before may be lost, late or said again: how it ended is how it stands.

    And it is at the newest time that anybody heard of.
    """
    story = (("S12", 0, BOOKED), ("S13", 1, LATER), ("S14", 2, ""))
    cases = [
        (end, kept)
        for end in ENDS
        for count in range(4)
        for kept in itertools.combinations(story, count)
    ]
    for place, (end, kept) in enumerate(cases):
        number = str(500 + place)
        # The end first, the rest of what arrived backwards, and then all of it again in its order.
        order = ((end, 3, ""), *reversed(kept), *kept, (end, 3, ""))
        for trigger, hours, start in order:
            verdict, _ = await intake.take(told(trigger, hours, number, start))
            assert verdict.code == "AA"
        one = await visit_of(house, number)
        heard = {trigger for trigger, _, _ in kept}
        timed = bool(heard & {"S12", "S13"})
        stands = ENDS[end] if timed or ENDS[end] == "cancelled" else "proposed"
        assert one.status == stands, (end, heard)
        day = 2 if "S13" in heard else 1
        assert (one.time and one.time.starts_at.day) == (day if timed else None)
    assert await house.one("SELECT count(*) FROM appointment") == len(cases)


async def test_a_lost_booking_is_made_by_what_comes_after_it(house: House, intake: Intake) -> None:
    """S13 alone is a booked visit at its time; S17 takes it off, and an S13 after that books it."""
    await intake.take(told("S13", 1, "1", LATER))
    first = await visit_of(house, "1")
    assert (first.status, first.time and first.time.starts_at.day) == ("booked", 2)
    await intake.take(told("S17", 2, "1"))
    assert (await visit_of(house, "1")).status == "cancelled"
    await intake.take(told("S13", 3, "1", BOOKED))
    last = await visit_of(house, "1")
    assert (last.status, last.time and last.time.starts_at.day) == ("booked", 1)
    # Each change is a version that a phone's calendar takes over.
    assert last.sequence == 2


async def test_what_is_not_about_anybodys_visit_is_kept_and_set_aside(
    house: House, intake: Intake
) -> None:
    """S23 to S25 block and free slots of the clinic's own book: said yes to, kept, not applied."""
    for trigger in ("S23", "S24", "S25"):
        verdict, _ = await intake.take(told(trigger, 0, "1", BOOKED))
        assert verdict.code == "AA"
    assert await house.rows("SELECT event, status FROM hl7_message ORDER BY event") == [
        ("SIU-S23", "ignored"),
        ("SIU-S24", "ignored"),
        ("SIU-S25", "ignored"),
    ]
    assert await house.one("SELECT count(*) FROM appointment") == 0
    # Booked without a time is no booking: its sender must know.
    verdict, _ = await intake.take(told("S12", 1, "2"))
    assert (verdict.code, await house.one("SELECT count(*) FROM hl7_message")) == ("AE", 3)
