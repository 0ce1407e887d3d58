"""The kinds of text, and what each is allowed: one table, read wherever a text is judged. (p).

A kind says how urgent a text is when there is room for one only, whether it may leave at night,
whether it counts against what a phone is sent, and after how long it is no longer worth saying.
This room refuses to decide: may_text.py does, by this table.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from engage.people.consent import Purpose

TextKind: TypeAlias = Literal[
    "safety",
    "consent",
    "code",
    "reply",
    "right-person",
    "staff",
    "visit-3h",
    "visit-2d",
    "discharge",
    "check-in",
    "screening",
    "nudge",
    "news",
]
Hours: TypeAlias = Literal["any", "at-once", "answer", "window"]


class KindRules(Struct, frozen=True, kw_only=True):
    """What one kind is allowed."""

    #: The lower leaves first when there is not room for all.
    rank: int
    #: At any hour; at any hour within minutes of the person's text; so all evening; in the window.
    hours: Hours
    #: Whether it counts against the texts a line gets a day and a week.
    budgeted: bool
    #: How long after it was written it is still worth saying.
    shelf_life: timedelta
    #: Sent because a plan says so, by nobody's click: it holds its tongue while a human talks.
    automatic: bool = False
    #: Several of one line's day are said at once by this text of the catalogue.
    merged_by: str | None = None
    #: What it is about: not sent to who said no to that. None is said whatever they want.
    purpose: Purpose | None = None
    #: Not sent to a phone that may have become somebody else's.
    verified: bool = False
    #: Said because of a text that came from the phone itself, so the phone works.
    answers: bool = False
    #: Sent once more if the carrier did not carry it. What is right only once, or only at once (the
    #: confirmation of a STOP, a code that expires), is not.
    again: bool = True


def _answer(rank: int, shelf_hours: int, hours: Hours, *, answers: bool = True) -> KindRules:
    return KindRules(
        rank=rank,
        hours=hours,
        budgeted=False,
        shelf_life=timedelta(hours=shelf_hours),
        answers=answers,
    )


def _planned(
    rank: int,
    shelf_hours: int,
    purpose: Purpose,
    *,
    automatic: bool = True,
    merged_by: str | None = None,
) -> KindRules:
    return KindRules(
        rank=rank,
        hours="window",
        budgeted=True,
        shelf_life=timedelta(hours=shelf_hours),
        automatic=automatic,
        merged_by=merged_by,
        purpose=purpose,
        verified=True,
    )


KINDS: Mapping[TextKind, KindRules] = {
    "safety": _answer(0, 12, "any"),
    # Said because of what the person just sent (STOP, START, HELP); anything else waits for day.
    "consent": replace(_answer(1, 12, "answer"), again=False),
    # They wait for it in front of a screen that asks for it, and it is good for minutes.
    "code": KindRules(
        rank=1, hours="any", budgeted=False, shelf_life=timedelta(minutes=9), again=False
    ),
    # An answer to a text that was found hours late waits for the morning, and is still worth it.
    "reply": _answer(1, 16, "at-once"),
    # Asks whether the phone is still theirs, so that something else may be said at all.
    "right-person": _answer(1, 48, "window", answers=False),
    # A person's own words, and by day unless they answer; they survive a Sunday without texts.
    "staff": replace(_answer(1, 48, "answer", answers=False), purpose="care-texts", verified=True),
    "visit-3h": _planned(2, 2, "visits", merged_by="visits-3h"),
    "visit-2d": _planned(3, 24, "visits", merged_by="visits-2d"),
    "discharge": _planned(4, 48, "check-ins"),
    "check-in": _planned(5, 24, "check-ins"),
    # Somebody of the practice asked for it by a click, so it may wait for days.
    "screening": _planned(5, 96, "screenings", automatic=False),
    "nudge": _planned(6, 24, "screenings"),
    # That there is something in the app, to who chose to be texted that: last in any line.
    "news": KindRules(
        rank=7,
        hours="window",
        budgeted=True,
        shelf_life=timedelta(hours=24),
        automatic=True,
        purpose="care-texts",
        verified=True,
        again=False,
    ),
}
"""Safety, answers, 3-hour and 2-day reminders, discharge check-ins, others, nudges, news."""
