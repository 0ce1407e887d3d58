"""Evidence: nothing is dropped, nothing small is shown, and order never matters."""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engage.conversation.answers import Answer, Chosen, Declined
from engage.measures.answered import Administered, Given, asked_again, domains_of, judged, screened
from engage.measures.answered import Found as FoundRisk
from engage.measures.cells import FEWEST, Person, hidden
from engage.measures.events import (
    Asked,
    AskedAgain,
    Driven,
    Evidence,
    Judged,
    Needed,
    Referred,
    Screened,
    Spent,
    Texted,
    Visited,
    Worked,
)
from engage.measures.evidence import (
    AGAIN,
    NAMES,
    SPENDING,
    UNTIMED,
    Name,
    business_time,
    measured,
    period,
    waits,
)
from engage.measures.reach import LISTS, Signs, unreached
from engage.measures.spending import Logged, months
from engage.measures.waits import Wait, come_true, summary, wait
from engage.messaging.may_text import Facts, barred
from engage.needs.instrument import Instrument, load_all
from engage.needs.scoring import AtRisk, CannotSay, NoRisk, Verdict, score
from engage.queue.clocks import Calendar

T = TypeVar("T")

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
WHEN = period(DAY, date(2026, 11, 22), "America/Phoenix", NOW)
OPEN = tuple(
    (datetime.min.time().replace(hour=9), datetime.min.time().replace(hour=17)) for _ in "1"
)
CALENDAR = Calendar("America/Phoenix", dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OPEN))

PEOPLE = tuple(
    Person(
        id=UUID(int=number), language="es" if number % 3 else "en", born=date(1940 + number, 5, 1)
    )
    for number in range(60)
)
people = st.sampled_from([one.id for one in PEOPLE])
began = st.datetimes(
    WHEN.began.replace(tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(UTC)
)
moments = st.none() | st.timedeltas(timedelta(days=-3), timedelta(days=58)).map(
    lambda later: WHEN.began + later
)
spending = st.lists(
    st.builds(Spent, person=people, minutes=st.integers(1, 900), over=st.booleans()), max_size=30
).map(tuple)
found = st.builds(
    Evidence,
    asked=st.lists(
        st.builds(
            Asked, person=people, left_at=began | st.none(), delivered_at=moments,
            replied_at=moments,
        ),
        max_size=30,
    ).map(tuple),
    texted=st.lists(
        st.builds(Texted, person=people, first_at=began, opted_out_at=moments),
        unique_by=lambda one: one.person,
        max_size=30,
    ).map(tuple),
    worked=st.lists(
        st.builds(
            Worked, person=people, opened_at=began, touched_at=moments, withdrawn_at=moments
        ),
        max_size=30,
    ).map(tuple),
    needed=st.lists(
        st.builds(
            Needed, person=people, found_at=began, wanted_at=moments, declined_at=moments,
            confirmed_at=moments, arranged_at=moments, taken_on_at=moments,
        ),
        max_size=30,
    ).map(tuple),
    referred=st.lists(
        st.builds(
            Referred, person=people, requested_at=began, accepted_at=moments,
            completed_at=moments, unresolved_at=moments, dropped_at=moments,
        ),
        max_size=30,
    ).map(tuple),
    screened=st.lists(
        st.builds(
            Screened, person=people, domain=st.sampled_from(["food", "rides"]), offered_at=began,
            answered_at=moments, ended_at=moments,
        ),
        max_size=30,
    ).map(tuple),
    judged=st.lists(
        st.builds(
            Judged, person=people, instrument=st.just("hvs"), version=st.sampled_from("12"),
            began_at=began, at_risk=st.booleans(),
        ),
        max_size=30,
    ).map(tuple),
    asked_again=st.lists(
        st.builds(
            AskedAgain, person=people, found_at=began, again_at=moments, still=st.booleans()
        ),
        max_size=30,
    ).map(tuple),
    visited=st.lists(
        st.builds(
            Visited, person=people, starts_at=began, kept_at=moments, missed_at=moments
        ),
        max_size=30,
    ).map(tuple),
    driven=st.lists(
        st.builds(
            Driven, person=people, kind=st.sampled_from(["ride", "food-box"]), due_at=began,
            came_at=moments, fell_through_at=moments,
        ),
        max_size=30,
    ).map(tuple),
    months=spending,
    loops=spending,
    people=st.just(PEOPLE),
)  # fmt: skip
lasting = st.timedeltas(timedelta(), timedelta(days=90))
some_waits = st.lists(
    st.builds(Wait, person=people, lasted=lasting, end=st.sampled_from(["happened", "open"]))
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured_is_nothing_said(name: Name) -> None:
    """Of an empty period every measure has no waits and claims no share and no time."""
    figures = summary(waits(name, Evidence(), WHEN, CALENDAR))

    assert (figures.waits, figures.people, figures.happened, figures.still_open) == (0, 0, 0, 0)
    assert figures.share is figures.median is figures.p90 is figures.within is None


@settings(max_examples=25)
@given(evidence=found, turn=st.integers(0, 30))
def test_the_order_of_events_changes_nothing(evidence: Evidence, turn: int) -> None:
    """Rows come in any order, and every measure of every group stays the same."""

    def mixed(rows: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(reversed(rows[turn:] + rows[:turn]))

    other = Evidence(
        asked=mixed(evidence.asked),
        texted=mixed(evidence.texted),
        worked=mixed(evidence.worked),
        needed=mixed(evidence.needed),
        referred=mixed(evidence.referred),
        screened=mixed(evidence.screened),
        judged=mixed(evidence.judged),
        asked_again=mixed(evidence.asked_again),
        visited=mixed(evidence.visited),
        driven=mixed(evidence.driven),
        months=mixed(evidence.months),
        loops=mixed(evidence.loops),
        people=mixed(evidence.people),
    )

    assert measured(evidence, WHEN, "language", CALENDAR) == measured(
        other, WHEN, "language", CALENDAR
    )


@settings(max_examples=25)
@given(evidence=found, name=st.sampled_from(NAMES))
def test_what_began_is_counted_in_one_way(evidence: Evidence, name: Name) -> None:
    """Open ones stand in the denominator: every wait happened, is open, or ended otherwise."""
    figures = summary(waits(name, evidence, WHEN, CALENDAR))

    assert figures.happened + figures.still_open + figures.otherwise == figures.waits
    cohort = {
        "reach": sum(one.left_at is not None for one in evidence.asked),
        "response": sum(one.left_at is not None for one in evidence.asked),
        "opt-out": len(evidence.texted),
        "first-touch": len(evidence.worked),
        "first-touch-business": len(evidence.worked),
        "screened": len(evidence.screened),
        "positive": len(evidence.judged),
        "help-wanted": len(evidence.needed),
        "help-arranged": len(evidence.needed),
        "taken-on": len(evidence.needed),
        "need-resolved": len(evidence.asked_again),
        "visit-kept": len(evidence.visited),
        "ride-came": len(evidence.driven),
        "minutes-a-month": len(evidence.months),
        "minutes-a-need": len(evidence.loops),
        "need-met": sum(
            one.wanted_at is not None and one.wanted_at <= NOW for one in evidence.needed
        ),
    }
    assert figures.waits == cohort.get(name, len(evidence.referred))


@settings(max_examples=25)
@given(evidence=found, name=st.sampled_from([one for one in NAMES if one not in SPENDING]))
def test_what_happens_after_the_watch_is_not_known(evidence: Evidence, name: Name) -> None:
    """No wait is longer than it was watched, and none is negative."""
    for one in waits(name, evidence, WHEN, CALENDAR):
        assert timedelta() <= one.lasted <= NOW - WHEN.began


@given(lasted=st.lists(lasting, min_size=1))
def test_without_open_ones_the_median_is_the_plain_one(lasted: list[timedelta]) -> None:
    """With nobody censored the estimate is what one would count by hand."""
    figures = summary(Wait(person=UUID(int=1), lasted=one, end="happened") for one in lasted)
    ordered = sorted(lasted)

    assert figures.median == ordered[ceil(len(ordered) * 0.5) - 1]
    assert figures.p90 == ordered[ceil(len(ordered) * 9 / 10) - 1]
    assert figures.share == 1


@given(known=some_waits, more=lasting)
def test_an_open_wait_only_lengthens(known: list[Wait], more: timedelta) -> None:
    """Somebody who still waits at the end never makes the others look faster."""
    longest = max((one.lasted for one in known), default=timedelta())
    still = Wait(person=UUID(int=99), lasted=longest + more, end="open")
    before, after = summary(known), summary([*known, still])

    never = timedelta.max
    assert (after.median or never) >= (before.median or never) or before.median is None
    assert (after.p90 or never) >= (before.p90 or never) or before.p90 is None
    assert after.still_open == before.still_open + 1


@given(known=some_waits)
def test_the_curve_only_rises(known: list[Wait]) -> None:
    """A share that has come to it never falls again, and is never more than all."""
    curve = [share for _, share in come_true(known)]

    assert curve == sorted(curve)
    assert all(0 < share <= 1 for share in curve)


def test_the_estimate_is_kaplan_and_meiers() -> None:
    """1, 2+, 3, 4+: a quarter after 1, five eighths after 3 (two are left, one of them does)."""
    ends = (("happened", 1), ("open", 2), ("happened", 3), ("open", 4))
    known = [
        Wait(person=UUID(int=days), lasted=timedelta(days=days), end=end)  # type: ignore[arg-type] # both are ends
        for end, days in ends
    ]

    assert come_true(known) == ((timedelta(days=1), 0.25), (timedelta(days=3), 0.625))
    assert summary(known).median == timedelta(days=3)
    assert summary(known).p90 is None
    assert summary(known, timedelta(days=2)).within == 0.25
    assert summary(known, timedelta(days=5)).within is None


def test_who_was_declined_is_not_taken_for_open() -> None:
    """A refusal ends nothing happily: the share of the others does not rise by it."""
    at = WHEN.began
    yes = wait(UUID(int=1), at, NOW, at + timedelta(days=1))
    no = wait(UUID(int=2), at, NOW, None, at + timedelta(hours=1))
    figures = summary([yes, no])

    assert (figures.happened, figures.otherwise, figures.still_open) == (1, 1, 0)
    assert figures.share == 0.5
    assert figures.p90 is None


@given(groups=st.dictionaries(st.text(max_size=3), st.integers(0, 40), max_size=8))
def test_no_small_group_can_be_seen_or_worked_out(groups: dict[str, int]) -> None:
    """Of a shown whole, what is hidden is nobody or at least eleven, in at least two parts."""
    unseen = hidden(groups)
    small = {name for name, many in groups.items() if 0 < many < FEWEST}

    assert small <= unseen.keys()
    assert (
        not small
        or sum(groups[name] for name in unseen) >= FEWEST
        or unseen.keys() >= {name for name, many in groups.items() if many}
    )
    assert len(unseen) != 1 or sum(1 for many in groups.values() if many) == 1


@settings(max_examples=25)
@given(evidence=found, by=st.sampled_from(["none", "language", "age-band"]))
def test_small_cells_carry_no_figure(evidence: Evidence, by: str) -> None:
    """What is shown is of eleven people or more; what is not says why, and nothing else."""
    for one in measured(evidence, WHEN, by, CALENDAR):  # type: ignore[arg-type] # the names of By
        if not isinstance(one.figures, str):
            assert one.figures.people == 0 or one.figures.people >= FEWEST


@settings(max_examples=25)
@given(
    evidence=found.filter(lambda one: len({row.person for row in one.worked}) > 0),
    by=st.sampled_from(["language", "age-band"]),
)
def test_every_group_stands_beside_everybody(evidence: Evidence, by: str) -> None:
    """Each measure has its whole first, and each group once."""
    rows = [
        one.group
        for one in measured(evidence, WHEN, by, CALENDAR, ["first-touch"])  # type: ignore[arg-type] # By
    ]

    assert rows[0] is None
    assert len(set(rows)) == len(rows) > 1


@settings(max_examples=25)
@given(evidence=found, by=st.sampled_from(["none", "language", "age-band"]))
def test_parts_add_up_to_what_they_are_parts_of(evidence: Evidence, by: str) -> None:
    """Each domain, version or kind once; together all that began, and no time without use."""
    rows = measured(evidence, WHEN, by, CALENDAR)  # type: ignore[arg-type] # the names of By
    keys = [(one.measure, one.about, one.group) for one in rows]

    assert len(set(keys)) == len(keys)
    for name in NAMES:
        whole = [one.figures for one in rows if one.measure == name and one.group is None]
        shown = sum(one.waits for one in whole if not isinstance(one, str))
        known = len(tuple(waits(name, evidence, WHEN, CALENDAR)))
        assert shown <= known
        assert shown == known or any(isinstance(one, str) for one in whole)
        for one in whole:
            if name in UNTIMED and not isinstance(one, str):
                assert one.median is one.p90 is one.within is None


@settings(max_examples=25)
@given(
    at=st.lists(st.tuples(people, began, st.integers(1, 240))),
    turn=st.integers(0, 30),
)
def test_minutes_are_all_counted_in_one_month_each(
    at: list[tuple[UUID, datetime, int]], turn: int
) -> None:
    """What was logged in the period adds up, whoever it was for and in whatever order it came."""
    logged = [Logged(*one) for one in at]
    rows = tuple(months(logged, WHEN))
    total = sum(one.minutes for one in logged if WHEN.began <= one.at < WHEN.ended)

    assert sum(one.minutes for one in rows) == total
    assert rows == tuple(months(logged[turn:] + logged[:turn], WHEN))
    # Twenty-one days of November are no month that is over.
    assert not any(one.over for one in rows)


def test_a_month_is_over_when_it_is() -> None:
    """Of a quarter watched to its end, each month is; of one that still runs, the last is not."""
    quarter = period(date(2026, 9, 1), date(2026, 11, 30), "America/Phoenix", NOW)
    person = PEOPLE[0].id
    logged = [Logged(person, NOW - timedelta(days=back), 10) for back in (1, 2, 40, 70)]

    rows = tuple(months(logged, quarter))

    assert [(one.minutes, one.over) for one in rows] == [(10, True), (10, True), (20, False)]


TOOLS = load_all()
HVS = TOOLS["hunger-vital-sign"]
said = st.sampled_from([Chosen("often"), Chosen("never"), Chosen("not-known"), Declined(), None])


@given(answers=st.fixed_dictionaries({item.key: said for item in HVS.items}))
def test_missing_is_neither_screened_nor_negative(answers: dict[str, Answer | None]) -> None:
    """A domain counts when each question has an answer; a verdict when the answers settle it."""
    at, known = WHEN.began, {key: one for key, one in answers.items() if one is not None}
    verdict: Verdict = score(HVS, known)
    one = Administered(
        id=UUID(int=1), person=PEOPLE[0].id, instrument=HVS.id, version=HVS.version, began_at=at,
        offered_at=at, ended_at=at + timedelta(days=1), verdict=verdict,
    )  # fmt: skip
    given_ = [
        Given(screening=one.id, item=key, answer=answer, at=at + timedelta(hours=1))
        for key, answer in known.items()
    ]
    (domain,) = screened([one], given_, TOOLS)
    settled = list(judged([one], TOOLS))

    coded = all(isinstance(answer, Chosen) for answer in answers.values())
    assert (domain.domain, domain.answered_at is not None) == ("food-insecurity", coded)
    match verdict:
        case AtRisk():
            assert [each.at_risk for each in settled] == [True]
        case NoRisk():
            assert ([each.at_risk for each in settled], coded) == ([False], True)
        case CannotSay():
            assert settled == []


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.id)
def test_every_question_belongs_to_one_domain(tool: Instrument) -> None:
    """No question of an instrument is left out of what it screens for, and none counts twice."""
    asked = [item for items in domains_of(tool).values() for item in items]

    assert sorted(asked) == sorted(item.key for item in tool.items)


@given(
    later=st.lists(
        st.tuples(
            st.timedeltas(*AGAIN),
            st.sampled_from([Chosen("often"), Chosen("never"), Chosen("?"), Declined()]),
        )
    )
)
def test_the_first_answer_that_says_either_way_decides(
    later: list[tuple[timedelta, Answer]],
) -> None:
    """Asked again: "never" ends the risk, "often" keeps it; declined and unknown say nothing."""
    one = FoundRisk(
        need=UUID(int=1), person=PEOPLE[0].id, instrument=HVS.id, item="hvs.worried",
        found_at=WHEN.began, again_at=None, again=None,
    )  # fmt: skip
    rows = [replace(one, again_at=WHEN.began + after, again=answer) for after, answer in later]
    (seen,) = asked_again([*rows, one], TOOLS)
    telling = {
        after: answer == Chosen("often")
        for after, answer in reversed(later)
        if answer in (Chosen("often"), Chosen("never"))
    }

    if telling:
        assert seen.again_at == WHEN.began + min(telling)
    else:
        assert seen.again_at is None
    elsewhere = asked_again([replace(rows[0], instrument="gone")] if rows else [], TOOLS)
    assert all(each.again_at is None for each in elsewhere)


@given(start=began, lasted=lasting)
def test_business_time_is_part_of_the_time(start: datetime, lasted: timedelta) -> None:
    """A practice is never open for longer than the clock ran, and adds up over a cut."""
    middle, end = start + lasted / 2, start + lasted
    whole = business_time(CALENDAR, start, end)

    assert timedelta() <= whole <= lasted
    assert whole == business_time(CALENDAR, start, middle) + business_time(CALENDAR, middle, end)


@given(
    facts=st.builds(
        Facts,
        has_phone=st.booleans(),
        patient_active=st.booleans(),
        opted_out=st.booleans(),
        closed=st.frozensets(st.sampled_from(["care-texts", "screenings", "check-ins", "visits"])),
        trouble=st.sampled_from([None, "dead", "landline", "doubtful"]),
    ),
    at=st.fixed_dictionaries(
        dict.fromkeys(
            (
                *("phone_ended_at", "wrong_person_at", "opted_out_at", "declined_at"),
                *("trouble_since", "undelivered_at", "silent_at"),
            ),
            moments,
        )
    ),
)
def test_the_lists_never_contradict_may_text(facts: Facts, at: dict[str, datetime | None]) -> None:
    """Behaviours 20, 21: one list at most, and its reason is the one that bars the text."""
    on = unreached(Signs(facts=facts, known_since=NOW, **at))
    said = barred(facts, "staff")

    if on is None:
        assert said is None or said.reason == "patient-inactive"
    else:
        assert on.on in LISTS
        assert on.reason == (None if said is None else said.reason)
        assert (on.reason is None) == (on.on == "silent" or (said is None))
