"""Codes that fit a need: Gravity category, SNOMED CT, ICD-10-CM Z; suggested, never set. (p).

A person accepts a code or leaves it. This room refuses what hints at abuse: neither the file nor a
member of staff can bring such a code in, because it can show on a bill or in a portal.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from engage.errors import EngageError

System: TypeAlias = Literal["gravity", "snomed", "icd10"]

SYSTEMS: Mapping[System, str] = {
    "gravity": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm",
}
"""Whose codes they are, as FHIR names it."""

UNCODED = ("intimate-partner-violence", "elder-abuse")
"""Domains that never bear a code here."""

_ABUSE = ("T74", "T76", "Y07", "Z69", "O9A.3", "O9A.4", "O9A.5", "22791000175108", "706893006")
"""How codes begin that say or hint that somebody is hurt by another."""

_PARENTS = ("Z59.0", "Z59.1", "Z59.4", "Z59.8", "Z59.81", "Z59.86")
"""Not billable: there is always a more exact one."""


class CodesInvalid(EngageError):  # noqa: N818 - reads as a sentence: raise CodesInvalid
    """The table of codes is incomplete, or holds what it may not."""

    def __init__(self, reason: str) -> None:
        """Take what is wrong, naming the domain."""
        self._reason = reason
        super().__init__()

    @property
    def sentence(self) -> str:
        """What is wrong, naming the domain."""
        return f"The table of codes can't be used: {self._reason}"


class NotSuggested(EngageError):  # noqa: N818 - reads as a sentence: raise NotSuggested
    """This code is not among those that fit this need."""


class Code(Struct, frozen=True, order=True):
    """One code with its words."""

    system: System
    code: str
    display: str


class _Domain(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    snomed: dict[str, str]
    icd10: dict[str, str]


class Codes(Struct, frozen=True):
    """What may be suggested, by domain, and where it is from."""

    source: str
    version: str
    titles: Mapping[str, str]
    suggested: Mapping[str, tuple[Code, ...]]

    def title(self, domain: str) -> str:
        """Return how staff call a domain; one that is not listed stands as it is."""
        return self.titles.get(domain, domain.replace("-", " ").capitalize())

    def suggestions(self, domain: str) -> tuple[Code, ...]:
        """Return the codes that fit a domain, the category first; none for what hints at abuse."""
        return self.suggested.get(domain, ())

    def accept(self, domain: str, chosen: Iterable[tuple[str, str]]) -> tuple[Code, ...]:
        """Return the chosen ones of the suggestions; NotSuggested if one is not among them."""
        known: dict[tuple[str, str], Code] = {
            (one.system, one.code): one for one in self.suggestions(domain)
        }
        accepted: dict[tuple[str, str], Code] = {}
        for place, pair in enumerate(chosen):
            if pair not in known:
                pointer = f"/codes/{place}"
                raise NotSuggested(pointer)
            accepted[pair] = known[pair]
        return tuple(accepted.values())


def parse(toml_text: str) -> Codes:
    """Return the codes of a file; CodesInvalid for what is missing, or may not be there."""
    try:
        made = tomllib.loads(toml_text)
        source, version = str(made.pop("source", "")), str(made.pop("version", ""))
        domains = msgspec.convert(made, dict[str, _Domain])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise CodesInvalid(str(wrong)) from wrong
    if not source.strip() or not version.strip():
        reason = "source or version is empty"
        raise CodesInvalid(reason)
    for problem in _problems(domains):
        raise CodesInvalid(problem)
    return Codes(
        source,
        version,
        {name: one.title for name, one in domains.items()},
        {name: tuple(_codes(name, one)) for name, one in domains.items()},
    )


@lru_cache(maxsize=1)
def load() -> Codes:
    """Return the codes that ship with the package."""
    return parse((resources.files("engage.needs") / "codes.toml").read_text(encoding="utf-8"))


def _codes(name: str, domain: _Domain) -> Iterator[Code]:
    yield Code("gravity", name, domain.title)
    yield from (Code("snomed", code, display) for code, display in domain.snomed.items())
    yield from (Code("icd10", code, display) for code, display in domain.icd10.items())


def _problems(domains: Mapping[str, _Domain]) -> Iterator[str]:
    for name, domain in domains.items():
        if name in UNCODED:
            yield f"{name} may have no codes"
        for code in (*domain.snomed, *domain.icd10):
            if code.startswith(_ABUSE):
                yield f"{name}: {code} hints at abuse"
        for code in domain.icd10:
            if code in _PARENTS:
                yield f"{name}: {code} is not billable; name the exact one"
        for code in domain.snomed:
            if not verhoeff(code):
                yield f"{name}: {code} is not a SNOMED CT identifier"


_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_FIRST = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(number: str) -> bool:
    """Say whether the last digit of a SNOMED CT identifier is the check of the others."""
    if not (number.isascii() and number.isdigit()):
        return False
    check = 0
    for place, digit in enumerate(reversed(number)):
        turned = int(digit)
        for _ in range(place % 8):
            turned = _FIRST[turned]
        check = _D[check][turned]
    return check == 0
