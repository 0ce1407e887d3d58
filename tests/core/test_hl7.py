"""What a hospital's messages say, read by place; and what is refused without repeating it."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engage.checkins.visit import (
    Admission,
    CancelAdmission,
    CancelDischarge,
    Discharge,
    Movement,
    Update,
)
from engage.errors import WrongSetting
from engage.hl7v2 import adt, message, siu
from engage.hl7v2.message import NotAMessage, Unreadable
from engage.hl7v2.moment import moment
from engage.settings import load
from tests.fakes import hl7 as made

PHOENIX = ZoneInfo("America/Phoenix")
CHICAGO = ZoneInfo("America/Chicago")


def read(raw: bytes, authority: str = "") -> Movement:
    """Read a message that says something of a stay."""
    found = adt.read(message.read(raw), PHOENIX, authority)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [
        ("A01", Admission),
        ("A03", Discharge),
        ("A08", Update),
        ("A11", CancelAdmission),
        ("A13", CancelDischarge),
    ],
)
def test_each_event_is_its_own_value(trigger: str, kind: type[Any]) -> None:
    """The five events of a stay become five kinds of value with the same facts about the stay."""
    found = read(made.adt(trigger, "20261120101500"))
    assert type(found) is kind
    stay = found.stay
    assert (stay.person, stay.number, stay.facility, stay.control_id) == (
        "A-1",
        "V100",
        "STMARY",
        "C1",
    )
    assert stay.event_at == datetime(2026, 11, 20, 17, 15, tzinfo=UTC)


def test_a_discharge_says_when() -> None:
    """The moment of discharge is the visit's own, and without one that of the event."""
    said = read(made.adt("A03", "20261120101500", pv1_45="202611200930-0500"))
    assert isinstance(said, Discharge)
    assert said.discharged_at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    unsaid = read(made.adt("A03", "20261120101500"))
    assert isinstance(unsaid, Discharge)
    assert unsaid.discharged_at == unsaid.stay.event_at


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("20261120101500", "America/Phoenix", "2026-11-20T17:15:00"),
        ("20261120101500-0700", "America/Chicago", "2026-11-20T17:15:00"),
        ("20261120101500.1234+0530", "America/Chicago", "2026-11-20T04:45:00.123400"),
        ("202611201015", "America/Chicago", "2026-11-20T16:15:00"),
        ("2026112010", "UTC", "2026-11-20T10:00:00"),
        ("20261120", "America/Phoenix", "2026-11-20T07:00:00"),
        ("202611", "UTC", "2026-11-01T00:00:00"),
        ("2026", "UTC", "2026-01-01T00:00:00"),
        ("20261120235960", "UTC", "2026-11-20T23:59:59"),
        # The hour that the clocks skip, and the one they live twice: the first reading counts.
        ("20260308023000", "America/Chicago", "2026-03-08T08:30:00"),
        ("20261101013000", "America/Chicago", "2026-11-01T06:30:00"),
    ],
)
def test_times(text: str, zone: str, utc: str) -> None:
    """A time has its offset or the practice's zone, and may stop early."""
    assert moment(text, ZoneInfo(zone)) == datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize(
    "text",
    ["yesterday", "20261320", "20260230", "202", "20261120101500-07", "2026112010150", "0001"],
)
def test_no_times(text: str) -> None:
    """What is no calendar time is refused, not guessed."""
    with pytest.raises(Unreadable):
        moment(text, PHOENIX)


def test_the_patients_id_is_the_authoritys() -> None:
    """Of several ids the one of the named authority counts; unnamed, the first record number."""
    raw = made.adt("A03", "20261120").replace(
        b"A-1^^^NORTH^MR", b"77^^^OTHER^MR~A-1^^^NORTH^MR~K-9^^^PLAN^XX"
    )
    assert read(raw).stay.person == "77"
    assert read(raw, "north").stay.person == "A-1"
    assert read(raw, "PLAN").stay.person == "K-9"
    with pytest.raises(Unreadable):
        read(raw, "NOBODY")


def test_no_social_security_number_stands_in_for_an_id() -> None:
    """An identifier of another kind is never taken for the practice's own."""
    raw = made.adt("A03", "20261120").replace(b"A-1^^^NORTH^MR~", b"")
    with pytest.raises(Unreadable):
        read(raw)


def test_what_others_do_is_none_of_ours() -> None:
    """Another event is no error: it says nothing about a stay."""
    assert adt.read(message.read(made.adt("A04", "20261120")), PHOENIX, "") is None
    assert siu.read(message.read(made.adt("A03", "20261120")), PHOENIX, "") is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"number": ""},
        {"person": ""},
        {"at": "soon"},
        {"at": ""},
        {"number": "9" * 81},
        {"pv1_45": "tomorrow"},
    ],
)
def test_what_can_not_be_applied_is_unreadable(spoilt: dict[str, str]) -> None:
    """Without a person, a visit and a moment nothing can be put in order."""
    at = spoilt.pop("at", "20261120")
    with pytest.raises(Unreadable):
        read(made.adt("A03", at, **spoilt))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"MSH",
        b"MSH|^~\\&",
        b"MSH||||||",
        b"MSH|^^\\&|A|B",
        b"MSH^^~\\&^A",
        b"EVN|A03\rMSH|^~\\&|A",
        b"\x00\x01\x02",
        b"MSH|^~\\&|A|B" + b"\rZZZ|1" * 3000,
    ],
)
def test_what_is_no_message(raw: bytes) -> None:
    """Anything else is refused in one way."""
    with pytest.raises(NotAMessage):
        message.read(raw)


def test_other_delimiters_escapes_line_ends_and_encodings() -> None:
    """A message says what its delimiters are; line feeds, a BOM and Latin-1 names are let pass."""
    text = (
        "\ufeffMSH$*~\\&$E\\S\\P\\T\\C$F\\.br\\X\\E\\$E$N$20261120$$ADT*A03$1$P$2.3\n"
        "EVN$A03$20261120101500\n"
        "PID$1$$A-1***NORTH*MR$$Ñandú\nPV1$1$I$$$$$$$$$$$$$$$$V\\F\\1\n"
    )
    for raw in (text.encode(), text.lstrip("\ufeff").encode("latin-1")):
        parsed = message.read(raw)
        assert parsed.event == ("ADT", "A03")
        assert parsed.text("MSH", 3) == "E*P&C"
        assert parsed.text("MSH", 4) == "FX\\"
        assert parsed.text("PV1", 19) == ""
        assert parsed.text("PV1", 18) == "V$1"


def test_a_place_is_read_alone() -> None:
    """A component that is not there is empty, and a null is nothing."""
    parsed = message.read(b'MSH|^~\\&|A|B\rPID|1|""|a&b^c~d||x')
    assert parsed.text("PID", 3) == "a"
    assert parsed.text("PID", 3, part=2) == "b"
    assert parsed.text("PID", 3, 2) == "c"
    assert parsed.text("PID", 3, repetition=2) == "d"
    assert parsed.text("PID", 3, 2, repetition=2) == ""
    assert parsed.text("PID", 5, 2) == ""
    assert parsed.text("PID", 5, part=2) == ""
    assert parsed.text("PID", 2) == ""
    assert parsed.text("PID", 99) == ""
    assert parsed.text("PV1", 1) == ""


@given(st.binary(max_size=400))
@example(b"MSH|^~\\&|" + b"^" * 300)
@example(b"MSH|^~\\&|\\\\\\\\\r\r\rPID")
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    """Whatever comes over the wire is a message, or refused by one of two errors."""
    for raw in (noise, b"MSH|^~\\&|" + noise, made.adt("A03", "20261120") + b"\r" + noise):
        with suppress(NotAMessage, Unreadable):
            parsed = message.read(raw)
            adt.read(parsed, PHOENIX, "")
            siu.read(parsed, PHOENIX, "")


def test_nothing_of_a_message_is_printed() -> None:
    """Neither the message nor what it says shows a person when it is printed."""
    parsed = message.read(made.adt("A03", "20261120"))
    assert "A-1" not in repr((parsed, read(made.adt("A03", "20261120"))))


# Appointments

SCH = "SCH|P1|F1|||||||30|MIN|^^^20261201093000^20261201100000||||||||||||||Booked"


def test_a_booking_says_who_where_and_when() -> None:
    """Ids, start, end, place, provider and status come out of their segments."""
    raw = made.siu("S12", "20261120", SCH, "AIL|1||CLINIC^2^^WEST", "AIP|1||DR7^HOUSE")
    found = siu.read(message.read(raw), PHOENIX, "")
    assert isinstance(found, siu.Booked)
    booking = found.booking
    assert (booking.placer, booking.filler, booking.place, booking.provider, booking.status) == (
        "P1",
        "F1",
        "WEST",
        "DR7",
        "Booked",
    )
    assert found.starts_at == booking.starts_at == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
    assert booking.ends_at == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sch", "more", "minutes"),
    [
        ("SCH|P1|F1", ("TQ1|1||||||20261201093000|20261201101500",), 45),
        ("SCH|P1|F1|||||||20|MIN", ("AIS|1||VISIT|20261201093000",), 20),
        ("SCH|P1|F1", ("AIS|1||VISIT|20261201093000|||1|H",), 60),
        ("SCH|P1|F1", ("AIL|1||CLINIC|||20261201093000|||15|MIN",), 15),
        ("SCH|P1|F1", ("AIL|1||CLINIC|||20261201093000|||a while|MIN",), None),
    ],
)
def test_times_from_wherever_they_stand(
    sch: str, more: tuple[str, ...], minutes: int | None
) -> None:
    """The start is found where a sender puts it, and the end by itself or from the length."""
    found = siu.read(message.read(made.siu("S12", "20261120", sch, *more)), PHOENIX, "")
    assert isinstance(found, siu.Booked)
    assert found.starts_at == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
    ends_at = found.booking.ends_at
    said = None if ends_at is None else (ends_at - found.starts_at).total_seconds() / 60
    assert said == minutes


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [
        ("S13", siu.Rescheduled),
        ("S14", siu.Changed),
        ("S15", siu.Cancelled),
        ("S17", siu.Cancelled),
        ("S26", siu.NoShow),
        ("S23", type(None)),
    ],
)
def test_each_event_of_an_appointment(trigger: str, kind: type[Any]) -> None:
    """Each event is one of five values; blocked slots are nobody's appointment."""
    found = siu.read(message.read(made.siu(trigger, "20261120", SCH)), PHOENIX, "")
    assert type(found) is kind


@pytest.mark.parametrize(
    ("trigger", "sch"),
    [
        ("S12", "SCH|P1|F1"),
        ("S12", "SCH|||"),
        ("S13", "SCH|P1"),
        ("S12", "SCH|P1|F1|||||||||^^^20261201093000^20261201090000"),
    ],
)
def test_an_appointment_without_id_or_time_is_unreadable(trigger: str, sch: str) -> None:
    """What can't be found again, or has no time, or ends before it begins, is refused."""
    with pytest.raises(Unreadable):
        siu.read(message.read(made.siu(trigger, "20261120", sch)), PHOENIX, "")


# Where the door may open

CERTIFIED = {
    "ENGAGE_MLLP_TLS_CERT": "/etc/engage/mllp.pem",
    "ENGAGE_MLLP_TLS_KEY": "/etc/engage/mllp.key",
    "ENGAGE_MLLP_TLS_CLIENT_CA": "/etc/engage/hospitals.pem",
}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"ENGAGE_MLLP_LISTEN": "0.0.0.0:2575"}, "ENGAGE_MLLP_LISTEN is not a loopback address"),
        ({"ENGAGE_MLLP_LISTEN": "hl7.example.org:2575"}, "ENGAGE_MLLP_LISTEN is not a loopback"),
        ({"ENGAGE_MLLP_LISTEN": "2575"}, "ENGAGE_MLLP_LISTEN must be host:port"),
        ({"ENGAGE_MLLP_LISTEN": "127.0.0.1:70000"}, "ENGAGE_MLLP_LISTEN must be host:port"),
        (
            {"ENGAGE_MLLP_LISTEN": "0.0.0.0:2575", **CERTIFIED, "ENGAGE_MLLP_TLS_CLIENT_CA": ""},
            "ENGAGE_MLLP_TLS_CLIENT_CA is empty",
        ),
    ],
)
def test_where_the_door_may_not_open(environ: dict[str, str], named: str) -> None:
    """On a network only with client certificates; the refusal is a sentence with the setting."""
    with pytest.raises(WrongSetting) as refused:
        load(environ)
    assert refused.value.sentence.startswith(named)


@pytest.mark.parametrize(
    ("environ", "listen"),
    [
        ({}, None),
        ({"ENGAGE_MLLP_LISTEN": "127.0.0.1:2575"}, ("127.0.0.1", 2575)),
        ({"ENGAGE_MLLP_LISTEN": "[::1]:2575"}, ("::1", 2575)),
        ({"ENGAGE_MLLP_LISTEN": "10.0.0.5:2575", **CERTIFIED}, ("10.0.0.5", 2575)),
    ],
)
def test_where_the_door_may_open(environ: dict[str, str], listen: tuple[str, int] | None) -> None:
    """Nowhere by default, on a loopback address as it is, elsewhere with certificates."""
    assert load(environ).mllp_listen == listen
