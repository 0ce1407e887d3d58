"""What counts as a wish to invite somebody, and what a person reads instead."""

import pytest

from engage.reading.inviting import wish_of

WISHES = [
    ("add my daughter 602-555-0147", "daughter", ()),
    ("Add my daughter Ana Delgado 602-555-0147", "daughter", ("Ana", "Delgado")),
    ("Please add my son at (602) 555-0147. Thank you!", "son", ()),
    ("Hi, can you invite my sister? her number is 6025550147", "sister", ()),
    ("I want to add my wife Marta +1 602 555 0147 please", "wife", ("Marta",)),
    ("agregar a mi hija 602 555 0147", "hija", ()),
    ("Hola, quiero invitar a mi hijo Luis al 602.555.0147 gracias", "hijo", ("Luis",)),
    ("Por favor agregue a mi mamá, su celular es 602-555-0147", "mama", ()),
    ("añadir a mi vecina 16025550147", "vecina", ()),
]
NOT_SURE = [
    "my daughter 602-555-0147",
    "my new number is 602-555-0147",
    "don't add my daughter 602-555-0147",
    "add my daughter",
    "add my daughter 555-0147",
    "add my daughter 602-555-0147 and my son 602-555-0148",
    "add my daughter and son 602-555-0147",
    "add my daughter 602-555-0147 but not my son",
    "add my daughter to my visits 602-555-0147",
    "add my daughter ana 602-555-0147",
    "add my daughter 602-555-0147 2",
    "add my dog 602-555-0147",
    "add her 602-555-0147",
    "add my hija 602-555-0147",
    "should I add my daughter 602-555-0147?",
    "my ex says add my daughter 602-555-0147",
    "no agregue a mi hija 602-555-0147",
    "agregar mi hija a todo 602-555-0147",
    "add my daughter 602-555-0147. I fell last night",
    "add my daughter 160255501477",
    "add my daughter A" + "n" * 30 + " 602-555-0147",
    "ADD MY DAUGHTER TO MY RIDES 602-555-0147",
    "Add my son Not Him 602-555-0147",
    "",
]


@pytest.mark.parametrize(("text", "relation", "name"), WISHES)
def test_a_wish_is_read(text: str, relation: str, name: tuple[str, ...]) -> None:
    """In both languages, with courtesy or without, with a name or without."""
    wish = wish_of(text)
    assert wish is not None
    assert (wish.relation, wish.name, wish.number) == (relation, name, "602-555-0147")
    assert "555" not in repr(wish)


@pytest.mark.parametrize("text", NOT_SURE)
def test_what_says_anything_else_is_no_wish(text: str) -> None:
    """Doubt means a human: nobody is invited by half of a sentence."""
    assert wish_of(text) is None
