"""Calendar files are read by another library as what they say, on both nights of the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import vobject
from msgspec.structs import replace

from engage.appointments.appointment import Appointment, Span, Status
from engage.appointments.ical import Entry, feed, visit_file
from engage.appointments.place import Place
from engage.appointments.refusals import NotATime
from engage.ids import AppointmentId, PatientId, PlaceId, PracticeId

HOST = "engage.example"
PRACTICE = PracticeId(UUID(int=1))
CLINIC = Place(
    practice_id=PRACTICE,
    id=PlaceId(UUID(int=3)),
    external_id=None,
    name="Mesa; Clinic",
    address="1 Main St, Mesa, with a name so long that its line has to be folded in the file",
    zone="America/Denver",
    bring="",
)


def visit(starts_at: datetime, number: int = 5, zone: str = "America/Denver") -> Appointment:
    """Return a booked visit of half an hour."""
    return Appointment(
        practice_id=PRACTICE,
        id=AppointmentId(UUID(int=number)),
        patient_id=PatientId(UUID(int=2)),
        place_id=CLINIC.id,
        status="booked",
        time=Span(starts_at, starts_at + timedelta(minutes=30)),
        zone=zone,
        reason=None,
        changed_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )


def read(file: bytes) -> Any:  # noqa: ANN401 - vobject has no types
    """Return a file as the other library sees it."""
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    return vobject.base.readOne(file.decode())


@pytest.mark.parametrize(
    "starts_at",
    [
        # The night in March: 01:30 is an hour before 03:30, and there is no 02:30.
        datetime(2027, 3, 14, 8, 30, tzinfo=UTC),
        datetime(2027, 3, 14, 9, 30, tzinfo=UTC),
        datetime(2027, 3, 14, 10, 30, tzinfo=UTC),
        # The night in November: 01:30 is there twice, 02:30 once.
        datetime(2027, 11, 7, 7, 30, tzinfo=UTC),
        datetime(2027, 11, 7, 8, 30, tzinfo=UTC),
        datetime(2027, 11, 7, 9, 30, tzinfo=UTC),
        datetime(2027, 7, 1, 16, tzinfo=UTC),
        datetime(2027, 12, 1, 16, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("zone", ["America/Denver", "America/Phoenix", "Australia/Lord_Howe"])
def test_a_time_is_the_same_moment_to_another_library(starts_at: datetime, zone: str) -> None:
    """Read by the clock that the file brings along, not by one that the reader knows."""
    file = visit_file(Entry(visit(starts_at, zone=zone), None), "en", HOST)
    # Under a name that no database of zones has; the reader remembers a zone by its name.
    nowhere = f"Nowhere/{zone[-5:]}-{starts_at:%m%d%H}".encode()
    read_back = read(file.replace(zone.encode(), nowhere))
    assert read_back.vevent.dtstart.value.astimezone(UTC) == starts_at
    assert read_back.vevent.dtend.value.astimezone(UTC) == starts_at + timedelta(minutes=30)


def test_an_entry_says_when_and_where_and_nothing_else() -> None:
    """No name and nothing of what it is for: a calendar is seen by whoever sees the screen."""
    file = visit_file(Entry(visit(datetime(2026, 12, 3, 17, tzinfo=UTC)), CLINIC), "es", HOST)
    event = read(file).vevent
    assert {child.name: child.value for child in event.getChildren()} | {"DTSTART": 0} == {
        "UID": f"{UUID(int=5)}@{HOST}",
        "SEQUENCE": "0",
        "DTSTAMP": event.dtstamp.value,
        "LAST-MODIFIED": event.last_modified.value,
        "DTSTART": 0,
        "DTEND": event.dtend.value,
        "STATUS": "CONFIRMED",
        "SUMMARY": "Cita",
        "CLASS": "PRIVATE",
        "TRANSP": "OPAQUE",
        "LOCATION": f"{CLINIC.name}, {CLINIC.address}",
    }
    assert event.dtstart.value.strftime("%H:%M") == "10:00"
    assert b"DTSTART;TZID=America/Denver:20261203T100000" in file


@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ("pending", "TENTATIVE"),
        ("booked", "CONFIRMED"),
        ("fulfilled", "CONFIRMED"),
        ("cancelled", "CANCELLED"),
        ("entered-in-error", "CANCELLED"),
    ],
)
def test_what_was_called_off_stays_and_says_so(status: Status, stands: str) -> None:
    """The same entry with a higher sequence: the phone takes it away, and adds no second one."""
    before = visit(datetime(2026, 12, 3, 17, tzinfo=UTC))
    after = replace(before, status=status, sequence=4)
    first, second = (read(feed([Entry(one, None)], "en", HOST)) for one in (before, after))
    assert first.vevent.uid.value == second.vevent.uid.value
    assert (second.vevent.sequence.value, second.vevent.status.value) == ("4", stands)


def test_a_feed_is_the_same_bytes_for_the_same_visits() -> None:
    """In whatever order they come; what has no time yet is not in it; it asks to be read again."""
    one = Entry(visit(datetime(2026, 12, 3, 17, tzinfo=UTC)), CLINIC)
    two = Entry(visit(datetime(2027, 3, 3, 17, tzinfo=UTC), 6, "America/Phoenix"), None)
    none = Entry(replace(one.visit, time=None, status="proposed"), None)
    file = feed([one, two, none], "en", HOST)
    assert file == feed([two, one], "en", HOST)
    read_back = read(file)
    assert [each.uid.value[:36] for each in read_back.vevent_list] == [
        str(one.visit.id),
        str(two.visit.id),
    ]
    assert len(read_back.vtimezone_list) == 2
    assert read_back.method.value == "PUBLISH"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT4H" in file
    # Nobody has a visit: a calendar all the same.
    assert b"BEGIN:VEVENT" not in feed([], "en", HOST)
    assert feed([], "en", HOST).startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_visit_without_a_time_is_no_file() -> None:
    """It is proposed, or waits: there is nothing to put into a calendar."""
    one = replace(visit(datetime(2026, 12, 3, tzinfo=UTC)), time=None, status="proposed")
    with pytest.raises(NotATime):
        visit_file(Entry(one, None), "en", HOST)
