"""How effects become rows: derived ids, whose answer it is, whose work, which verdict."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from engage.conversation.answers import Chosen, Declined
from engage.conversation.effects import (
    Effect,
    Finish,
    HandOff,
    OptIn,
    OptOut,
    RaiseFlag,
    RecordAnswer,
    SendText,
    SetTimer,
    WithdrawText,
)
from engage.conversation.events import Cancelled, StaffWrote
from engage.conversation.severity import Severity
from engage.conversation.states import Done, NotStarted
from engage.ids import born
from engage.needs.scoring import AtRisk, CannotSay, NoRisk
from engage.queue.flag import Flag
from engage.turns.context import ThreadSeen, Turn, TurnContext
from engage.turns.draft import Draft
from tests.core.cast import (
    AT,
    DANA,
    FIRST,
    HOUR,
    HUNGER,
    LIBRARY,
    LINE,
    LUIS,
    MARCUS,
    OLGA,
    RIDE,
    ROSA,
    SCREENING,
    SECOND,
    asked,
    item,
    live,
    patient,
    scene,
    text,
    told,
    turn,
    waiting,
    writes,
)

LIVE = live(ROSA)
OFTEN, NEVER = Chosen("often"), Chosen("never")


def draft(context: TurnContext | None = None, happened: Turn | None = None) -> Draft:
    """Return a decision in which nothing has been said yet."""
    context = context or scene(ROSA, conversations=(LIVE,))
    return Draft(context, happened or text("1"), LIBRARY)


def carried_out(*effects: Effect) -> list[str]:
    """Return what the effects of Rosa's conversation lead to, in words."""
    made = draft()
    made.conversation(LIVE, LIVE.state, effects, ROSA)
    return list(told(made.context, made.decision()))


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (SendText("ask/1", FIRST, "opening"), ["say hvs.worried to Rosa"]),
        (WithdrawText("ask/1"), ["withdraw ask/1"]),
        (RecordAnswer(FIRST, NEVER), ["answer hvs.worried never by patient"]),
        (RecordAnswer(FIRST, Declined()), ["answer hvs.worried declined by patient"]),
        (
            RecordAnswer(FIRST, OFTEN),
            [
                "answer hvs.worried often by patient",
                "open need:food-insecurity routine about Rosa: Dana, Fri 17:00",
                "flag food-insecurity routine",
            ],
        ),
        (
            RaiseFlag("no-reply", "routine", "engine.silence"),
            ["open silence routine about Rosa: Dana, Fri 17:00", "flag no-reply routine"],
        ),
        (SetTimer("nudge", 1, 24), ["timer nudge/1"]),
        (HandOff("unclear-answer"), ["hand off unclear-answer"]),
        (Finish("completed"), ["screening completed cannot say"]),
        (Finish("expired"), ["screening stopped cannot say"]),
        (OptOut("free-form"), ["line closed", "consent opted-out by free-form"]),
        (OptIn(), ["line open", "consent opted-in by script"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_effect_becomes_its_rows(effect: Effect, expected: list[str]) -> None:
    """Whatever a conversation wants is carried out, and nothing besides."""
    assert carried_out(effect) == expected


def test_effects_of_a_conversation_without_a_screening() -> None:
    """Answers and endings of a conversation that screens nothing leave no record of a screening."""
    made, chat = draft(), replace(LIVE, screening_id=None)

    made.conversation(chat, chat.state, (RecordAnswer(FIRST, OFTEN), Finish("completed")), ROSA)

    assert list(told(made.context, made.decision())) == []


def test_a_state_that_stays_is_not_saved() -> None:
    """A conversation is saved only when it stands elsewhere than before."""
    made = draft()

    made.conversation(LIVE, LIVE.state, (), ROSA)
    assert made.decision().conversations == ()

    made.conversation(LIVE, Done("completed"), (), ROSA)
    assert [saved.open for saved in made.decision().conversations] == [False]


def test_ids_are_derived_from_cause_and_moment() -> None:
    """An effect's id carries the moment of its event, and another event gives another id."""
    first, second = draft(), draft(happened=text("2"))
    for made in (first, second):
        made.say("help", "help", "en", kind="consent", thread=ROSA)
    one, other = first.decision().texts[0], second.decision().texts[0]

    assert born(one.id) == AT
    assert one.id != other.id
    assert one.cause_id == first.turn.cause


def test_a_timer_fires_after_its_hours() -> None:
    """Hours are counted from the event, in elapsed time."""
    made = draft()
    made.conversation(LIVE, LIVE.state, (SetTimer("nudge", 3, 24),), ROSA)
    (timer,) = made.decision().timers

    assert timer.fires_at == AT + timedelta(hours=24)
    assert (timer.name, timer.step) == ("nudge", 3)


def test_an_answer_by_text_is_the_patients() -> None:
    """Behaviour 39: an answer names its reporter, and the text it stands in."""
    made = draft()
    assert made.inbound is None
    made.answer(SCREENING, HUNGER, FIRST, NEVER, ROSA, {})
    (given,) = made.decision().answers

    assert (given.reporter, given.reporter_id) == ("patient", None)
    assert given.loinc == "88122-7"
    assert given.message_id is None


def test_an_answer_entered_is_the_staffs() -> None:
    """Behaviour 39: an answer that Dana typed in is reported by Dana."""
    made = draft(happened=turn(Cancelled(AT), LIVE))
    made.answer(SCREENING, HUNGER, FIRST, NEVER, ROSA, {})
    (given,) = made.decision().answers

    assert (given.reporter, given.reporter_id) == ("staff", DANA.id)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({FIRST: NEVER, SECOND: NEVER}, NoRisk()),
        ({FIRST: NEVER}, CannotSay((SECOND,))),
        ({SECOND: OFTEN}, AtRisk((SECOND,))),
        ({}, CannotSay((FIRST, SECOND))),
    ],
)
def test_a_screening_ends_with_its_verdict(
    known: dict[str, Chosen], verdict: AtRisk | NoRisk | CannotSay
) -> None:
    """Behaviour 4: partial answers are kept, and what is missing is never no."""
    made = draft()
    made.end_screening(LIVE.screening_id or SCREENING, HUNGER, dict(known), completed=False)
    (screening,) = made.decision().screenings

    assert (screening.status, screening.verdict) == ("stopped", verdict)
    assert (screening.channel, screening.language) == ("sms", "en")


def test_a_screening_entered_by_staff_keeps_its_channel() -> None:
    """A screening asked in person ends as one, although no conversation of it is open."""
    happened = turn(Cancelled(AT), LIVE, screening=asked(ROSA, channel="staff"))
    made = draft(happened=happened)
    made.end_screening(SCREENING, HUNGER, {}, completed=True)
    (screening,) = made.decision().screenings

    assert (screening.channel, screening.status) == ("staff", "completed")


def test_a_screening_that_nobody_knows_is_not_invented() -> None:
    """Ending a screening that was not loaded writes nothing."""
    made = draft()
    made.end_screening(SCREENING, HUNGER, {}, completed=True)

    assert made.decision().screenings == ()


def test_words_of_dana_alone_are_sent_as_hers() -> None:
    """Behaviour 29: a person's own words go out under their name and end the wait."""
    made = draft(happened=writes(StaffWrote(AT), ROSA))
    made.staff_text(ROSA)
    decision = made.decision()

    assert [(t.author, t.author_id, t.kind) for t in decision.texts] == [
        ("staff", DANA.id, "staff")
    ]
    assert decision.answered == (ROSA.patient_id,)


def test_no_words_are_no_text() -> None:
    """A turn without words of staff sends none, and ends nobody's wait."""
    made = draft()
    made.staff_text(ROSA)

    assert made.decision() == draft().decision()


@pytest.mark.parametrize(
    ("thread", "said"),
    [
        (ROSA, "Dana"),
        (patient("Ana", None), "A person"),
        (patient("Ana", None, "es"), "Una persona"),
    ],
)
def test_who_reads_the_answers_is_named(thread: ThreadSeen, said: str) -> None:
    """The thank-you names the care manager, or says in the person's language that there is one."""
    waits = waiting(thread)
    made = draft(scene(thread, conversations=(waits,)))
    made.conversation(waits, waits.state, (SendText("thanks", "thanks"),), thread)

    assert said in made.decision().texts[0].body


def test_a_conversation_keeps_its_place_in_the_line() -> None:
    """News of a waiting conversation does not send it to the back of the queue."""
    waits = waiting(ROSA, since=3 * HOUR)
    made = draft(scene(ROSA, conversations=(waits,)))
    made.stand(waits, NotStarted(((FIRST, NEVER),)))
    ((seen, state),) = made.states().values()

    assert seen.started_at == AT - 3 * HOUR
    assert state == NotStarted(((FIRST, NEVER),))


def test_a_new_conversation_stands_in_line_from_now() -> None:
    """A conversation that begins in this turn has waited since now."""
    made = draft(scene(ROSA))
    made.stand(waiting(ROSA, RIDE), NotStarted())

    assert [seen.started_at for seen, _ in made.states().values()] == [AT]


def test_bodies_are_not_printed() -> None:
    """A text that is about to go out shows its id and never its words."""
    made = draft(happened=writes(StaffWrote(AT), ROSA))
    made.staff_text(ROSA)

    assert "bus pass" not in repr(made.decision())


# Flags and the work they belong to


def flagged(context: TurnContext, *flags: Flag, about: ThreadSeen | None = ROSA) -> list[str]:
    """Return the work that some flags of one turn lead to, in words."""
    made = Draft(context, text("1"), LIBRARY)
    for flag in flags:
        made.flag(flag, about)
    return [line for line in told(context, made.decision()) if not line.startswith("flag")]


def a_flag(severity: str, rule: str = "r", reason: str = "picture") -> Flag:
    """Return a flag of a rule."""
    return Flag(reason=reason, severity=severity, rule=rule)  # type: ignore[arg-type] # a literal


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        (("routine", "urgent"), "open texts urgent about Rosa: Dana, Tue 17:00"),
        (("urgent", "routine"), "open texts urgent about Rosa: Dana, Tue 17:00"),
        (("routine", "crisis", "urgent"), "open texts crisis about Rosa: Dana, Tue 10:15"),
        (("routine", "routine"), "open texts routine about Rosa: Dana, Fri 17:00"),
    ],
)
def test_flags_of_one_turn_open_one_item(severities: tuple[str, ...], expected: str) -> None:
    """Behaviour 24: one item per subject, as severe and as soon as its worst flag."""
    flags = (a_flag(severity, f"r{place}") for place, severity in enumerate(severities))

    assert flagged(scene(ROSA), *flags) == [expected]


@pytest.mark.parametrize(
    ("severities", "due", "expected"),
    [
        (("routine",), HOUR, "join texts routine, Tue 11:00"),
        (("crisis", "routine"), 8 * HOUR, "join texts crisis, Tue 10:15"),
        (("routine", "crisis"), 8 * HOUR, "join texts crisis, Tue 10:15"),
        (("urgent", "routine"), 240 * HOUR, "join texts urgent, Tue 17:00"),
        (("crisis", "urgent"), -HOUR, "join texts crisis, Tue 09:00"),
    ],
)
def test_flags_tighten_an_open_item(
    severities: tuple[str, ...], due: timedelta, expected: str
) -> None:
    """Behaviour 24: further flags raise the severity and move the due time only forward."""
    flags = (a_flag(severity, f"r{place}") for place, severity in enumerate(severities))

    assert flagged(scene(ROSA, items=(item(ROSA, "texts", due=due),)), *flags) == [expected]


@pytest.mark.parametrize(
    ("severity", "flag", "expected"),
    [
        ("routine", "routine", "join texts routine, Fri 17:00"),
        ("routine", "urgent", "join texts urgent, Tue 17:00"),
        # What is grave stays as soon due as its own severity says.
        ("crisis", "routine", "join texts crisis, Tue 10:15"),
    ],
)
def test_who_writes_again_after_an_answer_starts_a_clock(
    severity: Severity, flag: str, expected: str
) -> None:
    """Behaviour 32: the clock of what was answered was kept; it is not late for what comes now."""
    held = replace(item(ROSA, "texts", due=-HOUR), severity=severity, answered=True)

    assert flagged(scene(ROSA, items=(held,)), a_flag(flag)) == [expected]


def test_two_subjects_are_two_items() -> None:
    """Behaviour 24: a need and a text are two pieces of work, with an owner each."""
    need = Flag(reason="food-insecurity", severity="routine", rule="r", kind="need")

    assert flagged(scene(ROSA), a_flag("routine"), need) == [
        "open texts routine about Rosa: Dana, Fri 17:00",
        "open need:food-insecurity routine about Rosa: Dana, Fri 17:00",
    ]


@pytest.mark.parametrize(
    ("context", "owner"),
    [
        (scene(), DANA),
        (scene(LUIS), MARCUS),
        (scene(LUIS, patient("Ana", MARCUS)), MARCUS),
        (scene(LUIS, ROSA), DANA),
        (scene(LUIS, replace(ROSA, active=False)), MARCUS),
        (scene(patient("Ana", None)), DANA),
        (scene(patient("Ana", OLGA), patient("Eva", OLGA)), OLGA),
    ],
)
def test_work_about_a_phone(context: TurnContext, owner: object) -> None:
    """Behaviour 9: a text of nobody in particular belongs to the one care manager of its phone."""
    made = draft(context)
    made.flag(a_flag("routine"), None)
    (opened,) = made.decision().items

    assert opened.owner_id == getattr(owner, "id", None)
    assert (opened.about_id, opened.patient_id, opened.thread_id) == (LINE, None, None)


def test_the_words_belong_to_the_flag_that_quotes_them() -> None:
    """A flag names the text whose words it is about; one that is about none names none."""
    made = draft()
    made.flag(replace(a_flag("routine", "quotes"), quote=True), ROSA)
    made.flag(a_flag("routine", "does not"), ROSA)
    happened = made.turn.text

    assert happened is not None
    assert [f.message_id for f in made.decision().flags] == [happened.message_id, None]


@pytest.mark.parametrize("items", [(), (item(ROSA, "texts"),)])
def test_only_a_persons_text_makes_them_wait(items: tuple[object, ...]) -> None:
    """Behaviour 29: `waiting_since` is set by the person's text, and by nothing of ours."""
    for happened, since in ((text("1"), AT), (turn(Cancelled(AT), LIVE), None)):
        made = Draft(scene(ROSA, items=items), happened, LIBRARY)  # type: ignore[arg-type] # items
        made.flag(a_flag("routine"), ROSA)
        decision = made.decision()

        assert [i.waiting_since for i in (*decision.items, *decision.raised)] == [since]


def test_a_flag_about_nothing_is_none() -> None:
    """Without a line and without a patient there is nothing that work could be about."""
    made = draft(replace(scene(), line=None))
    made.flag(a_flag("routine"), None)

    assert (made.decision().items, made.decision().flags) == ((), ())


def test_a_patient_without_a_line_has_work() -> None:
    """Answers about a patient who has no phone lead to work all the same."""
    made = draft(replace(scene(replace(ROSA, id=None)), line=None))
    made.flag(a_flag("routine"), replace(ROSA, id=None))

    assert [opened.about_id for opened in made.decision().items] == [ROSA.patient_id]
