"""What is true of every turn of a practice, whatever happens in whatever order."""

from collections import Counter
from datetime import timedelta

import msgspec
from hypothesis import given, settings

from engage.conversation.events import TextReceived
from engage.conversation.severity import rank
from engage.conversation.states import Asking, Done, NotStarted
from engage.reading.reader import read
from engage.turns.checks import is_check
from engage.turns.context import TurnContext
from engage.turns.decide import decide
from tests.properties.plays import LIBRARY, Play, Taken, plays

# A play is some twenty turns, so fewer of them see as much as the usual number of examples.
some = settings(max_examples=25)


def is_closed(context: TurnContext) -> bool:
    """Say whether the line is closed to our texts."""
    return context.line is not None and context.line.opted_out


def texts_in(play: Play) -> list[Taken]:
    """Return the turns in which somebody wrote to us."""
    return [one for one in play.taken if isinstance(one.turn.event, TextReceived)]


@some
@given(plays)
def test_every_flag_is_on_an_item_with_an_owner(play: Play) -> None:
    """Behaviour 28: each flag belongs to open work, which has an owner and a due time."""
    for one in play.taken:
        items = {item.id: item for item in one.after.items}
        for flag in one.saved.flags:
            item = items[flag.item_id]

            assert item.owner_id in {person.id for person in one.before.staff}
            assert item.due_at.tzinfo is not None


@some
@given(plays)
def test_one_open_item_per_subject(play: Play) -> None:
    """Behaviour 24: needs, not messages, are the queue: one open item per person and subject."""
    for one in play.taken:
        for context in play.world.contexts:
            subjects = Counter((item.about_id, item.subject) for item in context.items)
            assert not [subject for subject, count in subjects.items() if count > 1]
        opened = {(item.about_id, item.subject) for item in one.saved.items}
        assert not opened & {(item.about_id, item.subject) for item in one.before.items}


@some
@given(plays)
def test_work_only_tightens(play: Play) -> None:
    """Behaviour 24: a further flag lowers no severity, and puts off only what was answered."""
    for one in play.taken:
        before = {item.id: item for item in one.before.items}
        for raised in one.saved.raised:
            assert rank(raised.severity) >= rank(before[raised.id].severity)
            was = before[raised.id]
            assert raised.due_at <= was.due_at or was.answered


@some
@given(plays)
def test_no_flag_is_raised_twice(play: Play) -> None:
    """Behaviour 24: an event raises a rule's flag once."""
    flags = Counter((flag.source_id, flag.rule) for one in play.taken for flag in one.saved.flags)

    assert not [flag for flag, count in flags.items() if count > 1]


@some
@given(plays)
def test_no_key_is_sent_twice(play: Play) -> None:
    """Behaviour 10: no text is even wanted twice, but what a line reads once in a while or ever."""
    wanted = Counter(
        (text.cause_id, text.key)
        for one in play.taken
        for text in decide(one.before, one.turn, LIBRARY).texts
        if one.before.line is None or text.cause_id != one.before.line.id
    )

    assert not [text for text, count in wanted.items() if count > 1]


@some
@given(plays)
def test_nothing_is_said_after_an_opt_out(play: Play) -> None:
    """Behaviour 17: on a closed line nothing automatic is said but the safety text of a crisis."""
    for one in play.taken:
        automatic = {text.kind for text in one.saved.texts if text.author == "system"}
        if one.saved.opted_out is True:
            # The one confirmation, in the turn that closes the line.
            assert automatic <= {"consent", "safety"}
        elif is_closed(one.before) and one.saved.opted_out is None:
            assert automatic <= {"safety"}


@some
@given(plays)
def test_an_opt_out_ends_every_conversation(play: Play) -> None:
    """Behaviour 17: STOP belongs to the phone: nothing of anybody on it stays open or queued."""
    for one in play.taken:
        if one.saved.opted_out is True:
            assert not one.after.conversations
            withdrawn = {(text.cause_id, text.key) for text in one.saved.withdrawn}
            for seen in one.before.conversations:
                if isinstance(seen.state, Asking) and seen.state.accepted_at is None:
                    assert {cause for cause, _ in withdrawn} >= {seen.id} or seen.state.paused


@some
@given(plays)
def test_no_text_is_met_with_silence(play: Play) -> None:
    """Behaviour 9: each text is read by a live conversation, is a keyword, or becomes work."""
    for one in texts_in(play):
        read = one.saved.answers or any(text.conversation_id for text in one.saved.texts)

        assert one.saved.inbound is not None
        assert read or one.saved.consents or one.saved.flags


@some
@given(plays)
def test_a_crisis_is_work_within_minutes(play: Play) -> None:
    """Behaviour 18: a danger word becomes work due in fifteen minutes, STOP or no STOP."""
    for one in texts_in(play):
        event = one.turn.event
        if isinstance(event, TextReceived) and any(f.stands for f in read(event.text).findings):
            due = {item.id: item.due_at for item in one.after.items}
            dangers = [flag for flag in one.saved.flags if flag.reason == "red-flag"]

            assert dangers
            assert all(due[flag.item_id] <= event.at + timedelta(minutes=15) for flag in dangers)


@some
@given(plays)
def test_one_question_is_live_on_a_phone(play: Play) -> None:
    """Behaviour 2: "1" never answers two questions, because only one is ever put."""
    for one in play.taken:
        asking = [seen for seen in one.after.conversations if isinstance(seen.state, Asking)]
        checks = [seen for seen in asking if is_check(seen.script)]

        if checks:
            # Who is there is asked before what has not left: that waits for the answer.
            waiting = [
                s
                for s in asking
                if s not in checks and isinstance(s.state, Asking) and s.state.accepted_at is None
            ]
            asking = [seen for seen in asking if seen not in waiting]
        assert len(asking) <= 1


@some
@given(plays)
def test_a_text_answers_one_question_at_most(play: Play) -> None:
    """Behaviour 2: a text is recorded as the answer to one question, of one person."""
    for one in texts_in(play):
        assert len({given.item for given in one.saved.answers}) <= 1


@some
@given(plays)
def test_whoever_waits_has_their_turn(play: Play) -> None:
    """Behaviour 2: a conversation waits only behind a question, a crisis or a closed line."""
    for one in play.taken:
        # What was a crisis before, and what this very text made one.
        items = (*one.before.items, *one.after.items)
        held = {item.about_id for item in items if item.severity == "crisis"}
        asking = any(isinstance(seen.state, Asking) for seen in one.after.conversations)
        line = one.after.line
        if asking or is_closed(one.after) or (line is not None and line.id in held):
            continue
        for seen in one.after.conversations:
            assert not isinstance(seen.state, NotStarted) or seen.patient_id in held


@some
@given(plays)
def test_who_left_is_asked_nothing(play: Play) -> None:
    """Behaviour 13: a patient who left or died is asked nothing more, on any phone."""
    for one in play.taken:
        gone = {thread.id for thread in one.before.threads if not thread.active}
        asked = {text.thread_id for text in one.saved.texts if text.kind == "screening"}

        assert not gone & asked


@some
@given(plays)
def test_what_is_open_is_not_over(play: Play) -> None:
    """Behaviour 4: a conversation that is over is closed, and its screening has a verdict."""
    for one in play.taken:
        for saved in one.saved.conversations:
            assert saved.open != isinstance(saved.state, Done)
        for screening in one.saved.screenings:
            assert (screening.verdict is None) == (screening.status == "in-progress")


@some
@given(plays)
def test_what_is_loaded_survives_json(play: Play) -> None:
    """No decision depends on anything that does not survive being stored."""
    for one in play.taken:
        stored = msgspec.json.decode(msgspec.json.encode(one.after), type=TurnContext)

        assert stored == one.after


@some
@given(plays)
def test_deciding_twice_is_deciding_once(play: Play) -> None:
    """A turn decided again, from what was stored, names the same rows."""
    for one in play.taken:
        stored = msgspec.json.decode(msgspec.json.encode(one.before), type=TurnContext)
        again = decide(stored, one.turn, LIBRARY)

        # A text whose key was used before is wanted again and not saved again.
        texts = tuple(text for text in again.texts if text in one.saved.texts)
        assert msgspec.structs.replace(again, texts=texts) == one.saved
