"""A clinic's list of visits is judged whole; what is wrong is said without what stands there."""

from datetime import UTC, datetime

import pytest

from engage.appointments.day_list import Listed, Row, read_rows, strangers, timed

NOW = datetime(2026, 12, 3, 15, tzinfo=UTC)
HEAD = "patient_external_id,visit_id,starts_at,ends_at,minutes,place,status,what\n"


def row(line: str) -> Row:
    """Return the one row of a list."""
    rows, bad = read_rows(HEAD + line + "\n")
    assert not bad, bad
    return rows[0]


def test_a_row_is_what_it_says() -> None:
    """By the clock of the place; half an hour where nothing is said; a status in their words."""
    one = timed(row("A-1,F1,2026-12-03 10:30,,45,MESA,,dialysis"), "America/Denver", NOW)
    assert isinstance(one, Listed)
    assert one.time.starts_at == datetime(2026, 12, 3, 17, 30, tzinfo=UTC)
    assert one.time.ends_at == datetime(2026, 12, 3, 18, 15, tzinfo=UTC)
    assert (one.row.status, one.row.place, one.row.what) == (None, "MESA", "dialysis")
    two = timed(row("A-1,F1,2026-12-03T10:30-05:00,2026-12-03T09:00-07:00,,,No-Show,"), "UTC", NOW)
    assert not isinstance(two, Listed)
    three = timed(row("A-1,F1,2026-12-03T08:00-05:00,,,,Canceled,"), "America/Denver", NOW)
    assert isinstance(three, Listed)
    assert (three.row.status, three.time.starts_at.hour, three.row.what) == ("cancelled", 13, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",F1,2026-12-03T10:30,,,,,", "patient_external_id: has 1 to"),
        ("A-1,,2026-12-03T10:30,,,,,", "visit_id: has 1 to"),
        ("A-1,F1,,,,,,", "starts_at: is needed"),
        ("A-1,F1,2026-12-03T10:30,,0,,,", "minutes: is a whole number"),
        ("A-1,F1,2026-12-03T10:30,,½,,,", "minutes: is a whole number"),
        ("A-1,F1,2026-12-03T10:30,2026-12-03T11:00,30,,,", "minutes: give ends_at or minutes"),
        ("A-1,F1,2026-12-03T10:30,,,,secret,", "status: is empty, or one of"),
        (f"A-1,F1,2026-12-03T10:30,,,{'x' * 121},,", "place: has at most 120"),
        ("A-1,F1,2026-12-03T10:30", "has 3 cells"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(line: str, reason: str) -> None:
    """Never by its content: a reason stands in consoles and logs."""
    _, bad = read_rows(HEAD + "A-2,F2,2026-12-03T10:30,,,,,\n" + line + "\n")
    assert [one.line for one in bad] == [3]
    assert bad[0].reason.startswith(reason)
    assert "secret" not in bad[0].reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A-1,F1,tuesday,,,,,", "starts_at: looks like"),
        ("A-1,F1,2026-12-03T10:30,later,,,,", "ends_at: looks like"),
        ("A-1,F1,2026-12-03T10:30,2026-12-03T10:00,,,,", "ends_at: lies after"),
        ("A-1,F1,2026-12-03T10:30,,,,noshow,", "status: says what became"),
        # No such hour, and one that is there twice.
        ("A-1,F1,2027-03-14T02:30,,,,,", "starts_at: looks like"),
        ("A-1,F1,2027-11-07T01:30,,,,,", "starts_at: looks like"),
        ("A-1,F1,0001-01-01T00:00,,,,,", "starts_at: looks like"),
    ],
)
def test_a_time_is_of_the_clock_of_its_place(line: str, reason: str) -> None:
    """An hour of a night of the clock needs its offset; what is to come has not become anything."""
    bad = timed(row(line), "America/Denver", NOW)
    assert isinstance(bad, list)
    assert bad[0].reason.startswith(reason)
    with_offset = timed(row("A-1,F1,2027-11-07T01:30-07:00,,,,,"), "America/Denver", NOW)
    assert isinstance(with_offset, Listed)


def test_a_list_is_judged_whole() -> None:
    """No header, a column that nobody knows, one visit twice, people and places nobody knows."""
    assert read_rows("")[1][0].reason == "the file is empty"
    assert read_rows("Rosa,Delgado\n")[1][0].reason.startswith("this is no header")
    wrong = read_rows("visit_id,visit_id,shoe\n")[1]
    assert [one.reason for one in wrong] == [
        "a column is unknown",
        'column "visit_id" stands twice',
        'column "patient_external_id" is missing',
        'column "starts_at" is missing',
    ]
    rows, bad = read_rows(HEAD + 2 * "A-1,F1,2026-12-03T10:30,,,MESA,,\n")
    assert [(one.line, one.reason) for one in bad] == [(3, "visit_id: stands on line 2 as well")]
    assert [one.line for one in strangers(rows, frozenset({"A-1"}), frozenset())] == [2, 3]
    assert [one.line for one in strangers(rows, frozenset(), frozenset({"MESA"}))] == [2, 3]
    assert strangers(rows, frozenset({"A-1"}), frozenset({"MESA"})) == []
    many = HEAD + "".join(f"A-1,F{n},2026-12-03T10:30,,,,,\n" for n in range(2001))
    assert [one.line for one in read_rows(many)[1]] == [1]
