"""One life of a deployment, from start to death or to the end: for the matrix of crash points.

A life is API and worker in one process, built by wiring from settings, going through everything
that has an effect: texts that come in by all three doors, texts that leave, reports, timers,
doubts, the reconciler. Told to, it dies at a named point. The next life goes through the same
again, as a carrier that repeats itself and a worker that starts anew would.

`python -m tests.storm.life` stays in memory and forks one process for each life on standard input,
so that a life costs what it does and not what it imports.
"""

import asyncio
import contextlib
import gc
import os
import sys
import traceback
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from engage import crash, logs, wiring
from engage.api import drain, intake
from engage.api.parts import Parts
from engage.clock import fresh_id
from engage.ids import PatientId, PracticeId
from engage.jobs.leases import LEASE_SECONDS, Claimed, Leases
from engage.jobs.loops import Loop, all_loops
from engage.messaging import sending
from engage.messaging.carrier import Account, Text
from engage.messaging.outbox import STATUS_PATH
from engage.messaging.signature import HEADER
from engage.messaging.simulator import signed_report
from engage.messaging.spool.disk import RealDisk
from engage.messaging.spool.posted import Kind, Posted
from engage.needs.closing import Closing
from engage.needs.closings import store as closings
from engage.people.phone import PhoneNumber
from engage.queue.escalation import policy_for
from engage.settings import load
from engage.turns.library import Library
from tests.fakes.practice import raw

LIBRARY: Final = Library.shipped()
COUNTING: Final = "count"


class Request(Struct, frozen=True):
    """What the carrier posts, ready signed, and the text it is about."""

    kind: Kind
    url: str
    headers: dict[str, str]
    body: bytes
    sid: str


class Life(Struct, frozen=True, kw_only=True):
    """What a life needs to know."""

    environment: dict[str, str]
    admin_url: str
    practice: UUID
    clock_file: str
    notes_file: str
    #: `point#k`, COUNTING, or nothing.
    crash: str
    #: By the front door, by the fallback door, and while the database is away.
    front: list[Request]
    fallback: list[Request]
    away: list[Request]


class SharedClock:
    """A clock that several lives and the carrier read: the machine's, put forward in a file."""

    def __init__(self, file: Path) -> None:
        """Take the file; it holds seconds."""
        self._file = file

    def now(self) -> datetime:
        """Return the moment."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead())  # noqa: TID251 - this is a clock

    def advance(self, seconds: float) -> None:
        """Put it forward, for everybody."""
        other = self._file.with_suffix(".new")
        other.write_text(str(self._ahead() + seconds), "ascii")
        other.replace(self._file)

    def _ahead(self) -> float:
        return float(self._file.read_text("ascii"))


class _House(Struct, frozen=True):
    parts: Parts
    worker: wiring.House
    loops: Mapping[str, Loop]
    clock: SharedClock
    life: Life

    def note(self, *words: object) -> None:
        """Write down what the carrier was told; it survives us."""
        with Path(self.life.notes_file).open("a", encoding="ascii") as notes:
            notes.write(" ".join(map(str, words)) + "\n")

    async def look(self, *names: str) -> None:
        """Let loops do what is due."""
        for name in names:
            await self.loops[name].drain()

    async def take(self, requests: list[Request]) -> None:
        """Take what the carrier posts."""
        for one in requests:
            await intake.take(self.parts, self._posted(one))
            self.note("thanked", one.sid)

    def _posted(self, one: Request, token: str = "") -> Posted:
        spooling = self.parts.spooling
        assert spooling is not None
        return Posted(
            id=spooling.spool.next_id(),
            kind=one.kind,
            at=self.clock.now(),
            url=one.url.encode(),
            signatures=(one.headers[HEADER],),
            settings_header=False,
            content_types=(one.headers["Content-Type"],),
            body=one.body,
            token=token,
        )

    async def report(self, word: str, most: int) -> None:
        """Report on the texts that left first."""
        async with raw(self.life.admin_url) as rows:
            sent = await rows.fetch(
                "SELECT id, carrier_sid FROM message WHERE direction = 'out' "
                "AND carrier_sid IS NOT NULL ORDER BY id LIMIT $1",
                most,
            )
        practice = PracticeId(self.life.practice)
        (door, *_) = await self.parts.doors.by_practice(practice)
        for row in sent:
            token = self.parts.vault.master.callback_token(practice, row["id"])
            url = f"{self.parts.settings.public_url}{STATUS_PATH}?m={token}"
            headers, body = report_of(door.account, door.number, url, row["carrier_sid"], word)
            request = Request("status", url, headers, body, row["carrier_sid"])
            await intake.take(self.parts, self._posted(request, token))


def report_of(
    account: Account, number: str, url: str, sid: str, word: str
) -> tuple[dict[str, str], bytes]:
    """Return a signed report; to whom the text went matters to nobody."""
    text = Text(
        own_id="",
        from_number=number,
        to=PhoneNumber("+16025550001"),
        body="",
        callback_url=url,
        validity_seconds=60,
        messaging_service_sid=None,
    )
    return signed_report(account, text, sid, word)


async def _live(life: Life) -> None:
    crash.arm("" if life.crash == COUNTING else life.crash)
    counted = crash.count() if life.crash == COUNTING else None
    async with _house(life) as house:
        await _everything(house)
    if counted is not None:
        # Nothing else runs here any more.
        Path(life.notes_file).write_bytes(msgspec.json.encode(counted.passes))  # noqa: ASYNC240


@contextlib.asynccontextmanager
async def _house(life: Life) -> AsyncGenerator[_House, None]:
    settings, clock = load(life.environment), SharedClock(Path(life.clock_file))
    async with (
        wiring.house(settings, "app", clock=clock, library=LIBRARY, disk=RealDisk()) as api,
        wiring.house(settings, "worker", clock=clock, library=LIBRARY) as worker,
    ):
        parts = Parts(
            settings=settings,
            database=api.database,
            vault=api.vault,
            clock=clock,
            turns=api.turns,
            doors=api.doors,
            outbox=api.outbox,
            feed=api.feed,
            instruments=LIBRARY.instruments,
            catalogue=LIBRARY.catalogue,
            bell=api.bell,
            spooling=api.spooling,
        )
        loops = all_loops(
            turns=worker.turns,
            outbox=worker.outbox,
            reconciler=worker.reconciler,
            pager=worker.pager,
            hospital=worker.hospital,
            letters=worker.letters,
            notices=worker.notices,
            database=worker.database,
            clock=clock,
        )
        yield _House(parts, worker, loops, clock, life)
        for loop in loops.values():
            await loop.stop(1)


async def _everything(house: _House) -> None:
    # What a life before this one had in hand is free again.
    house.clock.advance(LEASE_SECONDS + 1)
    await house.look("outbox", "inbox")
    await house.report("sent", 2)
    await house.look("outcome")
    await house.take(house.life.front)
    await house.look("outbox", "outcome")
    await house.take(house.life.fallback)
    await house.look("inbox", "outbox", "outcome")
    await _an_account_is_stopped(house)
    await _somebody_is_told(house)
    await _a_plan_goes_on(house)
    await _something_was_arranged(house)
    await _the_database_is_away(house)
    await _a_row_is_held_and_rests(house)
    house.clock.advance(130)
    # A text whose answer was lost, and one that no webhook brought.
    await house.look("unknown", "outcome", "reconcile", "inbox", "outbox", "outcome")
    house.clock.advance(11 * 60)
    await house.look("reconcile")
    house.clock.advance(25 * 3600)
    await house.look("timer", "outbox", "outcome")
    house.clock.advance(3 * 24 * 3600)
    await house.look("reconcile")
    for _ in range(3):
        house.clock.advance(6 * 60)
        await _drain(house)
        await house.look(*house.loops)


async def _an_account_is_stopped(house: _House) -> None:
    practice = PracticeId(house.life.practice)
    async with house.worker.database.work([practice], practice) as work:
        await sending.stop(work, practice, house.clock.now())
    await house.look("account")
    async with house.worker.database.work([practice], practice) as work:
        await sending.lift(work, practice, house.clock.now())


async def _somebody_is_told(house: _House) -> None:
    """Page about the practice's own item, whatever the patients wrote."""
    practice, at = PracticeId(house.life.practice), house.clock.now()
    async with raw(house.life.admin_url) as rows:
        (item,) = await rows.fetch(
            "SELECT id FROM queue_item WHERE about_id = $1 AND closed_at IS NULL", practice
        )
    wanted = {
        "practice_id": practice,
        "at": at,
        "pages": [{"item_id": item["id"], "at": at, "policy": policy_for("crisis")}],
    }
    async with house.worker.database.work([practice], practice) as work:
        await work.call("turn_save", msgspec.json.encode(wanted).decode())
    await house.look("page", "notify")


async def _a_plan_goes_on(house: _House) -> None:
    """End the pause of a check-in plan that asks nothing for months."""
    at = house.clock.now()
    async with raw(house.life.admin_url) as rows:
        await rows.execute(
            "INSERT INTO check_in_plan (practice_id, id, patient_id, script, cadence, anchor,"
            " starts_on, catch_up, thresholds, status, paused_until, created_at)"
            " SELECT practice_id, id, id, 'chronic-care', 'FREQ=YEARLY;BYHOUR=10;BYMINUTE=0',"
            " 'enrolment', $2::timestamptz::date - 30, 'skip', '{}', 'paused', $2, $2"
            " FROM patient WHERE practice_id = $1 ORDER BY id LIMIT 1"
            " ON CONFLICT (practice_id, id) DO UPDATE SET status = 'paused', paused_until = $2",
            house.life.practice,
            at,
        )
        await rows.execute(
            "SELECT due_set('checkin', id, practice_id, $2) FROM check_in_plan"
            " WHERE practice_id = $1",
            house.life.practice,
            at,
        )
    await house.look("checkin")


async def _something_was_arranged(house: _House) -> None:
    """Let it be due to ask about what was arranged for a need that nobody knows: none is asked."""
    practice, at = PracticeId(house.life.practice), house.clock.now()
    async with raw(house.life.admin_url) as rows:
        patient = await rows.fetchval(
            "SELECT id FROM patient WHERE practice_id = $1 ORDER BY id LIMIT 1", practice
        )
    asks = Closing(
        practice_id=practice,
        id=fresh_id(house.clock),
        patient_id=PatientId(patient),
        domain="food-insecurity",
        source="referral",
        source_id=fresh_id(house.clock),
        ask_at=at,
        changed_at=at,
    )
    async with house.worker.database.work([practice], practice) as work:
        await closings.begin(work, asks)
    await house.look("closing")


async def _the_database_is_away(house: _House) -> None:
    spooling = house.parts.spooling
    assert spooling is not None
    spooling.presence.doubt()
    await house.take(house.life.away)
    watching = asyncio.create_task(spooling.presence.watch())
    try:
        async with asyncio.timeout(30):
            while not spooling.presence.here:  # noqa: ASYNC110 - the watch sets no event for others
                await asyncio.sleep(0.01)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await _drain(house)
    await house.look("inbox", "outbox", "outcome")


async def _drain(house: _House) -> None:
    spooling = house.parts.spooling
    assert spooling is not None
    await spooling.spool.look()
    await drain.drain(house.parts, spooling)


async def _a_row_is_held_and_rests(house: _House) -> None:
    practice = PracticeId(house.life.practice)
    leases = Leases("timer", house.worker.database, house.clock, LEASE_SECONDS)
    row = Claimed(practice, fresh_id(house.clock), 1)
    leases.took(row, leases.until())
    await leases.hold()
    await leases.stop()

    async def fail(_: Claimed) -> None:
        message = "as told"
        raise RuntimeError(message)

    async with house.worker.database.work() as work:
        await work.call("due_set", "timer", row.id, practice, house.clock.now())
    broken = Loop("timer", fail, database=house.worker.database, clock=house.clock)
    await broken.drain()
    await broken.stop(1)


def main() -> None:
    """Fork a process for each life on standard input; say how each ended."""
    answers = os.fdopen(os.dup(1), "w")
    # What is logged must not stand among the answers.
    os.dup2(2, 1)
    logs.configure("CRITICAL")
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                asyncio.run(_live(msgspec.json.decode(line, type=Life)))
                status = 0
            except BaseException:  # noqa: BLE001 - nobody else would ever see it
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        answers.flush()


if __name__ == "__main__":
    main()
