"""What holds of reading and counting for every text there is."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import unicodedata
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from engage.messaging.segments import count, tidy
from engage.people.phone import OddSender, PhoneNumber, parse_sender
from engage.reading.fold import fold, located_words, words
from engage.reading.keywords import FreeFormStop, Stop, carrier_word
from engage.reading.redflags import red_flags

# Every code point, lone surrogates and NUL included.
ANYTHING = st.text(st.characters(exclude_categories=()))
_PHRASES = [
    "stop", "please", "texting", "me", "no", "quiero", "morir", "chest", "pain", "can't", "breathe",
    "dolor", "de", "pecho", ",", ".", "!", "\n", "’", "\u200b", "🛑", "\ud800",
]  # fmt: skip
NEARLY = st.lists(st.sampled_from(_PHRASES)).map(" ".join)
TEXTS = ANYTHING | NEARLY


@given(ANYTHING)
@example("\u0149\u00b4\u1e9e\ufdfa\u2044\u0130")
def test_folding_twice_is_folding_once(text: str) -> None:
    """Fold is idempotent, and total."""
    assert fold(text) == fold(fold(text))


@given(ANYTHING)
def test_words_do_not_depend_on_folding_first(text: str) -> None:
    """The words of a text are the words of its folded form."""
    assert words(text) == words(fold(text))


@given(ANYTHING)
def test_composition_does_not_matter(text: str) -> None:
    """A text and its decomposed form fold alike: phones differ in which they send."""
    assert fold(text) == fold(unicodedata.normalize("NFD", text))


@given(TEXTS)
def test_spans_are_ordered_and_inside_the_text(text: str) -> None:
    """Words stand in order and within the text; one character ("½") may hold two of them."""
    found = located_words(text)

    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert all(a.end <= b.start + 1 and a.start <= b.start for a, b in pairwise(found))


@given(TEXTS, st.none() | st.sampled_from(["STOP", "START", "HELP"]) | ANYTHING)
def test_reading_a_carrier_word_never_raises(text: str, opt_out_type: str | None) -> None:
    """Every text has a reading, whatever the carrier adds."""
    carrier_word(text, opt_out_type)


@given(TEXTS)
def test_the_carriers_stop_always_stops(text: str) -> None:
    """When the carrier has blocked a number, no text of it reads as anything else."""
    assert isinstance(carrier_word(text, "STOP"), Stop)


@given(st.sampled_from(["START", "HELP", "", None]))
def test_our_stop_survives_the_carrier(opt_out_type: str | None) -> None:
    """An opt-out that we read is not undone by what the carrier read."""
    assert isinstance(carrier_word("STOP", opt_out_type), Stop)
    assert isinstance(carrier_word("stop texting me", opt_out_type), FreeFormStop)


@given(TEXTS)
def test_red_flags_never_raise_and_point_into_the_text(text: str) -> None:
    """Every text is read, and a flag's span lies inside it."""
    for flag in red_flags(text):
        assert 0 <= flag.start < flag.end <= len(text)


@given(NEARLY, NEARLY)
def test_more_text_after_a_full_stop_hides_no_flag(before: str, after: str) -> None:
    """Nothing that is said in other sentences takes a crisis away."""
    flags = red_flags(f"{before}. i want to die. {after}")

    assert ("suicide", "crisis") in {(flag.rule, flag.severity) for flag in flags}


@given(TEXTS)
def test_tidying_twice_is_tidying_once(text: str) -> None:
    """Tidy is idempotent and total."""
    assert tidy(text) == tidy(tidy(text))


@given(TEXTS)
def test_counting_is_bounded_by_its_encoding(text: str) -> None:
    """There are never fewer segments than the units need, and offenders mean UCS-2."""
    counted = count(text)
    part = 160 if counted.encoding == "GSM-7" else 70

    assert counted.segments * part >= counted.units
    assert bool(counted.offenders) == (counted.encoding == "UCS-2")


@given(TEXTS)
def test_any_sender_is_a_sender(raw: str) -> None:
    """No sender field of a verified webhook can raise or print itself."""
    sender = parse_sender(raw)

    assert repr(sender) in {"PhoneNumber(…)", "OddSender(…)"}


@given(st.integers(200, 999), st.integers(0, 99))
def test_a_number_survives_its_own_form(area: int, last: int) -> None:
    """What parsing accepts, parsing its E.164 form accepts as the same number."""
    match parse_sender(f"({area}) 555-01{last:02}"):
        case PhoneNumber() as number:
            assert number == PhoneNumber.parse(number.e164)
        case OddSender():
            pass  # not every area code exists
