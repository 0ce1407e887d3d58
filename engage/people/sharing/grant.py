"""What a person allowed somebody: categories, verbs, and what stands above them. (p).

Nothing is allowed by default. A right to answer or to act is a right to see. What is sensitive
needs a word of its own for each kind, beside the category. A grant ends with the tie to the person,
at its own end, where the caregiver's phone is not safe for them, and, where it is about a minor, it
shrinks on the birthday. This room refuses to say why something is not allowed: there is one no.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage.errors import EngageError
from engage.people.fields import Personal

Category: TypeAlias = Literal["visits", "check-ins", "needs", "rides", "messages", "documents"]
Verb: TypeAlias = Literal["see", "answer", "act"]
Sensitive: TypeAlias = Literal["violence", "substance", "sexual", "mental-health", "staff-notes"]
How: TypeAlias = Literal["verbal", "written", "page", "text"]
"""Staff heard it or read it; or the person did it themselves: signed in, or by a text of theirs."""
BY_THEMSELVES: frozenset[How] = frozenset({"page", "text"})

CATEGORIES: tuple[Category, ...] = (
    "visits", "check-ins", "needs", "rides", "messages", "documents",
)  # fmt: skip
VERBS: tuple[Verb, ...] = ("see", "answer", "act")
SENSITIVE: tuple[Sensitive, ...] = (
    "violence", "substance", "sexual", "mental-health", "staff-notes",
)  # fmt: skip

NARROWS_AT = 12
"""The birthday from which a minor's caregivers see less, unless the practice says a later one.

The earliest of the ages that portals use (12 to 18, by state and setting): an error then hides."""
EARLIEST, OF_AGE = 12, 18

_ALL: frozenset[tuple[Category, Verb]] = frozenset(
    (category, verb) for category in CATEGORIES for verb in VERBS
)
NARROWED: frozenset[tuple[Category, Verb]] = frozenset(
    {("visits", "see"), ("rides", "see"), ("rides", "act")}
)
"""What is left of a grant that others made for somebody who has grown since: getting there."""


class WrongVerbs(EngageError):  # noqa: N818 - reads as a sentence
    """Each of the verbs see, answer and act may be said once, and at least one is needed."""


class TheirOwnHand(EngageError):  # noqa: N818 - reads as a sentence
    """The person allowed this themselves; write down anew what they say they allow besides."""


class Held(Struct, frozen=True, kw_only=True):
    """One grant, as far as it decides."""

    category: Category
    verbs: frozenset[Verb]
    sensitive: frozenset[Sensitive] = frozenset()
    how: How
    granted_at: datetime
    until_at: datetime | None = None


class Whose(Personal, frozen=True, kw_only=True):
    """The person it is about, as far as it decides."""

    birth_date: date | None
    zone: str
    #: In care: of who left or died nothing is shown.
    active: bool = True


class Scope(Struct, frozen=True):
    """What somebody may, about one person, at one moment."""

    rights: frozenset[tuple[Category, Verb]] = frozenset()
    #: Beside the category: what of it is sensitive and was allowed by name.
    sensitive: frozenset[tuple[Category, Sensitive]] = frozenset()
    #: It is about themselves.
    own: bool = False

    def may(self, category: Category, verb: Verb = "see") -> bool:
        """Say whether this is allowed."""
        return (category, verb) in self.rights

    def may_anything(self, verb: Verb = "see") -> bool:
        """Say whether anything of this kind is allowed."""
        return any(given == verb for _, given in self.rights)

    def sees(self, category: Category, kind: "Sensitive | None") -> bool:
        """Say whether something of a category, of a sensitive kind or of none, may be seen."""
        return self.may(category) and (kind is None or (category, kind) in self.sensitive)

    @property
    def shared(self) -> tuple[tuple[Category, tuple[Verb, ...]], ...]:
        """What is allowed, in a fixed order."""
        return tuple(
            (one, tuple(verb for verb in VERBS if self.may(one, verb)))
            for one in CATEGORIES
            if any(self.may(one, verb) for verb in VERBS)
        )


NOTHING = Scope()
THEMSELVES = Scope(
    rights=_ALL,
    sensitive=frozenset(
        (one, kind) for one in CATEGORIES for kind in SENSITIVE if kind != "staff-notes"
    ),
    own=True,
)
"""Of themselves a person sees and does all of it, but for what staff note among themselves."""


def scope_of(
    held: Iterable[Held],
    whose: Whose,
    now: datetime,
    *,
    narrows_at: int = NARROWS_AT,
    safe: bool = True,
) -> Scope:
    """Return what the grants of one caregiver, tied to one person, allow at a moment."""
    if not whose.active or not safe:
        return NOTHING
    rights: set[tuple[Category, Verb]] = set()
    sensitive: set[tuple[Category, Sensitive]] = set()
    for one in held:
        if one.granted_at > now or (one.until_at is not None and one.until_at <= now):
            continue
        match _grown(one, whose, now, narrows_at):
            case "over":
                continue
            case "narrow":
                rights |= _rights(one) & NARROWED
            case "whole":
                rights |= _rights(one)
                sensitive |= {(one.category, kind) for kind in one.sensitive}
    return Scope(frozenset(rights), frozenset(sensitive))


def left_of(one: Held, whose: Whose, now: datetime, narrows_at: int = NARROWS_AT) -> Held:
    """Return a grant as it counts at a moment: without verbs where nothing of it is left."""
    scope = scope_of((one,), whose, now, narrows_at=narrows_at)
    return replace(
        one,
        verbs=frozenset(verb for verb in VERBS if scope.may(one.category, verb)),
        sensitive=frozenset(kind for kind in SENSITIVE if (one.category, kind) in scope.sensitive),
    )


def is_more(wanted: Held, than: Held) -> bool:
    """Say whether something is allowed that another grant does not allow, or not for as long."""
    longer = than.until_at is not None and (
        wanted.until_at is None or wanted.until_at > than.until_at
    )
    return (
        longer
        or wanted.category != than.category
        or not wanted.verbs <= than.verbs
        or not wanted.sensitive <= than.sensitive
    )


def read_verbs(raw: Iterable[Verb], field: str = "/verbs") -> tuple[Verb, ...]:
    """Return verbs as they are kept: in their order, and with the right to see."""
    given = tuple(raw)
    if not given or len(set(given)) != len(given):
        raise WrongVerbs(field)
    return tuple(verb for verb in VERBS if verb == "see" or verb in given)


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody completes so many years; born on a 29 February, the 28th."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return born.replace(year=born.year + years, day=28)


def _rights(one: Held) -> set[tuple[Category, Verb]]:
    return {(one.category, verb) for verb in VERBS if verb == "see" or verb in one.verbs}


def _grown(
    one: Held, whose: Whose, now: datetime, narrows_at: int
) -> Literal["whole", "narrow", "over"]:
    """Say what is left of a grant that was made before a birthday, by the person's own clock."""
    if whose.birth_date is None:
        return "whole"
    clock = ZoneInfo(whose.zone)
    today, made = now.astimezone(clock).date(), one.granted_at.astimezone(clock).date()
    of_age = birthday(whose.birth_date, OF_AGE)
    if today >= of_age > made and one.how not in BY_THEMSELVES:
        # Others allowed it for a child who now speaks for themselves.
        return "over"
    grown = birthday(whose.birth_date, max(EARLIEST, min(narrows_at, OF_AGE)))
    return "narrow" if today >= grown > made else "whole"
