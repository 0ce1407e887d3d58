"""What error codes mean: the list, its promises, and what is not in it."""

import pytest

from engage.messaging.carrier_codes import CodeRule, classify, listed

EXPECTED = {
    20003: ("our-config", "again", "none", "stop"),
    20429: ("throttle", "again", "none", "slow-down"),
    20500: ("ambiguous", "find", "none", "none"),
    20503: ("ambiguous", "find", "none", "none"),
    21211: ("number-invalid", "fail", "invalid", "none"),
    21217: ("number-invalid", "fail", "invalid", "none"),
    21408: ("number-unreachable", "fail", "unreachable", "none"),
    21606: ("our-config", "again", "none", "stop"),
    21610: ("opted-out", "fail", "opted-out", "none"),
    21611: ("throttle", "again", "none", "slow-down"),
    21612: ("number-unreachable", "fail", "unreachable", "none"),
    21614: ("landline", "fail", "landline", "none"),
    21617: ("bug", "fail", "none", "none"),
    21635: ("landline", "fail", "landline", "none"),
    30003: ("unreachable-now", "again", "doubtful", "none"),
    30004: ("blocked", "fail", "suspected-opt-out", "none"),
    30005: ("number-dead", "fail", "dead", "none"),
    30006: ("landline", "fail", "landline", "none"),
    30007: ("content", "fail", "none", "none"),
    30008: ("transient", "again", "none", "none"),
    30034: ("our-config", "again", "none", "stop"),
    30036: ("stale", "redecide", "none", "none"),
    63038: ("throttle-long", "again", "none", "pause"),
}


@pytest.mark.parametrize(("code", "expected"), EXPECTED.items())
def test_known_code(code: int, expected: tuple[str, ...]) -> None:
    """A known code has one group and says what follows for text, number and account."""
    rule = classify(code)

    assert expected == (rule.group, rule.effect.message, rule.effect.number, rule.effect.account)
    assert code == rule.code


@pytest.mark.parametrize("code", [12345, 30999, 99999999])
def test_unknown_code(code: int) -> None:
    """An unknown code is final for its text, blames no number and is shown to a human."""
    rule = classify(code)

    assert (rule.group, rule.code) == ("unlisted", code)
    assert (
        rule.effect.message,
        rule.effect.number,
        rule.effect.account,
        rule.effect.human,
    ) == ("fail", "none", "none", True)


@pytest.mark.parametrize("code", [None, 0, -1, 404, 502, 9999])
def test_status_in_disguise(code: int | None) -> None:
    """What is below 10000 is an HTTP status, and no code at all."""
    assert classify(code).code is None
    assert classify(code).group == "unlisted"


@pytest.mark.parametrize("rule", listed(), ids=lambda rule: str(rule.code))
def test_every_rule_keeps_the_promises(rule: CodeRule) -> None:
    """To send again needs tries and a wait; whatever ends a number or an account has a reader."""
    effect = rule.effect

    assert (effect.message == "again") == (effect.tries > 0)
    assert (effect.message == "again") == (effect.wait_seconds > 0)
    assert effect.human or effect.number in ("none", "doubtful")
    assert effect.human or effect.account in ("none", "slow-down")
    assert rule.means.endswith(".")
    assert not any(character.isdigit() for character in rule.means)


def test_ambiguous_is_never_sent_again() -> None:
    """A failure behind which the text may have left asks to look first, not to send again."""
    assert {"find"} == {r.effect.message for r in listed() if r.group == "ambiguous"}
