"""Whether what was arranged came, 1 yes 2 no 3 not yet: the talk, and what an answer says. (p).

It names no need: who reads a locked screen learns nothing (behaviour 26). Which need it is about
stands in the script's name, and so does that it is asked for the second time. This room refuses to
write and to say anything; draft.py and the engine do.
"""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from engage.conversation.answers import (
    Answer,
    Chosen,
    ChosenSeveral,
    Declined,
    DidNotKnow,
    Measured,
    NotAsked,
)
from engage.conversation.effects import SendText
from engage.conversation.script import Option, Prompt, Script
from engage.conversation.states import Done, Step
from engage.ids import ConversationId, MessageId, PatientId
from engage.needs import codes
from engage.needs.closing import Said

DID = "came.did"
VERSION = "1"
_FIRST, _AGAIN = "came:", "came-again:"
_YES = (
    *("it came", "it did", "i got it", "got it", "it did come", "we got it"),
    *("llego", "si llego", "ya llego", "lo recibi", "me llego", "si me llego"),
)
_NO = (
    *("it did not come", "it didnt come", "nothing came", "never came", "it never came"),
    *("no llego", "no me llego", "no llego nada", "nunca llego"),
)
_NOT_YET = (
    *("not yet", "not so far", "still waiting", "im still waiting", "waiting"),
    *("todavia no", "aun no", "sigo esperando", "no todavia"),
)
_OPTIONS = (
    Option("came", 1, _YES, "yes"),
    Option("not-came", 2, _NO, "no"),
    Option("not-yet", 3, _NOT_YET),
)
_SAID: Mapping[str, Said] = {"came": "came", "not-came": "not-came", "not-yet": "not-yet"}


class Whether(Struct, frozen=True):
    """What is to be asked: whether something came that was arranged for a need."""

    domain: str
    #: They had said "not yet".
    again: bool = False
    #: Nobody can be asked by text: a person of the practice does.
    by_hand: bool = False


class CameSaid(Struct, frozen=True, kw_only=True):
    """What a person said about it."""

    id: UUID
    conversation_id: ConversationId
    patient_id: PatientId
    domain: str
    said: Said
    by_caregiver: bool
    message_id: MessageId | None = None


def script_id(domain: str, *, again: bool) -> str:
    """Return the name of the conversation that asks it."""
    return (_AGAIN if again else _FIRST) + domain


def is_coming(script: str) -> bool:
    """Say whether a conversation asks whether something came."""
    return script.startswith((_FIRST, _AGAIN))


def domain_of(script: str) -> str:
    """Return the need that such a conversation is about."""
    return script.partition(":")[2]


def is_last(script: str) -> bool:
    """Say whether it is asked for the last time."""
    return script.startswith(_AGAIN)


def scripts() -> Mapping[str, Script]:
    """Return both conversations for every need that somebody may meet, by name."""
    made = (
        Script(script_id(domain, again=again), VERSION, (Prompt(DID, _OPTIONS),), lead=None)
        for domain in codes.load().suggested
        for again in (False, True)
    )
    return {one.id: one for one in made}


def said_by(answer: Answer) -> Said | None:
    """Return what an answer says; None if the question was never put."""
    match answer:
        case Chosen(option):
            return _SAID.get(option)
        case Declined() | DidNotKnow():
            return "unsaid"
        case ChosenSeveral() | Measured() | NotAsked():
            return None


def as_told(script: str, step: Step) -> Step:
    """Return a step with the closing words that fit the answer."""
    if not is_coming(script) or not isinstance(step.state, Done):
        return step
    answer = dict(step.state.answers).get(DID)
    closing = "came.no"
    match None if answer is None else said_by(answer):
        case "came":
            closing = "came.yes"
        case "not-yet" if not is_last(script):
            closing = "came.not-yet"
        case _:
            pass
    return Step(
        step.state,
        tuple(
            SendText(one.key, closing) if isinstance(one, SendText) else one for one in step.effects
        ),
    )


FLAGS: Mapping[Said, str] = {
    "not-came": "need-reopened",
    "not-yet": "still-not-come",
    "unsaid": "loop-open",
}
"""Why a human must look at an answer; one that came needs nobody."""
