"""A clinic's list of visits from a CSV file: judged whole before anything is written. (p).

Every bad row is reported by the line it begins on, the column and the reason; one bad row stops
all. A time without an offset is of the place's clock, or of the practice's where no place is named.
This room refuses to repeat a cell's content in a reason, and an hour that the clock of a place has
twice, or not at all.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engage.appointments.appointment import LONGEST, Span, Status, is_moment
from engage.people.csv_import import BadRow, records
from engage.people.fields import LONGEST_EXTERNAL_ID, Personal

COLUMNS: Final = ("patient_external_id", "visit_id", "starts_at")
OPTIONAL: Final = ("ends_at", "minutes", "place", "status", "what")
SOURCE: Final = "day-list"
"""Who says so, where the history asks for the id of a message."""

MOST_ROWS: Final = 2000
LONGEST_ID: Final = 80
LONGEST_WORDS: Final = 120
_USUAL = timedelta(minutes=30)
_EARLY = timedelta(days=1)
_MOST_MINUTES: Final = 24 * 60
_STATUSES: Final[Mapping[str, Status]] = {
    "booked": "booked",
    "pending": "pending",
    "waitlist": "waitlist",
    "arrived": "arrived",
    "checked-in": "checked-in",
    "fulfilled": "fulfilled",
    "completed": "fulfilled",
    "noshow": "noshow",
    "no-show": "noshow",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
_THERE: Final[frozenset[Status]] = frozenset({"arrived", "checked-in"})
_OVER: Final[frozenset[Status]] = frozenset({"fulfilled", "noshow"})


class Row(Personal, frozen=True, kw_only=True):
    """A row that reads well; its times still wait for a clock."""

    line: int
    person: str
    visit_id: str
    starts: str
    ends: str
    minutes: int | None
    place: str
    #: None: the list does not say.
    status: Status | None
    what: str | None


class Listed(Personal, frozen=True):
    """A row, and the time that it means."""

    row: Row
    time: Span


def read_rows(text: str) -> tuple[tuple[Row, ...], list[BadRow]]:
    """Read a whole file: the rows that read well, and all that is wrong with the others."""
    lines = records(text)
    first = next(lines, None)
    if first is None:
        return (), [BadRow(1, "the file is empty")]
    if isinstance(first, BadRow):
        return (), [first]
    header = [name.strip().casefold() for name in first[1]]
    wrong = _wrong_header(header)
    if wrong:
        return (), [BadRow(first[0], reason) for reason in wrong]
    good: list[Row] = []
    bad: list[BadRow] = []
    lines_of: dict[str, int] = {}
    for found in lines:
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        line, cells = found
        if len(cells) != len(header):
            bad.append(BadRow(line, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        row = _read_row(line, {n: c.strip() for n, c in zip(header, cells, strict=True)})
        if not isinstance(row, Row):
            bad += row
            continue
        if row.visit_id in lines_of:
            bad.append(BadRow(line, f"visit_id: stands on line {lines_of[row.visit_id]} as well"))
        lines_of.setdefault(row.visit_id, line)
        good.append(row)
    if len(good) + len(bad) > MOST_ROWS:
        bad = [BadRow(1, f"the file has more than {MOST_ROWS} rows; split it")]
    return tuple(good), bad


def strangers(rows: Sequence[Row], people: frozenset[str], places: frozenset[str]) -> list[BadRow]:
    """Return the rows about nobody whom the practice knows, or somewhere that it does not know."""
    return [
        *(
            BadRow(row.line, "patient_external_id: the practice knows no patient by this id")
            for row in rows
            if row.person not in people
        ),
        *(
            BadRow(row.line, "place: the practice has no place of this name or id; add it first")
            for row in rows
            if row.place and row.place not in places
        ),
    ]


def timed(row: Row, zone: str, now: datetime) -> Listed | list[BadRow]:
    """Return a row with its time by the clock of its place."""
    clock = ZoneInfo(zone)
    starts = _moment(row.starts, clock)
    ends = _moment(row.ends, clock) if row.ends else None
    wrong = [
        BadRow(
            row.line,
            f"{name}: looks like 2026-12-03T10:30; an hour that a night has twice needs its offset",
        )
        for name, given, read in (("starts_at", row.starts, starts), ("ends_at", row.ends, ends))
        if given and read is None
    ]
    if wrong or starts is None:
        return wrong
    if ends is None:
        ends = starts + (_USUAL if row.minutes is None else timedelta(minutes=row.minutes))
    if not timedelta(0) < ends - starts <= LONGEST:
        return [BadRow(row.line, "ends_at: lies after starts_at, within a day")]
    early = _EARLY if row.status in _THERE else timedelta(0)
    if row.status in _THERE | _OVER and starts > now + early:
        return [BadRow(row.line, "status: says what became of a visit that is still to come")]
    return Listed(row, Span(starts, ends))


def _wrong_header(header: Sequence[str]) -> list[str]:
    known = (*COLUMNS, *OPTIONAL)
    if not set(header) & set(known):
        # Perhaps a patient stands here: none of it is repeated.
        return [f"this is no header; it must name, separated by commas: {', '.join(COLUMNS)}"]
    return [
        *(["a column is unknown"] if set(header) - set(known) else []),
        *(f'column "{name}" stands twice' for name in known if header.count(name) > 1),
        *(f'column "{name}" is missing' for name in COLUMNS if name not in header),
    ]


def _read_row(line: int, said: dict[str, str]) -> Row | list[BadRow]:
    bad: list[BadRow] = []
    for name, most in (("patient_external_id", LONGEST_EXTERNAL_ID), ("visit_id", LONGEST_ID)):
        if not 1 <= len(said[name]) <= most or not said[name].isprintable():
            bad.append(BadRow(line, f"{name}: has 1 to {most} printable characters"))
    bad += [
        BadRow(line, f"{name}: has at most {LONGEST_WORDS} printable characters")
        for name in ("place", "what")
        if len(said.get(name, "")) > LONGEST_WORDS or not said.get(name, "").isprintable()
    ]
    if not said["starts_at"]:
        bad.append(BadRow(line, "starts_at: is needed"))
    minutes, length = None, said.get("minutes", "")
    if length and said.get("ends_at"):
        bad.append(BadRow(line, "minutes: give ends_at or minutes, not both"))
    elif length:
        is_number = length.isascii() and length.isdigit() and len(length) <= len("1440")
        minutes = int(length) if is_number else 0
        if not 0 < minutes <= _MOST_MINUTES:
            bad.append(BadRow(line, f"minutes: is a whole number from 1 to {_MOST_MINUTES}"))
    status = _STATUSES.get(said.get("status", "").casefold())
    if status is None and said.get("status"):
        bad.append(BadRow(line, f"status: is empty, or one of {', '.join(_STATUSES)}"))
    if bad:
        return bad
    return Row(
        line=line,
        person=said["patient_external_id"],
        visit_id=said["visit_id"],
        starts=said["starts_at"],
        ends=said.get("ends_at", ""),
        minutes=minutes,
        place=said.get("place", ""),
        status=status,
        what=said.get("what") or None,
    )


def _moment(text: str, clock: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=clock)
            if at.utcoffset() != at.replace(fold=1).utcoffset():
                return None
        return at.astimezone(UTC) if is_moment(at) else None
    except (ValueError, OverflowError):
        return None
