"""A text that came in pieces: what its parts say together that none of them says alone. (p).

Phones split long texts, and some people press send after every few words. Danger is looked for in
each part and in the whole; an answer that no part gives alone may stand in the whole. Nobody is
asked again in the middle of a sentence. This room refuses to take anything away: what a part said
alone, it said.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from engage.conversation.answers import Unclear
from engage.conversation.replies import read_answer
from engage.conversation.script import Prompt, Script
from engage.conversation.severity import Severity, rank
from engage.conversation.states import Asking
from engage.reading.reader import MODEL_RULE, dangers, read
from engage.reading.redflags import RedFlag
from engage.turns.context import ConversationSeen, Part

UNREAD = timedelta(seconds=5)
"""So soon after the carrier took a question nobody has read it and written something else."""


def together(text: str, before: Sequence[Part], alone: tuple[RedFlag, ...]) -> tuple[RedFlag, ...]:
    """Return the dangers of a text, and those that only the parts together name.

    `before` are the parts that came just before, oldest first: what they said alone was flagged
    when they came. Parts may arrive in the wrong order, and be cut within a word; of such guesses
    only what a rule names counts, since a model hears something in any scrambled sentence.
    """
    if not before:
        return alone
    known: dict[str, Severity] = {
        found.rule: found.severity for part in before for found in _dangers(part.text)
    }
    known |= {found.rule: found.severity for found in alone}
    more: dict[str, RedFlag] = {}
    said = " ".join((*(part.text for part in before), text))
    for whole in _wholes(text, before):
        for found in _dangers(whole):
            if found.rule == MODEL_RULE and whole != said:
                continue
            if found.rule not in known or rank(found.severity) > rank(known[found.rule]):
                # Its place is in the whole, which nobody keeps.
                more[found.rule] = replace(found, start=0, end=len(text))
                known[found.rule] = found.severity
    heard = more.get(MODEL_RULE)
    if heard and any(
        rank(one.severity) >= rank(heard.severity) for one in more.values() if one is not heard
    ):
        del more[MODEL_RULE]  # a rule has said as much, and where
    return (*(found for found in alone if found.rule not in more), *more.values())


def whole_answer(
    text: str, before: Sequence[Part], asked: ConversationSeen, script: Script
) -> str | None:
    """Return the joined parts if they answer the live question and the last part alone does not.

    Only what was unclear is joined: a part that was taken as an answer answers nothing else.
    """
    state = asked.state
    if not before or not isinstance(state, Asking) or state.which or not state.tries:
        return None
    prompt = script.prompt(state.prompt)
    if prompt is None or before[-1].at > state.asked_at or not _unclear(text, prompt, asked):
        return None
    wholes = _wholes(text, before[-1:])
    return next((whole for whole in wholes if not _unclear(whole, prompt, asked)), None)


def goes_on(
    text: str, at: datetime, before: Sequence[Part], asked: ConversationSeen, script: Script
) -> bool:
    """Say whether a text only goes on with what was said before the live question was put.

    The question was put while the parts came in, so nobody can have read it yet: what is no answer
    to it is the rest of a sentence.
    """
    state = asked.state
    if not before or not isinstance(state, Asking) or state.asked_at < before[0].at:
        return False
    if state.accepted_at is not None and at - state.accepted_at > UNREAD:
        return False
    prompt = script.prompt(state.prompt)
    return prompt is not None and (state.which or _unclear(text, prompt, asked))


def _unclear(text: str, prompt: Prompt, asked: ConversationSeen) -> bool:
    return isinstance(read_answer(text, prompt, asked.language), Unclear)


def _dangers(text: str) -> tuple[RedFlag, ...]:
    return dangers(read(text), len(text))


def _wholes(text: str, before: Sequence[Part]) -> Iterator[str]:
    """Yield the last two parts joined, then all: in either order, and as if cut within a word."""
    parts = [*(part.text for part in before), text]
    for last in sorted({2, len(parts)}):
        for joint in (" ", ""):
            yield joint.join(parts[-last:])
            yield joint.join(reversed(parts[-last:]))
