"""What is true of every scoring rule of every instrument."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    NotAsked,
    chosen_in,
)
from engage.needs.instrument import Instrument, Item, load_all
from engage.needs.scoring import (
    AtRisk,
    CannotSay,
    NoRisk,
    alarm_for,
    flag_for,
    result_code,
    score,
    total_of,
)

INSTRUMENTS = tuple(one for one in load_all().values() if one.total is None)
SUMMED = tuple(one for one in load_all().values() if one.total is not None)
SILENCES: tuple[Answer, ...] = (Declined(), DidNotKnow(), NotAsked())

instruments = st.sampled_from(INSTRUMENTS)


def possible(item: Item) -> list[Answer]:
    """Return every answer an item can have; of those that take several, some."""
    some = [option.key for option in item.options if not option.alone]
    several = [ChosenSeveral(tuple(some[:2])), ChosenSeveral(tuple(some))] if item.several else []
    return [*(Chosen(option.key) for option in item.options), *several, *SILENCES]


def risks(item: Item) -> set[Answer]:
    """Return the answers of an item that its authors call a risk."""
    risky = {option.key for option in item.options if option.risk is True}
    return {one for one in possible(item) if risky & set(chosen_in(one))}


def safe(item: Item) -> set[Answer]:
    """Return the answers of an item that its authors call no risk."""
    return {Chosen(option.key) for option in item.options if option.risk is False}


@st.composite
def answered(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    """Return an instrument and some of its answers."""
    instrument = draw(instruments)
    items = draw(st.lists(st.sampled_from(instrument.items), unique_by=lambda item: item.key))
    return instrument, {item.key: draw(st.sampled_from(possible(item))) for item in items}


def test_every_combination_has_the_verdict_of_the_rule() -> None:
    """Over all combinations: any risk is at risk, all safe is no risk, all else can't be said."""
    for instrument in INSTRUMENTS:
        for combination in product(*(possible(item) for item in instrument.items)):
            pairs = list(zip(instrument.items, combination, strict=True))
            verdict = score(instrument, {item.key: answer for item, answer in pairs})

            positive = tuple(item.key for item, answer in pairs if answer in risks(item))
            unsaid = tuple(item.key for item, answer in pairs if answer not in safe(item))
            if positive:
                assert verdict == AtRisk(positive)
            elif unsaid:
                assert verdict == CannotSay(unsaid)
            else:
                assert verdict == NoRisk()


@given(answered())
def test_missing_is_never_no(given_answers: tuple[Instrument, dict[str, Answer]]) -> None:
    """With a question unanswered, declined or unknown, the verdict is never "no risk"."""
    instrument, answers = given_answers
    kinds = [answers.get(item.key, NotAsked()) for item in instrument.items]

    if any(isinstance(answer, Declined | DidNotKnow | NotAsked) for answer in kinds):
        assert score(instrument, answers) != NoRisk()


@given(answered(), st.data())
def test_a_further_answer_never_takes_a_risk_away(
    given_answers: tuple[Instrument, dict[str, Answer]], data: st.DataObject
) -> None:
    """Once at risk, answers to other questions do not lower it."""
    instrument, answers = given_answers
    more = {item.key: data.draw(st.sampled_from(possible(item))) for item in instrument.items}

    if isinstance(score(instrument, answers), AtRisk):
        assert isinstance(score(instrument, {**more, **answers}), AtRisk)


@given(answered())
def test_at_risk_and_flagged_are_the_same(
    given_answers: tuple[Instrument, dict[str, Answer]],
) -> None:
    """A risk is found exactly when one of the answers raised a flag, in the tool's domain."""
    instrument, answers = given_answers
    flagged = {key for key, answer in answers.items() if flag_for(instrument, key, answer)}
    verdict = score(instrument, answers)

    assert flagged == (set(verdict.items) if isinstance(verdict, AtRisk) else set())


@given(answered(), st.data())
def test_the_order_of_answers_does_not_matter(
    given_answers: tuple[Instrument, dict[str, Answer]], data: st.DataObject
) -> None:
    """The verdict is that of the answers, not of the way they came."""
    instrument, answers = given_answers
    shuffled = data.draw(st.permutations(list(answers.items())))

    assert score(instrument, dict(shuffled)) == score(instrument, answers)


@given(answered())
def test_a_result_code_says_what_the_verdict_says(
    given_answers: tuple[Instrument, dict[str, Answer]],
) -> None:
    """A coded result exists only where something can be said."""
    instrument, answers = given_answers
    verdict = score(instrument, answers)

    assert (result_code(instrument, verdict) is not None) == (
        instrument.result is not None and not isinstance(verdict, CannotSay)
    )


@given(st.sampled_from(SUMMED), st.data())
def test_a_total_raises_its_alarm_once_and_when_it_is_reached(
    instrument: Instrument, data: st.DataObject
) -> None:
    """Answer by answer, in any order: the cut-off alarms once, and exactly if it is reached."""
    total = instrument.total
    assert total is not None
    known: dict[str, Answer] = {}
    rule = f"{instrument.id}/total/{total.cut_off}"
    reached: list[str] = []
    for item in data.draw(st.permutations(instrument.items)):
        known[item.key] = data.draw(st.sampled_from(possible(item)))
        alarm = alarm_for(instrument, item.key, known)
        reached += [item.key] if alarm is not None and alarm.rule == rule else []
        assert isinstance(score(instrument, known), AtRisk) == bool(reached)

    counted = total_of(instrument, known)
    assert len(reached) <= 1
    if counted is not None:
        assert bool(reached) == (counted >= total.cut_off)
        assert isinstance(score(instrument, known), AtRisk if reached else NoRisk)
    elif not reached:
        assert isinstance(score(instrument, known), CannotSay)
