"""Open Referral HSDS 3 as tables: from a tabular package of CSV files, or from JSON. (p).

A row of CSV is the line it begins on; of JSON, its path. Tables and columns that this room does not
know are left alone: a publisher's own additions are no mistake. It refuses what can't be read, and
names the place; what the rows say is judged in hsds.py.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, cast

from msgspec import Struct

from engage.errors import EngageError

LONGEST_BYTES = 256 * 1024 * 1024
_LONGEST_CELL = 20_000
_TOO_LONG = "has a cell longer than anybody would read"


class BadRow(Struct, frozen=True, order=True):
    """A row that can't be imported: which file, which row, and why."""

    file: str
    row: str
    reason: str

    def __str__(self) -> str:
        """As it is told: "services.csv, line 4: ..."."""
        return f"{self.file}, {self.row}: {self.reason}"


class BadDirectory(EngageError):  # noqa: N818 - reads as a sentence: raise BadDirectory
    """The directory can't be imported as it is, so nothing of it was."""

    def __init__(self, rows: Iterable[BadRow]) -> None:
        """Take what is wrong, and keep it in a fixed order."""
        self.rows = tuple(sorted(set(rows)))
        super().__init__()


class Line(Struct, frozen=True):
    """One row of a table, with the place it stands at."""

    file: str
    row: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell; "" if the row does not have it."""
        return self.cells.get(column, "")

    def bad(self, reason: str) -> BadRow:
        """Return what is wrong with this row."""
        return BadRow(self.file, self.row, reason)


Tables = Mapping[str, Sequence[Line]]

_NAMES: Mapping[str, str] = {
    "organizations": "organization",
    "services": "service",
    "locations": "location",
    "service_at_locations": "service_at_location",
    "services_at_location": "service_at_location",
    "addresses": "address",
    "phones": "phone",
    "service_areas": "service_area",
    "languages": "language",
    "service_capacities": "service_capacity",
    "attributes": "attribute",
    "taxonomy_terms": "taxonomy_term",
}
TABLES = frozenset(_NAMES.values())
"""What is read; all else of the standard is left alone."""


def table_of(file: str) -> str | None:
    """Return which table a file of the package holds; None for what is not read."""
    name = file.rpartition("/")[2].lower().removesuffix(".csv")
    name = _NAMES.get(name, name)
    return name if name in TABLES else None


def tables_of_csv(files: Mapping[str, bytes]) -> Tables:
    """Return the tables of a tabular package, by the names of its files."""
    tables: dict[str, list[Line]] = {}
    bad: list[BadRow] = []
    for file, raw in sorted(files.items()):
        table = table_of(file) if file.lower().endswith(".csv") else None
        if table is None:
            continue
        for found in _lines(file, raw):
            if isinstance(found, BadRow):
                bad.append(found)
            else:
                tables.setdefault(table, []).append(found)
    if not bad and not ("organization" in tables and "service" in tables):
        bad.append(BadRow("the package", "as a whole", "has no organizations or no services"))
    if bad:
        raise BadDirectory(bad)
    return tables


def _lines(file: str, raw: bytes) -> Iterator[Line | BadRow]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield BadRow(file, "line 1", "is not UTF-8")
        return
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    begins = 1
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield BadRow(file, f"line {begins}", "can't be read as CSV from here on")
            return
        if header is None:
            header = [name.strip().lower() for name in cells]
            if "id" not in header or len(set(header)) != len(header):
                yield BadRow(file, "line 1", "the header has no id, or a column twice")
                return
        elif len(cells) != len(header):
            if any(cell.strip() for cell in cells):
                reason = f"has {len(cells)} cells, the header has {len(header)}"
                yield BadRow(file, f"line {begins}", reason)
        elif any(len(cell) > _LONGEST_CELL for cell in cells):
            yield BadRow(file, f"line {begins}", _TOO_LONG)
        else:
            said = zip(header, (cell.strip().replace("\x00", "") for cell in cells), strict=True)
            yield Line(file, f"line {begins}", dict(said))


_LISTS: Mapping[str, tuple[str, str | None]] = {
    "service_areas": ("service_area", "service_id"),
    "languages": ("language", "service_id"),
    "phones": ("phone", "service_id"),
    "service_capacities": ("service_capacity", "service_id"),
    "capacities": ("service_capacity", "service_id"),
    "attributes": ("attribute", "link_id"),
    "service_at_locations": ("service_at_location", "service_id"),
    "addresses": ("address", "location_id"),
}
_ONES: Mapping[str, tuple[str, str]] = {
    "organization": ("organization", "organization_id"),
    "location": ("location", "location_id"),
    "taxonomy_term": ("taxonomy_term", "taxonomy_term_id"),
}


def tables_of_json(file: str, raw: bytes) -> Tables:
    """Return the tables of a JSON file: a list of services, a page of them, or one."""
    try:
        said = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadDirectory([BadRow(file, "$", "can't be read as JSON")]) from None
    if isinstance(said, dict):
        page = cast("dict[str, Any]", said)
        said = page.get("contents", page.get("services", [page]))
    tables: dict[str, dict[str, Line]] = {}
    bad: list[BadRow] = []
    if not isinstance(said, list) or not said:
        raise BadDirectory([BadRow(file, "$", "is not a list of services")])
    try:
        for place, one in enumerate(cast("list[object]", said)):
            _flatten(file, f"$[{place}]", "service", one, {}, tables, bad)
    except RecursionError:
        raise BadDirectory([BadRow(file, "$", "is nested too deeply")]) from None
    if bad:
        raise BadDirectory(bad)
    return {table: tuple(rows.values()) for table, rows in tables.items()}


def _flatten(
    file: str,
    path: str,
    table: str,
    said: object,
    given: Mapping[str, str],
    tables: dict[str, dict[str, Line]],
    bad: list[BadRow],
) -> str:
    """Add an object and all it holds to the tables; return its id."""
    if not isinstance(said, dict):
        bad.append(BadRow(file, path, f"is not a {table}"))
        return ""
    whole = cast("dict[str, Any]", said)
    cells = dict(given)
    for name, value in whole.items():
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            cells[name.lower()] = str(value).strip().replace("\x00", "")
    if any(len(cell) > _LONGEST_CELL for cell in cells.values()):
        bad.append(BadRow(file, path, _TOO_LONG))
    # JSON can write half of a character; no file and no database can.
    if any("\ud800" <= letter <= "\udfff" for cell in cells.values() for letter in cell):
        bad.append(BadRow(file, path, "has letters that no text can hold"))
    # A row that others point at needs its own id; a list inside a service need not give one.
    own = cells.setdefault("id", path if table not in {"service", "organization"} else "")
    for name, (inner, link) in _ONES.items():
        value = whole.get(name)
        if isinstance(value, dict):
            cells[link] = _flatten(
                file, f"{path}.{name}", inner, cast("object", value), {}, tables, bad
            )
    for name, (inner, link) in _LISTS.items():
        listed: object = whole.get(name) or []
        if not isinstance(listed, list):
            bad.append(BadRow(file, f"{path}.{name}", "is not a list"))
            continue
        for place, one in enumerate(cast("list[object]", listed)):
            where = f"{path}.{name}[{place}]"
            key = "location_id" if table == "location" and link == "service_id" else link
            _flatten(file, where, inner, one, {key or "": own}, tables, bad)
    rows = tables.setdefault(table, {})
    line = Line(file, path, cells)
    # One organization stands with each of its services, one term with each of its uses.
    shared = table in {"organization", "location", "taxonomy_term"}
    rows[own if shared and own else path] = line
    return own
