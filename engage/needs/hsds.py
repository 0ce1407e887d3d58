"""Open Referral HSDS 3: what its tables say, joined and judged. (p).

Everything is judged before anything is used: every bad row is named by file, row and reason, and
one bad row stops all. This room refuses a row that names another which is not there, two rows with
one id, and places that are not on earth.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import cast

from msgspec import Struct

from engage.needs.directory import (
    EVERYWHERE,
    Capacity,
    Directory,
    Offer,
    Organization,
    Place,
    area_of,
)
from engage.needs.hsds_tables import BadDirectory, BadRow, Line, Tables

_LONGEST_AREA = 80
_LANGUAGES = {
    "english": "en", "ingles": "en", "eng": "en", "spanish": "es", "espanol": "es", "spa": "es",
    "chinese": "zh", "mandarin": "zh", "cantonese": "yue", "vietnamese": "vi", "tagalog": "tl",
    "korean": "ko", "arabic": "ar", "russian": "ru", "french": "fr", "haitian creole": "ht",
    "portuguese": "pt", "somali": "so", "hmong": "hmn", "navajo": "nv", "german": "de",
    "kor": "ko", "vie": "vi", "zho": "zh", "chi": "zh", "ara": "ar", "rus": "ru", "fra": "fr",
    "fre": "fr", "hat": "ht", "por": "pt", "som": "so", "tgl": "tl", "fil": "tl", "nav": "nv",
    "american sign language": "ase", "asl": "ase", "ukrainian": "uk", "farsi": "fa", "hindi": "hi",
}  # fmt: skip
_WHOLE = frozenset(
    {"nationwide", "national", "country", "united states", "usa", "us", "everywhere"}
)
_SHAPES = frozenset({"geojson", "topojson", "kml", "wkt", "polygon"})
_DRAWN = re.compile(r"[{<(\[]")
_STATE = re.compile(r"(?P<place>[^;,]+),\s*[A-Z]{2}\s*")
_GONE = frozenset({"inactive", "defunct", "temporarily closed"})


class Terms(Struct, frozen=True):
    """Which words of a directory mean which need."""

    domains: Mapping[str, str]

    def domain(self, *said: str) -> str | None:
        """Return the need that a term's code or name means, if any."""
        for one in said:
            if one in self.domains.values():
                return one
            if (found := self.domains.get(area_of(one))) is not None:
                return found
        return None


@lru_cache(maxsize=1)
def shipped_terms() -> Terms:
    """Return the words that ship with the package."""
    text = (resources.files("engage.needs") / "directory_terms.toml").read_text(encoding="utf-8")
    made = cast("dict[str, list[str]]", tomllib.loads(text))
    return Terms({area_of(word): domain for domain, words in made.items() for word in words})


def _areas(name: str) -> Iterator[str]:
    """Yield the areas that a name names; "Mesa, AZ" is Mesa as well."""
    for part in name.split(";"):
        yield part
        if (found := _STATE.fullmatch(part)) is not None:
            yield found["place"]


def read(tables: Tables, terms: Terms) -> Directory:
    """Return the directory that some tables tell of; BadDirectory names all that is wrong."""
    return _Reading(tables, terms).directory()


class _Reading:
    """One file's tables, joined; collects what is wrong with them."""

    def __init__(self, tables: Tables, terms: Terms) -> None:
        self._tables = tables
        self._terms = terms
        self._bad: list[BadRow] = []
        self._indexes: dict[tuple[str, str], dict[str, list[Line]]] = {}
        self._organizations = self._by_id("organization")
        self._services = self._by_id("service")
        self._locations = self._by_id("location")
        self._terms_by_id = self._by_id("taxonomy_term")
        self._places = {own: self._place(one) for own, one in self._locations.items()}

    def directory(self) -> Directory:
        organizations = tuple(self._organization(one) for one in self._organizations.values())
        self._links()
        services = tuple(self._offer(one) for one in self._services.values())
        if self._bad:
            raise BadDirectory(self._bad)
        return Directory(organizations, services)

    def _by_id(self, table: str) -> dict[str, Line]:
        found: dict[str, Line] = {}
        for line in self._tables.get(table, ()):
            own = line["id"]
            if not own:
                self._bad.append(line.bad("id is missing"))
            elif own in found:
                self._bad.append(line.bad(f"id stands at {found[own].row} as well"))
            else:
                found[own] = line
        return found

    def _links(self) -> None:
        """Every row that names another must find it."""
        for table, column, there in (
            ("service", "organization_id", self._organizations),
            ("service_at_location", "service_id", self._services),
            ("service_at_location", "location_id", self._locations),
            ("address", "location_id", self._locations),
            ("service_area", "service_id", self._services),
            ("service_capacity", "service_id", self._services),
            ("language", "service_id", self._services),
            ("phone", "service_id", self._services),
            ("phone", "organization_id", self._organizations),
            ("attribute", "taxonomy_term_id", self._terms_by_id),
        ):
            needed = (table, column) in {
                ("service", "organization_id"),
                ("service_at_location", "service_id"),
                ("service_at_location", "location_id"),
            }
            for line in self._tables.get(table, ()):
                named = line[column]
                if not named and needed:
                    self._bad.append(line.bad(f"{column} is missing"))
                elif named and named not in there:
                    self._bad.append(line.bad(f"{column} names nothing in the package"))

    def _organization(self, line: Line) -> Organization:
        own = line["id"]
        return Organization(
            source_id=own,
            name=self._named(line),
            description=line["description"],
            email=self._email(line),
            phone=next((p["number"] for p in self._linked("phone", "organization_id", own)), None),
            website=line["website"] or line["url"] or None,
        )

    def _offer(self, line: Line) -> Offer:
        own = line["id"]
        places = tuple(
            self._places[at["location_id"]]
            for at in self._linked("service_at_location", "service_id", own)
            if at["location_id"] in self._places
        )
        eligibility = "; ".join(
            part
            for part in (line["eligibility_description"] or line["eligibility"], self._ages(line))
            if part
        )
        return Offer(
            source_id=own,
            organization=line["organization_id"],
            name=self._named(line),
            description=line["description"],
            domains=self._domains(own),
            eligibility=eligibility or None,
            languages=self._languages(own),
            covers=self._covers(own),
            locations=places,
            capacity=self._capacity(own),
            email=self._email(line),
            phone=next((p["number"] for p in self._linked("phone", "service_id", own)), None),
            website=line["url"] or None,
            fees=line["fees_description"] or line["fees"] or None,
            verified_on=self._date(line, "assured_date"),
            withdrawn=line["status"].lower() in _GONE,
        )

    def _linked(self, table: str, column: str, own: str) -> Sequence[Line]:
        index = self._indexes.get((table, column))
        if index is None:
            index = self._indexes[table, column] = {}
            for line in self._tables.get(table, ()):
                index.setdefault(line[column], []).append(line)
        return index.get(own, ())

    def _named(self, line: Line) -> str:
        if not line["name"]:
            self._bad.append(line.bad("name is missing"))
        return line["name"]

    def _email(self, line: Line) -> str | None:
        given = line["email"]
        if given and (given.count("@") != 1 or any(c.isspace() for c in given)):
            self._bad.append(line.bad("email is no address"))
        return given or None

    def _date(self, line: Line, column: str) -> date | None:
        given = line[column]
        try:
            return date.fromisoformat(given[:10]) if given else None
        except ValueError:
            self._bad.append(line.bad(f"{column} is no date; write 2026-11-22"))
            return None

    def _ages(self, line: Line) -> str:
        """Return for which ages a service is, in words; "" if it is for all."""
        least = self._count(line, "minimum_age") or None
        most = self._count(line, "maximum_age")
        if least is not None and most is not None and least > most:
            self._bad.append(line.bad("minimum_age is more than maximum_age"))
        if most is None:
            return "" if least is None else f"from {least} years of age"
        return f"up to {most} years of age" if least is None else f"{least} to {most} years of age"

    def _place(self, line: Line) -> Place:
        address = next(iter(self._linked("address", "location_id", line["id"])), None)
        latitude = self._degrees(line, "latitude", 90)
        longitude = self._degrees(line, "longitude", 180)
        if (latitude is None) != (longitude is None):
            self._bad.append(line.bad("latitude and longitude come together"))
        street = (address["address_1"], address["address_2"]) if address else ()
        return Place(
            name=line["name"],
            address=", ".join(part for part in street if part),
            city=address["city"] if address else "",
            region=(address["state_province"] or address["region"]) if address else "",
            postal_code=address["postal_code"] if address else "",
            latitude=latitude,
            longitude=longitude,
        )

    def _degrees(self, line: Line, column: str, most: int) -> float | None:
        given = line[column]
        if not given:
            return None
        try:
            value = float(given)
        except ValueError:
            value = float("nan")
        if not -most <= value <= most:
            self._bad.append(line.bad(f"{column} is not between -{most} and {most}"))
            return None
        return value

    def _domains(self, own: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for line in self._linked("attribute", "link_id", own):
            term = self._terms_by_id.get(line["taxonomy_term_id"])
            said = (term["code"], term["name"]) if term else (line["value"], line["label"])
            domain = self._terms.domain(*(one for one in said if one))
            if domain is not None:
                found[domain] = None
        return tuple(found)

    def _languages(self, own: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for line in self._linked("language", "service_id", own):
            code = line["code"].lower().partition("-")[0]
            known = _LANGUAGES.get(code) or _LANGUAGES.get(area_of(line["name"]))
            if known or code:
                found[known or code] = None
        return tuple(found)

    def _covers(self, own: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for line in self._linked("service_area", "service_id", own):
            kind = area_of(line["extent_type"])
            # A polygon is no name; which areas lie in it is not known, and unknown is not no.
            named = "" if kind in _SHAPES or _DRAWN.search(line["extent"]) else line["extent"]
            for said in (*_areas(line["name"]), *named.replace(",", ";").split(";")):
                area = area_of(said)
                if area in _WHOLE or kind in {"nationwide", "national", "country"}:
                    found[EVERYWHERE] = None
                elif area and len(area) <= _LONGEST_AREA:
                    found[area] = None
        return tuple(found)

    def _capacity(self, own: str) -> Capacity:
        lines = self._linked("service_capacity", "service_id", own)
        numbers = [self._count(line, "available") for line in lines]
        known = [number for number in numbers if number is not None]
        if not known:
            return "unknown"
        return "open" if any(known) else "full"

    def _count(self, line: Line, column: str) -> int | None:
        given = line[column]
        if not given:
            return None
        try:
            number = float(given)
        except ValueError:
            number = -1.0
        if not 0 <= number < 1_000_000_000:  # noqa: PLR2004 - a count of places
            self._bad.append(line.bad(f"{column} is no count"))
            return None
        return int(number)
