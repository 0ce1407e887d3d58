"""A draft is signed where just these words were signed, by somebody, for that practice."""

from datetime import date
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.turns.library import Library
from engage.turns.reviews import Review, ReviewsInvalid, parse, unsigned

LIBRARY = Library.shipped()
DRAFT = unsigned(LIBRARY)[0]
SIGNED = Review(DRAFT.id, DRAFT.language, DRAFT.sha256, "R. Okafor, MD", date(2026, 11, 1))
OURS, THEIRS = UUID(int=1), UUID(int=2)


def test_every_safe_word_waits_for_a_signature_in_both_languages() -> None:
    """No wording that is said in a crisis is taken for reviewed because it ships."""
    waiting = {(draft.id, draft.language) for draft in unsigned(LIBRARY)}
    safe = {name for name in LIBRARY.catalogue if name.startswith(("safety.", "clarify."))}
    assert len(safe) >= 13
    assert {(name, language) for name in safe for language in ("en", "es")} <= waiting


def test_a_signature_covers_its_words_and_no_others() -> None:
    """A changed letter voids a signature."""
    assert DRAFT not in unsigned(LIBRARY, (SIGNED,))
    assert DRAFT in unsigned(LIBRARY, (replace(SIGNED, sha256="0" * 64),))
    assert DRAFT in unsigned(LIBRARY, (replace(SIGNED, language="xx"),))


def test_one_practice_signs_for_itself() -> None:
    """What one practice's clinician signed is still a draft for another practice."""
    own = (replace(SIGNED, practice=OURS),)
    assert DRAFT not in unsigned(LIBRARY, own, OURS)
    assert DRAFT in unsigned(LIBRARY, own, THEIRS)
    assert DRAFT not in unsigned(LIBRARY, (SIGNED,), THEIRS)


@pytest.mark.parametrize("reviewer", ["", "  "])
def test_nobody_is_no_reviewer(reviewer: str) -> None:
    """A signature has a name."""
    entry = f'[[review]]\nid = "a"\nlanguage = "es"\nsha256 = "b"\nreviewer = "{reviewer}"\n'
    with pytest.raises(ReviewsInvalid):
        parse(entry + "date = 2026-11-01\n")
