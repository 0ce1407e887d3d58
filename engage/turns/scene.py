"""The scene of a transcript, and how states and answers are spelled in one. (p).

This room refuses to play: transcript.py does.
"""

from datetime import datetime
from typing import assert_never

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Measured,
    NotAsked,
)
from engage.conversation.events import Started
from engage.conversation.states import Asking, Done, NotStarted, State
from engage.conversation.transcript_format import (
    Directive,
    Effected,
    Outgoing,
    Transcript,
    TranscriptInvalid,
    parse_at,
    parse_patient,
)
from engage.ids import ScreeningId
from engage.people.staff import ROLES
from engage.turns.context import Language, ScreeningAsked, Turn
from engage.turns.world import World

_LANGUAGES: dict[str, Language] = {"en": "en", "es": "es"}


def set_scene(world: World, transcript: Transcript) -> None:
    """Put the people of the directives on their lines."""
    first: int | None = None
    for line in transcript.lines:
        match line:
            case Directive(name="staff", value=value):
                name, _, role = value.partition(",")
                if role.strip() not in ("", *ROLES):
                    raise TranscriptInvalid(line.line, f"a role is one of {', '.join(ROLES)}")
                world.person_of_staff(name.strip(), role.strip() or "care_manager")
            case Directive(name="patient"):
                who = parse_patient(line)
                if who.language not in _LANGUAGES:
                    raise TranscriptInvalid(line.line, f"a language is {' or '.join(_LANGUAGES)}")
                shared = first is not None and "same phone" in who.notes
                place = first if shared and first is not None else world.line()
                first = place if first is None else first
                manager = world.person_of_staff(who.care_manager)
                world.add_patient(who.name, _LANGUAGES[who.language], manager, place)
                if "opted-out" in who.notes:
                    world.close_line(place)
                if "invites by hand" in who.notes:
                    world.no_invites.add(place)
            case Directive(name="caregiver", value=value):
                parts = [part.strip() for part in value.split(",")]
                of = next((p[3:] for p in parts[1:] if p.startswith("of ")), "")
                of = of or next((name for name, p in world.people.items() if p.patient), "")
                if of not in world.people:
                    raise TranscriptInvalid(line.line, "a patient stands above their caregiver")
                shared = "same phone" in parts
                place = world.people[of].line if shared else world.line()
                world.add_caregiver(parts[0], of, place)
            case Directive(name="visit"):
                world.add_visit(parse_at(line))
            case Directive(name="slot"):
                world.add_slot(parse_at(line))
            case _:
                continue


def screening_of(world: World, line: Directive, at: datetime) -> tuple[int, Turn]:
    """Return the turn that begins a screening: "hunger-vital-sign, of Rosa", and its line."""
    instrument, _, of = line.value.partition(",")
    person = world.patient(of.strip().removeprefix("of ").removeprefix("for ").strip())
    if instrument.strip() not in world.library.scripts or person.patient is None:
        raise TranscriptInvalid(line.line, "no such instrument, or one that is never texted")
    thread = world.contexts[person.line].thread_of(person.patient)
    screening = ScreeningId(world.fresh())
    language: Language = thread.language if thread else "en"
    asked = ScreeningAsked(screening, person.patient, instrument.strip(), "sms", language)
    return person.line, Turn(
        cause=screening, event=Started(at), patient_id=person.patient, screening=asked
    )


def moment(transcript: Transcript) -> datetime:
    """Return when a transcript begins."""
    at = next(
        (line for line in transcript.lines if isinstance(line, Directive) and line.name == "at"),
        None,
    )
    if at is None:
        raise TranscriptInvalid(1, "say when: at 2031-03-04 10:00 America/Chicago")
    return parse_at(at)


def word(answer: Answer) -> str:
    """Spell an answer."""
    match answer:
        case Chosen(option):
            return option
        case ChosenSeveral() | Measured():
            return answer.spelled
        case Declined():
            return "declined"
        case DidNotKnow():
            return "did-not-know"
        case NotAsked():
            return "not-asked"
        case _:
            assert_never(answer)


def state_words(state: State) -> str:
    """Spell a state."""
    match state:
        case NotStarted():
            return "waiting"
        case Asking(prompt=prompt, paused=paused):
            return f"paused {prompt}" if paused else f"asking {prompt}"
        case Done(outcome=outcome):
            return "done" if outcome == "completed" else outcome
        case _:
            assert_never(state)


def shown(line: Outgoing | Effected) -> str:
    """Spell an expected line without its notes."""
    if isinstance(line, Effected):
        return f"* {line.verb:7} {line.rest}".rstrip()
    said = " + ".join(line.texts) if line.sentence is None else f'"{line.sentence}"'
    return f"< system: {said}"
