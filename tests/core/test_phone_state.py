"""What failed texts teach of a phone, and what ends it."""

from datetime import UTC, datetime, timedelta

import pytest

from engage.messaging.carrier_codes import OnNumber, classify
from engage.messaging.may_text import Facts, MayNot, barred
from engage.messaging.phone_state import Known, Trouble, heard, learn

AT = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OFF = 30003


def failed(known: Known, *moments: datetime, number: OnNumber = "doubtful") -> Known:
    """Let texts fail at some moments."""
    for at in moments:
        known = learn(known, number, OFF, at)
    return known


@pytest.mark.parametrize(
    ("code", "trouble"),
    [(21211, "dead"), (30005, "dead"), (30006, "landline"), (21614, "landline"), (30003, None)],
)
def test_a_code_teaches_what_the_table_says(code: int, trouble: Trouble | None) -> None:
    """One refusal tells that a number is dead or a landline, and not that a phone is off."""
    assert learn(Known(), classify(code).effect.number, code, AT).trouble == trouble


def test_three_separate_days_make_doubt() -> None:
    """However often it fails on two days, it is the third that counts."""
    hour = timedelta(hours=1)
    two_days = failed(Known(), AT, AT + hour, AT + DAY, AT + DAY + hour)

    assert two_days.trouble is None
    assert failed(two_days, AT + 2 * DAY).trouble == "doubtful"


def test_whatever_arrives_ends_doubt() -> None:
    """A text that arrives or comes in wipes out all failures before it, and none after it."""
    doubted = failed(Known(), AT, AT + DAY, AT + 2 * DAY)

    assert heard(doubted, AT + 3 * DAY) == Known()
    assert heard(doubted, AT + DAY) == Known(doubts=(AT + 2 * DAY,))
    assert heard(failed(Known(), AT), AT - DAY) == Known(doubts=(AT,))


def test_a_sign_of_life_is_not_a_sign_of_who_lives() -> None:
    """A dead number that texts may be somebody else's by now: only staff clear it."""
    dead = learn(Known(), "dead", 30005, AT)

    assert heard(dead, AT + DAY) == dead
    assert failed(dead, AT + DAY, AT + 2 * DAY, AT + 3 * DAY) == dead


@pytest.mark.parametrize("trouble", ["dead", "landline", "doubtful"])
def test_the_page_and_the_outbox_hear_of_it(trouble: Trouble) -> None:
    """No text sets out to such a phone but the answer to a text from it, and where help is."""
    facts = Facts(has_phone=True, patient_active=True, opted_out=False, trouble=trouble)

    for kind in ("screening", "staff", "right-person"):
        no = barred(facts, kind)
        assert isinstance(no, MayNot)
        assert no.reason == f"phone-{trouble}"
    assert barred(facts, "safety") is None
    assert barred(facts, "reply") is None
