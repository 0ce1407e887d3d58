"""The conversations that ask who holds a phone, as scripts. (p).

One when somebody is enrolled, one when nobody was heard for ninety days. They ask by digits, name a
given name and nothing else, and are worded in the catalogue. This room refuses behaviour.
"""

from collections.abc import Mapping

from engage.conversation.script import Option, Prompt, Script

YES, WRONG_NUMBER = "yes", "wrong-number"
ENROLMENT, STILL_YOU = "enrolment", "still-you"

_ME = ("its me", "it is me", "this is me", "this is she", "this is he", "speaking")
_YO = ("soy yo", "yo soy", "si soy yo", "asi es", "ella habla", "el habla")
_OPTIONS = (
    Option(YES, 1, (*_ME, *_YO), "yes"),
    Option(WRONG_NUMBER, 2, ("wrong number", "numero equivocado"), "no"),
)

CHECKS: Mapping[str, Script] = {
    ENROLMENT: Script(
        ENROLMENT, "1", (Prompt("right-person", _OPTIONS),), lead=None, closing="enrolled"
    ),
    STILL_YOU: Script(
        STILL_YOU, "1", (Prompt("still-right-person", _OPTIONS),), lead=None, closing="still-known"
    ),
}
"""Scripts by id; a prompt's key is also the id of its text."""


def is_check(script: str) -> bool:
    """Say whether a conversation asks who holds the phone."""
    return script in CHECKS
