"""A hundred thousand patients on check-in plans: a tick with nothing due, and ten thousand due.

The claim is the product's own, as the worker's login; what a check-in then costs is a turn like
any other and is measured elsewhere. This room refuses to say that nothing was looked at: the
server's count of pages does.
"""

import re
from datetime import datetime, timedelta

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.clock import SystemClock, monotonic_seconds
from engage.db.session import Database
from tests.bench.measure import percentile
from tests.bench.world import World, admin, id_sql

PLANS = 100_000
DUE = 10_000
AT_ONCE = 100
TICKS = 300


class PlansSeen(Struct, frozen=True, kw_only=True):
    """What plans cost: milliseconds a look, pages it touches, microseconds a claimed one."""

    tick_none: float
    tick_plans: float
    pages_none: int
    pages_plans: int
    #: Ten thousand due with nothing else there, and among ninety thousand that are not due.
    claim_alone: float
    claim_among: float


async def measure_plans(servers: embedded.Servers, world: World) -> PlansSeen:
    """Put the plans in, look while nothing is due, then let ten thousand be due in one minute."""
    async with admin(servers, world.database) as rows:
        worker = await Database.open(
            servers.url("worker", world.database), setting="ENGAGE_WORKER_DATABASE_URL", size=1
        )
        try:
            await _empty(rows)
            tick_none, pages_none = await _tick(worker), await _pages(rows)
            await _due(rows, world, first=1, last=DUE, at="now() - interval '1 minute'")
            claim_alone = await _claims(worker)
            await _empty(rows)
            await _plans(rows, world)
            await _due(rows, world, first=1, last=PLANS, at="now() + interval '1 hour'")
            tick_plans, pages_plans = await _tick(worker), await _pages(rows)
            await rows.execute(
                "UPDATE due SET due_at = now() - interval '1 minute' WHERE id IN (SELECT"  # noqa: S608 - our names
                f" {id_sql(world.prefix, 'due', 'n * 10')}"
                f" FROM generate_series(1::bigint, {DUE}::bigint) AS n)"
            )
            await rows.execute("VACUUM ANALYZE due")
            claim_among = await _claims(worker)
        finally:
            await worker.close()
    return PlansSeen(
        tick_none=tick_none,
        tick_plans=tick_plans,
        pages_none=pages_none,
        pages_plans=pages_plans,
        claim_alone=claim_alone,
        claim_among=claim_among,
    )


async def _empty(rows: asyncpg.Connection) -> None:
    await rows.execute("TRUNCATE due")
    await rows.execute("VACUUM ANALYZE due")


async def _due(rows: asyncpg.Connection, world: World, *, first: int, last: int, at: str) -> None:
    await rows.execute(
        "INSERT INTO due (kind, id, practice_id, due_at) SELECT 'checkin',"  # noqa: S608 - our names
        f" {id_sql(world.prefix, 'due', 'n')}, '{world.practice}',"
        f" {at} + n * interval '6 milliseconds'"
        f" FROM generate_series({first}::bigint, {last}::bigint) AS n"
    )
    await rows.execute("VACUUM ANALYZE due")


async def _plans(rows: asyncpg.Connection, world: World) -> None:
    """Copy patient 1 and give every copy a plan, as the product writes it."""
    await rows.execute("SET session_replication_role = replica")  # the copies are consistent
    names = [
        one["attname"]
        for one in await rows.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'patient'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' AND attidentity = '' ORDER BY attnum"
        )
    ]
    other = {
        "id": id_sql(world.prefix, "patient", "n"),
        "external_id": "'B-' || n",
    }
    await rows.execute(
        f"INSERT INTO patient ({', '.join(names)})"  # noqa: S608 - our names
        f" SELECT {', '.join(other.get(name) or 'p.' + str(name) for name in names)}"
        f" FROM generate_series({world.count + 1}::bigint, {PLANS}::bigint) AS n, patient p"
        f" WHERE p.id = {id_sql(world.prefix, 'patient', '1')}"
    )
    await rows.execute(
        "INSERT INTO check_in_plan (practice_id, id, patient_id, script, cadence, anchor,"  # noqa: S608 - our names
        " starts_on, catch_up, thresholds, status, next_at, created_at)"
        f" SELECT '{world.practice}', {id_sql(world.prefix, 'due', 'n')},"
        f" {id_sql(world.prefix, 'patient', 'n')}, 'chronic-care', 'FREQ=WEEKLY', 'enrolment',"
        " current_date, 'skip', '{}', 'active', now() + interval '1 hour', now()"
        f" FROM generate_series(1::bigint, {PLANS}::bigint) AS n"
    )
    await rows.execute("SET session_replication_role = origin")
    await rows.execute("VACUUM ANALYZE check_in_plan")
    await rows.execute("VACUUM ANALYZE patient")


async def _tick(worker: Database) -> float:
    """Return the median milliseconds of a look for check-ins that finds nothing."""
    took: list[float] = []
    for _ in range(TICKS):
        began, now = monotonic_seconds(), SystemClock().now()
        if await _claim(worker, now):
            raise AssertionError
        took.append((monotonic_seconds() - began) * 1000)
    return percentile(sorted(took), 0.5)


async def _claims(worker: Database) -> float:
    """Claim all that is due, as the loop does; return the microseconds for each of them."""
    began, now, claimed = monotonic_seconds(), SystemClock().now(), 0
    while some := await _claim(worker, now):
        claimed += some
    if claimed != DUE:
        raise AssertionError(claimed)
    return (monotonic_seconds() - began) * 1_000_000 / claimed


async def _claim(worker: Database, now: datetime) -> int:
    async with worker.work() as work:
        until = now + timedelta(minutes=30)
        return len(await work.table("due_claim", "checkin", now, until, AT_ONCE))


async def _pages(rows: asyncpg.Connection) -> int:
    """Return how many pages the claim's own search touches while nothing is due."""
    whole = ""
    for _ in range(2):  # the first one reads the catalogue as well
        said = await rows.fetch(
            "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT d.id FROM due d WHERE d.kind = 'checkin'"
            " AND d.due_at <= now() ORDER BY d.due_at LIMIT 100"
        )
        whole = "\n".join(str(line[0]) for line in said)
    touched = re.search(r"Buffers: shared hit=(\d+)", whole)
    return int(touched[1]) if touched else 0
