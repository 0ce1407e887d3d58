"""Claim what is due, do it, row by row: the same on a ring, on a sweep and after a crash.

A loop takes no argument; the table says what there is. A claim is a committed transaction of its
own that leases the rows and counts the try, so a row that kills its worker is counted all the same
and comes back when the lease ends; who lives holds it longer (leases.py). What a row needs is done,
and said to be done, by the room it belongs to, in that room's transaction. This module refuses to
let one bad row hold up another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import structlog
from prometheus_client import Counter

from engage.clock import Clock
from engage.crash import crash_point
from engage.db.session import Database
from engage.ids import (
    AppointmentId,
    CheckInPlanId,
    CoverId,
    MessageId,
    PageId,
    PracticeId,
    QueueItemId,
    ReferralId,
    SlotId,
    TimerId,
)
from engage.jobs.leases import LEASE_SECONDS, Claimed, Leases
from engage.jobs.ports import Hospital, Letters, Notices, Outbox, Pager, Reconciler, Turns
from engage.queue.coverage import Rounds

NAMES = (
    *("inbox", "outbox", "unknown", "outcome", "timer", "account", "reconcile"),
    *("page", "notify", "hl7", "checkin", "rescreen", "referral", "letter", "closing"),
    *("visit-near", "reminder", "slot", "snooze", "cover", "news"),
)
"""The loops, by the kind of what is due."""

SLOTS = 8
LIMIT_SECONDS = 30.0
"""How long a row may take; then it rests and is tried again."""
SEND_LIMIT_SECONDS = 45.0
"""Longer than the longest send, 34 seconds."""
RECONCILE_LIMIT_SECONDS = 300.0
"""A round at the carrier after a long outage fetches a lot."""
FAILED_WAITS_SECONDS = (5, 30, 120, 600)
"""How long a row rests after its first, second, third and every later failure."""
BREATH_SECONDS = 0.005
MONTHS_AHEAD = 13
PARTITIONS_LOCK = 0x656E6761
"""The advisory lock under which one worker at a time makes partitions."""

_CLAIMED = Counter("engage_loop_claimed", "Rows claimed", ["loop"])
_HANDLED = Counter("engage_loop_handled", "Rows done", ["loop"])
_FAILED = Counter("engage_loop_failed", "Rows that failed and wait for another try", ["loop"])

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


Act: TypeAlias = Callable[[Claimed], Awaitable[None]]


class Loop:
    """One kind of work. It claims as many rows as it has free slots: none waits under lease."""

    def __init__(
        self,
        name: str,
        act: Act,
        *,
        database: Database,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        limit_seconds: float = LIMIT_SECONDS,
        slots: int = SLOTS,
    ) -> None:
        """Take the kind of work, what to do with a row, for how long, and how many at once."""
        self.name = name
        self._act = act
        self._database = database
        self._clock = clock
        self._leases = Leases(name, database, clock, lease_seconds)
        self._limit_seconds = limit_seconds
        self._slots = slots
        self._rung = asyncio.Event()
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at the table soon. A ring while it looks makes it look once more."""
        self._rung.set()

    async def run(self) -> None:
        """Look whenever woken, until stopped."""
        while not self._stopping:
            await self._rung.wait()
            self._rung.clear()
            await self._claim_all()

    async def drain(self) -> None:
        """Look once and wait until all that was due is done: for tests and `demo --once`."""
        await self._claim_all()
        while self._running:
            await asyncio.wait(self._running)

    async def stop(self, seconds: float) -> None:
        """Claim no more, and let what is in hand finish; what does not is cancelled."""
        self._stopping = True
        self._rung.set()
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        late = tuple(self._running)
        for one in late:
            one.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._leases.stop()
        if late:
            _log.warning("stopped in the middle of rows", loop=self.name, count=len(late))

    async def _claim_all(self) -> None:
        while not self._stopping:
            free = self._slots - len(self._running)
            if not free:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                # Slots that come free together are filled by one claim.
                await asyncio.sleep(BREATH_SECONDS)
                continue
            try:
                rows = await self._claim(free)
            except Exception as error:  # noqa: BLE001 - the next sweep looks again
                _log.warning("could not claim", loop=self.name, exc_info=error)
                return
            for row in rows:
                one = asyncio.create_task(self._take(row))
                self._running.add(one)
                one.add_done_callback(self._running.discard)
            # A claim that takes turns between lanes may leave rows that are due in one of them.
            if len(rows) < free and not (rows and self.name == "outbox"):
                return

    async def _claim(self, most: int) -> list[Claimed]:
        now, until = self._clock.now(), self._leases.until()
        async with self._database.work() as work:
            if self.name == "outbox":
                # What somebody died over first: its lane may be closed, and nothing is sent by it.
                rows = await work.table("outbox_lapsed", now, until, most)
                if len(rows) < most:
                    rows += await work.table("outbox_claim", now, until, most - len(rows))
            else:
                rows = await work.table("due_claim", self.name, now, until, most)
            crash_point("claim.leased")
        crash_point("claim.taken")
        _CLAIMED.labels(self.name).inc(len(rows))
        claimed = [Claimed(row["practice_id"], row["id"], row["tries"]) for row in rows]
        for row in claimed:
            self._leases.took(row, until)
        return claimed

    async def _take(self, row: Claimed) -> None:
        try:
            async with asyncio.timeout(self._limit_seconds):
                await self._act(row)
            crash_point("row.done")
        except Exception as error:  # noqa: BLE001 - one bad row never blocks others
            _FAILED.labels(self.name).inc()
            _log.warning(
                "row failed",
                loop=self.name,
                due=row.id,
                practice=row.practice_id,
                tries=row.tries,
                exc_info=error,
            )
            await self._rest(row)
            crash_point("row.rested")
        else:
            _HANDLED.labels(self.name).inc()
        finally:
            self._leases.let_go(row)

    async def _rest(self, row: Claimed) -> None:
        wait = FAILED_WAITS_SECONDS[min(row.tries, len(FAILED_WAITS_SECONDS)) - 1]
        later = self._clock.now() + timedelta(seconds=wait)
        try:
            await self._leases.put_off(row, later)
        except Exception as error:  # noqa: BLE001 - then the lease brings it back
            _log.warning("row keeps its lease", loop=self.name, due=row.id, exc_info=error)


def all_loops(  # noqa: PLR0913 - a port for each room that has work due
    *,
    turns: Turns,
    outbox: Outbox,
    reconciler: Reconciler,
    pager: Pager,
    hospital: Hospital,
    letters: Letters,
    notices: Notices,
    database: Database,
    clock: Clock,
    lease_seconds: float = LEASE_SECONDS,
    slots: int = SLOTS,
) -> dict[str, Loop]:
    """Return every loop by its name."""

    async def inbox(row: Claimed) -> None:
        await turns.retry_text(row.practice_id, MessageId(row.id), row.tries)

    async def send(row: Claimed) -> None:
        await outbox.send(row.practice_id, MessageId(row.id), row.tries)

    async def look(row: Claimed) -> None:
        await outbox.resolve(row.practice_id, MessageId(row.id), row.tries)

    async def tell(row: Claimed) -> None:
        await turns.outcome_came(row.practice_id, MessageId(row.id))

    async def fire(row: Claimed) -> None:
        await turns.timer_fired(row.practice_id, TimerId(row.id))

    async def say(row: Claimed) -> None:
        await turns.account_told(PracticeId(row.id))  # the row is the practice itself

    async def compare(row: Claimed) -> None:
        await reconciler.reconcile(PracticeId(row.id))

    async def climb(row: Claimed) -> None:
        await pager.hop(row.practice_id, QueueItemId(row.id))

    async def page(row: Claimed) -> None:
        await pager.notify(row.practice_id, PageId(row.id))

    async def ask(row: Claimed) -> None:
        await turns.check_in_due(row.practice_id, CheckInPlanId(row.id))

    async def apply(row: Claimed) -> None:
        await hospital.retry(row.practice_id, row.id, row.tries)

    async def hear(row: Claimed) -> None:
        await notices.tell(row.practice_id, row.id, row.tries)

    by_name = (
        *(inbox, send, look, tell, fire, say, compare, climb, page, apply, ask),
        *_chasing(turns, letters),
        *_rounds(Rounds(database=database, clock=clock)),
        hear,
    )
    acts: dict[str, Act] = dict(zip(NAMES, by_name, strict=True))
    # A look at the carrier's list takes as long as a send.
    limits = {
        "outbox": SEND_LIMIT_SECONDS,
        "unknown": SEND_LIMIT_SECONDS,
        # A page by SMS is a send.
        "notify": SEND_LIMIT_SECONDS,
        "reconcile": RECONCILE_LIMIT_SECONDS,
    }
    return {
        name: Loop(
            name,
            act,
            database=database,
            clock=clock,
            lease_seconds=lease_seconds,
            limit_seconds=limits.get(name, LIMIT_SECONDS),
            slots=slots,
        )
        for name, act in acts.items()
    }


def _chasing(turns: Turns, letters: Letters) -> tuple[Act, ...]:
    """Return what time brings round: referrals, letters, closings, visits, slots."""

    async def ask_again(row: Claimed) -> None:
        await turns.rescreen_due(row.practice_id, row.id)

    async def chase(row: Claimed) -> None:
        await turns.referral_due(row.practice_id, ReferralId(row.id))

    async def post(row: Claimed) -> None:
        await letters.send(row.practice_id, row.id)

    async def close(row: Claimed) -> None:
        await turns.closing_due(row.practice_id, row.id)

    async def near(row: Claimed) -> None:
        await turns.visit_near(row.practice_id, AppointmentId(row.id))

    async def remind(row: Claimed) -> None:
        await turns.reminder_due(row.practice_id, AppointmentId(row.id))

    async def offer(row: Claimed) -> None:
        await turns.slot_due(row.practice_id, SlotId(row.id))

    return ask_again, chase, post, close, near, remind, offer


def _rounds(rounds: Rounds) -> tuple[Act, ...]:
    """Return what the clock does with work: snooze, cover."""

    async def wake(row: Claimed) -> None:
        await rounds.wake(row.practice_id, QueueItemId(row.id))

    async def leave(row: Claimed) -> None:
        await rounds.leave(row.practice_id, CoverId(row.id))

    return wake, leave


async def ensure_partitions(database: Database, clock: Clock) -> int:
    """Make the months ahead that are missing; return how many tables that took."""
    async with database.work() as work:
        # Rather try again later than make every text wait behind a lock that waits.
        await work.call("set_config", "lock_timeout", "2s", True)  # noqa: FBT003 - SQL's own
        if not await work.call("pg_try_advisory_xact_lock", PARTITIONS_LOCK):
            return 0
        made: int = await work.call("ensure_partitions", clock.now(), MONTHS_AHEAD)
        return made
