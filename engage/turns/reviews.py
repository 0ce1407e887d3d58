"""Which wordings a person has signed off, and which are still drafts. (p).

A draft is machine-made or unreviewed wording: Spanish, and the safety texts. A real carrier may not
send one until a named reviewer has signed exactly these words; changing a letter voids the
signature. 45 CFR 92.201 asks for a qualified human translator. This room refuses unnamed reviewers.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import msgspec
from msgspec import Struct

from engage.errors import EngageError
from engage.turns.library import Library


class ReviewsInvalid(EngageError):  # noqa: N818 - reads as a sentence
    """The file of reviewed wordings can't be read."""


class Draft(Struct, frozen=True, order=True):
    """A wording nobody has signed; `sha256` is what a signature must name."""

    id: str
    language: str
    sha256: str
    words: str


class Review(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's word for a wording."""

    id: str
    language: str
    sha256: str
    reviewer: str
    date: date
    #: The one practice whose clinician signed; without it, all of the deployment.
    practice: UUID | None = None


class _File(Struct, forbid_unknown_fields=True):
    review: tuple[Review, ...] = ()


def parse(toml_text: str) -> tuple[Review, ...]:
    """Return the reviews of a file; a nameless reviewer or an unknown field is refused."""
    try:
        reviews = msgspec.convert(tomllib.loads(toml_text), _File).review
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ReviewsInvalid from error
    if any(not review.reviewer.strip() for review in reviews):
        raise ReviewsInvalid
    return reviews


def unsigned(
    library: Library, reviews: tuple[Review, ...] = (), practice: UUID | None = None
) -> tuple[Draft, ...]:
    """Return every draft of the catalogue, instruments and check-ins that no review covers.

    With a practice, what another practice signed for itself does not count; without one, a wording
    counts as signed that anybody has.
    """
    signed = {
        (review.id, review.language, review.sha256)
        for review in reviews
        if practice is None or review.practice in {None, practice}
    }
    drafts = (*_of_catalogue(library), *_of_instruments(library), *_of_checkins(library))
    return tuple(
        sorted({d for d in drafts if (d.id, d.language, d.sha256) not in signed}),
    )


def _of_catalogue(library: Library) -> Iterator[Draft]:
    for text in library.catalogue.values():
        for language, status in text.status.items():
            if status == "draft":
                one = (text.one or {}).get(language, "")
                yield _draft(text.id, language, "\n".join((text.text[language], one)).strip())


def _of_instruments(library: Library) -> Iterator[Draft]:
    for tool in library.instruments.values():
        for language, status in tool.status.items():
            if status != "draft":
                continue
            for item in tool.items:
                options = (f"{option.number} {option.text[language]}" for option in item.options)
                yield _draft(
                    item.key, language, "\n".join((tool.wording(item)[language], *options))
                )


def _of_checkins(library: Library) -> Iterator[Draft]:
    # A question that several sets ask is one question, and signed once.
    for script in library.checkins.values():
        for language, status in script.status.items():
            if status != "draft":
                continue
            for item in script.items:
                options = (f"{option.number} {option.text[language]}" for option in item.options)
                yield _draft(item.key, language, "\n".join((item.text[language], *options)))


def _draft(text_id: str, language: str, words: str) -> Draft:
    digest = hashlib.sha256(f"{text_id}|{language}|{words}".encode()).hexdigest()
    return Draft(text_id, language, digest, words)
