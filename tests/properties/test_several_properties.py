"""What is true of every reply that chooses several options."""

from hypothesis import given
from hypothesis import strategies as st

from engage.conversation.answers import ChosenSeveral, Understood, answer_of, as_one, chosen_in
from engage.conversation.replies import read_answer
from engage.conversation.script import Option
from engage.needs.instrument import load_all
from engage.needs.screening import script_of

PROMPT = script_of(load_all()["ahc-living-situation"]).prompts[1]
SOME = [option for option in PROMPT.options if not option.alone]
ALONE = [option for option in PROMPT.options if option.alone]
BETWEEN = (" ", ",", ", ", " and ", " & ", "\n", " y ", "; ", ", and ")

chosen = st.lists(st.sampled_from(SOME), min_size=1, unique=True)


def spelled(data: st.DataObject, options: list[Option]) -> str:
    """Return the options as somebody might type them."""
    words = [data.draw(st.sampled_from([str(one.number), *one.words])) for one in options]
    text = words[0]
    for word in words[1:]:
        text += data.draw(st.sampled_from(BETWEEN)) + word
    return data.draw(st.sampled_from([str, str.upper, str.title]))(text)


@given(chosen, st.sampled_from(["en", "es"]), st.data())
def test_every_choice_is_read_whatever_stands_between(
    options: list[Option], language: str, data: st.DataObject
) -> None:
    """Any of the options, in any order and spelling, are read as exactly these."""
    keys = {option.key for option in options}
    expected = as_one(option.key for option in PROMPT.options if option.key in keys)

    assert read_answer(spelled(data, options), PROMPT, language) == Understood(expected)


@given(chosen, st.sampled_from(["en", "es"]), st.data())
def test_none_beside_another_is_never_an_answer(
    options: list[Option], language: str, data: st.DataObject
) -> None:
    """Wherever "none" stands among choices, nothing is recorded."""
    mixed = data.draw(st.permutations([*options, *ALONE]))
    text = " ".join(str(option.number) for option in mixed)

    assert not isinstance(read_answer(text, PROMPT, language), Understood)


@given(st.text(), st.sampled_from(["en", "es"]))
def test_what_is_understood_is_offered(text: str, language: str) -> None:
    """Reading never fails, and never makes up an answer that contradicts itself."""
    reading = read_answer(text, PROMPT, language)

    if isinstance(reading, Understood):
        assert PROMPT.offers(reading.answer)
        assert PROMPT.as_offered(reading.answer) == reading.answer


@given(chosen)
def test_what_is_kept_comes_back(options: list[Option]) -> None:
    """The spelling in a row gives back the same answer."""
    answer = as_one(option.key for option in options)
    kept = answer.spelled if isinstance(answer, ChosenSeveral) else ",".join(chosen_in(answer))

    assert answer_of("chosen", kept) == answer
