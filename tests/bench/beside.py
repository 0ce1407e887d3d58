"""What stands beside the hot path: texts out, the queue page, a tick with nothing due, memory."""

import asyncio
from datetime import timedelta

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.clock import SystemClock, monotonic_seconds
from engage.db.session import Database
from engage.jobs.loops import NAMES
from engage.people.access import Visible
from engage.queue.board.store import Wanted, page
from tests.bench.hot import WEBHOOK, Say
from tests.bench.houses import (
    PORT,
    Generator,
    environment,
    resident_mib,
    running,
    serving,
)
from tests.bench.load import Burst
from tests.bench.measure import Sample, Summary, percentile, sample, summary
from tests.bench.plans import PlansSeen, measure_plans
from tests.bench.visits import VisitsSeen, measure_visits
from tests.bench.world import NUMBER, World, admin, found, id_of, id_sql

OPEN_ITEMS = 100_000
PATIENTS = 20_000
WAITING = 100_000
PAGE = 25
READERS = 8
TEXTS = 300
TEXTS_PER_SECOND = 20
CLAIMS = 300
SUBJECTS = ("need:housing", "need:food-insecurity", "need:transportation", "silence", "question")
WORDS = "2 but my neighbor drives me to the food bank on the first Friday, thank you for asking"


class Beside(Struct, frozen=True, kw_only=True):
    """All of it; times are milliseconds, memory is MiB."""

    out_p50: float
    out_p99: float
    out_sent: int
    page_api: Summary
    page_bare: Summary
    tick_none: float
    tick_many: float
    plans: PlansSeen
    visits: VisitsSeen
    api: float
    worker: float


async def measure(servers: embedded.Servers, *, rounds: int, say: Say) -> Beside:
    """Measure one after the other, in a database of its own."""
    world = await found(servers, "beside", PATIENTS)
    settings = environment(servers, world)
    async with serving(settings) as api, Generator() as load:
        async with running(settings, "worker") as worker:
            await asyncio.sleep(2)
            out = await _texts_out(servers, world, load)
            say("texts out: done")
            worker_mib = resident_mib(worker.pid)
        api_page, bare_page = await _pages(servers, world, load, rounds)
        say("queue pages: done")
        api_mib = resident_mib(api.pid)
    none, many = await _ticks(servers, world)
    say("ticks: done")
    plans = await measure_plans(servers, world)
    say("check-in plans: done")
    seen = await measure_visits(servers, world)
    say("reminders: done")
    return Beside(
        out_p50=percentile(out, 0.5),
        out_p99=percentile(out, 0.99),
        out_sent=len(out),
        page_api=api_page,
        page_bare=bare_page,
        tick_none=none,
        tick_many=many,
        plans=plans,
        visits=seen,
        api=api_mib,
        worker=worker_mib,
    )


async def _texts_out(servers: embedded.Servers, world: World, load: Generator) -> list[float]:
    """Return how long each reply lay in the outbox before the carrier was called, sorted."""
    # The first ones find a cold API process and a cold worker.
    for first, most in ((1, 40), (41, TEXTS)):
        await load.burst(
            Burst(
                url=WEBHOOK,
                connections=1,
                seconds=most / TEXTS_PER_SECOND + 5,
                first=first,
                most=most,
                every_seconds=1 / TEXTS_PER_SECOND,
                account=world.account,
                number=NUMBER,
            )
        )
        await asyncio.sleep(1)
    async with admin(servers, world.database) as rows:
        found_rows = await rows.fetch(
            "SELECT extract(epoch FROM s.at - m.at) * 1000 AS ms FROM message m"
            " JOIN simulator_text s ON s.practice_id = m.practice_id AND s.sid = m.carrier_sid"
            " WHERE m.direction = 'out' ORDER BY m.at DESC LIMIT $1",
            TEXTS,
        )
    return sorted(float(row["ms"]) for row in found_rows)


async def _pages(
    servers: embedded.Servers, world: World, load: Generator, rounds: int
) -> tuple[Summary, Summary]:
    """Read the first page again and again, by the API and by the bare query, in turns."""
    async with admin(servers, world.database) as rows:
        await _fill_queue(rows, world)
    app = await Database.open(
        servers.url("app", world.database), setting="ENGAGE_DATABASE_URL", size=READERS
    )
    by_api: list[Sample] = []
    by_query: list[Sample] = []
    asked = Burst(
        url=f"http://127.0.0.1:{PORT}/v1/queue?limit={PAGE}",
        connections=READERS,
        seconds=2.0,
        token=world.token,
        wanted=200,
    )
    try:
        await load.burst(asked)
        for _ in range(rounds):
            came = await load.burst(asked)
            if came.others:
                message = f"the queue was not answered with 200: {came.others}"
                raise RuntimeError(message)
            by_api.append(sample(came.answered, came.seconds, came.milliseconds))
            by_query.append(await _bare_pages(app, world, 2.0))
    finally:
        await app.close()
    return summary(by_api), summary(by_query)


async def _bare_pages(app: Database, world: World, seconds: float) -> Sample:
    wanted = Wanted(view="all", reader=world.manager)
    visible, now = Visible((world.practice,)), SystemClock().now()
    keys = {world.practice: world.keys}
    took: list[float] = []
    began = monotonic_seconds()

    async def reads() -> None:
        while monotonic_seconds() - began < seconds:
            at = monotonic_seconds()
            async with app.work([world.practice]) as work:
                await page(work, visible, wanted, None, PAGE + 1, now, keys)
            took.append((monotonic_seconds() - at) * 1000)

    await asyncio.gather(*(reads() for _ in range(READERS)))
    return sample(len(took), monotonic_seconds() - began, sorted(took))


async def _fill_queue(rows: asyncpg.Connection, world: World) -> None:
    of = f"(1 + n % {PATIENTS})"
    subjects = "ARRAY[" + ", ".join(f"'{one}'" for one in SUBJECTS) + "]"
    await rows.execute("SET session_replication_role = replica")  # what it names, exists
    await rows.execute("DELETE FROM flag; DELETE FROM queue_item;")
    await rows.execute(
        "INSERT INTO queue_item (practice_id, id, about_id, patient_id, line_id, thread_id,"  # noqa: S608 - ours
        " subject, severity, status, owner_id, owner_why, due_at, opened_at)"
        f" SELECT '{world.practice}', {id_sql(world.prefix, 'item', 'n')},"
        f" {id_sql(world.prefix, 'patient', of)}, {id_sql(world.prefix, 'patient', of)},"
        f" {id_sql(world.prefix, 'line', of)}, {id_sql(world.prefix, 'thread', of)},"
        f" ({subjects})[1 + n / {PATIENTS}],"
        " (ARRAY['routine', 'routine', 'routine', 'urgent', 'possible'])[1 + n % 5],"
        f" 'ready', '{world.manager}', 'assigned care manager',"
        " now() + (n % 4000) * interval '1 minute', now()"
        f" FROM generate_series(0::bigint, {OPEN_ITEMS - 1}::bigint) AS n"
    )
    await _fill_words(rows, world)
    await rows.execute("SET session_replication_role = origin")
    await rows.execute("VACUUM ANALYZE")


async def _fill_words(rows: asyncpg.Connection, world: World) -> None:
    """Give every item the sealed text that it is about, and the reason that says so."""
    at, place = SystemClock().now(), world.prefix
    texts = (
        (
            *(world.practice, id_of(place, "reply", n), id_of(place, "line", 1 + n % PATIENTS)),
            *(id_of(place, "thread", 1 + n % PATIENTS), "in", "patient"),
            world.keys.seal_text("message.body", id_of(place, "reply", n), WORDS),
            *("hvs.worried", "reply", "received", at, at),
        )
        for n in range(OPEN_ITEMS)
    )
    columns = "practice_id id line_id thread_id direction author body_sealed prompt kind status"
    await rows.copy_records_to_table(
        "message", records=texts, columns=[*columns.split(), "at", "handled_at"]
    )
    await rows.execute(
        "INSERT INTO flag (practice_id, id, item_id, reason, severity, rule, source_id,"  # noqa: S608 - ours
        f" message_id, at) SELECT '{world.practice}', {id_sql(place, 'flag', 'n')},"
        f" {id_sql(place, 'item', 'n')}, 'food-insecurity', 'routine', 'hvs',"
        f" {id_sql(place, 'reply', 'n')}, {id_sql(place, 'reply', 'n')}, now()"
        f" FROM generate_series(0::bigint, {OPEN_ITEMS - 1}::bigint) AS n"
    )


async def _ticks(servers: embedded.Servers, world: World) -> tuple[float, float]:
    """Return what one look of all loops costs with nothing there, and with much, none of it due."""
    async with admin(servers, world.database) as rows:
        await rows.execute("DELETE FROM due")
        await rows.execute("VACUUM ANALYZE due")
        worker = await Database.open(
            servers.url("worker", world.database), setting="ENGAGE_WORKER_DATABASE_URL", size=1
        )
        try:
            none = await _tick(worker)
            await rows.execute(
                "INSERT INTO due (kind, id, practice_id, due_at) SELECT 'timer',"  # noqa: S608 - our names
                f" {id_sql(world.prefix, 'due', 'n')}, '{world.practice}',"
                " now() + interval '1 hour' + n * interval '1 second'"
                f" FROM generate_series(1::bigint, {WAITING}::bigint) AS n"
            )
            await rows.execute("VACUUM ANALYZE due")
            return none, await _tick(worker)
        finally:
            await worker.close()


async def _tick(worker: Database) -> float:
    """Return the median milliseconds of a tick: every loop claims, and finds nothing."""
    took: list[float] = []
    for _ in range(CLAIMS):
        began = monotonic_seconds()
        now = SystemClock().now()
        for loop in NAMES:
            async with worker.work() as work:
                claimed = await work.table("due_claim", loop, now, now + timedelta(seconds=30), 8)
                if claimed:
                    raise AssertionError(loop)
        took.append((monotonic_seconds() - began) * 1000)
    return percentile(sorted(took), 0.5)
