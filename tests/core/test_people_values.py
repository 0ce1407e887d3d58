"""The values of people: read at the door, trusted inside, never printed; and who may do what."""

from datetime import date, time
from typing import get_args
from uuid import UUID

import pytest
from msgspec import UNSET, structs

from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.access import ALLOWED, Action, Caller, Held, may, only, visible_to
from engage.people.caregiver import NotARelationship, read_relationship
from engage.people.closures import UnknownHolidays, read_calendar
from engage.people.fields import (
    EmailAddress,
    NotAName,
    NotAnEmail,
    NotATimeZone,
    read_birth_date,
    read_name,
    read_time_zone,
)
from engage.people.patient import (
    NewPatient,
    NotAPatient,
    PatientChange,
    PatientState,
    read_change,
    read_patient,
    revised,
    search_words,
)
from engage.people.practice import (
    CarrierLogin,
    NotAPracticeName,
    NotBusinessHours,
    Practice,
    PracticeFields,
    read_business_hours,
)
from engage.people.staff import ROLES, NewStaff, Role

TODAY = date(2026, 11, 24)
HERE, THERE = PracticeId(UUID(int=1)), PracticeId(UUID(int=2))
SAID: dict[str, str | None] = {
    "external_id": "A-1",
    "given_name": "José  Luis",
    "family_name": "Núñez",
    "language": "ES",
}


def caller(*held: tuple[PracticeId, Role]) -> Caller:
    """Return somebody with these roles."""
    return Caller(StaffId(UUID(int=9)), tuple(Held(p, r) for p, r in held))


def test_what_was_not_said_is_unknown() -> None:
    """A birth date, time zone or phone that nobody said is None, not a default."""
    record = read_patient(SAID | {"phone": "", "time_zone": None}, TODAY)

    assert (record.birth_date, record.time_zone, record.phone) == (None, None, None)
    assert (record.given_name, record.language) == ("José Luis", "es")


def test_all_faults_come_at_once() -> None:
    """Every field that does not fit is named, those that are missing too."""
    with pytest.raises(NotAPatient) as refused:
        read_patient({"given_name": "\x07", "birth_date": "soon"}, TODAY)

    assert {fault.field for fault in refused.value.faults} == {
        "/external_id",
        "/given_name",
        "/family_name",
        "/language",
        "/birth_date",
    }


def test_a_change_touches_what_it_names() -> None:
    """A field that is not named stays, one that is null becomes unknown, a needed one can't."""
    state = PatientState(**structs.asdict(read_patient(SAID, TODAY)), status="active")
    later = revised(state, read_change({"language": "en", "time_zone": None}, TODAY))

    assert (later.language, later.time_zone, later.family_name) == ("en", None, "Núñez")
    assert revised(state, PatientChange()) == state
    assert read_change({}, TODAY).care_manager_id is UNSET
    with pytest.raises(NotAPatient):
        read_change({"status": "gone", "given_name": None}, TODAY)


def test_a_search_reads_folded_words() -> None:
    """A patient is found without accents and by the practice's own id."""
    assert search_words(read_patient(SAID, TODAY)) == "jose luis nunez a-1"


def test_people_do_not_print() -> None:
    """No way of printing a patient, a caregiver or a login shows what is in it."""
    new = NewPatient.of(PatientId(UUID(int=3)), read_patient(SAID, TODAY))
    login = CarrierLogin.simulated(bytes(32))

    assert f"{new} {new!r} {[new]}".count("NewPatient(…)") == 3
    assert repr(login) == "CarrierLogin(…)"
    assert list(new.__rich_repr__()) == []
    assert repr(EmailAddress.parse("dana@example.org")) == "EmailAddress(…)"


@pytest.mark.parametrize("raw", ["", " ", "x" * 81, "a\nb\x00", "\ud800", "Ro\u202esa"])
def test_a_name_is_printable(raw: str) -> None:
    """A name that is empty, endless or would turn the text around it is refused."""
    with pytest.raises(NotAName) as refused:
        read_name(raw, "/given_name")

    assert refused.value.field == "/given_name"


@pytest.mark.parametrize("raw", ["America/Nowhere", "phoenix", "", "../../etc/passwd", "Factory"])
def test_a_time_zone_is_a_place(raw: str) -> None:
    """A name that the IANA database does not list is refused, and never used as a path."""
    with pytest.raises(NotATimeZone):
        read_time_zone(raw)


@pytest.mark.parametrize(
    ("raw", "fits"),
    [
        ("2026-11-24", True),
        ("2026-11-25", False),
        ("1896-01-01", True),
        ("1895-12-31", False),
        ("19580417", False),
        ("1958-W16-4", False),
    ],
)
def test_a_birth_date_is_in_a_life(raw: str, *, fits: bool) -> None:
    """Somebody was born today at the latest and 130 years ago at the earliest."""
    try:
        read_birth_date(raw, TODAY)
    except EngageError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(
    "raw",
    ["", "dana", "a@b", "a b@c.org", "a@b@c.org", "<a@b.org>", "a@b..org", "a@.org", "é" * 300],
)
def test_an_address_has_a_form(raw: str) -> None:
    """What can't be an e-mail address is refused."""
    with pytest.raises(NotAnEmail):
        EmailAddress.parse(raw)


def test_an_address_has_one_spelling() -> None:
    """An address is found however it was typed."""
    assert EmailAddress.parse(" Dana@Example.ORG ") == EmailAddress("dana@example.org")


def test_a_full_name_is_split_after_the_first_word() -> None:
    """A command's --name becomes a given and a family name."""
    named = NewStaff.named("luis@example.org", " Luis  Ortega García ")

    assert (named.given_name, named.family_name) == ("Luis", "Ortega García")
    with pytest.raises(NotAName):
        NewStaff.named("luis@example.org", "Luis")


def test_hours_are_read_in_order() -> None:
    """Spans of a day are sorted, days too, and a day without spans is closed."""
    hours = read_business_hours({"tue": [["13:00", "17:00"], ["08:30", "12:00"]], "mon": []})

    assert hours == {"tue": ((time(8, 30), time(12)), (time(13), time(17)))}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"mon": []},
        {"monday": [["09:00", "17:00"]]},
        {"mon": [["17:00", "09:00"]]},
        {"mon": [["09:00", "09:00"]]},
        {"mon": [["09:00"]]},
        {"mon": [["nine", "five"]]},
        {"mon": [["09:00", "25:00"]]},
        {"mon": [["09:00+01:00", "17:00+01:00"]]},
        {"mon": [["09:00", "13:00"], ["12:00", "17:00"]]},
    ],
)
def test_hours_that_never_open_are_refused(raw: dict[str, list[list[str]]]) -> None:
    """Hours must open at least once, end after they begin and not overlap."""
    with pytest.raises(NotBusinessHours):
        read_business_hours(raw)


@pytest.mark.parametrize("raw", ["US-ZZ", "XX", "us", "Monday", "holidays"])
def test_unknown_holidays_are_refused(raw: str) -> None:
    """A code that the calendar does not know would stop the queue's clocks: it is refused here."""
    with pytest.raises(UnknownHolidays):
        read_calendar(raw)


def test_a_texting_name_fits_into_a_text() -> None:
    """A practice may have a long name, and needs a short one for texts."""
    fields = PracticeFields(
        name="Desert Bloom Family Practice and Pharmacy",
        texting_name="Desert Bloom",
        support_phone="602-555-0101",
        time_zone="America/Phoenix",
    )
    read = Practice.read(HERE, StaffId(UUID(int=4)), fields)
    with pytest.raises(NotAPracticeName) as refused:
        Practice.read(HERE, read.responsible_id, structs.replace(fields, texting_name=fields.name))

    assert (read.support_phone, read.holidays) == ("+16025550101", "")
    assert refused.value.field == "/texting_name"


def test_a_relationship_is_a_word_or_two() -> None:
    """Who a caregiver is to a patient is said shortly."""
    assert read_relationship(" step  daughter ") == "step daughter"
    with pytest.raises(NotARelationship):
        read_relationship("x" * 41)


def test_roles_add_up() -> None:
    """A supervisor may do all that a care manager may, a practice admin all there is."""
    care_manager, supervisor, practice_admin = (ALLOWED[role] for role in ROLES)

    assert care_manager < supervisor < practice_admin == set(get_args(Action))


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("care_manager", "patient.write", True),
        ("care_manager", "queue.work", True),
        ("care_manager", "queue.direct", False),
        ("care_manager", "staff.write", False),
        ("supervisor", "queue.direct", True),
        ("supervisor", "staff.write", False),
        ("practice_admin", "staff.write", True),
    ],
)
def test_a_role_holds_in_its_practice(role: Role, action: Action, *, allowed: bool) -> None:
    """A role allows what it lists, in the practice where it is held and in no other."""
    somebody = caller((HERE, role))

    assert may(somebody, action, HERE) is allowed
    assert not may(somebody, action, THERE)


def test_a_list_shows_where_one_may() -> None:
    """Somebody with two practices sees both, but lists staff changes only where they run one."""
    somebody = caller((THERE, "practice_admin"), (HERE, "care_manager"), (HERE, "supervisor"))

    assert somebody.practices == (HERE, THERE)
    assert visible_to(somebody).practices == (HERE, THERE)
    assert visible_to(somebody, "staff.write") == only(THERE)
    assert visible_to(caller()).practices == ()
