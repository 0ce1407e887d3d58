"""A signed webhook to a committed flag and queue item, beside pgbench writing the same rows.

The three are interleaved: in every round and at every level each has its turn, so that a machine
that is busy for a while is busy for all of them.
"""

import sys
from collections.abc import Mapping
from typing import Any

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.clock import monotonic_seconds
from tests.bench.bare import WRITTEN, Bare, Pgbench, function
from tests.bench.houses import PORT, Generator, environment, resident_mib, serving
from tests.bench.load import Burst, Outcome
from tests.bench.measure import Sample, Summary, sample, summary
from tests.bench.world import NUMBER, World, admin, found

LEVELS = (1, 16, 64)
WARM_SECONDS = 2.0
MOST_PER_SECOND = 2_500
"""More than this process answers: so many requests are signed before a burst."""
MOST_SECONDS = 210.0
"""All rounds together; the whole command stays under five minutes on a crowded machine."""
LEAST_SECONDS = 1.5
WEBHOOK = f"http://127.0.0.1:{PORT}/webhooks/twilio/inbound"

Level = tuple[str, int]


class Counted(Struct, frozen=True, kw_only=True):
    """What stood in the database afterwards, against what was answered with 204."""

    answered: int
    rows: Mapping[str, int]
    wrong: tuple[str, ...]


class Hot(Struct, frozen=True, kw_only=True):
    """Everything the hot path showed."""

    levels: Mapping[Level, Summary]
    counted: Counted
    others: Mapping[str, int]
    resident: float


class _Rounds:
    """The rounds as they come: which patient is next, and what was measured."""

    def __init__(self, world: World, load: Generator, bare: Pgbench) -> None:
        self._world = world
        self._load = load
        self._bare = bare
        self._next_text = self._next_bare = 1
        self.samples: dict[Level, list[Sample]] = {}
        self.answered = 0
        self.others: dict[str, int] = {}

    async def text(self, level: int, seconds: float, *, keep: bool = True) -> None:
        """Bring texts in for so long."""
        left = self._world.count - self._next_text
        came = await self._load.burst(
            Burst(
                url=WEBHOOK,
                connections=level,
                seconds=seconds,
                first=self._next_text,
                most=min(left, int(seconds * MOST_PER_SECOND)),
                account=self._world.account,
                number=NUMBER,
            )
        )
        self._next_text += came.sent
        self._count(came)
        if keep:
            of = self.samples.setdefault(("engage", level), [])
            of.append(sample(came.answered, came.seconds, came.milliseconds))

    async def bare(self, script: str, level: int, seconds: float, *, keep: bool = True) -> None:
        """Write the same rows with pgbench."""
        ran: Bare = await self._bare.run(script, level, seconds, self._next_bare)
        self._next_bare = ran.next
        if keep:
            one = sample(len(ran.milliseconds), 1.0, ran.milliseconds)
            of = self.samples.setdefault((script, level), [])
            of.append(Sample(ran.per_second, one.p50, one.p99))

    async def again(self, count: int) -> Outcome:
        """Bring the first texts in a second time, as a carrier does when an answer was lost."""
        return await self._load.burst(
            Burst(
                url=WEBHOOK,
                connections=8,
                seconds=30.0,
                most=count,
                account=self._world.account,
                number=NUMBER,
            )
        )

    def _count(self, came: Outcome) -> None:
        self.answered += came.answered
        for word, count in came.others.items():
            self.others[word] = self.others.get(word, 0) + count


async def measure(servers: embedded.Servers, *, rounds: int, seconds: float, say: "Say") -> Hot:
    """Run the rounds and count the rows."""
    began = monotonic_seconds()
    count = int(rounds * seconds * len(LEVELS) * 900 + 6_000)
    world = await found(servers, "bench", count)
    servers.create_database("bare", "bench")
    async with admin(servers, "bare") as rows:
        await rows.execute(function(world))
    say(f"{count} patients with an open question: {monotonic_seconds() - began:.0f} s")
    bare = Pgbench(servers.url("admin", "bare"), world)
    async with serving(environment(servers, world)) as api, Generator() as load:
        one = _Rounds(world, load, bare)
        # An established practice: every connection open, every table filled and analysed.
        await one.text(16, WARM_SECONDS, keep=False)
        await one.bare("six", 16, WARM_SECONDS, keep=False)
        for database in ("bench", "bare"):
            async with admin(servers, database) as rows:
                await rows.execute("VACUUM ANALYZE")
        await one.text(16, WARM_SECONDS / 2, keep=False)
        for turn in range(1, rounds + 1):
            round_began = monotonic_seconds()
            for level in LEVELS:
                await one.text(level, seconds)
                await one.bare("six", level, seconds)
                await one.bare("one", level, seconds)
            now = monotonic_seconds()
            say(f"round {turn} of {rounds}: {now - began:.0f} s")
            left = MOST_SECONDS - (now - began)
            seconds = shortened(seconds, now - round_began, left, rounds - turn)
        twice = await one.again(min(200, one.answered))
        resident = resident_mib(api.pid)
    async with admin(servers, "bench") as rows:
        counted = await _counted(rows, one.answered, one.others, twice)
    return Hot(
        levels={level: summary(samples) for level, samples in one.samples.items()},
        counted=counted,
        others=one.others,
        resident=resident,
    )


def shortened(seconds: float, took: float, left: float, rounds: int) -> float:
    """Return how long a level lasts from here on: never fewer rounds, but shorter ones.

    `took` is what the last round took, `left` what is left for all `rounds` to come.
    """
    if not rounds or took * rounds <= left:
        return seconds
    return max(LEAST_SECONDS, seconds * max(0.0, left) / (took * rounds))


def wrongs(
    answered: int,
    rows: Mapping[str, int],
    unread: int,
    others: Mapping[str, int],
    twice: Mapping[str, int],
) -> tuple[str, ...]:
    """Return every sentence in which the database and the answers do not agree."""
    wrong = [] if answered else ["no text was answered with 204"]
    wrong += [
        f"{table}: {rows[table]} rows, not {answered * per_text}"
        for table, per_text in WRITTEN.items()
        if rows[table] != answered * per_text
    ]
    if unread:
        wrong.append(f"{unread} texts are stored and not handled")
    if others:
        wrong.append(f"texts were answered otherwise: {dict(others)}")
    if twice:
        wrong.append(f"signed duplicates were answered otherwise: {dict(twice)}")
    return tuple(wrong)


async def _counted(
    rows: asyncpg.Connection, answered: int, others: Mapping[str, int], twice: Outcome
) -> Counted:
    # A patient's question, its key and its timer were there before; so was patient 0's feed.
    since = {
        "receipt": "true",
        "message": "direction = 'in' OR status = 'queued'",
        "answer": "true",
        "text_key": "key <> 'ask/1'",
        "queue_item": "true",
        "flag": "true",
        "due": "kind = 'outbox'",
        "feed": "kind = 'item' OR subject_id IN (SELECT id FROM message WHERE direction = 'in' "
        "OR status = 'queued')",
    }
    found_rows: dict[str, int] = {}
    for table, which in since.items():
        number: Any = await rows.fetchval(
            f"SELECT count(*) FROM {table} WHERE {which}"  # noqa: S608 - our own names
        )
        found_rows[table] = number
    unread: Any = await rows.fetchval(
        "SELECT count(*) FROM message WHERE direction = 'in' AND handled_at IS NULL"
    )
    wrong = wrongs(answered, found_rows, unread, others, twice.others)
    return Counted(answered=answered, rows=found_rows, wrong=wrong)


class Say:
    """Prints what is going on."""

    def __call__(self, sentence: str) -> None:
        """Print a line at once."""
        sys.stdout.write(f"  {sentence}\n")
        sys.stdout.flush()
