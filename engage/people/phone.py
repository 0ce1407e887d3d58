"""Phone numbers: parsed once at the door, then trusted, and never printed (p).

Two doors, because two things come in. What somebody types as a patient's number must be a number we
may text: `PhoneNumber.parse` refuses the rest. What a carrier signs as the sender of a text must
never be lost: `parse_sender` takes anything, and what is no such number becomes an `OddSender`,
which a human looks at.

Nothing here says that a number is somebody's. Validity is not ownership, a phone may be a whole
household's, and no library can tell a US landline from a mobile: the first texts find out.

Both values are tagged Structs: msgspec encodes and decodes them, and their union, without hooks,
and decoding checks the form again. No way of printing shows a digit.
"""

import re
from typing import Any, Self

import msgspec
import phonenumbers
from phonenumbers import PhoneNumberType

from engage.errors import EngageError
from engage.reading.fold import fold

_E164 = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")
_PLAUSIBLE = re.compile(r"(tel:)?[+\d][\d ().\-/]*|\([\d ().\-/]+")
_LONGEST_RAW = 40

# The +1 of the United States, its territories and Canada. The Caribbean states share the code, but
# texting them is texting abroad: another price, another law, and outside the carrier's HIPAA terms.
_REGIONS = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})
_GEOGRAPHIC = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
)


class NotAPhoneNumber(EngageError, ValueError):  # noqa: N818 - reads as a sentence: raise NotAPhoneNumber
    """This is not a phone number in the United States or Canada that can be texted."""

    # A ValueError too, so that msgspec turns it into a ValidationError while it decodes.


class PhoneNumber(msgspec.Struct, frozen=True, tag="phone"):
    """A number that we may text, in E.164. Equal numbers are equal values."""

    e164: str
    """The digits themselves, for the carrier and the sealed column. Never for a log."""

    def __post_init__(self) -> None:
        """Refuse anything that is not of the form, however it was made."""
        if _E164.fullmatch(self.e164) is None:
            raise NotAPhoneNumber

    @classmethod
    def parse(cls, raw: str, region: str = "US") -> Self:
        """Read what somebody typed; raise NotAPhoneNumber for what we could not text.

        Refused: extensions, letters, toll-free and premium numbers, short codes, 911, other
        countries. `region` is where a number without a country code is from.
        """
        typed = fold(raw) if len(raw) <= _LONGEST_RAW else ""
        if _PLAUSIBLE.fullmatch(typed) is None:
            raise NotAPhoneNumber
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            raise NotAPhoneNumber from None
        # `format_number` would drop an extension in silence: the text would reach a switchboard.
        if (
            number.extension
            or not phonenumbers.is_valid_number(number)
            or phonenumbers.number_type(number) not in _GEOGRAPHIC
            or phonenumbers.region_code_for_number(number) not in _REGIONS
        ):
            raise NotAPhoneNumber
        return cls(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def __repr__(self) -> str:
        """Hide the number."""
        return "PhoneNumber(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Hide the number from rich, which reads the fields of a Struct otherwise."""
        return []


class OddSender(msgspec.Struct, frozen=True, tag="odd-sender"):
    """A sender that is no number of ours to text: a short code, a name, another country, nothing.

    Its text is kept and a human reads it; no automatic answer goes back.
    """

    raw: str
    """What the carrier said, unchanged. It may well be a person's number: never for a log."""

    def __repr__(self) -> str:
        """Hide the sender."""
        return "OddSender(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Hide the sender from rich, which reads the fields of a Struct otherwise."""
        return []


Sender = PhoneNumber | OddSender


def parse_sender(raw: str) -> Sender:
    """Read the sender of a verified inbound text; never raises, since no text may be lost."""
    try:
        return PhoneNumber.parse(raw)
    except NotAPhoneNumber:
        return OddSender(raw)
