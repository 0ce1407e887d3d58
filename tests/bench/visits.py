"""A hundred thousand visits: ten thousand reminders due, alone and among the others.

What a reminder costs before anybody is texted: it is claimed, its visit and what was said of it are
read, and its next moment is written; as the worker's login. The text itself is a turn like any
other and is measured elsewhere. This room refuses to leave out what the planning reads.
"""

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.appointments import reminding
from engage.appointments import store as visits
from engage.appointments.asked import store as asked
from engage.clock import SystemClock, monotonic_seconds
from engage.db.session import Database
from engage.ids import AppointmentId
from tests.bench.measure import percentile
from tests.bench.world import World, admin, id_sql

VISITS = 100_000
REMINDED = 10_000
PLANNED = 2_000
"""Of so many of those that are claimed the planning is timed."""
_AT_ONCE = 100


class VisitsSeen(Struct, frozen=True, kw_only=True):
    """Microseconds for each reminder: nothing else there, and among ninety thousand visits."""

    alone: float
    among: float


async def measure_visits(servers: embedded.Servers, world: World) -> VisitsSeen:
    """Plan what is due with as many visits as are due, then with ten times as many."""
    async with admin(servers, world.database) as rows:
        worker = await Database.open(
            servers.url("worker", world.database), setting="ENGAGE_WORKER_DATABASE_URL", size=1
        )
        try:
            await _visits(rows, world, 1, REMINDED)
            await _due(rows, world)
            # The first ones find a cold pool.
            await _planned(worker, world)
            await _due(rows, world)
            alone = await _planned(worker, world)
            await _visits(rows, world, REMINDED + 1, VISITS)
            await _due(rows, world)
            among = await _planned(worker, world)
        finally:
            await worker.close()
    return VisitsSeen(alone=alone, among=among)


async def _visits(rows: asyncpg.Connection, world: World, first: int, last: int) -> None:
    """Book visits, two days ahead and later, one after the other for everybody in turn."""
    await rows.execute(
        "INSERT INTO appointment (practice_id, id, patient_id, status, start_at, end_at, zone,"  # noqa: S608 - our names
        " said, created_at, changed_at, version)"
        f" SELECT '{world.practice}', {id_sql(world.prefix, 'due', 'n')},"
        f" {id_sql(world.prefix, 'patient', f'(1 + n % {world.count})')}, 'booked',"
        " now() + interval '48 hours' + n * interval '1 second',"
        " now() + interval '49 hours' + n * interval '1 second', 'America/Phoenix', '{}', now(),"
        f" now(), 1 FROM generate_series({first}::bigint, {last}::bigint) AS n"
    )
    await rows.execute("VACUUM ANALYZE appointment")


async def _due(rows: asyncpg.Connection, world: World) -> None:
    await rows.execute("TRUNCATE due")
    await rows.execute(
        "INSERT INTO due (kind, id, practice_id, due_at) SELECT 'reminder', id, practice_id,"
        " CASE WHEN start_at <= now() + interval '48 hours' + $2 * interval '1 second'"
        " THEN now() - interval '1 minute' ELSE start_at - interval '47 hours' END"
        " FROM appointment WHERE practice_id = $1",
        world.practice,
        REMINDED,
    )
    await rows.execute("VACUUM ANALYZE due")


async def _planned(worker: Database, world: World) -> float:
    """Return the median microseconds of one, over the batches that a loop takes."""
    done, practice, took = 0, world.practice, list[float]()
    while done < PLANNED:
        began, now = monotonic_seconds(), SystemClock().now()
        async with worker.work([practice], practice) as work:
            claimed = await work.table("due_claim", reminding.KIND, now, now, _AT_ONCE)
            ids = [AppointmentId(one["id"]) for one in claimed]
            if not ids:
                break
            for one in ids:
                visit = (await visits.several(work, practice, [one]))[one]
                await asked.notices_of_visit(work, practice, one)
                await reminding.expect(work, visit, now)
            done += len(ids)
        took.append((monotonic_seconds() - began) * 1_000_000 / len(ids))
    return percentile(sorted(took), 0.5)
