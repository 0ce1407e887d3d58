"""Proof that pages come: a test page by one way, and the code of it said by who got it.

What was never tried fails in the night in which it is needed. So before texts leave by a real
carrier, two ways that do not need each other must each have brought a page to a person of the
practice. This room refuses to take a page that was sent for one that came.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from engage import audit
from engage.audit import SYSTEM, By
from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.errors import EngageError
from engage.ids import PageId, PracticeId, StaffId
from engage.queue.paging.channel import Channel, Gone, Outcome, Told, Trial, Way
from engage.queue.paging.leaving.store import addresses_of
from engage.queue.paging.proofs import store

ENOUGH = 2
"""Ways that must have been proven."""
HOLDS = timedelta(hours=24)
"""How long a code may be said."""
_DIGITS = 6
_HASH = "page-test"

NAMES: Mapping[Way, str] = {"email": "e-mail", "sms": "SMS", "push": "web push"}


class WayNotSetUp(EngageError):  # noqa: N818 - reads as a sentence
    """This way of paging is not set up here; docs/settings.md says how."""


class NoWayThere(EngageError):  # noqa: N818
    """This person has not given a phone, or no browser of theirs takes pushes."""


class DidNotLeave(EngageError):  # noqa: N818
    """The test page was refused; the log says by whom."""


class NotThisCode(EngageError):  # noqa: N818
    """This is not the code of a test page of the last day."""


class Proven(Struct, frozen=True):
    """Which ways of a practice have been proven, and when last."""

    practice: PracticeId
    at: Mapping[Way, datetime]

    @property
    def enough(self) -> bool:
        """Whether texts may be switched on."""
        return len(self.at) >= ENOUGH

    def sentence(self) -> str:
        """Say what is missing, for a practice by its id."""
        have = " and ".join(NAMES[one] for one in NAMES if one in self.at) or "none"
        return (
            f"Practice {self.practice} has not proven two independent ways of paging "
            f"(proven: {have}): `engage paging test`, then `engage paging confirm`."
        )

    def old(self, at: datetime, days: int) -> list[str]:
        """Name what was proven so long ago that it should be tried again."""
        return [
            f"Paging by {NAMES[way]} was last proven on {when:%Y-%m-%d} in practice "
            f"{self.practice}: send a test page again."
            for way, when in sorted(self.at.items())
            if at - when > timedelta(days=days)
        ]


async def send(
    database: Database,
    master: MasterKeys,
    clock: Clock,
    channels: Mapping[Way, Channel],
    practice: PracticeId,
    person: StaffId,
    way: Way,
    by: By = SYSTEM,
) -> None:
    """Send somebody a test page by a way; what was taken for delivery waits to be confirmed."""
    channel = channels.get(way)
    if channel is None:
        raise WayNotSetUp
    async with database.work([practice]) as work:
        addresses = await addresses_of(work, way, person, master)
    if not addresses:
        raise NoWayThere
    at, test_id, code = clock.now(), PageId(fresh_id(clock)), _code()
    outcomes = [await channel.tell(one, Trial(test_id, practice, code)) for one in addresses]
    if not any(isinstance(one, Told) for one in outcomes):
        raise DidNotLeave(_why(outcomes))
    async with database.work([practice], practice) as work:
        hashed = _hashes(master, person, code)[0]
        await store.add(work, practice, test_id, person, way, hashed, at, at + HOLDS)
        await _noted(work, practice, person, "page-test.send", by, at)


async def confirm(
    database: Database,
    master: MasterKeys,
    clock: Clock,
    practice: PracticeId,
    person: StaffId,
    code: str,
    by: By = SYSTEM,
) -> Way:
    """Take the code that somebody read on a page: from now on that way is proven."""
    at = clock.now()
    async with database.work([practice], practice) as work:
        way = await store.confirm(work, practice, person, _hashes(master, person, code), at)
        if way is None:
            raise NotThisCode
        await _noted(work, practice, person, "page-test.confirm", by, at)
    return way


async def proven(
    database: Database, practices: Sequence[PracticeId], set_up: Sequence[Way]
) -> list[Proven]:
    """Return what each practice has proven, of the ways that are set up.

    E-mail and pushes leave by what all practices share: who proved them, proved them for all. An
    SMS leaves by a practice's own account.
    """
    if not practices:
        return []
    async with database.work(practices) as work:
        found = await store.proven(work, practices)
    shared = dict[Way, datetime]()
    for ways in found.values():
        for way, at in ways.items():
            if way != "sms":
                shared[way] = max(at, shared.get(way, at))
    return [
        Proven(one, {way: at for way, at in (dict(ways) | shared).items() if way in set_up})
        for one, ways in found.items()
    ]


async def _noted(
    work: Work, practice: PracticeId, person: StaffId, action: str, by: By, at: datetime
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action=action,
        subject="staff",
        subject_id=person,
    )


def _code() -> str:
    return f"{int.from_bytes(random_bytes(8)) % 10**_DIGITS:0{_DIGITS}}"


def _hashes(master: MasterKeys, person: StaffId, code: str) -> list[bytes]:
    return master.credential_hashes(_HASH, f"{person}|{code.strip()}")


def _why(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(
        "gone" if isinstance(one, Gone) else "told" if isinstance(one, Told) else one.why
        for one in outcomes
    )
