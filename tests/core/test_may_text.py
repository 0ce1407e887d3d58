"""May we text this person: the last word before a text leaves, and the words on their page."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from engage.ids import MessageId, uuid7
from engage.messaging.budget import Waiting
from engage.messaging.kinds import KINDS
from engage.messaging.may_text import (
    Answer,
    Facts,
    May,
    MayNot,
    TextKind,
    Timing,
    Wait,
    WhyNot,
    may_text,
)
from engage.messaging.quiet_hours import Hours, Place, Span

NOON = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)  # Tuesday 12:00 in Phoenix
NIGHT = NOON + timedelta(hours=10)
MORNING = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # Wednesday 9:00
PHOENIX = Hours(
    places=(Place("America/Phoenix", "AZ"),), known="stated", practice=Span(time(9), time(20))
)
FINE = Facts(has_phone=True, patient_active=True, opted_out=False)
KINDS_THERE_ARE: tuple[TextKind, ...] = get_args(TextKind)
PLANNED: tuple[TextKind, ...] = tuple(kind for kind in KINDS_THERE_ARE if KINDS[kind].budgeted)


def asked(
    kind: TextKind,
    at: datetime,
    *,
    facts: Facts = FINE,
    queued: datetime | None = None,
    **now: Any,  # noqa: ANN401 - the fields of a Timing
) -> Answer:
    """Ask at a moment about a text that was queued just now, or earlier."""
    return may_text(facts, kind, Timing(at=at, hours=PHOENIX, **now), queued or at)


def waiting(kind: TextKind, at: datetime) -> Waiting:
    """Return another text of the line."""
    return Waiting(id=MessageId(uuid7(at, bytes(10))), kind=kind, at=at)


@pytest.mark.parametrize("kind", KINDS_THERE_ARE)
def test_somebody_reachable_who_wants_texts_gets_them_by_day(kind: TextKind) -> None:
    """With a phone, active, not opted out, at noon: every kind of text may go."""
    assert isinstance(asked(kind, NOON), May)


@pytest.mark.parametrize("kind", [kind for kind in KINDS_THERE_ARE if kind != "safety"])
def test_stop_is_kept_by_everything_but_what_the_law_asks_for(kind: TextKind) -> None:
    """STOP silences all texts except those about consent itself."""
    facts = replace(FINE, opted_out=True)

    answer = asked(kind, NOON, facts=facts)

    assert isinstance(answer, May) if kind == "consent" else answer == MayNot("opted-out")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(has_phone=False, patient_active=True, opted_out=False), "no-phone"),
        (Facts(has_phone=True, patient_active=False, opted_out=False), "patient-inactive"),
        (Facts(has_phone=False, patient_active=False, opted_out=True), "no-phone"),
        (Facts(has_phone=True, patient_active=False, opted_out=True), "patient-inactive"),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in KINDS_THERE_ARE if kind != "safety"])
def test_the_reason_is_the_first_that_would_have_to_change(
    facts: Facts, reason: WhyNot, kind: TextKind
) -> None:
    """Several things can be in the way; one is named, the same every time."""
    assert asked(kind, NOON, facts=facts) == MayNot(reason)


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("opted_out", [True, False])
def test_a_crisis_is_answered_whoever_wrote(active: bool, opted_out: bool) -> None:  # noqa: FBT001
    """The text that says where help is goes out after STOP, at night, and to who has left us."""
    facts = Facts(has_phone=True, patient_active=active, opted_out=opted_out)

    assert asked("safety", NIGHT, facts=facts) == May()
    gone = replace(facts, has_phone=False)
    assert asked("safety", NIGHT, facts=gone) == MayNot("no-phone")


# Hours


@pytest.mark.parametrize("kind", PLANNED)
def test_nothing_planned_leaves_at_night(kind: TextKind) -> None:
    """Behaviour 14: it waits for the morning; one that would be stale by then is dropped now."""
    answer = asked(kind, NIGHT)

    dropped = NIGHT + KINDS[kind].shelf_life <= MORNING
    assert answer == (MayNot("quiet-hours") if dropped else Wait(MORNING, "quiet-hours"))


def test_an_answer_leaves_at_any_hour() -> None:
    """Behaviour 15: what answers the person's own text waits for no morning and no budget."""
    assert asked("reply", NIGHT, left=(NOON,) * 9) == May()


def test_an_answer_to_a_text_found_late_wakes_nobody() -> None:
    """Its text came hours ago: it waits for the morning, unless they have just written again."""
    found = NIGHT - timedelta(hours=1)
    just_now = NIGHT - timedelta(minutes=14)

    assert asked("reply", NIGHT, queued=found) == Wait(MORNING, "quiet-hours")
    assert asked("reply", NIGHT, queued=found, wrote_at=found) == Wait(MORNING, "quiet-hours")
    assert asked("reply", NIGHT, queued=found, wrote_at=just_now) == May()
    assert asked("reply", NIGHT, queued=just_now) == May()
    assert asked("safety", NIGHT, queued=found) == May()


def test_staff_answer_at_night_and_write_by_day() -> None:
    """A nurse answers a text of tonight at once; words nobody asked for wait until nine."""
    tonight = NIGHT - timedelta(hours=1)

    assert asked("staff", NIGHT, wrote_at=tonight) == May()
    assert asked("staff", NIGHT, wrote_at=NOON - timedelta(days=2)) == Wait(MORNING, "quiet-hours")
    assert isinstance(asked("staff", NOON, left=(NOON,) * 9), May)


def test_nothing_sets_out_in_the_last_minute() -> None:
    """A text that would arrive after eight does not leave seconds before; May says by when."""
    eight = NOON + timedelta(hours=8)

    assert asked("screening", eight - timedelta(minutes=2)) == May(eight)
    assert asked("screening", eight - timedelta(seconds=59)) == Wait(MORNING, "quiet-hours")
    assert asked("screening", eight) == Wait(MORNING, "quiet-hours")


# Room


def test_the_second_text_of_a_day_waits_for_the_next() -> None:
    """Behaviour 15: one a day; the next one leaves in the morning, and says so."""
    assert asked("screening", NOON, left=(NOON - timedelta(hours=1),)) == Wait(
        MORNING, "over-budget"
    )


def test_the_fourth_text_of_a_week_is_displaced() -> None:
    """Behaviour 15: three in seven days; what can't wait so long is dropped by name, at once."""
    week = tuple(NOON - timedelta(days=n) for n in (1, 2, 3))

    assert asked("check-in", NOON, left=week) == MayNot("over-budget")
    assert asked("screening", NOON, left=week) == Wait(MORNING + timedelta(days=3), "over-budget")
    assert isinstance(asked("staff", NOON, left=week), May)


def test_the_better_claim_goes_first() -> None:
    """Behaviour 15: reminders, discharge check-ins, others, nudges; equals by age."""
    order = ("visit-3h", "visit-2d", "discharge", "screening", "nudge")
    for place, kind in enumerate(order):
        others = tuple(waiting(other, NOON) for other in order if other != kind)
        answer = asked(kind, NOON, waiting=others)
        assert isinstance(answer, May) == (place == 0), kind
    older = waiting("screening", NOON - timedelta(minutes=1))
    assert asked("screening", NOON, waiting=(older,)) == Wait(MORNING, "over-budget")


def test_an_answer_in_the_queue_takes_nobodys_room() -> None:
    """Only counted kinds compete."""
    assert isinstance(asked("nudge", NOON, waiting=(waiting("reply", NOON),)), May)


def test_what_lay_too_long_is_stale() -> None:
    """Behaviour 14: after an outage each kind is dropped by its own shelf life."""
    for kind in KINDS_THERE_ARE:
        queued = NOON - KINDS[kind].shelf_life - timedelta(seconds=1)
        assert asked(kind, NOON, queued=queued) == MayNot("stale"), kind


# A human talks


def test_automation_is_silent_while_a_human_talks() -> None:
    """Behaviour 12: planned texts wait, answers and what was asked for since then leave."""
    since, until = NOON - timedelta(minutes=5), NOON + timedelta(hours=3)
    talking = since, until
    early = since - timedelta(minutes=1)

    assert asked("check-in", NOON, talking=talking) == Wait(until, "human-talking")
    assert asked("visit-3h", NOON, talking=talking) == MayNot("human-talking")
    assert asked("screening", NOON, queued=early, talking=talking) == Wait(until, "human-talking")
    assert isinstance(asked("screening", NOON, talking=talking), May)
    assert isinstance(asked("staff", NOON, talking=talking), May)
    assert asked("reply", NOON, talking=talking) == May()


def test_what_is_over_is_not_said_any_more() -> None:
    """A text with a last moment waits for the day only if there is time, and arrives before it."""
    night, dawn = NOON + timedelta(hours=11), NOON + timedelta(hours=18, minutes=30)
    morning = NOON + timedelta(hours=21)

    def told(at: datetime, not_after: datetime) -> Answer:
        return may_text(FINE, "staff", Timing(at=at, hours=PHOENIX), at, not_after)

    assert told(night, dawn) == MayNot("quiet-hours")
    assert told(night, morning + timedelta(hours=3)) == Wait(morning, "quiet-hours")
    assert told(NOON, NOON + timedelta(minutes=20)) == May(NOON + timedelta(minutes=20))
    assert told(NOON, NOON + timedelta(seconds=20)) == MayNot("stale")
