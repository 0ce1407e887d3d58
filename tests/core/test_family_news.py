"""What a family is told of: the difference in what they may read, when they wish to hear it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.family import choice
from engage.family.choice import Choices, NewsKind, NotQuietHours, Quiet, Way
from engage.family.doing import Step, not_mine
from engage.family.news import FIRST, Looked, News, Seen, look, stands
from engage.family.telling import (
    PUSH_LASTS,
    Leaving,
    State,
    decide,
    place_of,
    push_lasts,
    pushed,
    text_rests,
)
from engage.ids import PatientId
from engage.people.fields import NotATimeZone
from engage.people.sharing.grant import NOTHING, THEMSELVES, Category, Scope, Sensitive, Verb
from engage.people.sharing.shown import Record, all_shown

ROSA = PatientId(UUID(int=1))
NOON = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)  # in Phoenix
PHOENIX = "America/Phoenix"
ME, OTHER = {"id": UUID(int=7), "me": True}, {"id": UUID(int=8), "me": False}
ALL: tuple[tuple[Category, Verb], ...] = (
    *(("visits", "see"), ("visits", "act"), ("rides", "see"), ("rides", "act")),
    *(("messages", "see"), ("check-ins", "see"), ("check-ins", "answer")),
    *(("needs", "see"), ("documents", "see")),
)
ANA = Scope(frozenset(ALL))


def visit(hours: float = 72, status: str = "booked", one: int = 10) -> Record:
    """Return a visit so many hours from noon."""
    starts = NOON + timedelta(hours=hours)
    fields = {"starts_at": starts, "status": status, "zone": PHOENIX}
    return Record(kind="visit", id=UUID(int=one), category="visits", fields=fields)


def ride(status: str, hours: float | None = 72) -> Record:
    """Return a ride."""
    picked_up = None if hours is None else NOON + timedelta(hours=hours)
    fields = {"status": status, "pickup_at": picked_up}
    return Record(kind="ride", id=UUID(int=20), category="rides", fields=fields)


def errand(status: str, *, holder: Any = None, offered: Any = None, made: Any = OTHER) -> Record:  # noqa: ANN401
    """Return an errand."""
    fields = {"status": status, "holder": holder, "offered_to": offered, "made_by": made}
    return Record(kind="task", id=UUID(int=30), category="visits", fields=fields)


def check_in(status: str = "waiting") -> Record:
    """Return a check-in."""
    return Record(kind="check-in", id=UUID(int=40), category="check-ins", fields={"status": status})


def message(one: int, sender: str = "team") -> Record:
    """Return a message."""
    return Record(kind="message", id=UUID(int=one), category="messages", fields={"from": sender})


def need(status: str, sensitive: Sensitive | None = None) -> Record:
    """Return a need; a risk and what was declined are the person's own."""
    return Record(
        kind="need",
        id=UUID(int=60),
        category="needs",
        sensitive=sensitive,
        own=status in {"found", "declined"},
        fields={"status": status},
    )


def document(sensitive: Sensitive | None = None, one: int = 70) -> Record:
    """Return a document."""
    return Record(
        kind="document",
        id=UUID(int=one),
        category="documents",
        sensitive=sensitive,
        fields={"at": NOON},
    )


def looked(
    *records: Record,
    scope: Scope = ANA,
    before: Seen | None = None,
    at: datetime = NOON,
    allowed: frozenset[UUID] = frozenset(),
) -> Looked:
    """Look at what somebody may read of Rosa."""
    return look(ROSA, all_shown(scope, records), scope, before, at, allowed=allowed)


def told(before: Record | None, after: Record | None, scope: Scope = ANA) -> list[str]:
    """Return what is told when a record changes, an hour later."""
    first = looked(*(() if before is None else (before,)), scope=scope)
    later = NOON + timedelta(hours=1)
    then = looked(*(() if after is None else (after,)), scope=scope, before=first.seen, at=later)
    assert all(stands(one, scope, then.seen, later) for one in then.news)
    return [one.what for one in then.news]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, visit(), ["booked"]),
        (visit(), visit(), []),
        (visit(), visit(96), ["moved"]),
        (visit(), visit(status="called-off"), ["called-off"]),
        (None, visit(status="called-off"), []),
        (None, visit(-5), []),
        (visit(status="proposed"), visit(), ["booked"]),
        (ride("asked"), ride("arranged"), ["arranged"]),
        (ride("arranged"), ride("arranged", 71), ["arranged"]),
        (ride("arranged"), ride("fell-through"), ["fell-through"]),
        (ride("asked"), ride("fell-through"), ["fell-through"]),
        (ride("arranged"), ride("called-off"), ["called-off"]),
        (ride("asked"), ride("called-off"), []),
        (None, errand("open"), []),
        (None, errand("open", offered=ME), ["asked"]),
        (errand("open", made=ME), errand("claimed", holder=OTHER, made=ME), ["taken"]),
        (None, errand("claimed", holder=OTHER, made=ME), ["taken"]),
        (errand("open"), errand("claimed", holder=OTHER), []),
        (errand("open"), errand("claimed", holder=ME), []),
        (errand("open", offered=OTHER, made=ME), errand("open", made=ME), ["free"]),
        (errand("open", offered=ME), errand("open"), []),
        (errand("claimed", holder=ME), errand("open", offered=OTHER), []),
        (None, check_in(), ["waiting"]),
        (check_in(), check_in("answered"), []),
        (message(50), message(51), ["written"]),
        (message(50), message(51, "me"), []),
        (None, need("wanted"), []),
        (need("found"), need("wanted"), []),
        (need("wanted"), need("in-progress"), ["in-progress"]),
        (None, need("in-progress"), ["in-progress"]),
        (need("in-progress"), need("in-progress"), []),
        (need("in-progress"), need("delivered"), ["delivered"]),
        (need("delivered"), need("helped"), ["helped"]),
        (need("delivered"), need("wanted"), ["wanted"]),
        (need("in-progress"), need("wanted"), ["wanted"]),
        (need("wanted"), need("declined"), []),
        (need("wanted", "violence"), need("in-progress", "violence"), []),
        (None, document(), ["added"]),
        (document(), document(), []),
        (document(), None, []),
        (None, document("mental-health"), []),
    ],
)
def test_what_is_new(before: Record | None, after: Record | None, said: list[str]) -> None:
    """Of a change of each kind of record: what is told, and what not."""
    assert told(before, after) == said


def test_who_let_go_of_an_errand_hears_that_it_was_taken() -> None:
    """I had it, I offered it, somebody took it: three looks later I hear."""
    mine, offered = errand("claimed", holder=ME), errand("open", offered=OTHER)
    first = looked(mine)
    second = looked(offered, before=first.seen)
    third = looked(errand("claimed", holder=OTHER), before=second.seen)
    assert [one.what for one in (*second.news, *third.news)] == ["taken"]


@pytest.mark.parametrize(
    "category", ["visits", "rides", "messages", "check-ins", "needs", "documents"]
)
def test_what_was_allowed_only_now_did_not_happen_now(category: Category) -> None:
    """All that one may read anew is there at once and told as one thing: that it is shared."""
    records = (visit(), ride("arranged"), check_in(), message(50), need("helped"), document())
    before = looked(*records, scope=Scope(frozenset(one for one in ALL if one[0] != category)))
    after = looked(*records, before=before.seen)
    assert [one.what for one in after.news] == ["shared"]


def test_what_is_sensitive_and_allowed_only_now_did_not_happen_now() -> None:
    """A word for one kind of the sensitive is one piece of news, not all that it opens."""
    hidden = replace(visit(), sensitive="violence")
    before = looked(hidden)
    wider = Scope(ANA.rights, frozenset({("visits", "violence")}))
    after = looked(hidden, scope=wider, before=before.seen)
    assert [one.what for one in after.news] == ["shared"]


@pytest.mark.parametrize("one", [need("delivered", "violence"), document("violence")])
def test_a_sensitive_one_is_told_to_whom_that_kind_is_shared(one: Record) -> None:
    """With the word for its kind it is news like any other; before it leaves that word counts."""
    named = Scope(ANA.rights, frozenset({(one.category, "violence")}))
    after = looked(one, scope=named, before=looked(scope=named).seen)
    (news,) = after.news
    assert stands(news, named, after.seen, NOON)
    assert not stands(news, ANA, looked(one, before=after.seen).seen, NOON)


def test_what_was_not_looked_at_before_did_not_happen_now() -> None:
    """Seen by a version that knew nothing of documents and needs: what is there is no news."""
    records = (need("helped"), document())
    older = replace(looked().seen, kinds=FIRST)
    first = looked(*records, before=older)
    assert first.news == ()
    then = looked(*records, document(one=71), before=first.seen)
    assert [one.what for one in then.news] == ["added"]


def step(hours: float = 72, *, mine: bool) -> Step:
    """Return a step that brought a visit to so many hours from noon; `news()` is of 72."""
    at = NOON + timedelta(hours=hours)
    return Step(record=UUID(int=10), state="booked", at=at, mine=mine)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([], 1),
        ([step(mine=False)], 1),
        ([step(mine=True)], 0),
        ([step(24, mine=False), step(mine=True)], 0),
        # The clinic writes down what they chose.
        ([step(mine=True), step(mine=False)], 0),
        ([step(24, mine=True), step(mine=False)], 1),
        # Somebody moved it away and back.
        (
            [step(mine=True), step(24, mine=False), step(mine=False)],
            1,
        ),
        ([step(mine=False), step(24, mine=True)], 1),
    ],
)
def test_what_somebody_did_themselves_is_no_news_to_them(steps: list[Step], told: int) -> None:
    """Who brought a visit to where it stands knows; who did not, or is not named, is told."""
    assert len(not_mine([news()], steps)) == told
    moved = replace(news(), what="moved")
    assert len(not_mine([moved], steps)) == told
    # The clock is nobody.
    eve = replace(news(kind="tomorrow"), what="tomorrow")
    assert not_mine([eve], steps) == (eve,)


def test_what_was_shared_and_taken_back_meanwhile_is_not_told() -> None:
    """More was shared, and less again before it leaves: nobody hears that there was anything."""
    less = Scope(frozenset(one for one in ALL if one[0] != "messages"))
    first = looked(scope=less)
    (shared,) = looked(before=first.seen).news
    assert stands(shared, ANA, first.seen, NOON)
    assert not stands(shared, less, first.seen, NOON)


def test_what_is_taken_away_is_no_news() -> None:
    """Less is shared, or nothing: not a word, and what had been seen is forgotten."""
    before = looked(visit(), message(50))
    assert looked(visit(), scope=NOTHING, before=before.seen).news == ()
    assert looked(visit(), scope=NOTHING, before=before.seen).seen.marks == {}


def test_the_eve_of_a_visit() -> None:
    """Tomorrow's visit is told once, at five by its clock, unless it was just booked or moved."""
    eve = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    first = looked(visit(20))
    assert (first.next_at, [one.what for one in first.news]) == (eve, ["shared"])
    then = looked(visit(20), before=first.seen, at=eve)
    assert [one.what for one in then.news] == ["tomorrow"]
    assert looked(visit(20), before=then.seen, at=eve + timedelta(hours=1)).news == ()
    moved = looked(visit(21), before=then.seen, at=eve + timedelta(hours=2))
    assert [one.what for one in moved.news] == ["moved"]
    assert looked(visit(21), before=moved.seen, at=eve + timedelta(hours=3)).news == ()


def test_the_person_hears_what_staff_wrote_down_of_their_sharing() -> None:
    """By their own hand they know; what staff heard from somebody, they hear of."""
    before = looked(scope=THEMSELVES)
    after = looked(scope=THEMSELVES, before=before.seen, allowed=frozenset({UUID(int=3)}))
    assert ([one.what for one in before.news], [one.what for one in after.news]) == ([], ["shared"])


CHANGES: list[Callable[[News], tuple[Scope, Seen]]] = [
    lambda _: (NOTHING, looked(visit()).seen),
    lambda _: (Scope(frozenset({("messages", "see")})), looked(visit()).seen),
    lambda _: (ANA, looked().seen),
    lambda _: (ANA, looked(visit(status="called-off")).seen),
    lambda _: (ANA, looked(visit(96)).seen),
]


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_asked_again_when_it_leaves(change: Callable[[News], tuple[Scope, Seen]]) -> None:
    """Revoked, narrowed, gone, called off, moved again: what waited is not told."""
    first = looked()
    (news,) = looked(visit(), before=first.seen).news
    assert not stands(news, *change(news), NOON)


def chosen(*ways: Way, kind: NewsKind = "visits", **more: Any) -> Choices:  # noqa: ANN401
    """Return choices for one kind of news."""
    return Choices(ways={kind: ways}, zone=PHOENIX, **more)


def news(one: int = 10, at: datetime = NOON, hours: float = 72, kind: NewsKind = "visits") -> News:
    """Return news of a visit."""
    return News(
        kind=kind,
        what="booked",
        about=ROSA,
        record=UUID(int=one),
        at=at,
        moment=NOON + timedelta(hours=hours),
    )


def leaving(
    choices: Choices,
    *fresh: News,
    state: State | None = None,
    at: datetime = NOON,
    still: bool = True,
    waits: bool = False,
) -> Leaving:
    """Decide."""
    return decide(choices, state or State(), fresh, lambda _: still, at, text_waits=waits)


def test_nothing_is_told_that_was_not_chosen() -> None:
    """Without a word from them nobody is told anything, and nothing waits for them."""
    assert leaving(Choices(zone=PHOENIX), news()) == Leaving(state=State())
    assert leaving(chosen("push", "text", kind="rides"), news()) == Leaving(state=State())


def test_a_push_waits_until_it_is_known_to_have_left() -> None:
    """It leaves at once, and again until somebody says that it did."""
    first = leaving(chosen("push"), news())
    again = leaving(chosen("push"), state=first.state)
    assert (first.push, again.push) == ((news(),), (news(),))
    assert pushed(first.state, first.push).waiting == ()


def test_no_more_than_one_text_in_half_an_hour() -> None:
    """What comes soon after a text waits for the next, and goes with it in one."""
    first = leaving(chosen("text"), news(1))
    soon = NOON + timedelta(minutes=10)
    held = leaving(chosen("text"), news(2), news(3), state=first.state, at=soon)
    assert (first.text, held.text) == (1, 0)
    assert held.next_at == NOON + timedelta(minutes=30)
    last = leaving(chosen("text"), state=held.state, at=NOON + timedelta(minutes=30))
    assert (last.text, last.state.waiting, last.next_at) == (2, (), None)


def test_a_text_that_has_not_left_tells_of_more() -> None:
    """While one waits in its queue no other is written: it says the same."""
    first = leaving(chosen("text"), news(1))
    more = leaving(chosen("text"), news(2), state=first.state, at=NOON, waits=True)
    assert (more.text, more.state.texted) == (0, (news(1), news(2)))


def test_one_digest_a_day_and_none_without_news() -> None:
    """What comes in a day is told at their hour, in one text; a day without news has none."""
    choices, six = chosen("digest", digest_at=time(18)), datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    first = leaving(choices, news(1))
    second = leaving(choices, news(2), state=first.state, at=NOON + timedelta(hours=2))
    assert (first.text, second.text, second.next_at) == (0, 0, six)
    at_six = leaving(choices, state=second.state, at=six)
    assert (at_six.text, at_six.digest, at_six.next_at) == (2, True, None)
    assert leaving(choices, state=at_six.state, at=six + timedelta(days=1)).text == 0


NIGHT = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("way", ["push", "text"])
def test_quiet_hours(way: Way) -> None:
    """At ten at night nothing comes, at eight in the morning all of it at once."""
    choices = chosen(way)
    held = leaving(choices, news(1), news(2), at=NIGHT)
    assert (held.push, held.text, held.next_at) == ((), 0, MORNING)
    woken = leaving(choices, state=held.state, at=MORNING)
    assert (len(woken.push), woken.text) == ((2, 0) if way == "push" else (0, 2))


def test_what_is_about_the_next_hours_may_wake_whoever_says_so() -> None:
    """Their quiet hours hold it back, unless they chose otherwise; the rest is held."""
    soon, late = news(1, hours=15), news(2, hours=72)
    assert leaving(chosen("push"), soon, at=NIGHT).push == ()
    woken = leaving(chosen("push", wakes=True), soon, late, at=NIGHT)
    assert (woken.push, woken.next_at) == ((soon,), MORNING)


def test_what_is_not_so_any_more_falls_away_without_a_trace() -> None:
    """Nothing leaves, nothing waits, and nobody looks again: as if it had never been."""
    waiting = leaving(chosen("push", "text", "digest"), news(at=NIGHT), at=NIGHT)
    never = leaving(chosen("push", "text", "digest"), state=State(), at=MORNING)
    assert (
        leaving(chosen("push", "text", "digest"), state=waiting.state, at=MORNING, still=False)
        == never
    )


def test_the_newest_of_one_thing_is_enough() -> None:
    """A visit that moves three times in a night is one thing to be told in the morning."""
    state = State()
    for hours in (70, 71, 72):
        state = leaving(chosen("push"), news(hours=hours), state=state, at=NIGHT).state
    assert [one.news.moment for one in state.waiting] == [NOON + timedelta(hours=72)]


def test_where_it_leads_names_nobody() -> None:
    """One kind of news leads to its page, several to the first."""
    assert place_of([news()]) == "visits"
    assert place_of([news(kind="documents")]) == "documents"
    assert place_of([news(kind="needs"), news(kind="rides")]) == "care"
    assert place_of([news(), news(kind="messages")]) == "today"


@pytest.mark.parametrize(
    ("choices", "refusal"),
    [
        (Choices(zone="Phoenix"), NotATimeZone),
        (Choices(zone=PHOENIX, quiet=Quiet(time(8), time(8))), NotQuietHours),
    ],
)
def test_choices_that_mean_nothing(choices: Choices, refusal: type[Exception]) -> None:
    """A place that is none, and a night without an end, are refused."""
    with pytest.raises(refusal):
        choice.read(choices)


@pytest.mark.parametrize(
    ("begins", "ends", "hour", "until"),
    [
        (21, 8, 22, (25, 8)),
        (21, 8, 7, (24, 8)),
        (21, 8, 12, None),
        (13, 15, 14, (24, 15)),
        (13, 15, 15, None),
    ],
)
def test_when_quiet_hours_end(
    begins: int, ends: int, hour: int, until: tuple[int, int] | None
) -> None:
    """Past midnight they end the next morning, by the clock that was chosen."""
    choices = Choices(zone=PHOENIX, quiet=Quiet(time(begins), time(ends)))
    at = datetime(2026, 11, 24, hour, tzinfo=UTC) + timedelta(hours=7)
    ending = None
    if until is not None:
        ending = datetime(2026, 11, until[0], until[1], tzinfo=UTC) + timedelta(hours=7)
    assert choice.quiet_until(choices, at) == ending


def test_the_hour_that_an_autumn_night_has_twice() -> None:
    """In its second round quiet hours end ahead, never behind: nobody looks again and again."""
    choices = Choices(zone="America/New_York", quiet=Quiet(time(21), time(1, 30)))
    second = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    assert choice.quiet_until(choices, second) == second + timedelta(minutes=15)
    daily = replace(choices, digest_at=time(1, 30))
    assert choice.digest_after(daily, second - timedelta(hours=1)) == second - timedelta(minutes=45)
    assert choice.digest_after(daily, second) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def test_a_push_to_a_phone_that_is_off_does_not_come_in_the_night() -> None:
    """It lasts until quiet hours begin, and longer only if it may wake them."""
    late = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # eight in the evening
    soon = news(hours=15)
    assert push_lasts(chosen("push"), (soon,), late) == timedelta(hours=1)
    assert push_lasts(chosen("push", wakes=True), (soon,), late) == PUSH_LASTS
    assert push_lasts(chosen("push", quiet=None), (soon,), late) == PUSH_LASTS


def test_a_text_that_was_held_back_keeps_to_their_quiet_hours() -> None:
    """Who sleeps by day is not woken by what the law lets out at nine; the day's has its hour."""
    by_day = chosen("text", quiet=Quiet(time(8), time(16)), digest_at=time(12))
    four = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert text_rests(by_day, State(texted=(news(),)), NOON) == four
    assert text_rests(by_day, State(texted=(news(),)), four) is None
    assert text_rests(by_day, State(texted=(news(),), digest=True), NOON) is None
    assert text_rests(replace(by_day, digest_at=time(18)), State(digest=True), NOON) == four
    woken = replace(by_day, wakes=True)
    assert text_rests(woken, State(texted=(news(hours=3),)), NOON) is None
