"""Which piece of work a flag belongs to."""

import pytest

from engage.conversation.severity import Severity, highest, rank
from engage.queue.flag import Flag


@pytest.mark.parametrize(
    ("subject", "reasons"),
    [
        ("offer-call", ("opted-out", "opted-out-in-words", "opted-out-or-visit")),
        ("wrong-number", ("wrong-number",)),
        (
            "texts",
            (
                "said-more",
                "unclear-answer",
                "reply-to-staff",
                "outside-conversation",
                "picture",
                "caregiver-wrote",
                "early-text",
                "automatic-reply",
                "own-number",
                "not-handled",
            ),
        ),
        ("silence", ("no-reply",)),
        ("delivery", ("undeliverable",)),
        ("sender", ("unknown-sender", "ambiguous-sender")),
        ("help", ("asked-for-help",)),
        ("crisis", ("red-flag",)),
    ],
)
def test_subjects(subject: str, reasons: tuple[str, ...]) -> None:
    """Behaviour 24: reasons that one person settles in one go are one piece of work."""
    for reason in reasons:
        assert Flag(reason=reason, severity="routine", rule="r").subject == subject


def test_a_need_is_work_of_its_own() -> None:
    """Behaviour 24: hunger and transport are two needs, whatever else is open."""
    hunger, ride = (
        Flag(reason=domain, severity="routine", rule="r", kind="need").subject
        for domain in ("food-insecurity", "transportation-insecurity")
    )

    assert (hunger, ride) == ("need:food-insecurity", "need:transportation-insecurity")


def test_an_unlisted_reason_is_work_of_its_own() -> None:
    """A reason that nobody sorted is never lost in another's work."""
    assert Flag(reason="moved-away", severity="routine", rule="r").subject == "moved-away"


def test_a_need_never_joins_other_work() -> None:
    """A domain named like a reason stays a need."""
    assert Flag(reason="picture", severity="routine", rule="r", kind="need").subject != "texts"


def test_severities_are_ordered() -> None:
    """From routine over urgent and possible to crisis, each is more pressing."""
    assert sorted(("crisis", "routine", "possible", "urgent"), key=rank) == [
        "routine",
        "urgent",
        "possible",
        "crisis",
    ]


@pytest.mark.parametrize(
    ("some", "found"),
    [
        ((), "routine"),
        (("urgent", "routine"), "urgent"),
        (("possible", "crisis", "urgent"), "crisis"),
    ],
)
def test_the_highest_of_some(some: tuple[Severity, ...], found: Severity) -> None:
    """The most pressing of several decides."""
    assert highest(some) == found
