"""Whose danger it is decides whom the safe words speak to."""

import pytest

from engage.reading.about import about_another


@pytest.mark.parametrize(
    "text",
    [
        "my mom cant breathe",
        "she fell and hit her head",
        "no puede respirar mi esposo",
        "mi hijo tomó las pastillas",
        "hes not waking up",
        "ella no despierta",
        "dads face is drooping on one side",
        "my husband says he wants to die",
    ],
)
def test_a_third_person_is_another(text: str) -> None:
    """Who writes about somebody else reads what to do for them."""
    assert about_another(text)


@pytest.mark.parametrize(
    "text",
    [
        "i cant breathe",
        "my chest hurts",
        "me duele el pecho",
        "chest pain",
        "no puedo respirar",
        "tengo el brazo dormido",
        "my mom says i should tell you my chest hurts",
        "1 i want to die",
        "",
    ],
)
def test_in_doubt_it_is_who_writes(text: str) -> None:
    """Words to oneself fit everybody, so they are said where it is not clear."""
    assert not about_another(text)
