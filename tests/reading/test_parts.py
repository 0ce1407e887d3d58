"""The parts of the reader: mended spelling, dangerous numbers, the linear model, concepts."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.reading.concepts import BY_WORD, UnknownConcept, spelled_out
from engage.reading.fold import located_words
from engage.reading.grams import grams
from engage.reading.linear import Model, ModelFile, checksum
from engage.reading.measures import dangerous_numbers
from engage.reading.mend import by_ear, mended
from engage.reading.reader import shipped_model
from engage.reading.signs import signs
from tests.reading.alike import alike
from tests.reading.blind import apart, thresholds, twins_of, writers
from tests.reading.model import train
from tests.reading.train import HOUSE, Reply, corpus, examples

KNOWN = frozenset({"my", "hurts", "cant", "help", "so", "no", "i", "the"}).union(BY_WORD)


def words_of(text: str) -> list[str]:
    """Return the mended words of a text."""
    return [word.text for word in mended(text, KNOWN)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ch3st p4in", ["chest", "pain"]),
        ("сhest", ["chest"]),
        ("helpppp", ["help"]),
        ("breth", ["breathe"]),
        ("bleedng", ["bleeding"]),
        ("bleeidng", ["bleeding"]),
        ("combulcionando", ["convulsionando"]),
        ("me auogo", ["me", "ahogo"]),
        ("cantbreathe", ["cant", "breathe"]),
        ("🔫", ["gun"]),
        ("b@nd", ["band"]),
        ("10mg at 8am", ["10mg", "at", "8am"]),
        ("cheat", ["cheat"]),
    ],
)
def test_spelling_is_mended(written: str, meant: list[str]) -> None:
    """Leet, look-alikes, stretched letters, typos, Spanish by ear, emoji and joined words."""
    assert words_of(written) == meant


def test_a_mended_word_keeps_its_place() -> None:
    """A finding in a misspelled word points to what was written."""
    (_, word) = mended("my ch3sttt", KNOWN)

    assert "my ch3sttt"[word.start : word.end] == "ch3sttt"


@given(st.text(st.characters(exclude_categories=())))
def test_mending_is_total_and_in_order(text: str) -> None:
    """Every text can be mended, and the words stay inside it."""
    assert all(0 <= word.start < word.end <= len(text) for word in mended(text, KNOWN))


@pytest.mark.parametrize(
    ("one", "other"), [("vomito", "bomito"), ("hinchado", "inchado"), ("ahogo", "aogo")]
)
def test_words_that_sound_alike_are_alike(one: str, other: str) -> None:
    """H is silent, b is v, ll is y, s is c before e and i is z."""
    assert by_ear(one) == by_ear(other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sugar 38", ["sugar-low"]),
        ("sugar was 118", []),
        ("38 de azucar", ["sugar-low"]),
        ("oxygen is 79", ["oxygen-low"]),
        ("oxygen 97", []),
        ("bp 220 over 110", ["pressure-high"]),
        ("bp 128/76", []),
        ("pulse 36", ["pulse-slow"]),
        ("fever 104", ["fever-high"]),
        ("took 40 units for my sugar", []),
    ],
)
def test_numbers_decide(text: str, found: list[str]) -> None:
    """The same words are a danger or none, by the number beside them."""
    assert [one.measure.id for one in dangerous_numbers(mended(text, KNOWN))] == found


def test_a_rule_may_name_a_concept_and_no_other() -> None:
    """A misspelled concept fails when the lexicon is loaded, not in the night it is needed."""
    assert "pecho" in spelled_out("@chest").split("/")
    with pytest.raises(UnknownConcept):
        spelled_out("@chets")


def test_scores_are_the_sum_of_the_weights() -> None:
    """Adding all labels in one number gives what adding each alone would give."""
    rows = {"w:a": (3, -7), "w:b": (-128, 127), "w:c": (100, 100)}
    ordered = sorted(rows, key=checksum)
    file = ModelFile(
        version="t",
        trained_on=0,
        labels=("x", "y"),
        bias=(0.0, 0.0),
        scale=(0.01, 0.02),
        thresholds={},
        words="",
        features="\n".join(ordered),
        weights=bytes(weight + 128 for feature in ordered for weight in rows[feature]),
    )
    model = Model(file)
    x, y = 3 - 128 + 100, -7 + 127 + 100
    scores = model.scores(["w:a", "w:b", "w:c", "w:unknown"])

    assert scores["x"] == pytest.approx(1 / (1 + 2.718281828 ** (-x * 0.01 / 2)))
    assert scores["y"] == pytest.approx(1 / (1 + 2.718281828 ** (-y * 0.02 / 2)))
    assert model.heaviest(["w:a", "w:b", "w:c"], "x", 2) == ("w:c", "w:a")


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("please take my number off your roster", "endsure"),
        ("ya no me escriban por favor", "endsure"),
        ("please dont stop sending me these", "staysin"),
        ("no me quiten los mensajes", "staysin"),
        ("stop texting while im at work", "otherway"),
        ("nobody will be on this end come monday", "notthere"),
        ("no me llamen, antes de que el llegue a las 6", "notfree"),
    ],
)
def test_a_sign_is_told_in_both_languages(text: str, sign: str) -> None:
    """A way may name a set of words, and what is meant is told apart from what only sounds so."""
    assert sign in signs(located_words(text))[0]


def test_a_short_clause_is_heard_whole() -> None:
    """STOP before a sentence about something else is still said."""
    features = grams(located_words("STOP. And my leg is worse since monday"), "none", ())

    assert "s:stop" in features
    assert not any(one.startswith("s:and") for one in features)


def some(count: int) -> list[Reply]:
    """Return a few replies of every hand."""
    replies = corpus()
    return replies[:: len(replies) // count]


def test_near_duplicates_are_found() -> None:
    """A text that differs in a word is alike, one that shares a few is not."""
    ours = ["no he comido nada desde ayer", "the bus was late again today", "ok"]
    theirs = ["no he comido nada desde antier", "the cat was fed again today", "Ok"]

    assert alike(ours, theirs) == {0, 2}


def test_no_writer_and_no_near_duplicate_is_on_both_sides() -> None:
    """What is read blind was written by nobody that was trained on, and not nearly either."""
    replies = some(300)
    out = writers(replies)[:1]
    seen = examples(replies)
    kept = {*HOUSE, *writers(replies)} - {*out}
    places, outside = apart(seen, out, kept, twins_of(seen))
    inside = [seen[place] for place in places]

    assert {reply.writer for reply in outside} == set(out)
    assert not {one.reply.writer for one in inside} & set(out)
    assert not alike(
        [one.reply.text for one in inside if not one.copied], [r.text for r in outside]
    )


def test_thresholds_without_strangers_are_in_the_middle() -> None:
    """With nobody to measure by, nothing is claimed."""
    bars = thresholds([], ("food",))

    assert bars["emergency:en"] == bars["possible:es"] == 0.5


def test_a_model_file_survives_its_own_form() -> None:
    """What training writes is what the reader loads."""
    file, _ = train(some(60), workers=1)

    assert msgspec.json.decode(msgspec.json.encode(file), type=ModelFile) == file


def test_the_same_corpus_gives_the_same_model() -> None:
    """Training draws no lots: a changed model means a changed corpus or a changed trainer."""
    replies = some(80)

    assert train(replies, workers=1)[0] == train(replies, workers=1)[0]


def test_training_learns_what_it_is_shown() -> None:
    """Two kinds of text that share no word are told apart."""
    replies = [
        *(
            Reply(f"a{n}", f"roof leaks {n}", "en", "none", ("housing",), "routine")
            for n in range(9)
        ),
        *(
            Reply(f"b{n}", f"lovely day {n}", "en", "none", ("none_of_these",), "none")
            for n in range(9)
        ),
    ]
    model = Model(train(replies, workers=1)[0])
    scores = model.scores(["w:roof", "w:leaks", "b:roof leaks"])

    assert scores["housing"] > scores["none_of_these"]


def test_the_shipped_model_was_trained_on_the_corpus() -> None:
    """A reply that is added to the corpus is of use only after `make corpus`."""
    assert shipped_model().trained_on == len(corpus())


def test_the_corpus_keeps_its_promises() -> None:
    """Labels, contexts and ids are as the policy has them; Spanish and hard negatives are many."""
    replies = corpus()
    ids = {reply.id for reply in replies}

    assert len(ids) == len(replies) >= 5_000
    assert len({reply.writer for reply in replies}) >= 6
    assert sum(reply.lang == "es" for reply in replies) >= 0.25 * len(replies)
    assert all(("none_of_these" in r.labels) == (r.labels == ("none_of_these",)) for r in replies)
    assert all(
        r.urgency == "emergency"
        for r in replies
        if {"emergency_medical", "self_harm"} & set(r.labels)
    )
