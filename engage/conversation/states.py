"""Where a conversation stands: not started, asking, done. Plain values that survive JSON. (p).

This room refuses behaviour: every transition is in engine.py.
"""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from engage.conversation.answers import Answer
from engage.conversation.effects import Effect, Outcome

Answers: TypeAlias = tuple[tuple[str, Answer], ...]
"""Prompt key and answer, in the order they were given; each prompt at most once."""


class NotStarted(Struct, frozen=True, tag="not-started"):
    """Waiting for its turn on the phone."""

    #: Answers that staff entered before the first text went out.
    answers: Answers = ()


class Asking(Struct, frozen=True, tag="asking"):
    """One prompt is live."""

    #: Counts the questions put, re-asks included: timers and text keys carry it.
    step: int
    prompt: str
    asked_at: datetime
    #: How many unclear replies this prompt has had; one leads to a re-ask, two to a human.
    tries: int = 0
    #: The person chose "don't know or won't say" and we asked which of the two.
    which: bool = False
    #: When the carrier took the question.
    accepted_at: datetime | None = None
    nudged: bool = False
    #: When the carrier took the nudge, or when it was left out.
    nudge_accepted_at: datetime | None = None
    #: Silence has already become work.
    silent: bool = False
    #: The person has had the opening that says who we are.
    introduced: bool = False
    #: A human talks with the person; nothing automatic is said.
    paused: bool = False
    answers: Answers = ()


class Done(Struct, frozen=True, tag="done"):
    """Over, for good."""

    outcome: Outcome
    answers: Answers = ()


State: TypeAlias = NotStarted | Asking | Done


class Step(Struct, frozen=True):
    """What one event led to."""

    state: State
    effects: tuple[Effect, ...] = ()
