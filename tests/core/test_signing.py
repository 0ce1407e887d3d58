"""Passwords, second factors, codes and limits: the rules that hold without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from engage.people.signing import codes, limits, passwords, second_factor
from engage.people.signing.passwords import LEAST, Cost, NotAPassword

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
RFC_SECRET = b"12345678901234567890"
SALT = bytes(range(16))


def test_the_least_cost_is_what_owasp_asks_for() -> None:
    """A hash says its own cost: Argon2id, 19 MiB, two passes, one lane."""
    kept = passwords.hashed("a long walk along the river", SALT, LEAST)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches("a long walk along the river", kept)
    assert not passwords.matches("a long walk along the rivers", kept)
    assert passwords.nobodys(LEAST).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "$m=32768,t=3,p=1$" in passwords.nobodys(Cost(32768, 3, 1))


def test_a_password_opens_from_every_keyboard() -> None:
    """Composed and decomposed letters are one password."""
    kept = passwords.hashed("contrasen\u0303a larga", SALT, LEAST)

    assert passwords.matches("contrase\u00f1a larga", kept)


@pytest.mark.parametrize("raw", ["", "eleven char", "x" * 12, "y" * 129, " " * 20])
def test_a_password_is_long(raw: str) -> None:
    """Twelve characters at least, 128 at most, and not one letter over and over."""
    with pytest.raises(NotAPassword):
        passwords.read_password(raw)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """The vectors of the standard, in six digits."""
    step = seconds // second_factor.STEP_SECONDS
    at = datetime.fromtimestamp(seconds, UTC)

    assert second_factor.code_at(RFC_SECRET, step) == code
    assert second_factor.step_of(RFC_SECRET, f"{code[:3]} {code[3:]}", at) == step


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345"]
)
def test_what_is_no_code_is_none(code: str) -> None:
    """Six digits of ASCII, and nothing that Python would also call a number."""
    assert second_factor.step_of(RFC_SECRET, code, AT) is None


def test_a_code_is_good_beside_its_half_minute_and_no_further() -> None:
    """A clock that is half a minute off is forgiven, one that is a minute off is not."""
    step = int(AT.timestamp()) // second_factor.STEP_SECONDS
    good = {step + off: second_factor.code_at(RFC_SECRET, step + off) for off in range(-3, 4)}
    read = {off: second_factor.step_of(RFC_SECRET, code, AT) for off, code in good.items()}

    assert {at for at, found in read.items() if found is not None} == {step - 1, step, step + 1}


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    """Ten of them, all different; capitals, spaces and missing dashes do not matter."""
    made = list(second_factor.recovery_codes(bytes(range(100))))

    assert len(set(made)) == second_factor.RECOVERY_CODES
    for code in made:
        assert second_factor.read_recovery(code) == code
        assert second_factor.read_recovery(code.upper().replace("-", "  ")) == code
    assert second_factor.read_recovery("short") is None


def test_a_code_by_text_is_six_digits() -> None:
    """Leading noughts stay, and the last one is as likely as the first."""
    assert codes.code_from(bytes(16)) == "000000"
    assert codes.code_from((1_000_007).to_bytes(16, "big")) == "000007"
    assert codes.bound("+16025550142", "sign-in", "000007") != codes.bound(
        "+16025550143", "sign-in", "000007"
    )


def test_guessing_is_hopeless() -> None:
    """Five codes of five tries a day, thirty of an authenticator: below one in ten thousand."""
    by_text = limits.CODE_OF_PHONE.most * codes.TRIES / 10**codes.DIGITS
    by_factor = limits.FACTOR_OF_ACCOUNT.most * 3 / 10**second_factor.DIGITS

    assert limits.CODE_OF_PHONE.seconds == limits.FACTOR_OF_ACCOUNT.seconds == 86400
    assert by_text <= 1e-4
    assert by_factor <= 1e-4
    assert timedelta(minutes=10) >= codes.LIFE


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "seen"),
    [
        ("203.0.113.7", "", (), "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", (), "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", "", ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.2", "XYZZY", ("10.0.0.0/8",), "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", (), "203.0.113.7"),
        ("", "", (), "unknown"),
    ],
)
def test_where_a_request_comes_from(
    peer: str, forwarded: str, trusted: tuple[str, ...], seen: str
) -> None:
    """Only our own proxies are believed, and a home is one address however many it has."""
    assert limits.address_of(peer, forwarded, trusted) == seen
