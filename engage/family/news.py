"""What is new to somebody in what they may read of a person. (p).

News is the difference between what they could read when it was looked last and what they can read
now, both through `people.sharing.shown`. So nobody has to remember to say that something happened,
what is hidden is no news by itself, and what is shown to them anew, because it was allowed only
now, is not told as if it had just happened. News names a record and never quotes it. This room
refuses to tell that something was taken away from somebody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage.family.choice import KINDS, NewsKind
from engage.ids import PatientId
from engage.people.sharing.grant import Category, Scope, Verb
from engage.people.sharing.shown import Record, Shown

What: TypeAlias = Literal[
    "booked", "moved", "called-off", "tomorrow",
    "arranged", "fell-through",
    "asked", "taken", "free",
    "in-progress", "delivered", "helped", "wanted",
    "written", "waiting", "added", "shared",
]  # fmt: skip
"""What happened: to a visit, to a ride, to an errand, to a need, and the rest."""

EVE: Final = time(17)
"""When somebody hears of tomorrow's visit, by the clock of the visit."""
SOON: Final = timedelta(hours=12)

FIRST: Final[frozenset[NewsKind]] = frozenset(
    {"visits", "tomorrow", "rides", "errands", "messages", "check-ins", "sharing"}
)
"""What was looked at before needs and documents were: of those nothing was known then."""

_AHEAD: Final = frozenset({"booked", "pending"})
_HELP: Final[Mapping[str, What]] = {
    "in-progress": "in-progress",
    "delivered": "delivered",
    "helped": "helped",
    "wanted": "wanted",
}
"""What is told of a need. That help is wished for, and that it is not, the person said."""
_SEEN_TO: Final = frozenset({"in-progress", "delivered", "helped"})


class Mark(Struct, frozen=True, array_like=True):
    """Of a record what decides whether something about it is new."""

    state: str
    #: The moment it is about.
    at: datetime | None = None
    #: They wrote this errand down, or let go of it.
    mine: bool = False
    #: They were told that it is tomorrow.
    eve: bool = False


class Seen(Struct, frozen=True, kw_only=True):
    """What somebody could read of one person when it was looked last."""

    #: As "visits/see", and of what is sensitive as "visits+violence".
    rights: frozenset[str] = frozenset()
    marks: Mapping[UUID, Mark] = {}
    #: The newest message of the team.
    newest: UUID | None = None
    #: What staff wrote down of what the person allows: for themselves alone.
    allowed: frozenset[UUID] = frozenset()
    #: Of what it was looked; what is looked at for the first time did not happen now.
    kinds: frozenset[NewsKind] = FIRST


class News(Struct, frozen=True, kw_only=True):
    """That something is new, and about which record."""

    kind: NewsKind
    what: What
    about: PatientId
    record: UUID
    at: datetime
    #: When it is about something that has its time.
    moment: datetime | None = None
    #: What was allowed, when that is the news: it is none any more once that is taken back.
    rights: frozenset[str] = frozenset()

    def is_soon(self, at: datetime) -> bool:
        """Say whether it is about the next hours."""
        return self.moment is not None and at <= self.moment < at + SOON

    def same(self, other: "News") -> bool:
        """Say whether both are of one thing, so that the newer one is enough."""
        of_one = (self.kind, self.about, self.record) == (other.kind, other.about, other.record)
        return of_one and self.rights <= other.rights


class Looked(Struct, frozen=True):
    """What there is to be seen now, what of it is new, and when the clock makes something new."""

    seen: Seen
    news: tuple[News, ...]
    next_at: datetime | None


class _Fact(Struct, frozen=True, kw_only=True):
    kind: NewsKind
    right: tuple[Category, Verb]
    state: str
    at: datetime | None = None
    mine: bool = False
    zone: str = "UTC"


def look(
    about: PatientId,
    read: Iterable[tuple[Record, Shown]],
    scope: Scope,
    before: Seen | None,
    at: datetime,
    *,
    allowed: frozenset[UUID] = frozenset(),
) -> Looked:
    """Return what somebody can read of a person, and what of it is new since.

    `before` is None for somebody of whom nothing was seen yet: then that they share is the news.
    """
    rights = _rights(scope)
    was = before or Seen(allowed=allowed)
    marks: dict[UUID, Mark] = {}
    news: list[News] = []
    eves: list[datetime] = []
    newest = was.newest
    for record, fields in read:
        if record.kind == "message":
            if fields["from"] == "team" and (newest is None or record.id > newest):
                newest = record.id
            continue
        fact = _fact(record, fields)
        if fact is None:
            continue
        old = was.marks.get(record.id)
        told = old is not None and old.eve and old.at == fact.at
        # What was allowed only now did not happen now.
        known = _rights_to(record) <= was.rights and fact.kind in was.kinds
        what = _what(fact, old, at) if known and scope.may(*fact.right) else None
        eve = _eve(fact, at)
        if eve is not None and not told:
            if eve > at:
                eves.append(eve)
            else:
                told = True
                if what is None and known:
                    news.append(_news("tomorrow", "tomorrow", about, record.id, at, fact.at))
        if what is not None:
            news.append(_news(fact.kind, what, about, record.id, at, fact.at))
        marks[record.id] = Mark(fact.state, fact.at, mine=_mine(fact, old), eve=told)
    if newest is not None and newest != was.newest and "messages/see" in was.rights:
        news.append(_news("messages", "written", about, newest, at, None))
    if _shared(scope, rights, before, allowed):
        now = frozenset[str]() if scope.own else rights - was.rights
        news.append(replace(_news("sharing", "shared", about, about, at, None), rights=now))
    kinds = frozenset(KINDS)
    seen = Seen(rights=rights, marks=marks, newest=newest, allowed=allowed, kinds=kinds)
    return Looked(seen, tuple(news), min(eves, default=None))


def stands(news: News, scope: Scope, seen: Seen, at: datetime) -> bool:
    """Say whether news may still be told, and is still so: asked when it is about to leave."""
    if news.moment is not None and news.moment <= at:
        return False
    match news.kind:
        case "sharing":
            return scope.own or bool(news.rights & _rights(scope))
        case "messages":
            return scope.may("messages")
        case _:
            pass
    mark = seen.marks.get(news.record)
    if mark is None or not _may(news, scope):
        return False
    return (mark.state, mark.at) == (state_of(news), news.moment)


def state_of(news: News) -> str:
    """Return how a record stands of which there is this news."""
    return "booked" if news.what in {"moved", "tomorrow"} else news.what


def _may(news: News, scope: Scope) -> bool:
    """Say whether the right holds; that the record may be read is known from its mark."""
    match news.kind:
        case "visits" | "tomorrow":
            return scope.may("visits")
        case "rides":
            return scope.may("rides") or scope.may("needs")
        case "errands":
            return scope.may_anything("act")
        case "check-ins":
            return scope.may("check-ins", "answer")
        case "needs" | "documents":
            return scope.may(news.kind)
        case _:
            return False


def _rights(scope: Scope) -> frozenset[str]:
    given = {f"{category}/{verb}" for category, verb in scope.rights}
    named = {f"{category}+{kind}" for category, kind in scope.sensitive if scope.may(category)}
    return frozenset(given | named)


def _rights_to(record: Record) -> frozenset[str]:
    see = {f"{record.category}/see"}
    return frozenset(
        see if record.sensitive is None else {*see, f"{record.category}+{record.sensitive}"}
    )


def _news(
    kind: NewsKind,
    what: What,
    about: PatientId,
    record: UUID,
    at: datetime,
    moment: datetime | None,
) -> News:
    return News(kind=kind, what=what, about=about, record=record, at=at, moment=moment)


def _fact(record: Record, fields: Shown) -> _Fact | None:
    match record.kind:
        case "visit":
            return _Fact(
                kind="visits",
                right=("visits", "see"),
                state=visit_state(fields["status"]),
                at=fields["starts_at"],
                zone=fields["zone"],
            )
        case "ride":
            return _Fact(
                kind="rides",
                right=(record.category, "see"),
                state=fields["status"],
                at=fields["pickup_at"],
            )
        case "task":
            return _Fact(
                kind="errands",
                right=(record.category, "act"),
                state=_held(fields),
                mine=_is_me(fields["made_by"]),
            )
        case "check-in":
            return _Fact(kind="check-ins", right=("check-ins", "answer"), state=fields["status"])
        case "need":
            return _Fact(kind="needs", right=("needs", "see"), state=fields["status"])
        case "document":
            return _Fact(kind="documents", right=("documents", "see"), state="added")
        case _:
            return None


def visit_state(status: str) -> str:
    """Return how a visit stands, as one word for all in which somebody is expected."""
    return "booked" if status in _AHEAD else status


def _held(fields: Shown) -> str:
    """Return who has an errand, as one sees it oneself."""
    if fields["status"] == "done":
        return "done"
    if fields["holder"] is not None:
        return "mine" if _is_me(fields["holder"]) else "taken"
    if fields["offered_to"] is not None:
        return "asked" if _is_me(fields["offered_to"]) else "offered"
    return "free"


def _is_me(person: Any) -> bool:  # noqa: ANN401 - as facts.errand names people
    return person is not None and bool(person["me"])


def _mine(fact: _Fact, old: Mark | None) -> bool:
    """Say whether somebody hears what becomes of an errand: they wrote it down, or let go of it."""
    return fact.mine or (old is not None and (old.mine or old.state == "mine"))


def _what(fact: _Fact, old: Mark | None, at: datetime) -> What | None:
    """Return what happened to a record since it was looked last."""
    was = None if old is None else old.state
    match fact.kind:
        case "visits":
            if fact.at is None or fact.at <= at:
                return None
            if fact.state == "booked":
                if old is None or was != "booked":
                    return "booked"
                return None if old.at == fact.at else "moved"
            return "called-off" if fact.state == "called-off" and was == "booked" else None
        case "rides":
            if fact.at is not None and fact.at <= at:
                return None
            if fact.state == "arranged":
                same = old is not None and was == "arranged" and old.at == fact.at
                return None if same else "arranged"
            if fact.state == "fell-through" and was != "fell-through":
                return "fell-through"
            return "called-off" if fact.state == "called-off" and was == "arranged" else None
        case "errands":
            return _passed(fact, old, was)
        case "check-ins":
            return "waiting" if fact.state == "waiting" and was != "waiting" else None
        case "documents":
            return "added" if old is None else None
        case _:
            return _helped(fact.state, was)


def _helped(state: str, was: str | None) -> What | None:
    """Return what is told of a need; that it is wanted only after somebody had seen to it."""
    if state == was:
        return None
    return None if state == "wanted" and was not in _SEEN_TO else _HELP.get(state)


def _passed(fact: _Fact, old: Mark | None, was: str | None) -> What | None:
    if fact.state == "asked":
        return None if was == "asked" else "asked"
    if not _mine(fact, old):
        return None
    if fact.state == "taken":
        return None if was == "taken" else "taken"
    return "free" if fact.state == "free" and was in {"taken", "offered"} else None


def _eve(fact: _Fact, at: datetime) -> datetime | None:
    """Return when somebody hears that a visit is tomorrow; None if there is nothing to hear."""
    if fact.kind != "visits" or fact.state != "booked" or fact.at is None or fact.at <= at:
        return None
    clock = ZoneInfo(fact.zone)
    day = fact.at.astimezone(clock).date() - timedelta(days=1)
    return datetime.combine(day, EVE, clock)


def _shared(
    scope: Scope, rights: frozenset[str], before: Seen | None, allowed: frozenset[UUID]
) -> bool:
    if scope.own:
        # What they allowed by their own hand they know; what staff heard, they hear of.
        return before is not None and not allowed <= before.allowed
    return before is None or not rights <= before.rights
