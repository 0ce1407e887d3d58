"""A file of patients is judged whole, by line and reason, and says nothing it was not asked."""

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.ids import PatientId, PracticeId, StaffId
from engage.people.csv_import import (
    COLUMNS,
    BadRow,
    FileTooLarge,
    ImportRow,
    NotUtf8,
    decode,
    parse_rows,
    plan,
    unknown_managers,
)
from engage.people.fields import EmailAddress
from engage.people.patient import CareManager, Patient
from engage.people.phone import PhoneNumber

TODAY = date(2026, 11, 24)
DANA = EmailAddress("dana@example.org")
DANA_ID = StaffId(UUID(int=7))
ROSA = {
    "external_id": "A-1",
    "given_name": "Rosa",
    "family_name": "Delgado",
    "birth_date": "1958-04-17",
    "language": "es",
    "time_zone": "America/Phoenix",
    "phone": "602-555-0110",
    "care_manager_email": "Dana@example.org",
}


def file(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """Return the text of a file with these rows; each is Rosa but for what it says."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(ROSA | row for row in rows)
    return out.getvalue()


def rows_of(text: str) -> tuple[ImportRow, ...]:
    """Read a file that has no bad row."""
    rows = parse_rows(text, TODAY)
    assert isinstance(rows, tuple), rows
    return rows


def bad_of(text: str) -> list[BadRow]:
    """Read a file that has bad rows."""
    rows = parse_rows(text, TODAY)
    assert isinstance(rows, list)
    return rows


def known(row: ImportRow, manager: CareManager | None = None) -> Patient:
    """Return the patient that an import of the row left behind."""
    record = row.record
    return Patient(
        practice_id=PracticeId(UUID(int=1)),
        id=PatientId(UUID(int=2)),
        external_id=record.external_id,
        given_name=record.given_name,
        family_name=record.family_name,
        language=record.language,
        birth_date=record.birth_date,
        time_zone=record.time_zone,
        phone=record.phone,
        status="active",
        care_manager=manager,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        version=1,
    )


def test_a_row_is_read() -> None:
    """Every column becomes a value of its kind."""
    (row,) = rows_of(file({}))

    assert (row.line, row.care_manager) == (2, DANA)
    assert row.record.birth_date == date(1958, 4, 17)
    assert row.record.phone == PhoneNumber.parse("602-555-0110")


@pytest.mark.parametrize(
    "text",
    [
        file({}, columns=tuple(reversed(COLUMNS))),
        file({}).replace("external_id", " External_ID ", 1),
        file({}).replace("\r\n", "\n"),
        file({}).replace("\r\n", "\r"),
        file({}).rstrip(),
        file({}) + "\r\n,,,,,,,\r\n",
        decode(b"\xef\xbb\xbf" + file({}).encode()),
        file({"given_name": "  Rosa "}),
    ],
)
def test_order_case_marks_and_line_ends_do_not_matter(text: str) -> None:
    """The same patient comes out of the same file saved in another way."""
    assert [row.record for row in rows_of(text)] == [rows_of(file({}))[0].record]


def test_accents_are_composed() -> None:
    """A name that a Mac wrote with loose accents equals the one typed on a phone."""
    (loose,) = rows_of(file({"family_name": "Nu\u0301n\u0303ez"}))

    assert loose.record.family_name == "Núñez"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("external_id", "", "external_id: This field is needed and is empty."),
        ("external_id", "x" * 81, "external_id: A patient's id in the practice's own system"),
        ("given_name", "", "given_name: This field is needed and is empty."),
        ("given_name", "x" * 81, "given_name: A name has 1 to 80 printable characters."),
        ("family_name", "a\x00b", "family_name: A name has 1 to 80 printable characters."),
        ("family_name", "x" * 200_000, "the quotation marks do not match, or a cell is far too"),
        ("birth_date", "04/17/1958", "birth_date: A birth date looks like 1950-12-31"),
        ("birth_date", "1958-02-30", "birth_date: A birth date looks like 1950-12-31"),
        ("birth_date", "2026-11-25", "birth_date: A birth date looks like 1950-12-31"),
        ("birth_date", "1890-01-01", "birth_date: A birth date looks like 1950-12-31"),
        ("birth_date", "\u0661958-04-17", "birth_date: A birth date looks like 1950-12-31"),
        ("language", "", "language: This field is needed and is empty."),
        ("language", "fr", "language: The language is en or es."),
        ("time_zone", "Tucson", "time_zone: A time zone is named as in the IANA database"),
        ("time_zone", "../etc/passwd", "time_zone: A time zone is named as in the IANA database"),
        ("phone", "911", "phone: This is not a phone number in the United States or Canada"),
        ("phone", "555-0110", "phone: This is not a phone number in the United States or Canada"),
        ("care_manager_email", "dana", "care_manager_email: This is not an e-mail address."),
    ],
)
def test_a_bad_cell_is_named_and_not_repeated(column: str, cell: str, reason: str) -> None:
    """A bad cell is reported by line, column and reason; what stands in it is nowhere."""
    (bad,) = bad_of(file({"external_id": "A-0"}, {column: cell}))

    assert bad.line == 3
    assert bad.reason.startswith(reason)
    assert not cell or cell not in bad.reason


def test_every_fault_of_every_row_is_reported() -> None:
    """One run shows all there is to repair, in the order of the file."""
    bad = bad_of(
        file(
            {"external_id": "A-1", "phone": "1"},
            {"external_id": "A-2"},
            {"external_id": "A-3", "language": "fr", "birth_date": "x", "care_manager_email": "@"},
        )
    )

    assert [(row.line, row.reason.partition(":")[0]) for row in bad] == [
        (2, "phone"),
        (4, "birth_date"),
        (4, "care_manager_email"),
        (4, "language"),
    ]


def test_the_number_of_a_row_is_its_line() -> None:
    """A cell of several lines moves the rows below it, as it does in an editor."""
    bad = bad_of(file({"family_name": "De\nla Cruz"}, {"external_id": "A-2", "phone": "1"}))

    assert [row.line for row in bad] == [4]


def test_twins_are_both_reported() -> None:
    """An external id that stands twice is an error on both lines, each naming the other."""
    bad = bad_of(file({}, {"external_id": "A-2"}, {"external_id": " A-1 ", "phone": "1"}))

    assert [(row.line, row.reason) for row in bad if "external_id" in row.reason] == [
        (2, "external_id: stands on line 4 as well"),
        (4, "external_id: stands on line 2 as well"),
    ]


def test_a_phone_may_stand_twice() -> None:
    """Two patients of one household share a number."""
    assert len(rows_of(file({}, {"external_id": "A-2"}))) == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("\n\n", 1, "the file is empty"),
        ("Rosa;Delgado;602-555-0110\n", 1, "this is no header"),
        (file({}).replace("phone", "mobile", 1), 1, 'column "mobile" is unknown'),
        (file({}).replace("phone", "language", 1), 1, 'column "language" stands twice'),
        (file({}, columns=COLUMNS[:-1]), 1, 'column "care_manager_email" is missing'),
        (file({}).rstrip() + ",more", 2, "has 9 cells, the header has 8"),
        (file({}) + "A-2,Rosa\r\n", 3, "has 2 cells, the header has 8"),
        (file({}) + 'A-2,"Rosa\r\n', 3, "the quotation marks do not match"),
        ('"external_id\n', 1, "the quotation marks do not match"),
    ],
)
def test_a_broken_file_is_one_clear_sentence(text: str, line: int, words: str) -> None:
    """A wrong header or a broken row is said in words, and a row without header is not repeated."""
    bad = bad_of(text)

    assert any(row.line == line and row.reason.startswith(words) for row in bad), bad
    assert not any("Rosa" in row.reason for row in bad)


def test_a_formula_is_a_name() -> None:
    """What a spreadsheet would run is kept as it is: a cell is data."""
    (row,) = rows_of(file({"given_name": "=1+1", "family_name": "@SUM(A1)"}))

    assert (row.record.given_name, row.record.family_name) == ("=1+1", "@SUM(A1)")


@pytest.mark.parametrize("raw", ["Núñez".encode("latin-1"), "Núñez".encode("utf-16"), b"\xff"])
def test_another_encoding_is_one_clear_error(raw: bytes) -> None:
    """A file in another encoding is refused whole, and the error does not quote its bytes."""
    with pytest.raises(NotUtf8) as refused:
        decode(raw)

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_file_has_a_limit() -> None:
    """A file that does not fit in memory twice is refused before it is read."""
    with pytest.raises(FileTooLarge):
        decode(b"x" * (64 * 1024 * 1024 + 1))


def test_many_twins_do_not_multiply() -> None:
    """A file in which every row is the same is refused in a report of its own size."""
    bad = bad_of(file({}) + "A-1,Rosa,Delgado,,es,,,\r\n" * 2000)

    assert len(bad) == 2001
    assert max(len(row.reason) for row in bad) < 60


def test_a_file_twice_changes_nothing() -> None:
    """A row that says what is known is unchanged, whatever the case of its address."""
    (row,) = rows_of(file({}))
    manager = CareManager(DANA_ID, "Dana", "Whitfield")
    again = plan([row], {"A-1": known(row, manager)}, {DANA: DANA_ID})

    assert (again.create, again.update, again.unchanged) == ((), (), 1)


def test_a_row_creates_or_updates() -> None:
    """Who is unknown is created; who differs is updated in what differs."""
    old, new = rows_of(file({}, {"external_id": "A-2"}))
    changed = known(old)
    made = plan([old, new], {"A-1": changed}, {DANA: DANA_ID})

    assert made.create == ((new, DANA_ID),)
    (revision,) = made.update
    assert revision.before is changed
    assert revision.after.care_manager_id == DANA_ID
    assert revision.after.birth_date == changed.birth_date


def test_an_empty_cell_says_nothing() -> None:
    """An export with holes does not empty what a nurse has filled in."""
    (full,) = rows_of(file({}))
    holes: dict[str, str] = dict.fromkeys(
        ("birth_date", "time_zone", "phone", "care_manager_email"), ""
    )
    (row,) = rows_of(file(holes))
    manager = CareManager(DANA_ID, "Dana", "Whitfield")

    assert plan([row], {"A-1": known(full, manager)}, {}).unchanged == 1


def test_an_unknown_care_manager_is_a_bad_row() -> None:
    """An address of nobody who works here is reported by line, not by address."""
    rows = rows_of(file({}, {"external_id": "A-2", "care_manager_email": ""}))
    (bad,) = unknown_managers(rows, {})

    assert bad.line == 2
    assert "@" not in bad.reason
    assert unknown_managers(rows, {DANA: DANA_ID}) == []


@given(st.text(st.characters(codec=None), max_size=300))
def test_no_text_makes_the_reader_fall(text: str) -> None:
    """Whatever stands in a file is read or reported; nothing is raised."""
    assert parse_rows(text, TODAY) is not None
    assert parse_rows(file({}) + text, TODAY) is not None


def test_nothing_prints_a_patient() -> None:
    """A row or a plan in a traceback shows no name."""
    (row,) = rows_of(file({}))

    assert "Rosa" not in repr(row) + repr(plan([row], {}, {DANA: DANA_ID}))
