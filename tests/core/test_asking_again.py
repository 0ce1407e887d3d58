"""What is asked again, as values: whether it came, a screening that comes round, taps on a page."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from msgspec.structs import replace

from engage.checkins import rescreen
from engage.checkins.rescreen import (
    CATCH_UP,
    DeclinedTooSoon,
    NotAMomentToAsk,
    Rescreen,
    Rule,
    caught_up,
    later,
)
from engage.checkins.script import load_all
from engage.conversation.answers import Answer, Chosen, Declined, DidNotKnow, Measured, NotAsked
from engage.conversation.effects import RecordAnswer, SendText, SetTimer
from engage.conversation.engine import advance
from engage.conversation.events import AnswerEntered, Started, TextAccepted, TextReceived
from engage.conversation.states import Asking, Done, NotStarted
from engage.ids import ConversationId, MessageId, PatientId, PracticeId, uuid7
from engage.messaging.texts import load
from engage.needs import closing
from engage.needs.closing import Closing, acts_of, answered, asked_by
from engage.needs.need import MACHINE, MAY, STATUSES
from engage.turns import coming, on_page
from engage.turns.library import Library
from engage.turns.needing import domains_in, domains_told, is_need, script_id

AT = datetime(2026, 11, 24, 17, tzinfo=UTC)
LIBRARY = Library.shipped()
ONE = Closing(
    practice_id=PracticeId(UUID(int=1)),
    id=UUID(int=2),
    patient_id=PatientId(UUID(int=3)),
    domain="food-insecurity",
    source="referral",
    source_id=UUID(int=4),
    ask_at=AT,
    changed_at=AT,
)
TALK = ConversationId(UUID(int=5))
RULE = Rule(
    instrument="hunger-vital-sign", every_months=6, after_discharge_days=10, declined_months=12
)
DATE = Rescreen(
    practice_id=PracticeId(UUID(int=1)),
    id=UUID(int=6),
    patient_id=PatientId(UUID(int=3)),
    instrument="hunger-vital-sign",
    next_at=AT + timedelta(days=100),
    why="interval",
    changed_at=AT,
)


@pytest.mark.parametrize(
    ("said", "asked", "status"),
    [
        ("came", 1, "came"),
        ("not-came", 1, "not-came"),
        ("not-yet", 1, "waiting"),
        ("not-yet", 2, "by-hand"),
        ("unsaid", 1, "by-hand"),
    ],
)
def test_an_answer_settles_it_or_is_asked_once_more(
    said: closing.Said, asked: int, status: closing.Status
) -> None:
    """Behaviour 26: not yet is asked a second time, never a third; what is settled stays so."""
    before = ONE
    for _ in range(asked):
        before = asked_by(before, TALK, AT)
    after = answered(before, said, "patient", MessageId(UUID(int=7)), AT)

    assert (after.status, after.answered_by) == (status, "patient")
    assert answered(after, "came", "patient", None, AT) == after
    if status == "waiting":
        assert after.ask_at == AT + closing.ASK_AGAIN


@pytest.mark.parametrize("stands", STATUSES)
@pytest.mark.parametrize("said", ["came", "not-came", "not-yet", "unsaid"])
def test_only_steps_of_the_need_follow(said: closing.Said, stands: closing.NeedStatus) -> None:
    """Whatever was said, wherever the need stands, the steps are ones that the person may take."""
    for act in acts_of(said, stands):
        assert (stands, act) in MACHINE
        stands = MACHINE[stands, act]
        assert "patient" in MAY[act]
    assert not (said == "not-yet" and acts_of(said, stands))


@pytest.mark.parametrize(
    ("reply", "language", "said", "words"),
    [
        ("1", "en", "came", "came.yes"),
        ("it came", "en", "came", "came.yes"),
        ("sí, ya llegó", "es", "came", "came.yes"),
        ("no", "es", "not-came", "came.no"),
        ("nothing came", "en", "not-came", "came.no"),
        ("not yet", "en", "not-yet", "came.not-yet"),
        ("todavía no", "es", "not-yet", "came.not-yet"),
        ("skip", "en", "unsaid", "came.no"),
    ],
)
def test_a_reply_is_read_and_answered(reply: str, language: str, said: str, words: str) -> None:
    """In both languages, in digits and in words; and the closing words fit the answer."""
    script = coming.scripts()[coming.script_id("food-insecurity", again=False)]
    begun = advance(NotStarted(), Started(AT), script, language)
    step = coming.as_told(
        script.id, advance(begun.state, TextReceived(AT, reply), script, language)
    )
    (answer,) = [one.answer for one in step.effects if isinstance(one, RecordAnswer)]

    assert isinstance(step.state, Done)
    assert coming.said_by(answer) == said
    assert words in [one.text for one in step.effects if isinstance(one, SendText)]


def test_the_question_names_no_need() -> None:
    """Who reads a locked screen learns nothing: every need is asked about in the same words."""
    scripts, catalogue = coming.scripts(), load()
    for script in scripts.values():
        assert [prompt.key for prompt in script.prompts] == [coming.DID]
        assert is_need(coming.domain_of(script.id))
    assert {"came.did", "came.yes", "came.no", "came.not-yet"} <= catalogue.keys()
    assert coming.is_last(coming.script_id("food-insecurity", again=True))
    assert not coming.is_coming("hunger-vital-sign")
    assert all(coming.said_by(one) is None for one in (Measured((1.0,)), NotAsked()))


@pytest.mark.parametrize(
    ("answers", "declined"),
    [
        ([Declined(), Declined()], True),
        ([Declined(), Chosen("often")], False),
        ([DidNotKnow()], False),
        ([NotAsked()], False),
        ([], False),
    ],
)
def test_silence_is_no_refusal(answers: list[Answer], declined: bool) -> None:  # noqa: FBT001 - a case
    """Whoever said nothing is asked again as usual; only a no is left alone for longer."""
    assert rescreen.is_declined(answers) is declined
    after = rescreen.ended(DATE, RULE, AT, declined=declined)
    assert after.next_at == rescreen.later(AT, 12 if declined else 6)
    assert after.counts_from == AT


def test_a_discharge_asks_sooner_and_never_later() -> None:
    """It does not move what comes sooner, what staff paused, or a no."""
    soon = rescreen.discharged(DATE, RULE, AT, AT)
    later_ones = [
        replace(DATE, next_at=AT + timedelta(days=3)),
        replace(DATE, why="declined"),
        replace(DATE, status="paused"),
    ]

    assert (soon.next_at, soon.why) == (AT + timedelta(days=10), "discharge")
    assert [rescreen.discharged(one, RULE, AT, AT) for one in later_ones] == later_ones
    assert rescreen.discharged(DATE, RULE, AT - timedelta(days=30), AT) == DATE
    assert rescreen.rested(DATE, AT).wakes_at is None


def test_what_staff_chose_holds_without_a_rule() -> None:
    """Their date is kept without a rule, once; a discharge does not undo "not by itself"."""
    chosen, off = replace(DATE, why="by-staff"), replace(RULE, active=False)
    never = replace(chosen, next_at=None)

    assert [rescreen.holds(chosen, one) for one in (RULE, off, None)] == [True, True, True]
    assert [rescreen.holds(DATE, one) for one in (RULE, off, None)] == [True, False, False]
    assert rescreen.holds(rescreen.put_off(chosen, AT), None)
    assert rescreen.asked(chosen, None, AT, by_hand=False).next_at is None
    assert rescreen.asked(chosen, off, AT, by_hand=True).next_at is None
    assert rescreen.asked(chosen, RULE, AT, by_hand=False).next_at == rescreen.later(AT, 6)
    assert rescreen.discharged(never, RULE, AT, AT) == never


def test_impossible_schedules_are_refused() -> None:
    """Nobody who declined is asked sooner, and nobody is asked in the past or in ten years."""
    with pytest.raises(DeclinedTooSoon):
        rescreen.refuse_rule(replace(RULE, declined_months=3))
    rescreen.refuse_rule(RULE)
    for wanted in (AT - timedelta(days=1), AT + timedelta(days=4000)):
        with pytest.raises(NotAMomentToAsk):
            rescreen.refuse_moment(wanted, AT)
    rescreen.refuse_moment(None, AT)


def test_a_tap_is_shown_the_next_question_and_not_texted_it() -> None:
    """What the page shows counts as asked: the no-reply clock runs, and nothing is texted."""
    script = LIBRARY.scripts["hunger-vital-sign"]
    first = advance(NotStarted(), Started(AT), script, "en")
    first = advance(first.state, TextAccepted(AT, "ask/1"), script, "en")
    event = AnswerEntered(AT, "hvs.worried", Chosen("often"))
    step = on_page.as_shown(advance(first.state, event, script, "en"), event, script, "en")

    assert not [one for one in step.effects if isinstance(one, SendText)]
    assert [one.name for one in step.effects if isinstance(one, SetTimer)] == ["nudge"]
    assert isinstance(step.state, Asking)
    assert (step.state.prompt, step.state.accepted_at) == ("hvs.ran-out", AT)
    assert on_page.is_stale(script.prompts[1], {"hvs.worried": Chosen("often")}, "hvs.worried")
    assert not on_page.is_stale(script.prompts[1], {}, "hvs.ran-out")


def test_every_need_that_a_check_in_may_bring_up_can_be_asked_about() -> None:
    """Each domain of a script is a social need with a question; answers and words both count."""
    for script in load_all().values():
        every = domains_in(script)
        named = [one.domain for item in script.items for one in item.options if one.domain]
        assert set(every) == {*named, *script.words.values()}
        if every:
            assert script_id(every) in LIBRARY.scripts
    told = domains_told(
        load_all()["post-discharge"], {"checkin.ride": Chosen("no")}, {"food-insecurity"}
    )
    assert told == ("transportation-insecurity", "food-insecurity")


def test_who_is_overdue_when_a_rule_begins_is_asked_in_turn() -> None:
    """A hundred people who are overdue are spread over thirty days; who is not keeps their day."""
    people = [PatientId(uuid7(AT, sha256(bytes([n])).digest()[:10])) for n in range(100)]
    long_ago, lately = AT - timedelta(days=400), AT - timedelta(days=30)

    moments = [caught_up(RULE, one, long_ago, AT, declined=False) for one in people]

    assert all(AT <= one < AT + CATCH_UP for one in moments)
    assert len({one.date() for one in moments}) > 20
    assert caught_up(RULE, people[0], lately, AT, declined=False) == later(lately, 6)
    assert caught_up(RULE, people[0], AT - timedelta(days=300), AT, declined=True) == later(
        AT - timedelta(days=300), 12
    )
