"""What can be done with work beside claiming it: rest, hand over, reopen, join, take apart. (p).

Each verb is a function from the item as it is to the item as it will be, or a refusal that says
why. This room refuses to let a crisis rest or vanish in other work, and to lose an owner meanwhile.
"""

from datetime import datetime, timedelta

import msgspec

from engage.errors import EngageError
from engage.ids import PatientId, StaffId
from engage.queue.item import AlreadyClaimed, Item, NotYours, refuse_closed
from engage.queue.routing import Roster, present

UNDO = timedelta(seconds=10)
"""How long what one has just closed opens again without a word."""
LONGEST_SNOOZE = timedelta(days=90)
UNTIL, TO, REASON, INTO = "/until", "/to", "/reason", "/into"
"""The fields of requests that an error may point at."""

_GRAVE = ("crisis", "possible")


class NeverRests(EngageError):  # noqa: N818 - reads as a sentence, as do the next ones
    """A crisis, or words that may mean one, can't be snoozed."""


class WhenToWake(EngageError):  # noqa: N818
    """Say until when it rests, at most 90 days, or that it rests until they write."""


class AlreadyTheirs(EngageError):  # noqa: N818
    """They have this item already."""


class NotHere(EngageError):  # noqa: N818
    """This colleague is away now, or does not work here: choose somebody who is present."""


class NotClosed(EngageError):  # noqa: N818
    """This item is open."""


class NothingToReopen(EngageError):  # noqa: N818
    """What opened this work no longer holds; only what a person closed is reopened."""


class WhyAgain(EngageError):  # noqa: N818
    """Say why it is opened again: only your own closing of the last ten seconds needs no reason."""


class NotOnePatient(EngageError):  # noqa: N818
    """Only two different pieces of work about the same patient can be merged."""


class GraveAlone(EngageError):  # noqa: N818
    """A crisis, or words that may mean one, stays a piece of work of its own."""


class NotPartOfAnother(EngageError):  # noqa: N818
    """This item is not part of another."""


class OpenedAnew(EngageError):  # noqa: N818
    """There is new open work about the same thing meanwhile: go on there."""


def snooze(
    item: Item, by: StaffId, at: datetime, until: datetime | None, *, for_reply: bool | None
) -> Item:
    """Let an item of one's own rest until a moment, until the person writes, or either.

    Without either it rests until the moment that was chosen last, if that lies ahead; and unless
    somebody says otherwise (`for_reply` is False), what the person writes wakes it before. Owner,
    severity and due time stay.
    """
    refuse_closed(item)
    _refuse_anothers(item, by, directs=False)
    if item.severity in _GRAVE:
        raise NeverRests
    if until is None and not for_reply and item.snoozed_until is not None:
        until = item.snoozed_until
    if until is None and not for_reply:
        raise WhenToWake(UNTIL)
    if until is not None and not at < until <= at + LONGEST_SNOOZE:
        raise WhenToWake(UNTIL)
    return msgspec.structs.replace(
        item,
        snoozed_at=at,
        snoozed_until=until,
        snoozed_for_reply=for_reply is not False,
        version=item.version + 1,
    )


def wake(item: Item, at: datetime) -> Item:
    """Wake an item whose time has come; any other stays as it is."""
    if item.snoozed_at is None or item.snoozed_until is None or at < item.snoozed_until:
        return item
    return awake(item)


def awake(item: Item) -> Item:
    """Wake an item; the moment it would have woken stays, to be offered again."""
    if item.snoozed_at is None:
        return item
    return msgspec.structs.replace(item, snoozed_at=None, version=item.version + 1)


def woken_by(item: Item, *, joined: bool, by_text: bool) -> bool:
    """Say whether a flag about the patient wakes a resting item.

    `joined`: the flag belongs to this item. `by_text`: it is about words that somebody wrote. What
    raises no flag (an answer, a confirmed visit) never gets here, and neither do thanks alone.
    """
    return item.snoozed_at is not None and (joined or (by_text and item.snoozed_for_reply))


def hand_over(
    item: Item, by: StaffId, to: StaffId, at: datetime, roster: Roster, *, directs: bool
) -> Item:
    """Give an item to a colleague who is here; what nobody has read stays unread.

    Who directs the work may hand over what a colleague has.
    """
    refuse_closed(item)
    _refuse_anothers(item, by, directs=directs)
    if not present(to, roster, at):
        raise NotHere(TO)
    if item.owner_id == to:
        raise AlreadyTheirs(TO)
    return msgspec.structs.replace(
        item,
        status="ready",
        owner_id=to,
        claimed_at=None,
        snoozed_at=None,
        version=item.version + 1,
    )


def moved(item: Item, to: StaffId) -> Item:
    """Give an item whose owner is away to who is here; it goes on resting if it rests."""
    refuse_closed(item)
    return msgspec.structs.replace(
        item, status="ready", owner_id=to, claimed_at=None, version=item.version + 1
    )


def taken_back(item: Item, by: StaffId, at: datetime) -> bool:
    """Say whether somebody undoes their own closing of this moment."""
    return item.closed_at is not None and item.closed_by == by and at - item.closed_at <= UNDO


def reopen(item: Item, by: StaffId, at: datetime, *, reasoned: bool) -> Item:
    """Open what a person closed; whoever does has it in hand."""
    if item.closed_at is None:
        raise NotClosed
    if item.status != "completed":
        raise NothingToReopen
    undone = taken_back(item, by, at)
    if not undone and not reasoned:
        raise WhyAgain(REASON)
    return msgspec.structs.replace(
        item,
        status="in-progress",
        owner_id=by,
        claimed_at=(item.claimed_at if undone else None) or at,
        closed_at=None,
        closed_by=None,
        outcome=None,
        version=item.version + 1,
    )


def merge(
    item: Item,
    into: Item,
    by: StaffId,
    at: datetime,
    patients: tuple[PatientId | None, PatientId | None],
) -> Item:
    """Close an item as part of another about the same patient."""
    if item.id == into.id or patients[0] is None or patients[0] != patients[1]:
        raise NotOnePatient(INTO)
    for one in (item, into):
        refuse_closed(one)
        if one.severity in _GRAVE:
            raise GraveAlone
        if one.status == "in-progress" and one.owner_id != by:
            raise AlreadyClaimed(one.owner_id, one.claimed_at)
    return msgspec.structs.replace(
        item,
        status="cancelled",
        closed_at=at,
        closed_by=by,
        outcome="merged",
        snoozed_at=None,
        merged_into=into.id,
        version=item.version + 1,
    )


def unmerge(item: Item, owner: StaffId) -> Item:
    """Make an item work of its own again, with an owner who is here."""
    if item.merged_into is None:
        raise NotPartOfAnother
    return msgspec.structs.replace(
        item,
        status="ready",
        owner_id=owner,
        claimed_at=None,
        closed_at=None,
        closed_by=None,
        outcome=None,
        merged_into=None,
        version=item.version + 1,
    )


def _refuse_anothers(item: Item, by: StaffId, *, directs: bool) -> None:
    if item.owner_id == by or directs:
        return
    if item.status == "in-progress":
        raise AlreadyClaimed(item.owner_id, item.claimed_at)
    raise NotYours
