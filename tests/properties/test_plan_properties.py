"""Whatever the rule, the zone and the outage: occurrences are in order, never in a burst."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engage.checkins.cadence import NeverDue, next_due, read_cadence
from engage.checkins.plan import SHELF_LIFE, Schedule, begin, pause, resume, tick
from engage.conversation.answers import Measured, OutOfBounds, Unclear, Understood
from engage.conversation.replies import read_answer
from engage.conversation.script import Bounds, Measure, Prompt

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
ZONES = st.sampled_from(
    ["America/Chicago", "America/Phoenix", "Pacific/Honolulu", "America/St_Johns", "UTC"]
)
RULES = st.builds(
    "FREQ={};INTERVAL={};BYHOUR={};BYMINUTE={}{}".format,
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 5),
    st.integers(0, 23),
    st.sampled_from([0, 30]),
    st.sampled_from(["", ";COUNT=4", ";UNTIL=20310601"]),
)


@st.composite
def plans(draw: st.DrawFn) -> Schedule:
    """Draw a plan that can be kept."""
    start = date(2031, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    try:
        cadence = read_cadence(draw(RULES), start, draw(ZONES), now=NOW, most_a_day=1)
    except NeverDue:
        assume(condition=False)
        raise
    return begin(cadence, NOW, draw(st.sampled_from(["skip", "ask-latest"])))


@given(plans(), st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_each_occurrence_is_asked_or_missed_once(plan: Schedule, minutes: list[int]) -> None:
    """However late and often the worker looks, what passed has one fate each, in order."""
    now, seen = NOW, list[datetime]()
    for pause_of in minutes:
        now += timedelta(minutes=pause_of)
        step = tick(plan, now)
        seen += step.missed
        if step.asked is not None:
            seen.append(step.asked)
            assert plan.catch_up == "ask-latest" or now - step.asked <= SHELF_LIFE
        plan = step.schedule
        assert plan.wakes_at is None or plan.wakes_at > now
    expected, at = list[datetime](), next_due(plan.cadence, NOW)
    while at is not None and at <= now:
        expected.append(at)
        at = next_due(plan.cadence, at)
    assert seen == expected


@given(plans())
@settings(max_examples=60, deadline=None)
def test_the_wall_clock_holds(plan: Schedule) -> None:
    """Behaviour 14: it is always the same time on the wall, but where no clock shows it."""
    wanted = dict(part.split("=") for part in plan.cadence.rule.split(";"))
    at = plan.next_at
    for _ in range(3):
        if at is None:
            return
        local = at.astimezone(ZoneInfo(plan.cadence.zone))
        exists = local.replace(hour=int(wanted["BYHOUR"]), minute=int(wanted["BYMINUTE"]))
        there = exists.astimezone(UTC).astimezone(ZoneInfo(plan.cadence.zone)) == exists
        if there and exists.astimezone(UTC).astimezone(local.tzinfo).hour == exists.hour:
            assert (local.hour, local.minute) == (exists.hour, exists.minute)
        at = next_due(plan.cadence, at)


@given(plans(), st.integers(1, 60 * 24 * 90))
@settings(max_examples=40, deadline=None)
def test_a_pause_is_never_made_up_for(plan: Schedule, minutes: int) -> None:
    """After a pause the first thing that is asked lies after its end."""
    until = NOW + timedelta(minutes=minutes)
    resumed = resume(pause(plan, until), until)

    assert resumed.next_at is None or resumed.next_at > until


@given(st.text(max_size=40), st.floats(0, 2000), st.sampled_from([1, 2]))
@settings(max_examples=150, deadline=None)
def test_a_number_that_is_kept_can_be_true(around: str, number: float, parts: int) -> None:
    """Whatever stands around it, what is read as a number lies within its bounds."""
    measure = Measure(tuple(Bounds(50, 700) for _ in range(parts)))
    reading = read_answer(f"{around} {number:g}", Prompt("n", (), measure=measure), "en")

    match reading:
        case Understood(Measured(numbers)):
            assert measure.allows(numbers)
        case Understood() | Unclear() | OutOfBounds():
            pass
