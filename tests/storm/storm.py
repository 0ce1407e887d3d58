"""The storm: texts flow while what can be killed is killed; then the ledgers are compared.

`python -m tests.storm --texts 2000 --kills 40` is what CI runs, `make storm` the larger one. It
prints what it did and what it found, with the bound that the number of kills supports: no violation
in n kills means, with 95 % confidence, at most 3/n of kills lead to one (the rule of three).
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from engage.clock import monotonic_seconds
from engage.db.sealing import MasterKeys
from engage.jobs.leases import LEASE_SECONDS
from tests.fakes.practice import raw
from tests.storm.comparison import CRISIS, compare
from tests.storm.deployment import Deployment, deployment, dice
from tests.storm.fakecarrier import CALM
from tests.storm.signed import SECRET

RESCUE_SECONDS: Final = 30.0
WEBHOOK_SECONDS: Final = 2.0
DRAIN_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 150.0
IN_FLIGHT_SECONDS: Final = 31.0
"""So old a text must be before the reconciler fetches it."""
SAID: Final = (
    *("1", "2", "3", "1", "2", "hello there", "gracias", "what is this", "HELP", "2 thanks"),
    *("1", "2", "3", "1", "2", "my back hurts", "ok", "si", "no", "who is this"),
)


@dataclass
class Asked:
    """How hard it storms."""

    texts: int = 2000
    kills: int = 40
    #: At least so long between two kills.
    every_seconds: float = 3.0
    lines: int = 100
    away_seconds: float = 15.0
    away_per_second: float = 20.0
    seed: int = 1
    #: Later than this is a violation: the promises, unless the machine is somebody else's too.
    rescue_seconds: float = RESCUE_SECONDS
    drain_seconds: float = DRAIN_SECONDS


@dataclass
class Report:
    """What was done and seen."""

    kills: Counter[str] = field(default_factory=Counter)
    thanked: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    rescue_seconds: float = 0.0
    rescues: int = 0
    unowned_seen: int = 0
    samples: int = 0
    away_p99: float = 0.0
    away_texts: int = 0
    drained_seconds: float = 0.0
    texts_seconds: float = 0.0
    settle_seconds: float = 0.0
    #: What became of offers of free times.
    offers: Counter[str] = field(default_factory=Counter)


async def storm(asked: Asked) -> tuple[Report, str]:
    """Run one, and return what came of it and the table to print."""
    report = Report()
    async with deployment(seed=asked.seed, lines=asked.lines) as here:
        async with _watched(here, report):
            began = monotonic_seconds()
            flowing = asyncio.create_task(_flow(here, asked, report))
            await _kill_again_and_again(here, asked, report, flowing)
            await flowing
            report.texts_seconds = monotonic_seconds() - began
            await here.servers_again()
            await here.ready()
            await _away(here, asked, report)
            began = monotonic_seconds()
            here.carrier.weather = CALM
            await _settle(here, report)
            report.settle_seconds = monotonic_seconds() - began
        async with raw(here.servers.url("admin")) as rows:
            report.wrong += await compare(
                rows, here.carrier, MasterKeys([SECRET]), thanked=report.thanked
            )
            offers = await rows.fetch(
                "SELECT status, count(*) AS n FROM slot_offer GROUP BY status"
            )
            report.offers.update({row["status"]: row["n"] for row in offers})
        if report.rescue_seconds > asked.rescue_seconds:
            report.wrong.append(f"a rescue took {report.rescue_seconds:.0f} s")
        if report.unowned_seen:
            report.wrong.append("a flag was seen without an owner")
        return report, _table(here, asked, report)


# Texts


async def _flow(here: Deployment, asked: Asked, report: Report) -> None:
    """Let every phone write, each text after the one before was brought."""
    each, more = divmod(asked.texts, len(here.phones))
    pace = asked.kills * asked.every_seconds / max(each, 1)

    async def phone(place: int, number: str) -> None:
        throw = dice(asked.seed * 1000 + place)
        await asyncio.sleep(pace * throw.random())
        for _ in range(each + (place < more)):
            began = monotonic_seconds()
            words = CRISIS if throw.random() < 0.02 else throw.choice(SAID)
            row = here.carrier.write(number, words)
            if await here.carrier.bring(row) == "thanked":
                report.thanked.add(row.sid)
            rest = pace * (0.5 + throw.random()) - (monotonic_seconds() - began)
            await asyncio.sleep(max(rest, 0))

    await asyncio.gather(*(phone(n, number) for n, number in enumerate(here.phones)))


# What is done to it

Act = Callable[[Deployment], Awaitable[None]]


async def _kill_again_and_again(
    here: Deployment, asked: Asked, report: Report, flowing: "asyncio.Task[None]"
) -> None:
    throw = dice(asked.seed)
    acts, weights = zip(*_ACTS.items(), strict=True)
    while report.kills.total() < asked.kills:
        began = monotonic_seconds()
        name = throw.choices(acts, [weight for weight, _ in weights])[0]
        if name.startswith("kill -9"):
            role = name.rpartition(" ")[2]
            up = [one for one in here.children if one.role == role and await here.is_up(one)]
            # One is killed while the other serves: that both are down at once is an outage.
            if len(up) < 2 or not here.kill(throw.choice(up)):
                await asyncio.sleep(0.1)
                continue
        else:
            await _ACTS[name][1](here)
        report.kills[name] += 1
        took = monotonic_seconds() - began
        await asyncio.sleep(max(asked.every_seconds * (1 + 0.1 * throw.random()) - took, 0))
    if flowing.done():
        flowing.result()


async def _by_supervisor(_: Deployment) -> None:
    """Do nothing: processes are killed by pid."""


async def _restart_postgres(here: Deployment) -> None:
    if pid := here.postmaster():
        os.kill(pid, signal.SIGQUIT)
    await asyncio.sleep(1)
    await here.servers_again()


async def _kill_postgres(here: Deployment) -> None:
    if pid := here.postmaster():
        os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(1)
    await here.servers_again()


async def _flush(here: Deployment) -> None:
    await here.flush_redis()


async def _kill_redis(here: Deployment) -> None:
    here.kill_redis()
    await asyncio.sleep(1)
    await here.servers_again()


async def _cut(here: Deployment) -> None:
    here.proxy.cut_all()


async def _lose_a_reply(here: Deployment) -> None:
    """Lose the reply to each of three COMMITs, one soon after the other."""
    for _ in range(3):
        here.proxy.lose_reply_to(1)
        await asyncio.sleep(0.3)


async def _terminate_backends(here: Deployment) -> None:
    connection = await asyncpg.connect(here.servers.url("admin"))
    try:
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename IN ('engage_app', 'engage_worker')"
        )
    finally:
        await connection.close()


_ACTS: Final[dict[str, tuple[int, Act]]] = {
    "kill -9: api": (22, _by_supervisor),
    "kill -9: worker": (34, _by_supervisor),
    "postgres stopped at once, started": (6, _restart_postgres),
    "postgres killed, started": (4, _kill_postgres),
    "all connections cut": (8, _cut),
    "backends terminated": (6, _terminate_backends),
    "replies to COMMIT lost": (12, _lose_a_reply),
    "FLUSHALL": (6, _flush),
    "valkey killed, started": (2, _kill_redis),
}


async def _away(here: Deployment, asked: Asked, report: Report) -> None:
    """Take the database away while texts come at a pace, and see how long nobody noticed."""
    if not asked.away_seconds:
        return
    here.carrier.weather = CALM
    here.carrier.took.clear()
    if pid := here.postmaster():
        os.kill(pid, signal.SIGQUIT)
    end = monotonic_seconds() + asked.away_seconds
    brought: list[asyncio.Task[None]] = []

    async def one(number: str) -> None:
        row = here.carrier.write(number, "1")
        if await here.carrier.bring(row) == "thanked":
            report.thanked.add(row.sid)

    while monotonic_seconds() < end:
        number = here.phones[len(brought) % len(here.phones)]
        brought.append(asyncio.create_task(one(number)))
        await asyncio.sleep(1 / asked.away_per_second)
    await asyncio.gather(*brought)
    took = sorted(seconds for seconds, _ in here.carrier.took)
    others = Counter(status for _, status in here.carrier.took if status != 204)
    report.away_texts, report.away_p99 = len(took), took[int(0.99 * (len(took) - 1))]
    if others:
        report.wrong.append(f"while the database was away webhooks were answered {dict(others)}")
    began = monotonic_seconds()
    await here.servers_again()
    left = await _not_stored(here, report.thanked, SETTLE_SECONDS)
    report.drained_seconds = monotonic_seconds() - began
    if left:
        after = f"{report.drained_seconds:.0f} s, {left} texts left"
        report.wrong.append(f"the spool was not drained after {after}")
    elif report.drained_seconds > asked.drain_seconds:
        report.wrong.append(f"the spool took {report.drained_seconds:.0f} s to drain")


# What is seen meanwhile

_OVERDUE: Final = """
SELECT coalesce(max(extract(epoch FROM now() - d.due_at)), 0)::float8 FROM due d
JOIN message m ON m.id = d.id AND m.practice_id = d.practice_id
WHERE d.kind = 'outbox' AND m.status = 'sending' AND d.due_at <= now()
"""
_WORKERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'engage_worker' AND state_change > now() - interval '6 seconds'
"""
_UNOWNED: Final = """
SELECT count(*) FROM flag f LEFT JOIN queue_item q
ON q.practice_id = f.practice_id AND q.id = f.item_id WHERE q.owner_id IS NULL
"""
_OWN: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver itself complains of when a connection is gone in the middle."""
_ALL_STORED: Final = "SELECT carrier_sid FROM message WHERE direction = 'in'"


@asynccontextmanager
async def _watched(here: Deployment, report: Report) -> AsyncGenerator[None, None]:
    """Look meanwhile; a watch that ended before its time has seen nothing since."""
    watching = asyncio.create_task(_watch(here, report))
    try:
        yield
    finally:
        watching.cancel()
        (ended,) = await asyncio.gather(watching, return_exceptions=True)
        if isinstance(ended, Exception):
            report.wrong.append(f"nobody watched any more: {type(ended).__name__}")


async def _watch(here: Deployment, report: Report) -> None:
    """Look twice a second: who is rescued how late, and whether a flag ever stands alone."""
    alive_since = monotonic_seconds()
    while True:
        try:
            connection = await asyncpg.connect(here.servers.url("admin"), timeout=5)
            try:
                while True:
                    # While no worker lives, or no database, nobody can be rescued.
                    if not await connection.fetchval(_WORKERS):
                        alive_since = monotonic_seconds()
                    overdue = min(
                        await connection.fetchval(_OVERDUE), monotonic_seconds() - alive_since
                    )
                    if overdue:
                        report.rescues += 1
                        report.rescue_seconds = max(report.rescue_seconds, LEASE_SECONDS + overdue)
                    report.unowned_seen += await connection.fetchval(_UNOWNED)
                    report.samples += 1
                    await asyncio.sleep(0.5)
            finally:
                # A goodbye would have to wait for the question that a cancellation left open.
                connection.terminate()
        except (OSError, asyncpg.PostgresError, *_OWN, TimeoutError):
            alive_since = monotonic_seconds()
            await asyncio.sleep(0.5)


# The end


async def _settle(here: Deployment, report: Report) -> None:
    """Wait until all is done. Waits of minutes are cut short: the clock is not what is tested."""
    await here.carrier.quiet(SETTLE_SECONDS)
    # What was thanked for is here; the rest the reconciler fetches once it is old enough.
    missed = (row for row in here.carrier.came if row.brought != "thanked")
    youngest = min((here.carrier.since(row) for row in missed), default=None)
    if youngest is not None:
        await asyncio.sleep(max(IN_FLIGHT_SECONDS - youngest.total_seconds(), 0))
    end = monotonic_seconds() + SETTLE_SECONDS
    left: list[str] = []
    while monotonic_seconds() < end:
        async with raw(here.servers.url("admin")) as rows:
            await rows.execute(
                # Also of a text that the carrier put off after many a worker had died with it in
                # its hands (up to five minutes), but of none that somebody is sending now.
                "UPDATE due SET due_at = now() WHERE due_at > now() AND (kind IN ('unknown', "
                "'reconcile') OR (kind IN ('inbox', 'outcome') AND tries > 1) "
                "OR (kind = 'outbox' AND NOT claimed AND tries > 1))"
            )
            await asyncio.sleep(2)
            left = await compare(rows, here.carrier, MasterKeys([SECRET]), thanked=report.thanked)
        if not left:
            return
    report.wrong.append(f"after {SETTLE_SECONDS:.0f} s there was something left")


async def _not_stored(here: Deployment, wanted: set[str], seconds: float) -> int:
    """Wait until all texts are stored, or so long, and return how many are not."""
    end = monotonic_seconds() + seconds
    while True:
        async with raw(here.servers.url("admin")) as rows:
            left = wanted - {row[0] for row in await rows.fetch(_ALL_STORED)}
        if not left or monotonic_seconds() > end:
            return len(left)
        await asyncio.sleep(0.25)


def _table(here: Deployment, asked: Asked, report: Report) -> str:
    carrier, kills = here.carrier, report.kills.total()
    twice = len(carrier.sent) - len({row.own for row in carrier.sent})
    unheard = sum(not row.answered for row in carrier.sent)
    shown = {
        "texts in": f"{len(carrier.came)} written, {len(report.thanked)} thanked for",
        "texts out": f"{len(carrier.sent)} at the carrier, {unheard} of them unheard of; "
        f"{twice} safety texts said twice",
        "carrier's faults": _counted(carrier.fates),
        "kills": f"{kills}: {_counted(report.kills)}",
        "starts": ", ".join(f"{child.role} {child.starts}" for child in here.children),
        "COMMIT": f"{here.proxy.replies_lost} replies lost on purpose",
        "rescue": f"{report.rescue_seconds:.1f} s at the most, a lease of {LEASE_SECONDS:.0f} s "
        f"included; {report.rescues} times seen (promised {RESCUE_SECONDS:.0f} s)",
        "free times": f"offered to several each: {_counted(report.offers)}",
        "flags": f"{report.samples} looks, {report.unowned_seen} without an owner",
        "database away": f"{asked.away_seconds:.0f} s: {report.away_texts} webhooks, p99 "
        f"{report.away_p99:.2f} s (promised {WEBHOOK_SECONDS:.0f} s), all stored "
        f"{report.drained_seconds:.1f} s after its return began (promised {DRAIN_SECONDS:.0f} s)",
        "took": f"{report.texts_seconds:.0f} s, settled in {report.settle_seconds:.0f} s",
        "violations": str(len(report.wrong)),
    }
    lines = [f"  {name:<17} {value}" for name, value in shown.items()]
    lines += [f"    {one}" for one in report.wrong[:20]]
    if kills and not report.wrong:
        lines.append(
            f"  bound             0 violations in {kills} kills: at most {300 / kills:.1f} % of "
            "kills lead to one (rule of three, 95 %)"
        )
    return "\n".join((f"storm, seed {asked.seed}", *lines, ""))


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


async def run(asked: Asked) -> int:
    """Run one and print the table; 0 if every promise was kept."""
    report, table = await storm(asked)
    sys.stdout.write(table)
    return 1 if report.wrong else 0
