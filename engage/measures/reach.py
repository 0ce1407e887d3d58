"""Whom texts don't reach, and why: each person on one list, by what `may_text` itself says. (p).

Silence is work, and there are kinds of it: a text that arrived and was not answered, one that never
arrives, a phone that was closed, that was somebody else's, that nobody has. The first that `barred`
names is the list; only whom nothing bars can be silent. This room refuses to decide whether a text
may go out: it asks.
"""

from datetime import datetime
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from engage.messaging.may_text import Barred, Facts, barred

ListName: TypeAlias = Literal[
    "silent", "never-delivered", "opted-out", "wrong-person", "no-phone", "doubtful"
]
LISTS: tuple[ListName, ...] = get_args(ListName)


class Signs(Struct, frozen=True, kw_only=True):
    """What is known of a person's phone and of what became of the texts to it."""

    facts: Facts
    known_since: datetime
    #: When the last phone was taken from them, and when somebody last said that one is not theirs.
    phone_ended_at: datetime | None = None
    wrong_person_at: datetime | None = None
    opted_out_at: datetime | None = None
    declined_at: datetime | None = None
    trouble_since: datetime | None = None
    #: Since when work is open about a text that did not arrive, or was not answered.
    undelivered_at: datetime | None = None
    silent_at: datetime | None = None


class Unreached(Struct, frozen=True, kw_only=True):
    """On which list somebody is, and since when."""

    on: ListName
    since: datetime
    #: What `may_text` would say; None for who may be texted, and does not answer or get it.
    reason: Barred | None


def unreached(signs: Signs) -> Unreached | None:
    """Return the list somebody is on; None if texts reach them, or they are no longer here."""
    said = barred(signs.facts, "staff")
    if said is None:
        if signs.undelivered_at is not None:
            return Unreached(on="never-delivered", since=signs.undelivered_at, reason=None)
        if signs.silent_at is not None:
            return Unreached(on="silent", since=signs.silent_at, reason=None)
        return None
    reason = said.reason
    match reason:
        case "no-phone":
            return _without_phone(signs)
        case "opted-out":
            since, on = signs.opted_out_at, "opted-out"
        case "declined":
            since, on = signs.declined_at, "opted-out"
        case "phone-dead" | "phone-landline":
            since, on = signs.trouble_since, "never-delivered"
        case "phone-doubtful":
            since, on = signs.trouble_since, "doubtful"
        case _:
            return None
    return Unreached(on=on, since=since or signs.known_since, reason=reason)


def _without_phone(signs: Signs) -> Unreached:
    ended, wrong = signs.phone_ended_at, signs.wrong_person_at
    if wrong is not None and (ended is None or wrong >= ended):
        return Unreached(on="wrong-person", since=wrong, reason="no-phone")
    return Unreached(on="no-phone", since=ended or signs.known_since, reason="no-phone")
