"""A practice's discharges from a CSV file: judged whole before anything is written. (p).

Every bad row is reported by the line it begins on and the reason; one bad row stops all. A time
without an offset is the practice's own. A row counts from `recorded_at`, or without one from the
discharge itself: the same file twice changes nothing, also when a hospital took one back meanwhile.
This room refuses to repeat a cell's content in a reason.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engage.checkins.visit import AHEAD, Discharge, Stay
from engage.people.csv_import import BadRow, records
from engage.people.fields import LONGEST_EXTERNAL_ID, Personal

COLUMNS = ("patient_external_id", "visit_number", "facility", "discharged_at")
OPTIONAL = ("admitted_at", "recorded_at")
LONGEST_TEXT = 80
SOURCE = "csv"


class Row(Personal, frozen=True):
    """A row that reads well, and the line it begins on."""

    line: int
    said: Discharge


def read_rows(text: str, zone: ZoneInfo, now: datetime) -> tuple[tuple[Row, ...], list[BadRow]]:
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
    lines_of: dict[tuple[str, str], int] = {}
    for found in lines:
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        line, cells = found
        if len(cells) != len(header):
            bad.append(BadRow(line, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        said = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        row = _read_row(line, said, zone, now)
        if not isinstance(row, Row):
            bad += row
            continue
        key = (row.said.stay.facility, row.said.stay.number)
        if key in lines_of:
            bad.append(BadRow(line, f"visit_number: stands on line {lines_of[key]} as well"))
        lines_of.setdefault(key, line)
        good.append(row)
    return tuple(good), bad


def strangers(rows: Sequence[Row], known: frozenset[str]) -> list[BadRow]:
    """Return the rows about nobody whom the practice knows."""
    return [
        BadRow(row.line, "patient_external_id: the practice knows no patient by this id")
        for row in rows
        if row.said.stay.person not in known
    ]


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


def _read_row(line: int, said: dict[str, str], zone: ZoneInfo, now: datetime) -> Row | list[BadRow]:
    bad: list[BadRow] = []
    longest = {"patient_external_id": LONGEST_EXTERNAL_ID}
    for name in COLUMNS[:3]:
        most = longest.get(name, LONGEST_TEXT)
        if not 1 <= len(said[name]) <= most or not said[name].isprintable():
            bad.append(BadRow(line, f"{name}: has 1 to {most} printable characters"))
    moments: dict[str, datetime | None] = {}
    for name in ("discharged_at", *OPTIONAL):
        moments[name] = _moment(said.get(name, ""), zone)
        if said.get(name) and moments[name] is None:
            bad.append(BadRow(line, f"{name}: looks like 2026-11-20 or 2026-11-20T10:15"))
    at = moments["discharged_at"]
    if not said["discharged_at"]:
        bad.append(BadRow(line, "discharged_at: is needed"))
    elif at is not None and at > now + AHEAD:
        bad.append(BadRow(line, "discharged_at: lies in the future"))
    if bad or at is None:
        return bad
    stay = Stay(
        person=said["patient_external_id"],
        number=said["visit_number"],
        facility=said["facility"],
        event_at=moments["recorded_at"] or at,
        control_id=SOURCE,
    )
    return Row(line, Discharge(stay, at, moments["admitted_at"]))


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
