"""What a text to a caregiver needs to be told, and that it is asked for again when it leaves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engage.messaging.copies import (
    ANSWERING,
    ASKED_OF_CAREGIVER,
    COPIES,
    TO_CAREGIVER,
    Right,
    right_of,
    told_still,
)
from engage.messaging.may_text import MayNot
from engage.messaging.texts import load
from engage.people.sharing.grant import NOTHING, Held, Scope, Whose, scope_of

NIGHT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Ten in the evening in Phoenix: what is queued now leaves in the morning."""
MORNING = NIGHT + timedelta(hours=11)
TEEN = Whose(birth_date=date(2014, 11, 22), zone="America/Phoenix")
"""Twelve years old at midnight between the two."""


def seen(
    category: str = "check-ins", until: datetime | None = None, at: datetime = MORNING
) -> Scope:
    """Return what one grant of long ago lets a caregiver do at a moment."""
    one = Held(
        category=category,  # type: ignore[arg-type]  # one of the six
        verbs=frozenset({"see", "answer"}),
        how="verbal",
        granted_at=NIGHT - timedelta(days=30),
        until_at=until,
    )
    return scope_of([one], TEEN, at)


def test_every_text_to_a_caregiver_says_what_it_needs() -> None:
    """A text that is added to the catalogue for caregivers can't be forgotten here."""
    told = {one for one in load() if one.endswith(TO_CAREGIVER)}
    assert told == set(COPIES)


@pytest.mark.parametrize(
    ("text_id", "kind", "script", "needs"),
    [
        ("visit.coming.caregiver", "visit-2d", None, Right("visits")),
        ("pick-up.failed.caregiver", "staff", None, Right("rides")),
        ("checkin.feeling", "check-in", "chronic-care" + ASKED_OF_CAREGIVER, ANSWERING),
        ("checkin.feeling", "check-in", "chronic-care", None),
        ("pick-up.failed", "staff", None, None),
        (None, "staff", None, None),
        ("crisis", "safety", "chronic-care" + ASKED_OF_CAREGIVER, None),
        ("stopped", "consent", "chronic-care" + ASKED_OF_CAREGIVER, None),
    ],
)
def test_a_right_is_named_by_the_text(
    text_id: str | None, kind: str, script: str | None, needs: Right | None
) -> None:
    """A copy needs the right of its category, a question of a check-in the one to answer."""
    assert right_of(text_id, kind, script) == needs  # type: ignore[arg-type]  # one of the kinds


def test_what_is_over_by_the_morning_does_not_leave() -> None:
    """Revoked, run out, or narrowed by a birthday at midnight: queued at ten, withdrawn at nine."""
    no = MayNot("not-shared")
    assert told_still(Right("visits"), [NOTHING]) == no
    assert told_still(Right("visits"), []) == no
    ends = MORNING - timedelta(hours=1)
    assert told_still(Right("visits"), [seen("visits", ends, NIGHT)]) is None
    assert told_still(Right("visits"), [seen("visits", ends)]) == no
    assert told_still(ANSWERING, [seen(at=NIGHT)]) is None
    assert told_still(ANSWERING, [seen()]) == no


def test_what_is_still_shared_leaves() -> None:
    """One reader of the phone who may be told is enough; what is no copy is not asked about."""
    assert told_still(Right("visits"), [NOTHING, seen("visits")]) is None
    assert told_still(None, []) is None
