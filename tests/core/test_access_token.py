"""Access tokens: ours hold for five minutes, and nobody else's ever do (promise A1)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from engage.people.signing.access_token import Claims, Signer
from tests.fakes.forged import TOKEN, Forge

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
ISSUER = "https://care.example.org"
SEED, OLDER = bytes([1]) * 32, bytes([2]) * 32
CLAIMS = Claims(UUID(int=7), UUID(int=8))
FORGE = Forge(SEED, OLDER, ISSUER, CLAIMS, AT)
OURS, FORGED = FORGE.ours, FORGE.forged()


def test_ours_is_read() -> None:
    """What was signed is read, by any key of ours, to the second."""
    older = Signer([OLDER], ISSUER).sign(CLAIMS, TOKEN, AT)

    assert OURS.read(FORGE.good, AT) == CLAIMS
    assert OURS.read(FORGE.signed(), AT) == CLAIMS
    assert OURS.read(older, AT) == CLAIMS
    assert OURS.read(FORGE.good, AT + timedelta(seconds=299)) == CLAIMS
    assert OURS.read(FORGE.good, AT + timedelta(seconds=300)) is None
    assert Signer([OLDER], ISSUER).read(FORGE.good, AT) is None
    assert repr(OURS) == "Signer(…)"


@pytest.mark.parametrize("name", [*FORGED, "empty", "letters beyond ASCII"])
def test_a_forged_one_is_not(name: str) -> None:
    """None of them opens, and none makes us fall over."""
    more = {"empty": "", "letters beyond ASCII": FORGE.good.replace("e", "é", 1)}

    assert OURS.read((FORGED | more)[name], AT) is None


def test_there_are_enough_of_them() -> None:
    """Promise A1 speaks of sixty at least, and none of them is ours by accident."""
    assert len(set(FORGED.values())) == len(FORGED) >= 60
    assert FORGE.good not in FORGED.values()
