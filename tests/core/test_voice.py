"""What a caller of the number that texts hears: help first, in both languages, and when to call."""

from datetime import date, time
from xml.etree import ElementTree as ET

import pytest

from engage.messaging.texts import LANGUAGES, load
from engage.messaging.voice import SPOKEN, Office, digits, hours, twiml
from engage.queue.clocks import Calendar

CATALOGUE = load()
NINE_TO_FIVE = ((time(9), time(17)),)
NORTH = Office("North <Clinic> & Söhne", "+16025550101", NINE_TO_FIVE)


def heard(office: Office | None) -> dict[str, str]:
    """Return what is said, by the language it is said in."""
    response = ET.fromstring(twiml(CATALOGUE, office))  # noqa: S314 - our own words
    assert response.tag == "Response"
    assert {one.tag for one in response} == {"Say"}
    return {one.attrib["language"]: one.text or "" for one in response}


def test_both_languages_say_all() -> None:
    """English, then Spanish: the practice, 911, 988, its line digit by digit, today's hours."""
    assert heard(NORTH) == {
        "en-US": "Hello. This is the text message line of North <Clinic> & Söhne. If this is an "
        "emergency, hang up and call 9 1 1. If you are in crisis or may hurt yourself, hang up and "
        "call 9 8 8, day or night. Nobody answers calls on this number. To talk with us, call "
        "6 0 2, 5 5 5, 0 1 0 1. Again: 6 0 2, 5 5 5, 0 1 0 1. Our hours today are 9 AM to 5 PM.",
        "es-US": "Hola. Esta es la línea de mensajes de texto de North <Clinic> & Söhne. Si es "
        "una emergencia, cuelgue y llame al 9 1 1. Si está en crisis o piensa en hacerse daño, "
        "cuelgue, llame al 9 8 8 y oprima el 2, de día o de noche. En este número nadie contesta "
        "llamadas. Para hablar con nosotros, llame al 6 0 2, 5 5 5, 0 1 0 1. Otra vez: 6 0 2, "
        "5 5 5, 0 1 0 1. Hoy atendemos de las 9 de la mañana a las 5 de la tarde.",
    }


def test_without_a_practice_help_is_still_named() -> None:
    """What is said when nothing is known names 911 and 988 in both languages, and no practice."""
    said = heard(None)

    assert list(said) == [voice for _, voice in SPOKEN]
    for words in said.values():
        assert "9 1 1" in words
        assert "9 8 8" in words
        assert "{" not in words


def test_help_comes_before_the_office() -> None:
    """Somebody who hangs up early has heard where help is."""
    for words in heard(NORTH).values():
        assert words.index("9 1 1") < words.index("9 8 8") < words.index("6 0 2")


def test_every_language_has_a_voice() -> None:
    """A language of the catalogue is spoken too."""
    assert {language for language, _ in SPOKEN} == set(LANGUAGES)


def test_a_closed_day_is_said() -> None:
    """On a day without hours no hours are said."""
    said = heard(Office("North Clinic", "+16025550101", ()))

    assert said["en-US"].endswith("Our office is closed today.")
    assert said["es-US"].endswith("Hoy la oficina está cerrada.")


@pytest.mark.parametrize(
    ("spans", "english", "spanish"),
    [
        (
            ((time(9), time(12)), (time(13, 30), time(19))),
            "9 AM to noon and 1:30 PM to 7 PM",
            (
                "de las 9 de la mañana a las 12 del mediodía "
                "y de la 1:30 de la tarde a las 7 de la noche"
            ),
        ),
        (
            ((time(0), time(12, 30)),),
            "midnight to 12:30 PM",
            "de las 12 de la noche a las 12:30 de la tarde",
        ),
        (
            ((time(1), time(23, 59)),),
            "1 AM to 11:59 PM",
            "de la 1 de la mañana a las 11:59 de la noche",
        ),
    ],
)
def test_hours_are_said_as_people_say_them(
    spans: tuple[tuple[time, time], ...], english: str, spanish: str
) -> None:
    """Noon, midnight, half hours, a break, and one o'clock, which is singular in Spanish."""
    assert hours(spans, "en") == english
    assert hours(spans, "es") == spanish


@pytest.mark.parametrize(
    ("phone", "spoken"),
    [
        ("+16025550101", "6 0 2, 5 5 5, 0 1 0 1"),
        ("+442071838750", "4 4 2 0 7 1 8 3 8 7 5 0"),
    ],
)
def test_a_number_is_spoken_digit_by_digit(phone: str, spoken: str) -> None:
    """No voice makes "six billion" of a phone number."""
    assert digits(phone) == spoken


def test_a_calendar_knows_the_hours_of_a_day() -> None:
    """Weekday and holiday decide; a day that nobody named is closed."""
    calendar = Calendar("America/Phoenix", {"tue": NINE_TO_FIVE, "fri": NINE_TO_FIVE}, "US-AZ")

    assert calendar.spans_of(date(2026, 11, 24)) == NINE_TO_FIVE
    assert calendar.spans_of(date(2026, 11, 25)) == ()
    # A Friday, and Christmas.
    assert calendar.spans_of(date(2026, 12, 25)) == ()
