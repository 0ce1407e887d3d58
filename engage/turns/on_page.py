"""An answer on a one-time page: the same conversation, and what follows is shown there. (p).

Nobody who taps on a page is texted the next question as well. What the page shows counts as asked,
so who leaves in the middle is nudged by text a day later and goes on there; then silence is work. A
sign of danger ends the questions, as it does in a text. This room refuses to keep a page's state:
there is none but the conversation's.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from engage.conversation.answers import Answer
from engage.conversation.effects import Finish, HandOff, SendText, SetTimer
from engage.conversation.engine import advance, live_key
from engage.conversation.events import AnswerEntered, Event, TextAccepted
from engage.conversation.script import Prompt, Script
from engage.conversation.states import Asking, Done, NotStarted, Step
from engage.turns.context import ConversationSeen, Turn
from engage.turns.library import Library
from engage.turns.needing import is_helping


def is_shown(turn: Turn, seen: ConversationSeen) -> bool:
    """Say whether a conversation goes on on the page of this turn, and not by text."""
    if turn.page is None:
        return False
    own = turn.screening is not None and seen.screening_id == turn.screening.id
    return own or (is_helping(seen.script) and seen.patient_id == turn.patient_id)


def as_shown(step: Step, event: Event, script: Script, language: str) -> Step:
    """Return a step with nothing texted: its question is put by the page, its thanks too."""
    state, said = step.state, step.effects
    quiet = tuple(one for one in said if not isinstance(one, SendText))
    if isinstance(event, AnswerEntered) and stops(script, event.prompt, event.answer):
        if isinstance(state, Asking | NotStarted):
            kept = tuple(one for one in quiet if not isinstance(one, SetTimer))
            over = (HandOff("sign-of-danger"), Finish("handed-off"))
            return Step(Done("handed-off", state.answers), (*kept, *over))
        return Step(state, quiet)
    asks = isinstance(state, Asking) and any(
        isinstance(one, SendText) and one.key == live_key(state) for one in said
    )
    if not isinstance(state, Asking) or not asks:
        return Step(state, quiet)
    seen = advance(state, TextAccepted(event.at, live_key(state)), script, language)
    return Step(seen.state, (*quiet, *seen.effects))


def stops(script: Script | None, prompt: str, answer: Answer) -> bool:
    """Say whether an answer is a sign of danger, after which nothing more is asked."""
    asked = None if script is None else script.prompt(prompt)
    return asked is not None and any(option.stops for option in asked.chosen(answer))


def worded(
    library: Library,
    turn: Turn,
    seen: ConversationSeen,
    text: SendText,
    values: Mapping[str, str],
) -> str:
    """Return the whole message of a text; the first of a screening may name its page as well."""
    body = library.words(text.text, seen.language, values, text.lead)
    asked = turn.screening
    if turn.link is None or text.lead is None or asked is None or asked.id != seen.screening_id:
        return body
    link = library.words("page.link", seen.language, {"link": turn.link.address})
    return f"{body}\n{link}"


def question_now(script: Script, known: Mapping[str, Answer]) -> Prompt | None:
    """Return the question that the page shows; None if everything is answered."""
    return script.first_without(known)


def questions_ahead(script: Script, known: Mapping[str, Answer]) -> tuple[Prompt, ...]:
    """Return what may be asked after the question that the page shows, in its order.

    What depends on an answer that is known is settled; what depends on one to come says so.
    """
    now = script.first_without(known)
    return tuple(
        settled
        for prompt in script.prompts
        if prompt.key not in known and prompt != now
        for settled in (_settled(script, prompt, known),)
        if settled is not None
    )


def _settled(script: Script, prompt: Prompt, known: Mapping[str, Answer]) -> Prompt | None:
    if prompt.only_after is None or prompt.only_after[0] not in known:
        return prompt
    return replace(prompt, only_after=None) if prompt.key in script.without(known) else None


def is_stale(now: Prompt | None, known: Mapping[str, Answer], put: str) -> bool:
    """Say whether a page was left behind: it asked what is not the question any more."""
    return now is None or now.key != put or put in known
