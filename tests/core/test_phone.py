"""Phone numbers: parsed at the door, never printed."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import pickle

import msgspec
import pytest
from rich.pretty import pretty_repr

from engage.errors import EngageError
from engage.people.phone import NotAPhoneNumber, OddSender, PhoneNumber, Sender, parse_sender

ROSA = "+12125550123"


@pytest.mark.parametrize(
    "raw",
    [
        ROSA, "2125550123", "(212) 555-0123", "212.555.0123", "1-212-555-0123",
        "tel:+1-212-555-0123",
        " 212 555 0123 ", "\u202a+1 (212) 555\u20110123\u202c", "２１２５５５０１２３",
    ],
)  # fmt: skip
def test_one_number_in_many_spellings_is_one_value(raw: str) -> None:
    """However a number is typed or pasted, it is the same E.164 value."""
    number = PhoneNumber.parse(raw)

    assert number.e164 == ROSA
    assert number == PhoneNumber(ROSA)
    assert hash(number) == hash(PhoneNumber(ROSA))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "nothing"), ("   ", "nothing"), ("hello", "words"), ("911", "an emergency number"),
        ("988", "a crisis line"), ("24273", "a short code"), ("+18005550123", "toll-free"),
        ("+19005551234", "premium"), ("+15005550006", "not geographic"),
        ("+442079460958", "another country"), ("+525512345678", "another country"),
        ("+18765551234", "the Caribbean"), ("212-555-0123 x22", "an extension"),
        ("(212) 555-0123 ext. 9", "an extension"), ("212-555-0123;ext=4", "an extension"),
        ("212-555-0123,4", "an extension"), ("212-KLM-0123", "letters"),
        ("+1 212 555 01234", "too long"), ("212 555 012", "too short"),
        ("555-0123", "no area code"),
        ("+11115550123", "no such area"), ("call 212 555 0123", "words around it"),
        ("2125550123 2125550124", "two numbers"), ("\ud800", "half a character"),
        ("2" * 100_000, "far too long"),
    ],
)  # fmt: skip
def test_what_we_could_not_text_is_refused(raw: str, why: str) -> None:
    """Only a geographic number of the US, its territories or Canada is a phone number here."""
    with pytest.raises(NotAPhoneNumber):
        PhoneNumber.parse(raw)


@pytest.mark.parametrize("raw", ["+16045550100", "+17875550123", "+13055550199"])
def test_canada_the_territories_and_invented_numbers_pass(raw: str) -> None:
    """Canada, Puerto Rico and the 555-01xx of tests are numbers."""
    assert PhoneNumber.parse(raw).e164 == raw


@pytest.mark.parametrize("value", [PhoneNumber(ROSA), OddSender("+442079460958")])
def test_no_way_of_printing_shows_a_number(value: Sender) -> None:
    """repr, str, format and rich show the kind of value and no digit of it."""
    shown = [repr(value), str(value), f"{value}", repr([value]), pretty_repr(value)]

    assert not any(character.isdigit() for text in shown for character in text)


def test_the_error_does_not_carry_the_number() -> None:
    """A refused number is in neither the message, nor the arguments, nor the cause."""
    with pytest.raises(EngageError) as caught:
        PhoneNumber.parse("+44 20 7946 0958")

    assert "7946" not in f"{caught.value!r} {caught.value.args} {caught.value.__cause__!r}"


@pytest.mark.parametrize("raw", ["12345", "CLINIC", "+442079460958", "", "+18005550123", "\ud800"])
def test_an_odd_sender_is_kept(raw: str) -> None:
    """A verified text from anything that is no number of ours to text still has a sender."""
    assert OddSender(raw) == parse_sender(raw)


def test_a_sender_with_a_number_is_that_number() -> None:
    """An ordinary sender is the same value as the number on a patient's record."""
    assert parse_sender("+12125550123") == PhoneNumber.parse("(212) 555-0123")


def test_msgspec_needs_no_hooks() -> None:
    """Senders travel through JSON and pickle as themselves."""
    senders: list[Sender] = [PhoneNumber(ROSA), OddSender("12345")]

    assert senders == msgspec.json.decode(msgspec.json.encode(senders), type=list[Sender])
    assert senders == pickle.loads(pickle.dumps(senders))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("e164", ["911", "+1", "12125550123", "+12125550123\n", "+1212555012３"])
def test_decoding_checks_the_form(e164: str) -> None:
    """No value of this type holds anything but an E.164 number, wherever it came from."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "phone", "e164": e164}, PhoneNumber)
