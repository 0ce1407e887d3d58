"""What is true of every need and every referral, whatever happens to them and in what order."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.conversation.severity import SEVERITIES, rank
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, StaffId
from engage.needs import codes, need, referral
from engage.needs.need import MACHINE, MAY, STATUSES, Act, Need, NotWanted, Setter
from engage.needs.referral import ANSWERS, REASONED, Move, NoConsentToShare, Referral
from engage.queue.clocks import Calendar

START = datetime(2026, 11, 24, 17, tzinfo=UTC)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
CALENDAR = Calendar("America/Phoenix", dict.fromkeys(WORKDAYS, ((time(9), time(17)),)), "US-AZ")
ACTS: tuple[Act, ...] = tuple(MAY)
SETTERS: tuple[Setter, ...] = ("patient", "caregiver", "staff", "organization", "system")

steps = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(SETTERS), st.integers(0, 120)), max_size=25
)
moves = st.builds(
    Move,
    st.sampled_from(referral.STATUSES),
    st.none() | st.sampled_from(("no-capacity", "waitlist", "not-eligible", "other")),
)
setters = st.sampled_from(("requester", "target", "patient"))
answers = st.sampled_from(tuple(ANSWERS))
reasons = st.none() | st.sampled_from(referral.DECLINES)


def risk(**fields: object) -> Need:
    """Return a need that was just found, with some fields otherwise."""
    made: dict[str, object] = {
        "practice_id": PracticeId(UUID(int=1)),
        "id": UUID(int=2),
        "patient_id": PatientId(UUID(int=3)),
        "domain": "food-insecurity",
        "episode": 1,
        "status": "risk",
        "severity": "routine",
        "opened_at": START,
        "changed_at": START,
    }
    return Need(**{**made, **fields})  # type: ignore[arg-type] - fields of the caller


def sent(**fields: object) -> Referral:
    """Return a referral that was just requested, with some fields otherwise."""
    made: dict[str, object] = {
        "practice_id": PracticeId(UUID(int=1)),
        "id": UUID(int=4),
        "need_id": UUID(int=2),
        "patient_id": PatientId(UUID(int=3)),
        "organization_id": UUID(int=5),
        "service_id": None,
        "status": "requested",
        "business": None,
        "way": "page",
        "consent": None,
        "requested_at": START,
        "changed_at": START,
    }
    return Referral(**{**made, **fields})  # type: ignore[arg-type] - fields of the caller


@given(steps)
def test_nothing_is_begun_before_the_person_wants_help(
    taken: list[tuple[Act, Setter, int]],
) -> None:
    """Behaviour 23: a risk is worked on only after the person, or staff for them, said yes."""
    one, wanted, at = risk(), False, START
    for act, by, hours in taken:
        at += timedelta(hours=hours)
        try:
            after = need.take(one, act, by, at)
        except EngageError:
            continue
        wanted = wanted or (act == "want" and by in {"patient", "staff"})
        if after.status not in {"risk", "declined"}:
            assert wanted
        assert after.version == one.version + (after != one)
        one = after


@given(steps)
def test_what_is_completed_is_not_met_until_somebody_says_so(
    taken: list[tuple[Act, Setter, int]],
) -> None:
    """Behaviour 26: only the person, or who heard it from them, confirms; a no opens it again."""
    one = risk(status="completed")
    for act, by, _ in taken:
        try:
            after = need.take(one, act, by, START)
        except EngageError:
            continue
        if after.status == "confirmed":
            assert by in {"patient", "caregiver", "staff"}
        if act == "reopen":
            assert after.status == "reopened"
        one = after


@given(st.sampled_from(STATUSES), st.sampled_from(SETTERS))
def test_every_act_on_offer_is_taken(status: need.Status, by: Setter) -> None:
    """What a page offers somebody is never refused, and always changes something."""
    for act in need.acts(status, by):
        assert need.take(risk(status=status), act, by, START).status != status


@given(st.sampled_from(SEVERITIES), st.sampled_from(SEVERITIES))
def test_severity_only_rises(before: need.Severity, found: need.Severity) -> None:
    """Behaviour 24: a further risk joins the episode and may raise it, never lower it."""
    after = need.found(risk(severity=before), found, START)
    assert rank(after.severity) == max(rank(before), rank(found))


@given(st.integers(0, 400))
def test_what_was_declined_is_not_asked_about_for_a_while(days: int) -> None:
    """A declined risk stays where it is and quiet; after that time a new one is a new episode."""
    at = START + timedelta(days=days)
    declined = risk(status="declined")
    joined = need.episode_for((declined,), at)
    assert (joined is None) == (days >= need.QUIET_DAYS)
    assert need.is_quiet(joined, at) == (days < need.QUIET_DAYS)


def test_a_risk_is_refused_a_referral_in_its_own_words() -> None:
    """Who refers somebody that was not asked is told to ask them first."""
    with pytest.raises(NotWanted):
        need.take(risk(), "begin", "staff", START)


def test_every_status_can_be_reached_and_has_a_next_step() -> None:
    """The table has no status that nothing leads to, and each says what to do."""
    assert {after for (_, _), after in MACHINE.items()} == set(STATUSES)
    assert all(need.next_step(status) for status in STATUSES)


@given(st.lists(st.tuples(moves, setters), max_size=20))
def test_a_referral_moves_only_as_the_guide_says(made: list[tuple[Move, referral.Setter]]) -> None:
    """Behaviour 27: the target alone accepts, rejects, holds, fails and completes; always why."""
    at: referral.Status = "requested"
    for move, by in made:
        try:
            referral.check(at, move, by)
        except EngageError:
            continue
        assert at not in referral.OVER
        assert by == "target" or (move.to == "cancelled" and by == "requester")
        assert (move.reason is not None) == (move.to in REASONED)
        at = move.to


@given(st.sampled_from(referral.STATUSES), answers, reasons)
def test_an_answer_of_the_page_is_moves_of_the_machine(
    status: referral.Status, answer: referral.Answer, reason: referral.Reason | None
) -> None:
    """Whatever an organization presses, each step of it is one that the target may take."""
    try:
        taken = referral.moves_of(status, answer, reason)
    except EngageError:
        return
    assert answer in referral.answers_at(status)
    for move in taken:
        referral.check(status, move, "target")
        status = move.to
    if answer == "complete":
        assert status == "completed"
    if answer in {"decline", "no-capacity"}:
        assert status in {"rejected", "failed"}


def test_what_is_over_can_be_answered_no_more() -> None:
    """A page whose referral has ended offers nothing."""
    assert all(not referral.answers_at(status) for status in referral.OVER)


@given(st.sampled_from(("page", "staff")))
def test_nothing_is_shared_without_consent(way: referral.Way) -> None:
    """Without a recorded consent nobody is told about the person; who calls alone needs none."""
    with pytest.raises(NoConsentToShare):
        referral.refuse_unshared(way, None)
    referral.refuse_unshared("self", None)
    agreed = referral.ConsentToShare(at=START, how="verbal", by=StaffId(UUID(int=9)))
    referral.refuse_unshared(way, agreed)


@given(
    st.sampled_from(referral.STATUSES),
    st.integers(0, 30 * 24),
    st.sampled_from(("page", "staff", "self")),
    st.integers(1, 30),
)
def test_nudges_come_in_order_and_end(
    status: referral.Status, hours: int, way: referral.Way, patience: int
) -> None:
    """Behaviour 27: what is due next is always later, and after a call nothing chases."""
    one = sent(status=status, way=way)
    after = START + timedelta(hours=hours)
    seen: list[str] = []
    while (due := referral.nudge(one, after, CALENDAR.closing_after, patience)) is not None:
        assert due.at > after
        after = due.at
        seen.append(due.what)
    assert len(seen) <= referral.REMINDERS + 1
    assert "call" not in seen[:-1]
    if one.over and status != "completed":
        assert not seen
    if status == "completed" or (way == "self" and not one.over):
        assert set(seen) <= {"ask-patient"}
    elif way == "staff":
        assert set(seen) <= {"call"}


def test_who_was_reminded_too_late_is_called_all_the_same() -> None:
    """Silence is work (behaviour 20): also after an outage, or with less patience than before."""
    one, late = sent(status="requested", way="page"), START + timedelta(days=60)
    due = referral.nudge(one, late, CALENDAR.closing_after, 1, reminded=True)

    assert due is not None
    assert (due.what, due.at) == ("call", CALENDAR.closing_after(late, 1))
    assert referral.nudge(one, late, CALENDAR.closing_after, 1) is None
    over = sent(status="rejected", way="page")
    assert referral.nudge(over, late, CALENDAR.closing_after, 1, reminded=True) is None


@given(st.sampled_from(referral.STATUSES), st.lists(st.sampled_from(referral.STATUSES), max_size=4))
def test_a_need_falls_through_with_its_last_way(
    to: referral.Status, others: list[referral.Status]
) -> None:
    """One no of several organizations leaves the need where it is."""
    act = referral.need_act(to, others)
    if act == "fall-through":
        assert all(other in referral.OVER for other in others)
    if act is not None:
        assert "organization" in MAY[act] or act == "begin"


def test_no_code_hints_at_abuse() -> None:
    """What says that somebody is hurt can't be suggested, accepted or brought in by a file."""
    table = codes.load()
    for domain in codes.UNCODED:
        assert not table.suggestions(domain)
        with pytest.raises(codes.NotSuggested):
            table.accept(domain, [("snomed", "706893006")])
    listed = [one.code for domain in table.suggested for one in table.suggestions(domain)]
    assert not [code for code in listed if code.startswith(("T74", "T76"))]
    head = 'source = "x"\nversion = "1"\n[a]\ntitle = "A"\n'
    for wrong in (
        'snomed = {}\nicd10 = { "T74.11XA" = "x" }',
        'snomed = { "706893006" = "x" }\nicd10 = {}',
        'snomed = { "733423004" = "x" }\nicd10 = {}',
        'snomed = {}\nicd10 = { "Z59.4" = "x" }',
        "snomed = {}",
    ):
        with pytest.raises(codes.CodesInvalid):
            codes.parse(head + wrong)


def test_only_a_suggested_code_is_accepted() -> None:
    """A member of staff chooses among what fits the need, in their own order, each once."""
    table = codes.load()
    chosen = [("icd10", "Z59.41"), ("snomed", "733423003"), ("icd10", "Z59.41")]
    assert [one.code for one in table.accept("food-insecurity", chosen)] == ["Z59.41", "733423003"]
    with pytest.raises(codes.NotSuggested) as refused:
        table.accept("food-insecurity", [("icd10", "Z59.82")])
    assert refused.value.field == "/codes/0"
