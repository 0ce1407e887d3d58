"""The delivery machine: every report in every state, and the laws of the line."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.messaging.delivery import (
    MOVES,
    REPORTS,
    STATES,
    Move,
    News,
    Report,
    State,
    advance,
    diagram,
    is_final,
    news,
    read_report,
    stage,
    step,
)

# One row per state, one column per report, in the order of REPORTS; "." leaves the state alone.
#   accepted scheduled queued sending sent delivered undelivered failed canceled read partially
TABLE = """
queued      accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
withdrawn   accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
expired     accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
refused     accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
sending     accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
unknown     accepted accepted accepted accepted sent delivered undelivered failed canceled delivered undelivered
accepted    .        .        .        .        sent delivered undelivered failed canceled delivered undelivered
sent        .        .        .        .        .    delivered undelivered failed canceled delivered undelivered
canceled    .        .        .        .        .    delivered undelivered failed .        delivered undelivered
failed      .        .        .        .        .    delivered undelivered .      .        delivered undelivered
undelivered .        .        .        .        .    delivered .           .      .        delivered .
delivered   .        .        .        .        .    .         .           .      .        .         .
"""  # noqa: E501 - a table is read across

MOVED = {
    ("queued", "claim"): "sending",
    ("queued", "withdraw"): "withdrawn",
    ("queued", "expire"): "expired",
    ("sending", "accept"): "accepted",
    ("sending", "refuse"): "refused",
    ("sending", "put-back"): "queued",
    ("sending", "lose"): "unknown",
    ("unknown", "accept"): "accepted",
    ("unknown", "try-again"): "queued",
    ("failed", "once-more"): "sending",
    ("undelivered", "once-more"): "sending",
}

_STATE: dict[str, State] = {state: state for state in STATES}

states = st.sampled_from(STATES)
reports = st.sampled_from(REPORTS)


def _rows() -> list[tuple[State, Report, State]]:
    rows: list[tuple[State, Report, State]] = []
    for line in TABLE.strip().splitlines():
        name, *cells = line.split()
        state = _STATE[name]
        for report, cell in zip(REPORTS, cells, strict=True):
            rows.append((state, report, _STATE[name if cell == "." else cell]))
    return rows


def test_the_table_is_whole() -> None:
    """Every state meets every report exactly once, ignoring included."""
    seen = [(state, report) for state, report, _ in _rows()]

    assert list(itertools.product(STATES, REPORTS)) == seen


@pytest.mark.parametrize(("state", "report", "expected"), _rows())
def test_report(state: State, report: Report, expected: State) -> None:
    """A report pushes a text along the line or leaves it alone."""
    assert expected == advance(state, report)


@pytest.mark.parametrize(("state", "move"), list(itertools.product(STATES, MOVES)))
def test_move(state: State, move: Move) -> None:
    """A move of ours works from the states it names and does nothing anywhere else."""
    assert MOVED.get((state, move), state) == step(state, move)


@given(states, st.lists(reports, max_size=12), st.data())
def test_order_and_repetition_do_not_matter(
    state: State, told: list[Report], draw: st.DataObject
) -> None:
    """The same reports in any order, with duplicates, end in the same state."""
    mixed = draw.draw(st.permutations(told + told[: len(told) // 2]))

    assert _after(state, told) == _after(state, mixed)


@given(states, st.lists(reports, max_size=12))
def test_never_backwards(state: State, told: list[Report]) -> None:
    """No report moves a text back along the line."""
    for report in told:
        following = advance(state, report)
        assert STATES.index(following) >= STATES.index(state)
        state = following


@given(reports)
def test_any_report_resolves_doubt(report: Report) -> None:
    """A text whose sending is unknown is known after any report at all."""
    assert stage(advance("unknown", report)) in ("under-way", "over")


@given(st.lists(reports, min_size=1, max_size=12))
def test_a_conversation_is_told_once(told: list[Report]) -> None:
    """Acceptance is told at most once and failure at most once, never acceptance after failure."""
    state: State = "sending"
    heard: list[News] = []
    for report in told:
        following = advance(state, report)
        told_now = news(state, following)
        if told_now is not None:
            heard.append(told_now)
        state = following

    assert heard in (["accepted"], ["failed"], ["accepted", "failed"])


def test_late_delivery_corrects_the_record() -> None:
    """A phone that comes back makes an undelivered text delivered, and takes no work back."""
    assert advance("undelivered", "delivered") == "delivered"
    assert news("undelivered", "delivered") is None
    assert advance("delivered", "undelivered") == "delivered"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("sending", "accepted", "accepted"),
        ("unknown", "delivered", "accepted"),
        ("sending", "unknown", None),
        ("accepted", "delivered", None),
        ("accepted", "undelivered", "failed"),
        ("sending", "refused", "failed"),
        ("queued", "expired", "failed"),
        ("queued", "withdrawn", None),
    ],
)
def test_news(before: State, after: State, expected: News | None) -> None:
    """A conversation hears of acceptance and of failure, and of nothing between."""
    assert expected == news(before, after)


@pytest.mark.parametrize("raw", ["receiving", "received", "", "exploded", "deliverd"])
def test_strange_word(raw: str) -> None:
    """A word that is not in the carrier's handbook for outgoing texts is no report."""
    assert read_report(raw) is None


@pytest.mark.parametrize("raw", [*REPORTS, "Delivered", " sent "])
def test_known_word(raw: str) -> None:
    """Every word of the handbook is a report."""
    assert read_report(raw) == raw.strip().lower()


def test_diagram_is_drawn_from_the_tables() -> None:
    """The diagram has every arrow of the machine and no other."""
    drawn = diagram()

    assert drawn.startswith("stateDiagram-v2\n    [*] --> queued\n")
    assert "    queued --> sending: claim\n" in drawn
    assert "    undelivered --> delivered: (delivered), (read)\n" in drawn
    assert "    delivered --> undelivered" not in drawn
    arrows = {(s, t) for s, _, t in _rows() if s != t} | {(s, t) for (s, _), t in MOVED.items()}
    ends = sum(is_final(state) for state in STATES)
    assert len(arrows) + ends + 2 == len(drawn.splitlines())


def _after(state: State, told: list[Report]) -> State:
    for report in told:
        state = advance(state, report)
    return state
