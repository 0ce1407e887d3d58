"""Nobody is told of what they may not read, and what is hidden changes nothing that is told."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.family.choice import KINDS, WAYS, Choices
from engage.family.news import Seen, look, stands
from engage.family.telling import Leaving, State, decide
from engage.ids import PatientId
from engage.people.sharing.grant import CATEGORIES, SENSITIVE, VERBS, Category, Scope
from engage.people.sharing.shown import Record, all_shown

CASES = 10_000 if os.environ.get("LONG") else 80
ROSA = PatientId(UUID(int=1))
NOW = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Drawn: TypeAlias = st.SearchStrategy[Any]
people = st.sampled_from((None, {"me": True}, {"me": False}))
moments = st.integers(-3, 90).map(lambda hours: NOW + timedelta(hours=hours))


def _records(
    kind: str, category: st.SearchStrategy[Category], **fields: Drawn
) -> st.SearchStrategy[Record]:
    return st.builds(
        Record,
        kind=st.just(kind),
        id=st.integers(1, 6).map(lambda one: UUID(int=100 * len(kind) + one)),
        category=category,
        sensitive=st.none() | st.sampled_from(SENSITIVE),
        fields=st.fixed_dictionaries(fields),
    )


anything = st.one_of(
    _records(
        "visit",
        st.just("visits"),
        starts_at=moments,
        status=st.sampled_from(("proposed", "booked", "called-off", "kept")),
        zone=st.just("America/Phoenix"),
    ),
    _records(
        "ride",
        st.sampled_from(("rides", "needs")),
        status=st.sampled_from(("asked", "arranged", "fell-through", "called-off")),
        pickup_at=st.none() | moments,
    ),
    _records(
        "task",
        st.sampled_from(("visits", "rides", "needs")),
        status=st.sampled_from(("open", "claimed", "done")),
        holder=people,
        offered_to=people,
        made_by=people,
    ),
    _records("check-in", st.just("check-ins"), status=st.sampled_from(("waiting", "answered"))),
    _records("message", st.just("messages"), **{"from": st.sampled_from(("team", "me"))}),
    _records(
        "need",
        st.just("needs"),
        status=st.sampled_from(("wanted", "in-progress", "delivered", "helped")),
    ),
    _records("document", st.just("documents"), at=moments),
)
worlds = st.lists(anything, max_size=6, unique_by=lambda one: one.id)
rights = st.frozensets(st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(VERBS)), max_size=8)
scopes = st.builds(
    lambda given, kinds: Scope(given | {(one, "see") for one, _ in given}, kinds),
    rights,
    st.frozensets(st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(SENSITIVE)), max_size=4),
)
choices = st.builds(
    Choices,
    ways=st.fixed_dictionaries(
        {kind: st.lists(st.sampled_from(WAYS), unique=True).map(tuple) for kind in KINDS}
    ),
    zone=st.just("America/Phoenix"),
    wakes=st.booleans(),
)


def _told(
    wishes: Choices, worlds: tuple[list[Record], list[Record]], seen_as: Scope, sent_as: Scope
) -> tuple[Leaving, Seen]:
    """Return what leaves an hour after somebody looked, with what they may by then."""
    before = look(ROSA, all_shown(seen_as, worlds[0]), seen_as, None, NOW)
    after = look(ROSA, all_shown(sent_as, worlds[1]), sent_as, before.seen, LATER)
    waiting = decide(wishes, State(), before.news, lambda _: True, NOW).state
    state = State(seen={ROSA: after.seen}, waiting=waiting.waiting)
    leaves = decide(
        wishes, state, after.news, lambda one: stands(one, sent_as, after.seen, LATER), LATER
    )
    return leaves, after.seen


@settings(max_examples=CASES, deadline=None)
@given(choices, worlds, worlds, scopes, scopes)
def test_nobody_is_told_of_what_they_may_not_read(
    wishes: Choices, first: list[Record], then: list[Record], was: Scope, now: Scope
) -> None:
    """Whatever is granted, and taken back before it leaves: told is what can be read now."""
    leaves, _ = _told(wishes, (first, then), was, now)
    readable = {record.id for record, _ in all_shown(now, then)}
    told = [*leaves.push, *leaves.state.texted, *(one.news for one in leaves.state.waiting)]
    for one in told:
        assert one.kind in wishes.ways
        assert wishes.ways[one.kind]
        assert now.rights
        assert one.kind == "sharing" or one.record in readable or one.kind == "messages"
        assert one.kind != "messages" or now.may("messages")
        assert one.kind != "check-ins" or now.may("check-ins", "answer")
    assert now.rights or not told


@settings(max_examples=CASES, deadline=None)
@given(choices, worlds, worlds, scopes, scopes)
def test_what_is_hidden_changes_nothing(
    wishes: Choices, first: list[Record], then: list[Record], was: Scope, now: Scope
) -> None:
    """In the world in which it was never written down the same leaves, and at the same moments."""
    bare = (
        [record for record, _ in all_shown(was, first)],
        [record for record, _ in all_shown(now, then)],
    )
    assert _told(wishes, (first, then), was, now) == _told(wishes, bare, was, now)
