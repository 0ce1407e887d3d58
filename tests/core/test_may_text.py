"""Who may be texted, and the first reason why not."""

import pytest

from engage.messaging.may_text import Facts, May, MayNot, TextKind, WhyNot, may_text

KINDS: tuple[TextKind, ...] = ("reply", "check-in", "screening", "staff", "consent")
FINE = Facts(has_phone=True, patient_active=True, opted_out=False)


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_a_phone_and_has_not_said_stop_may_be_texted(kind: TextKind) -> None:
    """Nothing else stands in the way of a text."""
    assert may_text(FINE, kind) == May()


@pytest.mark.parametrize("kind", KINDS)
def test_stop_silences_all_but_words_about_consent(kind: TextKind) -> None:
    """After STOP only what is said about consent itself may pass."""
    facts = Facts(has_phone=True, patient_active=True, opted_out=True)

    assert may_text(facts, kind) == (May() if kind == "consent" else MayNot("opted-out"))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(has_phone=False, patient_active=True, opted_out=False), "no-phone"),
        (Facts(has_phone=True, patient_active=False, opted_out=False), "patient-inactive"),
        (Facts(has_phone=False, patient_active=False, opted_out=True), "no-phone"),
        (Facts(has_phone=True, patient_active=False, opted_out=True), "patient-inactive"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_reason_is_the_first_that_would_have_to_change(
    facts: Facts, reason: WhyNot, kind: TextKind
) -> None:
    """No phone, then nobody to text, then consent: for every kind of text."""
    assert may_text(facts, kind) == MayNot(reason)


@pytest.mark.parametrize("opted_out", [False, True])
@pytest.mark.parametrize("active", [False, True])
def test_a_safety_text_needs_a_phone_alone(*, active: bool, opted_out: bool) -> None:
    """Whoever writes in a crisis reads where help is: inactive and opted-out people too."""
    facts = Facts(has_phone=True, patient_active=active, opted_out=opted_out)

    assert may_text(facts, "safety") == May()
    gone = Facts(has_phone=False, patient_active=active, opted_out=opted_out)
    assert may_text(gone, "safety") == MayNot("no-phone")
