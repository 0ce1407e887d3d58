"""The catalogue: what people read, how long it is, and what it never asks of them."""

import re

import pytest

from engage.messaging.segments import count
from engage.messaging.texts import (
    LANGUAGES,
    CatalogueInvalid,
    UnknownText,
    ValueMissing,
    compose,
    load,
    parse,
    render,
)
from engage.needs.instrument import load_all
from engage.needs.screening import questions_of

CATALOGUE = load()
QUESTIONS = {
    key: question
    for instrument in load_all().values()
    if instrument.sms_policy == "ok"
    for key, question in questions_of(instrument).items()
}
LONGEST_PRACTICE = "Riverside Family Health Centers"[:30]
FRAMED = ("opening", "nudge", "reask", "which-one")
ALONE = tuple(text_id for text_id in CATALOGUE if text_id not in FRAMED)
LONGER = {
    "ahc.living-situation": (4, 5),
    "ahc.housing-problems": (3, 7),
    "phq.interest": (3, 5),
    "phq.down": (3, 6),
}
"""Segments that the exact wording of a question costs: shortening is not ours to do."""
MUST_NAME_STOP = ("help", "started", "enrolled")
MAY_NAME_CARRIER_WORDS = (*MUST_NAME_STOP, "stopped", "safety.self-harm")
ASKS = re.compile(
    r"\b(reply|text|send|answer|write|respond|responda|envíe|mande|escriba|conteste)\b"
    r"[^.\n]{0,20}\b(STOP|STOPALL|UNSUBSCRIBE|END|QUIT|CANCEL|REVOKE|OPTOUT|OPT OUT|START|YES"
    r"|UNSTOP|HELP|INFO|ALTO|PARAR|BASTA|CANCELAR|AYUDA|INICIO)\b",
    re.IGNORECASE,
)
SENSITIVE = re.compile(
    r"food|hunger|ride|transport|hous|rent|diagnos|diabet|cancer|insulin|depress"
    r"|comida|hambre|vivienda|renta|diagn|c[áa]ncer|insulina|depres",
    re.IGNORECASE,
)


def said_when(language: str) -> str:
    """Return the longest way to say a day, a date and a time."""
    spanish = "miércoles 30 de septiembre a las 10:45 a.m."
    return "Wednesday, Sep 30 at 10:45 AM" if language == "en" else spanish


def said(text_id: str, language: str, lead: str | None = None, practice: str = "") -> str:
    """Return a whole message with the longest values a practice may have."""
    values = {
        "practice": practice or LONGEST_PRACTICE,
        "count": "2" if text_id.startswith("hvs") else "1",
        "care_manager": "Maria Fernanda",
        "given_name": "Maria Fernanda",
        "relation": "granddaughter",
        "code": "000000",
        "day": "Wednesday, Sep 30" if language == "en" else "miércoles 30 de septiembre",
        "time": "10:45 AM" if language == "en" else "10:45 a.m.",
        "when": (when := said_when(language)),
        **dict.fromkeys(("first", "second", "third", "fourth"), when),
        "words": "Please come ten minutes early.",
        "link": "https://care.example.org/answer/" + "A" * 43,
        "how": "when asked whether the phone is still theirs",
        "purpose": "texts from the care team",
        "phone": "+1 312-555-0100",
        "hours": "9 AM to 5 PM",
        "now": "21:40",
        "until": "Wed Nov 25, 09:00",
        "zone": "America/North_Dakota/New_Salem",
    }
    return compose(CATALOGUE, QUESTIONS, text_id, language, values, lead)


def every_message() -> list[tuple[str, str | None]]:
    """Return each text id that a conversation can send, with its lead."""
    framed = [
        (f"{frame} {key}", None) for key in QUESTIONS for frame in ("nudge", "reask", "which-one")
    ]
    asked = [(key, lead) for key in QUESTIONS for lead in (None, "opening")]
    return [*asked, *framed, *((text_id, None) for text_id in ALONE)]


MESSAGES = every_message()


@pytest.mark.parametrize(("text_id", "lead"), MESSAGES)
def test_english_fits_two_segments(text_id: str, lead: str | None) -> None:
    """Every English message stays in GSM-7 and within two segments, opening included."""
    cost = count(said(text_id, "en", lead))

    assert cost.encoding == "GSM-7"
    assert cost.segments <= LONGER.get(text_id.rsplit(maxsplit=1)[-1], (2, 4))[0]


@pytest.mark.parametrize(("text_id", "lead"), MESSAGES)
def test_spanish_keeps_its_accents_within_budget(text_id: str, lead: str | None) -> None:
    """Spanish fits four segments; a long practice name may cost the opening a fifth."""
    most = LONGER.get(text_id.rsplit(maxsplit=1)[-1], (2, 4))[1]
    assert count(said(text_id, "es", lead, practice="Clínica Roble")).segments <= most
    assert count(said(text_id, "es", lead)).segments <= max(most, 5 if lead else 4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", [one for one in CATALOGUE if one not in MAY_NAME_CARRIER_WORDS])
def test_nobody_is_asked_for_a_carrier_word(text_id: str, language: str) -> None:
    """No text asks for a word that carriers act on; digits answer."""
    text = CATALOGUE[text_id]

    for wording in filter(None, (text.text[language], (text.one or {}).get(language))):
        assert ASKS.search(wording) is None


def test_the_carrier_word_lint_sees() -> None:
    """The lint finds the request it is there to find."""
    assert ASKS.search("Reply YES to confirm")
    assert ASKS.search("Para salir mande la palabra ALTO")
    assert ASKS.search("Please send one number, or the word SKIP.") is None


@pytest.mark.parametrize("text_id", MUST_NAME_STOP)
def test_required_texts_say_how_to_end(text_id: str) -> None:
    """What carriers require is said: brand, rates, and how to end, in the person's language."""
    assert "STOP" in said(text_id, "en")
    assert "ALTO" in said(text_id, "es")
    for language in LANGUAGES:
        assert LONGEST_PRACTICE in said(text_id, language)
        assert re.search("rates|tarifas", said(text_id, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", CATALOGUE)
def test_a_locked_screen_tells_nothing(text_id: str, language: str) -> None:
    """Around a question no need, diagnosis or drug is named."""
    text = CATALOGUE[text_id]

    for wording in filter(None, (text.text[language], (text.one or {}).get(language))):
        assert SENSITIVE.search(wording) is None


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wording_of_an_instrument_is_untouched(key: str, language: str) -> None:
    """Asked, nudged or asked again, a question stands there to the letter."""
    for text_id in (key, f"nudge {key}", f"reask {key}"):
        assert QUESTIONS[key].text[language] in said(text_id, language)


def test_a_question_reads_as_planned() -> None:
    """A question is its wording and its numbered answers; the second try lists them."""
    assert said("hvs.worried", "en") == (
        "Within the past 12 months we worried whether our food would run out before we got money "
        "to buy more\n1 Often true 2 Sometimes true 3 Never true 4 Don't know/refused"
    )
    assert said("reask ahc.transportation", "es").endswith("\n1 = Sí\n2 = No")
    assert said("which-one hvs.worried", "en") == (
        "Thank you. Which one is it?\n1 I don't know 2 I'd rather not say"
    )


def test_one_question_is_no_questions() -> None:
    """The opening counts in proper grammar."""
    assert "1 short question." in said("ahc.transportation", "en", "opening")
    assert "2 short questions." in said("hvs.worried", "en", "opening")


def test_every_spanish_text_is_a_draft() -> None:
    """Spanish is not called finished before a qualified translator has said so."""
    assert {text.status["es"] for text in CATALOGUE.values()} == {"draft"}


def test_values_are_not_read_again() -> None:
    """A value with braces in it is just a value."""
    said_to = render(CATALOGUE, "nudge", "en", {"practice": "{phone}", "phone": "secret"})

    assert "{phone}" in said_to
    assert "secret" not in said_to


def test_an_unknown_language_gets_english() -> None:
    """Better English than nothing."""
    assert said("thanks", "ht") == said("thanks", "en")


def test_a_missing_value_is_refused() -> None:
    """A message with a hole in it is never sent."""
    with pytest.raises(ValueMissing):
        render(CATALOGUE, "thanks", "en", {})


@pytest.mark.parametrize("text_id", ["nope", "nudge nope", "shout hvs.worried", "nudge thanks"])
def test_an_unknown_text_is_refused(text_id: str) -> None:
    """A text id that names nothing is an error, not an empty message."""
    with pytest.raises(UnknownText):
        said(text_id, "en")


GOOD = """
[[text]]
id = "hello"
version = "1"
placeholders = ["name"]
status = { en = "project", es = "draft" }
text.en = "Hi {name}"
text.es = "Hola {name}"
"""


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("Hola {name}", "Hola", "text.es"),
        ("Hi {name}", "Hi {name} {other}", "'other'"),
        ("Hi {name}", "Hi {name} {0}", "brace"),
        ("Hola {name}", "", "text.es is missing"),
        (', es = "draft"', "", "status.es"),
        ('version = "1"', 'version = ""', "version"),
        ('version = "1"', "", "version"),
        ('id = "hello"', 'id = "hello there"', "one word"),
        ("text.en", "text", "parse|Cannot|expected"),
        ('text.en = "', 'one.en = "{name}"\none.es = "{name}"\ntext.en = "', "count"),
        ("[[text]]", "[[texts]]", "text"),
    ],
)
def test_a_broken_catalogue_is_refused(old: str, new: str, named: str) -> None:
    """Languages that differ in their placeholders, and holes, are found when it is loaded."""
    with pytest.raises(CatalogueInvalid, match=named):
        parse([GOOD.replace(old, new)])


def test_an_id_is_used_once() -> None:
    """Two files can't both own a text."""
    assert set(parse([GOOD])) == {"hello"}
    with pytest.raises(CatalogueInvalid, match="twice"):
        parse([GOOD, GOOD])
