"""Inbound texts: recorded first, then read, each line in its order.

The turn runs in savepoints of the transaction that recorded the text; if it fails the text stays,
unhandled, and is due again. This room refuses to answer "stored" before it is.
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog
from msgspec import Struct

from engage.appointments.words import VisitChanged
from engage.audit import By
from engage.clock import Clock, fresh_id
from engage.conversation.events import TextReceived
from engage.crash import crash_point
from engage.db.sealing import PracticeKeys
from engage.db.session import AWAY, UNDONE, Database, DatabaseAway, Work
from engage.db.session import TRIES as UNDONE_TRIES
from engage.db.vault import Vault
from engage.ids import (
    CaregiverId,
    MessageId,
    PatientId,
    PhoneId,
    PracticeId,
    StaffId,
    derived,
)
from engage.messaging.doors import Door
from engage.messaging.webhook_form import InboundText
from engage.people.consents import store as consents
from engage.turns import invited, ledger, store, talking
from engage.turns.alarm import told
from engage.turns.context import TextCame, Turn, TurnContext
from engage.turns.library import Library
from engage.turns.limits import with_limits
from engage.turns.outcome import parked
from engage.turns.sharing import with_shared
from engage.turns.store import TurnFailed
from engage.turns.talking import Decided

TRIES = 5
"""After so many failed turns a human has the text."""

RETRY_AFTER = timedelta(seconds=5)
BEHIND = timedelta(milliseconds=300)
"""How soon a text looks again whether those before it have been read."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Bell(Protocol):
    """Tells the workers that there is work; may be lost, never waits, never raises."""

    def ring(self, loop: str) -> None:
        """Wake a loop."""
        ...


class Received(Struct, frozen=True):
    """What became of a text at the door."""

    duplicate: bool
    handled: bool
    #: Somebody must be told, now or soon.
    paged: bool = False
    #: A visit was moved by it: who waits may be offered what it left.
    moved: bool = False


class Receiving(ABC):
    """The inbound half of the door."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        clock: Clock,
        library: Library,
        bell: Bell,
        public_url: str = "",
        codes_a_day: int = invited.CODES_A_DAY,
    ) -> None:
        """Take what a turn needs; nothing is read from the surroundings.

        Without `public_url` no text names a page.
        """
        self._database = database
        self._vault = vault
        self._clock = clock
        self._library = library
        self._bell = bell
        self._public_url = public_url
        self._inviting = invited.House(
            vault.master, library.catalogue, public_url, clock, codes_a_day
        )

    # Inbound texts

    async def text_in(
        self,
        door: Door,
        text: InboundText,
        *,
        turn: bool = True,
        at: datetime | None = None,
        message: MessageId | None = None,
    ) -> Received:
        """Record a text and take its turn, in one transaction; DatabaseAway if it is not stored.

        `turn` False records only: a worker takes the turn (fallback door, spool, reconciler). `at`
        is when it came in, if that was earlier. `message` keeps the order of texts that are
        recorded within a millisecond; it is made now, because a line is read in this order.
        """
        message = message or MessageId(fresh_id(self._clock))
        received: Received | None = None
        for _ in range(UNDONE_TRIES):
            try:
                received = await self._text_in(door, text, message, at, turn=turn)
                break
            except UNDONE:
                continue
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - the text must survive any fault of a turn
                log.warning("turn failed", message=str(message), code=type(error).__name__)
                break
        if received is None:
            # Undone again and again, or broken beyond its savepoint: keep the text, a worker takes
            # the turn.
            received = await self._text_in(door, text, message, at, turn=False)
        crash_point("text-in.stored")
        if received.paged:
            self._bell.ring("page")
        if received.moved:
            self._bell.ring("slot")
        if not received.duplicate:
            self._bell.ring("outbox" if received.handled else "inbox")
        crash_point("text-in.rung")
        return received

    async def _text_in(
        self,
        door: Door,
        text: InboundText,
        message: MessageId,
        came_at: datetime | None,
        *,
        turn: bool,
    ) -> Received:
        at, keys, practice = came_at or self._clock.now(), door.keys, door.practice_id
        phone = PhoneId(derived(at, message, "phone"))
        async with self._database.work() as work:
            recorded = await store.record(
                work,
                practice,
                door.number_id,
                text.account_sid,
                text.sid,
                message,
                phone,
                keys.phone_hash(text.sender),
                keys.seal_text("phone.number", phone, text.sender),
                keys.seal_text("message.body", message, text.body),
                text.num_media,
                text.opt_out_type,
                at,
                turn,
            )
            crash_point("text-in.recorded")
            if recorded.duplicate:
                return Received(duplicate=True, handled=True)
            if not turn or recorded.behind:
                return Received(duplicate=False, handled=False)
            try:
                before = store.parts_of(recorded.burst, keys)
                context = await with_limits(work, store.context_of(recorded))
                context = await with_shared(work, context, at)
                context = await talking.with_talks(work, context)
                ours = text.sender in door.ours
                if not ours and context.sender_unknown:
                    # Nobody's phone here: it may be another practice's number.
                    ours = await ledger.is_ours(work, text.sender)
                happened = Turn(
                    cause=message,
                    event=TextReceived(at, text.body),
                    text=TextCame(
                        message,
                        text.opt_out_type,
                        text.num_media,
                        before,
                        ours=ours,
                    ),
                )
                read = await self._read(work, keys, context, happened)
                decision = told(read.decision)
                crash_point("text-in.saved")
                return Received(
                    duplicate=False,
                    handled=True,
                    paged=bool(decision.pages),
                    moved=bool(read.changes),
                )
            except TurnFailed as failed:
                log.warning("turn failed", message=str(message), code=failed.state)
            except (*AWAY, *UNDONE):
                raise
            except Exception as error:  # noqa: BLE001 - the text must survive any fault of a turn
                log.warning("turn failed", message=str(message), code=type(error).__name__)
            await work.call("due_set", "inbox", message, practice, at + RETRY_AFTER)
            return Received(duplicate=False, handled=False)

    async def retry_text(self, practice: PracticeId, message: MessageId, tries: int) -> None:
        """Take the turn of a recorded text again; after `TRIES` a human has it.

        The try was counted in the claim's own transaction, so a text that kills the process is
        parked all the same.
        """
        keys = await self._vault.keys(practice)
        given_up = tries > TRIES
        moved = False

        async def act(work: Work) -> None:
            nonlocal moved
            text = await store.inbound(work, practice, message, None if given_up else keys)
            if text is None or text.handled:
                await work.call("due_done", "inbox", message)
                return
            now = self._clock.now()
            await store.lock_line(work, practice, text.line_id)
            if await work.call("text_behind", practice, text.line_id, message, now):
                await work.call("due_wait", "inbox", message, now + BEHIND)
                here = asyncio.get_running_loop()
                here.call_later(1.1 * BEHIND.total_seconds(), self._bell.ring, "inbox")
                return
            await store.count_try(work, practice, message, tries)
            before = () if given_up else await store.parts_before(work, practice, text, keys)
            closed_at, _ = await consents.line_facts(work, practice, text.line_id)
            opened = await consents.opened_since(work, practice, text.line_id, text.at)
            happened = Turn(
                cause=message,
                event=TextReceived(text.at, text.body),
                text=TextCame(
                    message,
                    _opt_out(text.opt_out_type),
                    text.media_count,
                    before,
                    ours=await ledger.from_ourselves(work, keys, text.line_id),
                    overtaken=closed_at is not None and closed_at > text.at,
                    reopened=closed_at is None and opened,
                ),
                done=(("inbox", message),),
            )
            if given_up:
                context = await store.open_for_a_human(work, practice, text.line_id, now)
                await store.save(work, parked(context, happened, self._library, message), keys)
            else:
                context = await store.open_turn(work, practice, text.line_id, None, now)
                read = await self._read(work, keys, context, happened)
                told(read.decision)
                moved = bool(read.changes)
            crash_point("retry.saved")

        await self._database.again(act, [practice], practice)
        crash_point("retry.done")
        self._bell.ring("outbox")
        if moved:
            self._bell.ring("slot")

    async def _read(
        self, work: Work, keys: PracticeKeys, context: TurnContext, happened: Turn
    ) -> Decided:
        """Decide what a text says and save it; a visit that it moved has its consequences."""
        context = await self.still_asked(work, keys, context, happened.at)
        happened = await invited.with_wish(work, self._inviting, keys, context, happened)
        read = await talking.decided(work, keys, context, happened, self._library)
        follows = read.changes or read.decision.invites or read.decision.unshared
        # Saved with all that follows, or not at all: half of it would count as a turn taken.
        async with work.savepoint() if follows else nullcontext():
            await store.save(work, read.decision, keys)
            for change in read.changes:
                await self.visit_changed(work, keys.practice, change)
            await invited.keep(work, self._inviting, keys, read.decision)
            for person in read.decision.unshared:
                await self.sharing_ended(work, keys.practice, person, By("patient", person))
        return read

    @abstractmethod
    async def visit_changed(
        self, work: Work, practice: PracticeId, change: VisitChanged, by: StaffId | None = None
    ) -> None:
        """Do what follows from a visit that was moved (visiting.py)."""
        ...

    @abstractmethod
    async def still_asked(
        self, work: Work, keys: PracticeKeys, context: TurnContext, at: datetime
    ) -> TurnContext:
        """Return a context without the questions that may not be answered now (planned.py)."""
        ...

    @abstractmethod
    async def sharing_ended(
        self,
        work: Work,
        practice: PracticeId,
        patient: PatientId,
        by: By,
        caregiver: CaregiverId | None = None,
    ) -> None:
        """Let one caregiver, or everybody, see and hear nothing more of a person (visiting.py)."""
        ...


def _opt_out(word: str | None) -> Literal["STOP", "START", "HELP"] | None:
    return word if word in ("STOP", "START", "HELP") else None
