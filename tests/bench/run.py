"""Starts the servers with real durability, measures, prints; takes everything down again."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Literal

import asyncpg
from msgspec import Struct

from engage import embedded
from engage.clock import SystemClock, monotonic_seconds
from tests.bench import beside, consoles, hot, reading, signing, sync, table
from tests.bench.hot import Say
from tests.bench.world import admin


class Plan(Struct, frozen=True, kw_only=True):
    """How much of it."""

    rounds: int
    seconds: float
    only: Literal["hot", "beside", "consoles", "reader", "sync", "sign-in"] | None = None
    page: Path | None = None


async def run(plan: Plan) -> int:
    """Measure, print, and say by the exit code whether rows were lost or doubled."""
    say, began = Say(), monotonic_seconds()
    load = os.getloadavg()[0]
    if load > 0.5 * (os.cpu_count() or 1):
        say(f"the machine is busy (load {load:.1f}): read ratios, not rates")
    folder = embedded.throwaway_data_dir()
    servers = await asyncio.to_thread(embedded.start, folder)
    try:
        machine = await _machine(servers, load)
        read = await reading.measure() if plan.only in {None, "reader"} else None
        in_path = None
        if plan.only in {None, "hot"}:
            in_path = await hot.measure(servers, rounds=plan.rounds, seconds=plan.seconds, say=say)
        around = None
        if plan.only in {None, "beside"}:
            around = await beside.measure(servers, rounds=min(3, plan.rounds), say=say)
        open_ones = None
        if plan.only in {None, "consoles"}:
            open_ones = await consoles.measure_consoles(servers)
            say("open consoles: done")
        phones = None
        if plan.only in {None, "sync"}:
            phones = await sync.measure_sync(servers)
            say("what changed, for a family's phone: done")
        ways = None
        if plan.only == "sign-in":
            ways = await signing.measure_sign_in(servers)
            say("whether the time of an answer tells who is known: done")
    finally:
        await asyncio.to_thread(servers.stop)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    text = table.table(machine, in_path, around, read, open_ones, phones, ways)
    sys.stdout.write(f"\n{text}\n  {monotonic_seconds() - began:.0f} s in all\n")
    wrong = () if in_path is None else in_path.counted.wrong
    if open_ones is not None:
        wrong += open_ones.wrong
    if phones is not None:
        wrong += phones.wrong
    if ways is not None:
        wrong += ways.wrong
    if wrong:
        # Figures of a run that lost or doubled rows, or that told who is known, are not kept.
        sys.stderr.write(f"bench failed: {'; '.join(wrong)}\n")
        return 1
    if plan.page is not None:
        table.write(plan.page, text)
    return 0


async def _machine(servers: embedded.Servers, load: float) -> table.Machine:
    async with admin(servers, "engage") as rows:
        return table.Machine(
            day=SystemClock().now().date().isoformat(),
            cores=os.cpu_count() or 1,
            postgres=(await _shown(rows, "server_version")).split()[0],
            fsync=await _shown(rows, "fsync"),
            synchronous_commit=await _shown(rows, "synchronous_commit"),
            load_before=load,
        )


async def _shown(rows: asyncpg.Connection, setting: str) -> str:
    return str(await rows.fetchval("SELECT current_setting($1)", setting))
