"""What the hot path costs by different ways of talking to one PostgreSQL. Prints a table.

Three ways of the same work (record an inbound text, lock its line, read the conversation, save it,
queue the next text): (a) six statements by SQLAlchemy Core through its own async engine; (b) the
same six, compiled once, by engage.db.session on asyncpg; (c) the same six inside two SQL functions.
And, for scale, (d) what the product does with a text in two functions of its own: everything
loaded, sealed, decided, scored, flagged, routed and told.

They are measured in turns, round after round, on one server in one run, so that a slow moment of
the machine hurts all of them. Run it with `python -m tests.bench.hot_path`; it is not a test.
"""

import asyncio
import shutil
import statistics
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Executable, Uuid, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import create_async_engine

from engage import embedded
from engage.clock import SystemClock, fresh_id, monotonic_seconds
from engage.db import tables as t
from engage.db.migrate import migrate
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Query
from engage.db.vault import Vault
from engage.turns.take import Turns
from tests.conftest import LOGINS, SECRET
from tests.fakes import practice as fakes

ROUNDS = 5
SECONDS = 2.0
CONCURRENCY = (1, 8)
LINES = 64

BODY = b"\x01" + bytes(60)

_here, _line, _at = bindparam("practice"), bindparam("line"), bindparam("at")
_new, _sid = bindparam("message"), bindparam("sid")
STATEMENTS: dict[str, Executable] = {
    "receipt": insert_or(t.receipt)
    .values(practice_id=_here, account_sid="AC", sid=_sid, message_id=_new, at=_at)
    .on_conflict_do_nothing(),
    "record": insert(t.message).values(
        practice_id=_here,
        id=_new,
        line_id=_line,
        direction="in",
        author="unknown",
        body_sealed=BODY,
        kind="reply",
        status="received",
        media_count=0,
        at=_at,
        tries=0,
    ),
    "lock": select(t.line.c.opted_out_at)
    .where(t.line.c.practice_id == _here, t.line.c.id == _line)
    .with_for_update(key_share=True),
    "load": select(t.conversation.c.id, t.conversation.c.state)
    .join(
        t.thread,
        (t.thread.c.practice_id == t.conversation.c.practice_id)
        & (t.thread.c.id == t.conversation.c.thread_id),
    )
    .where(t.thread.c.practice_id == _here, t.thread.c.line_id == _line),
    "save": update(t.conversation)
    .where(t.conversation.c.practice_id == _here, t.conversation.c.id == bindparam("conversation"))
    .values(updated_at=_at),
    "queue": insert(t.message).values(
        practice_id=_here,
        id=bindparam("reply"),
        line_id=_line,
        direction="out",
        author="system",
        body_sealed=BODY,
        kind="screening",
        status="queued",
        media_count=0,
        at=_at,
        tries=0,
    ),
}
_practice = bindparam("practice", type_=Uuid())
ENTER = select(func.enter(array([_practice]), _practice))


FUNCTIONS = """
CREATE FUNCTION bench_open(
    p uuid, l uuid, m uuid, s text, b bytea, at timestamptz
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE loaded uuid; state jsonb;
BEGIN
    PERFORM enter(ARRAY[p], p);
    INSERT INTO receipt VALUES (p, 'AC', s, m, at) ON CONFLICT DO NOTHING;
    INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind, status, at)
    VALUES (p, m, l, 'in', 'unknown', b, 'reply', 'received', at);
    PERFORM FROM line WHERE practice_id = p AND id = l FOR NO KEY UPDATE;
    SELECT c.id, c.state INTO loaded, state FROM conversation c
    JOIN thread t ON t.practice_id = c.practice_id AND t.id = c.thread_id
    WHERE t.practice_id = p AND t.line_id = l;
    RETURN loaded;
END $$;
CREATE FUNCTION bench_save(
    p uuid, l uuid, c uuid, m uuid, b bytea, at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversation SET updated_at = at WHERE practice_id = p AND id = c;
    INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind, status, at)
    VALUES (p, m, l, 'out', 'system', b, 'screening', 'queued', at);
END $$;
GRANT EXECUTE ON FUNCTION bench_open, bench_save TO engage_app;
"""


class Way(NamedTuple):
    """A way of taking one text: its name, and the function that takes text number n of a line."""

    name: str
    take: Callable[[int, int], Awaitable[None]]


class Yard(NamedTuple):
    """A practice with many lines, each in the middle of a screening."""

    place: fakes.Place
    phones: list[str]
    lines: list[UUID]
    clock: SystemClock


async def lay_out(app: Database, vault: Vault, turns: Turns, admin_url: str) -> Yard:
    """Found a practice, and ask the first question on every line."""
    clock = SystemClock()
    place = await fakes.open_practice(app, vault, clock)
    phones = [f"+1602444{n:04}" for n in range(LINES)]
    for n, phone in enumerate(phones):
        patient = await fakes.add_patient(app, place, clock, phone, f"Ana{n}")
        await fakes.screen(turns, app, place, clock, patient)
    async with fakes.raw(admin_url) as admin:
        rows = await admin.fetch("SELECT id FROM line ORDER BY created_at, id")
        await admin.execute("ANALYZE")
    return Yard(place, phones, [row[0] for row in rows], clock)


def by_core_engine(yard: Yard, url: str) -> tuple[Way, Any]:
    """Take a text with Core statements that SQLAlchemy's own engine runs."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=max(CONCURRENCY)
    )

    async def take(line: int, n: int) -> None:
        values = _values(yard, line, n)
        async with engine.begin() as connection:
            await connection.execute(ENTER, {"practice": values["practice"]})
            for name, statement in STATEMENTS.items():
                done = await connection.execute(statement, _of(name, values))
                if name == "load":
                    values["conversation"] = done.first()[0]  # type: ignore[index] # there is one

    return Way("(a) Core through its own engine", take), engine


def by_work(yard: Yard, app: Database) -> Way:
    """Take a text with the same statements, compiled once and run on asyncpg."""
    queries = {name: Query(statement) for name, statement in STATEMENTS.items()}

    async def take(line: int, n: int) -> None:
        values = _values(yard, line, n)
        async with app.work([yard.place.id], yard.place.id) as work:
            for name, query in queries.items():
                rows = await work.rows(query, **_of(name, values))
                if name == "load":
                    values["conversation"] = rows[0]["id"]

    return Way("(b) the same statements through Work", take)


def by_functions(yard: Yard, app: Database) -> Way:
    """Take a text with the same statements inside two functions."""

    async def take(line: int, n: int) -> None:
        v = _values(yard, line, n)
        practice, at, my_line = v["practice"], v["at"], v["line"]
        async with app.work() as work:
            found = await work.call(
                "bench_open", practice, my_line, v["message"], v["sid"], BODY, at
            )
            await work.call("bench_save", practice, my_line, found, v["reply"], BODY, at)

    return Way("(c) the same statements in two functions", take)


def by_product(yard: Yard, turns: Turns) -> Way:
    """Take a text as the product does, sealing and deciding included."""

    async def take(line: int, n: int) -> None:
        # In turns an answer, an unclear word and a question back: what people write.
        body = ("often", "sometimes, it depends", "who is this?")[n % 3]
        text = fakes.text_from(yard.place, yard.phones[line], body, fresh_id(yard.clock).int)
        received = await turns.text_in(yard.place.door, text)
        assert received.handled

    return Way("(d) the product: all of a turn in two functions", take)


async def measure(way: Way, tasks: int, offset: int) -> float:
    """Return how many texts a second are taken by so many tasks, each on lines of its own."""
    until = monotonic_seconds() + SECONDS
    taken = 0

    async def keep_taking(task: int) -> None:
        nonlocal taken
        n = offset
        while monotonic_seconds() < until:
            await way.take((task + tasks * (n % (LINES // tasks))) % LINES, n)
            n += 1
            taken += 1

    begun = monotonic_seconds()
    await asyncio.gather(*[keep_taking(task) for task in range(tasks)])
    return taken / (monotonic_seconds() - begun)


async def compare(servers: embedded.Servers) -> list[str]:
    """Measure every way in turns, and return the table's lines."""
    await migrate(servers.url("owner"), LOGINS)
    app = await Database.open(servers.url("app"), setting="bench", size=max(CONCURRENCY))
    vault = Vault(MasterKeys([SECRET]), app)
    turns = Turns(
        database=app,
        vault=vault,
        clock=SystemClock(),
        library=fakes.LIBRARY,
        bell=fakes.SilentBell(),
    )
    async with fakes.raw(servers.url("owner")) as owner:
        await owner.execute(FUNCTIONS)
    yard = await lay_out(app, vault, turns, servers.url("admin"))
    core, engine = by_core_engine(yard, servers.url("app"))
    ways = [core, by_work(yard, app), by_functions(yard, app), by_product(yard, turns)]
    figures: dict[tuple[str, int], list[float]] = {}
    for round_ in range(ROUNDS):
        for tasks in CONCURRENCY:
            for way in ways:
                rate = await measure(way, tasks, round_ * 100_000)
                figures.setdefault((way.name, tasks), []).append(rate)
    await engine.dispose()
    await app.close()
    heads = " | ".join(f"texts/s, {n} at once | ratio" for n in CONCURRENCY)
    lines = [f"| Way | {heads} |", "|---" * (1 + 2 * len(CONCURRENCY)) + "|"]
    for way in ways:
        cells: list[str] = []
        for tasks in CONCURRENCY:
            rate = statistics.median(figures[way.name, tasks])
            base = statistics.median(figures[core.name, tasks])
            cells += [f"{rate:,.0f}", f"{rate / base:.2f}"]
        lines.append(f"| {way.name} | {' | '.join(cells)} |")
    return lines


def _values(yard: Yard, line: int, n: int) -> dict[str, Any]:
    message = fresh_id(yard.clock)
    return {
        "practice": yard.place.id,
        "line": yard.lines[line],
        "at": yard.clock.now() + timedelta(microseconds=n % 1000),
        "message": message,
        "reply": fresh_id(yard.clock),
        "sid": message.hex,
    }


_NEEDS = {
    "receipt": ("practice", "sid", "message", "at"),
    "record": ("practice", "message", "line", "at"),
    "lock": ("practice", "line"),
    "load": ("practice", "line"),
    "save": ("practice", "conversation", "at"),
    "queue": ("practice", "reply", "line", "at"),
}


def _of(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {needed: values[needed] for needed in _NEEDS[name]}


def main() -> None:
    """Start a throw-away server, measure, print, and leave nothing."""
    home = embedded.throwaway_data_dir()
    servers = embedded.start(home, throwaway=True, redis=False)
    try:
        print("\n".join(asyncio.run(compare(servers))))  # noqa: T201 - its output
    finally:
        servers.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
