"""What is true of every transcript that can be written."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.conversation.transcript_format import (
    DIRECTIVES,
    Befell,
    Blank,
    Directive,
    Effected,
    Incoming,
    Outgoing,
    Passed,
    Stands,
    Transcript,
    TranscriptInvalid,
    parse,
    print_transcript,
)
from engage.turns.library import Library
from engage.turns.transcript import play
from tests.policy.source import ROOT

LIBRARY = Library.shipped()
SHIPPED = [
    path.read_text("utf-8").splitlines()
    for path in sorted((ROOT / "tests" / "transcripts").rglob("*.sms"))
]
ODD = (*sorted({word for lines in SHIPPED for line in lines for word in line.split()}), "", "xx")

words = st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True)
rests = st.lists(st.from_regex(r"[A-Za-z0-9=:,.-]{1,8}", fullmatch=True), max_size=4).map(" ".join)
remarks = st.one_of(st.none(), rests)
keys = st.from_regex(r"[a-z]{1,5}(\.[a-z-]{1,5}[a-z])?", fullmatch=True)
options = st.lists(st.tuples(st.integers(0, 99), words), max_size=4).map(tuple)
notes = st.lists(st.from_regex(r"[a-z]{2,5}( [A-Z][a-z]{0,5})?", fullmatch=True), max_size=2)
sentences = st.text(st.characters(exclude_categories=["Cs"]))

lines = st.one_of(
    st.builds(Blank, st.just(1), remarks),
    st.builds(
        Directive,
        st.just(1),
        remarks,
        name=st.sampled_from(DIRECTIVES),
        value=rests.filter(bool),
    ),
    st.builds(
        Outgoing,
        st.just(1),
        remarks,
        texts=st.lists(keys, min_size=1, max_size=2).map(tuple),
        options=options,
        notes=notes.map(tuple),
    ),
    st.builds(
        Outgoing, st.just(1), remarks, sentence=sentences, options=options, notes=notes.map(tuple)
    ),
    st.builds(Incoming, st.just(1), remarks, who=words, words=sentences),
    st.builds(Effected, st.just(1), remarks, verb=words, rest=rests),
    st.builds(
        Passed, st.just(1), remarks, amount=st.integers(0, 999999), unit=st.sampled_from("mhd")
    ),
    st.builds(Stands, st.just(1), remarks, state=words, prompt=rests),
    st.builds(Befell, st.just(1), remarks, verb=words, rest=rests),
)


@given(st.lists(lines))
def test_what_is_printed_is_read_back(some: list[Blank]) -> None:
    """Every value survives being written down, whatever the person wrote."""
    for line in some:
        transcript = Transcript((line,))

        assert parse(print_transcript(transcript)) == transcript


@given(st.text())
def test_printing_is_normal_form(text: str) -> None:
    """A text is refused by line, or its normal form means the same and is its own normal form."""
    refused_at = 1
    try:
        transcript = parse(text)
    except TranscriptInvalid as refused:
        transcript, refused_at = Transcript(()), refused.line
    printed = print_transcript(transcript)

    assert 1 <= refused_at <= text.count("\n") + 1
    if transcript.lines:
        assert parse(printed) == transcript
        assert print_transcript(parse(printed)) == printed


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_bent_transcript_ends_in_a_sentence(data: st.DataObject) -> None:
    """Whatever word stands in whatever place, a transcript plays or is refused by its line."""
    bent = list(data.draw(st.sampled_from(SHIPPED)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(bent) - 1))
        parts = bent[place].split(" ")
        parts[data.draw(st.integers(0, len(parts) - 1))] = data.draw(st.sampled_from(ODD))
        bent[place] = " ".join(parts)
    if data.draw(st.booleans()):
        del bent[data.draw(st.integers(0, len(bent) - 1))]
    with suppress(TranscriptInvalid):
        play(parse("\n".join(bent)), LIBRARY)
