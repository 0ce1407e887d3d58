"""What became of a text: one state, moved by what we do and by what the carrier reports.

Pure (p). Reports are lost, repeated and arrive in any order, also before the answer to the request
that caused them. So the states stand in one line, and a report can only push a text further along
it: the end is the same whatever order the reports took. Our own moves are the other half: each
names the states it may be made from, and does nothing anywhere else.

The line, with its reasons:
- First what we did on our own (queued, withdrawn, expired, refused, sending, unknown). A report is
  proof that the carrier has the text, so it outranks all of these, even "withdrawn": what the
  person holds in their hand is the truth, not what we meant to do.
- Then the carrier's way: accepted, sent.
- Then the ends. The carrier's four ends do not exclude each other in practice: a wrong
  "undelivered" is followed by "delivered" when the phone comes back. Reception is proof, the other
  ends are inference, so delivered outranks undelivered, which outranks failed (never left the
  carrier), which outranks canceled. A text that was delivered never becomes undelivered.

This room refuses to read error codes (carrier_codes does) and to keep the reports (the store does,
every one of them).
"""

from typing import Literal, TypeAlias, assert_never, get_args

State: TypeAlias = Literal[
    "queued",
    "withdrawn",
    "expired",
    "refused",
    "sending",
    "unknown",
    "accepted",
    "sent",
    "canceled",
    "failed",
    "undelivered",
    "delivered",
]
STATES: tuple[State, ...] = get_args(State)
"""The line: a report moves a text to the right or not at all."""

Report: TypeAlias = Literal[
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "canceled",
    "read",
    "partially_delivered",
]
REPORTS: tuple[Report, ...] = get_args(Report)

Move: TypeAlias = Literal[
    "claim", "accept", "refuse", "put-back", "lose", "withdraw", "expire", "try-again", "once-more"
]
MOVES: tuple[Move, ...] = get_args(Move)

SAYS: dict[Report, State] = {
    # The carrier's own queue is no news to us: it has the text, that is all.
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    # A text has no read receipt; should one come, it was delivered.
    "read": "delivered",
    # Half a sentence may be worse than none: doubt means a human, as for a text that never came.
    "partially_delivered": "undelivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "canceled",
}
"""The state that a report claims."""

STEPS: dict[Move, dict[State, State]] = {
    # Written before the request goes out, so that a crash leaves "sending" and never "queued".
    "claim": {"queued": "sending"},
    # Also when the carrier's list later shows a text that we had lost sight of.
    "accept": {"sending": "accepted", "unknown": "accepted"},
    "refuse": {"sending": "refused"},
    # Certainly not sent (throttled, or the carrier was never reached): back in the queue.
    "put-back": {"sending": "queued"},
    # The answer was lost, or the lease ran out in the middle of a request.
    "lose": {"sending": "unknown"},
    # Nothing can be called back once the request may have been written.
    "withdraw": {"queued": "withdrawn"},
    "expire": {"queued": "expired"},
    # The rule of the text's class allowed one more try after the carrier's list was searched.
    "try-again": {"unknown": "queued"},
    # The carrier says that it did not carry it, for a reason that passes.
    "once-more": {"failed": "sending", "undelivered": "sending"},
}
"""Where each of our own moves leads; from any state not named it leads nowhere."""

_PLACE = {state: place for place, state in enumerate(STATES)}

News: TypeAlias = Literal["accepted", "failed"]


def read_report(raw: str) -> Report | None:
    """Return the report behind a carrier's word, or None for one that is not in its handbook."""
    word = raw.strip().lower()
    return next((report for report in REPORTS if report == word), None)


def advance(state: State, report: Report) -> State:
    """Return the state after a report: further along the line, or unchanged."""
    said = SAYS[report]
    return said if _PLACE[said] > _PLACE[state] else state


def step(state: State, move: Move) -> State:
    """Return the state after a move of ours; one that cannot be made from here changes nothing."""
    return STEPS[move].get(state, state)


def is_final(state: State) -> bool:
    """Say whether nothing more is expected; a late report may still correct the record."""
    return stage(state) == "over"


def stage(state: State) -> Literal["waiting", "in-doubt", "under-way", "over"]:
    """Return which watch a text is under: the outbox's, the resolver's, the sweeper's, nobody's."""
    match state:
        case "queued":
            return "waiting"
        case "sending" | "unknown":
            return "in-doubt"
        case "accepted" | "sent":
            # "sent" is the last word on routes without receipts; the sweeper stops after 36 hours.
            return "under-way"
        case (
            "withdrawn"
            | "expired"
            | "refused"
            | "canceled"
            | "failed"
            | "undelivered"
            | "delivered"
        ):
            return "over"
        case _:
            assert_never(state)


def news(before: State, after: State) -> News | None:
    """Return what a conversation must hear of a change of state, or None.

    "accepted" is told once, however many reports were skipped; "failed" once, and a late
    "delivered" does not take it back: by then a human has the matter.
    """
    was, now = _told(before), _told(after)
    return None if was in (now, "failed") else now


def _told(state: State) -> News | None:
    match state:
        case "queued" | "sending" | "unknown" | "withdrawn":
            # Withdrawn was our own wish: whoever withdrew it knows.
            return None
        case "accepted" | "sent" | "delivered":
            return "accepted"
        case "expired" | "refused" | "canceled" | "failed" | "undelivered":
            return "failed"
        case _:
            assert_never(state)


def diagram() -> str:
    """Draw the machine as a Mermaid state diagram, from the tables that the code runs on."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for move, ways in STEPS.items():
        for origin, target in ways.items():
            arrows.setdefault((origin, target), []).append(move)
    for origin in STATES:
        for report in REPORTS:
            target = advance(origin, report)
            if target != origin:
                arrows.setdefault((origin, target), []).append(f"({report})")
    lines = ["stateDiagram-v2", "    [*] --> queued"]
    lines += [
        f"    {origin} --> {target}: {', '.join(labels)}"
        for (origin, target), labels in sorted(arrows.items(), key=_by_place)
    ]
    lines += [f"    {state} --> [*]" for state in STATES if is_final(state)]
    return "\n".join(lines) + "\n"


def _by_place(arrow: tuple[tuple[State, State], list[str]]) -> tuple[int, int]:
    (origin, target), _ = arrow
    return _PLACE[origin], _PLACE[target]
