"""Turns about visits: what must be known first is asked for, and nothing is promised meanwhile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from engage.conversation.events import Started, TextReceived
from engage.conversation.script import Script
from engage.turns import meeting
from engage.turns.context import TextCame, Turn
from engage.turns.decide import decide
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.talks import (
    Ahead,
    AheadSeen,
    Book,
    Held,
    Kind,
    Known,
    LetGo,
    Meet,
    Openings,
    Tried,
)
from engage.turns.world import World

LIBRARY = Library.shipped()
NOW = datetime(2031, 3, 4, 10, tzinfo=ZoneInfo("America/Chicago"))
SCRIPTS = meeting.scripts()


def rosas(slots: int = 1) -> World:
    """Return a world in which Rosa has a visit on Thursday, and some times are free."""
    world = World(NOW, "America/Chicago", LIBRARY)
    world.add_patient("Rosa", "en", world.person_of_staff("Dana"), world.line())
    world.add_visit(NOW + timedelta(days=2))
    for number in range(slots):
        world.add_slot(NOW + timedelta(days=5, hours=number))
    return world


def said(world: World, words: str, known: Known) -> Decision:
    """Decide a text of Rosa's with what is known of visits so far."""
    message = world.message_id()
    turn = Turn(cause=message, event=TextReceived(NOW, words), text=TextCame(message))
    return decide(replace(world.contexts[0], visits=known), turn, LIBRARY)


def test_it_asks_before_it_speaks() -> None:
    """First which visits there are, then which times: until then nothing is said or written."""
    world = rosas()
    rosa = world.patient().patient
    assert rosa is not None
    (visit,) = world.visits.all
    first = said(world, "can't make it thursday", Known())
    assert (first.wants, first.texts, first.flags) == ((Ahead(rosa),), (), ())

    seen = Known(ahead=(AheadSeen(rosa, (visit,)),))
    second = said(world, "can't make it thursday", seen)
    assert (second.wants, second.texts) == ((Openings(visit.id),), ())

    third = said(world, "can't make it thursday", world.visits.look(seen, second.wants, NOW))
    assert third.wants == ()
    assert [one.text_id for one in third.texts] == ["visit.change.1"]
    assert any(isinstance(one, Held) for one in third.visits)


def test_a_text_about_something_else_asks_for_nothing() -> None:
    """Nearly every text: no look, whatever the person has booked."""
    for words in ("thank you", "my sugar was 140", "where is the form?", "me siento mejor"):
        assert said(rosas(), words, Known()).wants == ()


def test_a_time_is_tried_before_it_is_promised() -> None:
    """A number asks whether the time is still to be had; nobody is told before that is known."""
    world = rosas(slots=2)
    world.take(0, _text(world, "can't make it thursday"))
    known = world.visits.known(world.contexts[0])
    decision = said(world, "2", known)
    (wanted,) = decision.wants
    assert isinstance(wanted, Book)
    assert decision.texts == ()
    after = said(world, "2", world.visits.look(known, decision.wants, NOW))
    assert [one.text_id for one in after.texts] == ["visit.booked"]


def test_a_visit_that_is_over_is_given_to_a_person() -> None:
    """Concluded while they chose: no error and no times more; a person tells what that means."""
    world = rosas(slots=2)
    world.take(0, _text(world, "can't make it thursday"))
    known = world.visits.known(world.contexts[0])
    (wanted,) = said(world, "2", known).wants
    assert isinstance(wanted, Book)
    over = said(world, "2", replace(known, tried=(Tried(wanted, over=True),)))
    assert [one.text_id for one in over.texts] == ["visit.by-hand"]
    assert [one.rule for one in over.flags] == ["visit/change/over"]
    assert any(isinstance(one, LetGo) for one in over.visits)


@pytest.mark.parametrize("kind", ["remind", "offer", "missed"])
def test_no_answer_that_we_list_is_a_cry_for_help(kind: Kind) -> None:
    """Behaviour 3: "I won't be there", to who was asked whether they come, pages nobody."""
    asked = meeting.scripts()[meeting.script_id(kind)].prompts[0]
    for words in {word for option in asked.options for word in option.words}:
        world = rosas()
        visits = world.visits.all
        if kind == "missed":
            visits = (replace(visits[0], status="noshow"),)
        slots = world.visits.free if kind == "offer" else ()
        meet = Meet(kind=kind, zone="America/Chicago", visits=visits, slots=slots)
        rosa = world.patient().patient
        cause = world.message_id()
        world.take(0, Turn(cause=cause, event=Started(NOW), patient_id=rosa, meet=meet))
        known = world.visits.known(world.contexts[0])
        read = said(world, words, known)
        assert [one.severity for one in read.flags if one.reason == "red-flag"] == [], words


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_every_conversation_can_be_said(script: Script) -> None:
    """Each question is a text of the catalogue, may be put again, and is recognised by its name."""
    assert meeting.is_meeting(script.id)
    assert LIBRARY.scripts[script.id] is not None
    for prompt in script.prompts:
        assert LIBRARY.catalogue[prompt.key].asks
        numbers = [option.number for option in prompt.options]
        assert numbers == list(range(1, len(numbers) + 1))
    assert meeting.kind_of(script.id) in script.id


def _text(world: World, words: str) -> Turn:
    message = world.message_id()
    return Turn(cause=message, event=TextReceived(NOW, words), text=TextCame(message))
