"""A practice's patients from a CSV file: read, judged, compared, before anything is written. (p).

The file is judged whole: every bad row is reported by the line it begins on and the reason, and one
bad row stops all. A cell is what it says and never a formula. An empty cell says nothing: what is
known stays, since an export with holes must not empty a record that a nurse has filled. This room
refuses to repeat a cell's content in a reason, and a file in another encoding than UTF-8.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import asdict

from engage.errors import EngageError
from engage.ids import StaffId
from engage.people.fields import EmailAddress, Personal
from engage.people.patient import (
    NotAPatient,
    Patient,
    PatientRecord,
    PatientState,
    Revision,
    read_patient,
)

COLUMNS = (
    "external_id",
    "given_name",
    "family_name",
    "birth_date",
    "language",
    "time_zone",
    "phone",
    "care_manager_email",
)
"""The header, in any order and case; every column is there, its cells may be empty."""

OPTIONAL = ("us_state",)
"""Columns a file may leave out."""

LONGEST_FILE_BYTES = 64 * 1024 * 1024
_LONGEST_HEADER_SHOWN = 40
_MOST_TWINS_SHOWN = 3
_MANAGER = "care_manager_email"


class NotUtf8(EngageError):  # noqa: N818 - reads as a sentence: raise NotUtf8
    """The file is not UTF-8; save it as "CSV UTF-8" and import it again."""


class FileTooLarge(EngageError):  # noqa: N818
    """The file has more than 64 megabytes; split it."""


class BadRow(Struct, frozen=True, order=True):
    """A row that can't be imported: the line it begins on, and why. Nothing of its content."""

    line: int
    reason: str


class BadRows(EngageError):  # noqa: N818
    """Some rows can't be imported, so none was."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        """Take the rows, and keep them in the order of the file."""
        self.rows = tuple(sorted(rows))
        super().__init__()


class ImportRow(Personal, frozen=True, kw_only=True):
    """A row that reads well: what it says, and where it stands."""

    line: int
    record: PatientRecord
    care_manager: EmailAddress | None


class Plan(Personal, frozen=True):
    """What an import will do. Together: every row of the file, once."""

    create: tuple[tuple[ImportRow, StaffId | None], ...]
    update: tuple[Revision, ...]
    unchanged: int


def decode(raw: bytes) -> str:
    """Return the text of a file, with or without a byte order mark."""
    if len(raw) > LONGEST_FILE_BYTES:
        raise FileTooLarge
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Not `from` the error: it quotes the bytes it fell over.
        raise NotUtf8 from None


def parse_rows(text: str, today: date) -> tuple[ImportRow, ...] | list[BadRow]:
    """Read a whole file: all of its rows, or all that is wrong with it."""
    good, bad = read_rows(text, today)
    return sorted(bad) if bad else good


def read_rows(text: str, today: date) -> tuple[tuple[ImportRow, ...], list[BadRow]]:
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
    good: list[ImportRow] = []
    bad: list[BadRow] = []
    lines_of: dict[str, list[int]] = {}
    for found in lines:
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        line, cells = found
        if len(cells) != len(header):
            bad.append(BadRow(line, f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        said = dict(zip(header, cells, strict=True))
        lines_of.setdefault(said["external_id"].strip(), []).append(line)
        row = _read_row(line, said, today)
        if isinstance(row, ImportRow):
            good.append(row)
        else:
            bad += row
    bad += [
        BadRow(line, f"external_id: stands on line {_others(line, twins)} as well")
        for external_id, twins in lines_of.items()
        if external_id and len(twins) > 1
        for line in twins
    ]
    return tuple(good), bad


def unknown_managers(
    rows: Sequence[ImportRow], managers: Mapping[EmailAddress, StaffId]
) -> list[BadRow]:
    """Return the rows whose care manager does not work in the practice."""
    return [
        BadRow(row.line, f"{_MANAGER}: nobody who works in the practice has this address")
        for row in rows
        if row.care_manager is not None and row.care_manager not in managers
    ]


def plan(
    rows: Sequence[ImportRow],
    known: Mapping[str, Patient],
    managers: Mapping[EmailAddress, StaffId],
) -> Plan:
    """Compare rows with the patients the practice has: create, update or leave each one."""
    create: list[tuple[ImportRow, StaffId | None]] = []
    update: list[Revision] = []
    unchanged = 0
    for row in rows:
        manager = None if row.care_manager is None else managers[row.care_manager]
        before = known.get(row.record.external_id)
        if before is None:
            create.append((row, manager))
            continue
        if before.merged_into is not None:
            # The practice's own system still lists both; the record that is kept counts here.
            unchanged += 1
            continue
        after = _said_over(before, row.record, manager)
        if after == before.state:
            unchanged += 1
        else:
            update.append(Revision(before=before, after=after))
    return Plan(tuple(create), tuple(update), unchanged)


def _said_over(before: Patient, record: PatientRecord, manager: StaffId | None) -> PatientState:
    said = {name: value for name, value in asdict(record).items() if value is not None}
    if manager is not None:
        said["care_manager_id"] = manager
    return PatientState(**(asdict(before.state) | said))


def records(text: str) -> Iterator[tuple[int, list[str]] | BadRow]:
    """Yield each row with the line it begins on; blank lines are skipped."""
    reader = csv.reader(_lines(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # The parser begins anew with the next line, so the rows after it are judged as well.
            yield BadRow(line, "the quotation marks do not match, or a cell is far too long")
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _lines(text: str) -> Iterator[str]:
    # Only the line ends of files: str.splitlines would break a row at a form feed or U+2028.
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    start = 0
    while start < len(normal):
        end = normal.find("\n", start) + 1 or len(normal)
        yield normal[start:end]
        start = end


def _wrong_header(header: Sequence[str]) -> list[str]:
    if not set(header) & {*COLUMNS, *OPTIONAL}:
        # Perhaps a patient stands here: none of it is repeated.
        return [f"this is no header; it must name, separated by commas: {', '.join(COLUMNS)}"]
    unknown = [
        f'column "{_shown(name)}" is unknown'
        for name in header
        if name not in (*COLUMNS, *OPTIONAL)
    ]
    known = (*COLUMNS, *OPTIONAL)
    twice = [f'column "{name}" stands twice' for name in known if header.count(name) > 1]
    missing = [
        f'column "{name}" is missing; its cells may be empty, unless the patient needs it'
        for name in COLUMNS
        if name not in header
    ]
    return unknown + twice + missing


def _read_row(line: int, said: dict[str, str], today: date) -> ImportRow | list[BadRow]:
    faults: list[EngageError] = []
    manager, record = None, None
    address = said.pop(_MANAGER)
    try:
        if address.strip():
            manager = EmailAddress.parse(address, f"/{_MANAGER}")
    except EngageError as fault:
        faults.append(fault)
    try:
        record = read_patient(said, today)
    except NotAPatient as error:
        faults += error.faults
    if faults or record is None:
        return [BadRow(line, f"{(f.field or '').lstrip('/')}: {f.sentence}") for f in faults]
    return ImportRow(line=line, record=record, care_manager=manager)


def _shown(name: str) -> str:
    return name[:_LONGEST_HEADER_SHOWN] if name.isprintable() else "?"


def _others(line: int, twins: Sequence[int]) -> str:
    # A few: a file in which every row is the same would be repeated by each of its rows.
    some = [str(other) for other in twins[: _MOST_TWINS_SHOWN + 1] if other != line]
    return ", ".join(some[:_MOST_TWINS_SHOWN])
