"""A message comes in: recorded first, then applied, and acknowledged after the commit.

One transaction: find the practice by who sends, record the message sealed, and apply it in a
savepoint. Should that fail the message stays, is due again, and after five tries a person has it.
This room refuses to answer "accepted" before a message is stored, and a message of nobody we know.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal, Protocol, TypeAlias, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from prometheus_client import Counter

from engage.checkins.discharges import Heard
from engage.checkins.visit import (
    Admission,
    CancelAdmission,
    CancelDischarge,
    Discharge,
    Movement,
    Update,
)
from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import AWAY, UNDONE, Database, DatabaseAway, Work
from engage.db.vault import Vault
from engage.hl7v2 import adt, message, siu
from engage.hl7v2.answers import ACCEPTED, Verdict
from engage.hl7v2.message import Message, NotAMessage, Unreadable
from engage.hl7v2.messages import store
from engage.hl7v2.messages.store import KIND, Recorded, Sender, Status
from engage.hl7v2.siu import Booked, Cancelled, Changed, NoShow, Rescheduled, Scheduling
from engage.ids import PracticeId
from engage.people.practice import Practice
from engage.people.staffing.store import get_practice
from engage.queue import opening
from engage.queue.clocks import Calendar, due_at

TRIES = 5
"""After so many failed tries a person has it."""
RETRY_AFTER: Sequence[timedelta] = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600))
LONGEST_CONTROL_ID = 200

Outcome: TypeAlias = Literal[
    "applied", "unchanged", "ignored", "unknown-person", "failed", "repeated"
]

_HEARD = Counter("engage_hl7_messages", "Messages by what became of them", ["event", "outcome"])
_REFUSED = Counter("engage_hl7_refused", "Messages that were not taken", ["reason"])

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Visits(Protocol):
    """Who is told of stays in hospital."""

    async def hear(
        self, work: Work, practice: PracticeId, movement: Movement, cause: UUID
    ) -> Heard:
        """Take what was said of a stay; the same twice changes nothing."""
        ...


class Appointments(Protocol):
    """Who is told of appointments."""

    async def hear(
        self,
        work: Work,
        practice: PracticeId,
        scheduling: Scheduling,
        cause: UUID,
        sender: UUID | None,
    ) -> bool:
        """Take what a system said of an appointment; False if it is nobody's we know."""
        ...


class Bell(Protocol):
    """Tells the workers that there is work."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class Intake:
    """Takes messages; one per process."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        bell: Bell,
        visits: Visits,
        appointments: Appointments | None = None,
    ) -> None:
        """Take what it needs; without `appointments` those messages are set aside."""
        self._database = database
        self._vault = vault
        self._clock = clock
        self._bell = bell
        self._visits = visits
        self._appointments = appointments

    async def take(self, raw: bytes) -> tuple[Verdict, Message | None]:
        """Record a message and apply it; return what its sender is told.

        DatabaseAway if it could not be stored: then nothing must be said, and it is sent again.
        """
        try:
            parsed = message.read(raw)
        except NotAMessage:
            return _refused("no-message", None)
        if not 1 <= len(parsed.control_id) <= LONGEST_CONTROL_ID:
            return _refused("unreadable", parsed)
        outcome: Outcome | None = None

        async def act(work: Work) -> Verdict:
            nonlocal outcome
            sender = await store.sender(work, *_names(parsed))
            if sender is None:
                return Verdict("AR", "unknown-sender")
            outcome = await self._record(work, sender, parsed, raw)
            return ACCEPTED

        try:
            verdict = await self._database.again(act)
        except Unreadable:
            return _refused("unreadable", parsed)
        if verdict.code != "AA" or outcome is None:
            return _refused("unknown-sender", parsed)
        _HEARD.labels(_counted(_event(parsed)), outcome).inc()
        if outcome == "failed":
            self._bell.ring(KIND)
        elif outcome == "applied":
            # A visit that moved may have somebody told.
            self._bell.ring("outbox")
        return verdict, parsed

    async def retry(self, practice: PracticeId, message_id: UUID, tries: int) -> None:
        """Apply a recorded message again; after `TRIES` a person has it.

        The try was counted in the claim's own transaction, so a message that kills the process is
        given up all the same.
        """
        keys = await self._vault.keys(practice)

        async def act(work: Work) -> None:
            found = await store.lock(work, practice, message_id)
            if found is None or found.status in ("applied", "ignored"):
                await work.call("due_done", KIND, message_id)
            elif tries > TRIES:
                await self._give_up(work, practice, found, tries)
            elif await self._try(work, keys, found) is not None:
                await work.call("due_done", KIND, message_id)
            else:
                wait = RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1]
                await store.settle(work, practice, message_id, "recorded", tries)
                await work.call("due_set", KIND, message_id, practice, self._clock.now() + wait)

        await self._database.again(act, [practice], practice)

    async def again(self, work: Work, practice: PracticeId) -> int:
        """Have everything tried anew that a person was asked about; return how many."""
        found = await store.waiting(work, practice)
        for message_id in found:
            await work.call("due_done", KIND, message_id)
            await work.call("due_set", KIND, message_id, practice, self._clock.now())
        return len(found)

    async def _record(self, work: Work, sender: Sender, parsed: Message, raw: bytes) -> Outcome:
        practice, at = sender.practice_id, self._clock.now()
        await work.enter([practice], practice)
        keys = await self._vault.keys(practice, work)
        # What can't be read is refused before it is recorded: its sender must know.
        said = _read(parsed, await get_practice(work, practice), sender.authority)
        one = Recorded(
            id=fresh_id(self._clock),
            event=_event(parsed),
            status="recorded" if self._is_taken(said) else "ignored",
            at=at,
            sealed=b"",
        )
        about = f"{one.event}|{_number(said)}"
        sealed = store.seal(keys, one.id, raw)
        one = msgspec.structs.replace(one, sealed=sealed)
        if not await store.record(work, keys, one, sender.id, parsed.control_id, about):
            return "repeated"
        if one.status == "ignored":
            return "ignored"
        done = await self._try(work, keys, one)
        if done is None:
            await work.call("due_set", KIND, one.id, practice, at + RETRY_AFTER[0])
        return done or "failed"

    async def _try(self, work: Work, keys: PracticeKeys, one: Recorded) -> Outcome | None:
        """Apply a message in a savepoint and say what became of it; None if it failed."""
        practice = keys.practice
        try:
            async with work.savepoint():
                parsed = message.read(store.opened(keys, one))
                sender = await store.sender(work, *_names(parsed))
                here = await get_practice(work, practice)
                said = _read(parsed, here, "" if sender is None else sender.authority)
                by = None if sender is None else sender.id
                done = "ignored" if said is None else await self._apply(work, here, said, one, by)
        except (*AWAY, *UNDONE, DatabaseAway):
            raise
        except Exception as error:  # noqa: BLE001 - the message must survive any fault of its effect
            _log.warning("message not applied", message=str(one.id), code=type(error).__name__)
            return None
        await store.settle(work, practice, one.id, _STATUS[done], 0)
        return done

    async def _apply(
        self,
        work: Work,
        practice: Practice,
        said: Movement | Scheduling,
        one: Recorded,
        sender: UUID | None,
    ) -> Outcome:
        match said:
            case Booked() | Rescheduled() | Changed() | Cancelled() | NoShow():
                if self._appointments is None:
                    return "ignored"
                if await self._appointments.hear(work, practice.id, said, one.id, sender):
                    return "applied"
                if isinstance(said, Booked | Rescheduled):
                    await self._ask(work, practice, one, "unknown-visit", one.event)
                return "unknown-person"
            case Admission() | Discharge() | Update() | CancelAdmission() | CancelDischarge():
                heard = await self._visits.hear(work, practice.id, said, one.id)
                match heard.result:
                    case "applied" | "unchanged":
                        return heard.result
                    case "unknown-person" | "of-another":
                        if isinstance(said, Discharge):
                            await self._ask(work, practice, one, "unknown-discharge", one.event)
                        return "unknown-person"
                    case _:
                        assert_never(heard.result)
            case _:
                assert_never(said)

    async def _give_up(self, work: Work, practice: PracticeId, one: Recorded, tries: int) -> None:
        await store.settle(work, practice, one.id, "failed", tries)
        here = await get_practice(work, practice)
        await self._ask(work, here, one, "hl7-failed", one.event)
        await work.call("due_done", KIND, one.id)
        _HEARD.labels(_counted(one.event), "failed").inc()

    async def _ask(
        self, work: Work, practice: Practice, one: Recorded, reason: str, event: str
    ) -> None:
        """Give a person of the practice what we can't place."""
        at = self._clock.now()
        calendar = Calendar(practice.time_zone, practice.business_hours, practice.holidays)
        await opening.give(
            work,
            practice.id,
            opening.Reason(
                patient_id=None,
                source_id=one.id,
                reason=reason,
                rule=f"hl7/{event}",
                severity="urgent",
                due_at=due_at("urgent", at, calendar),
            ),
            at,
        )

    def _is_taken(self, said: Movement | Scheduling | None) -> bool:
        if said is None:
            return False
        booking = isinstance(said, Booked | Rescheduled | Changed | Cancelled | NoShow)
        return not booking or self._appointments is not None


_STATUS: dict[Outcome, Status] = {
    "applied": "applied",
    "unchanged": "applied",
    "ignored": "ignored",
    "unknown-person": "unknown",
}
_READERS: tuple[Callable[[Message, ZoneInfo, str], Movement | Scheduling | None], ...] = (
    adt.read,
    siu.read,
)


_KNOWN = {*(("ADT", one) for one in adt.TRIGGERS), *(("SIU", one) for one in siu.TRIGGERS)}


def _names(parsed: Message) -> tuple[str, str]:
    return parsed.text("MSH", 3), parsed.text("MSH", 4)


def _read(parsed: Message, practice: Practice, authority: str) -> Movement | Scheduling | None:
    zone = ZoneInfo(practice.time_zone)
    for read in _READERS:
        said = read(parsed, zone, authority)
        if said is not None:
            return said
    return None


def _number(said: Movement | Scheduling | None) -> str:
    match said:
        case None:
            return ""
        case Booked() | Rescheduled() | Changed() | Cancelled() | NoShow():
            return f"{said.booking.filler}|{said.booking.placer}"
        case _:
            return said.stay.number


def _event(parsed: Message) -> str:
    kind, trigger = parsed.event
    return f"{kind}-{trigger}" if kind and trigger else "other"


def _counted(event: str) -> str:
    """Return an event as it is counted: what a sender makes up is no name of a series."""
    kind, _, trigger = event.partition("-")
    return event if (kind, trigger) in _KNOWN else "other"


def _refused(
    reason: Literal["no-message", "unreadable", "unknown-sender"], parsed: Message | None
) -> tuple[Verdict, Message | None]:
    _REFUSED.labels(reason).inc()
    return Verdict("AE" if reason == "unreadable" else "AR", reason), parsed
