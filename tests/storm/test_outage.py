"""The database goes away in every way it can while texts come in: none is lost, none is doubled.

`STORM_AWAY_SECONDS` says for how long it is away each time; figures are printed (`-s`), and only
bounds that hold on a crowded machine are asserted.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from engage.clock import monotonic_seconds
from tests.storm.site import GONE, Site, client, site

pytestmark = [pytest.mark.database, pytest.mark.slow]

AWAY_SECONDS = float(os.environ.get("STORM_AWAY_SECONDS", "2"))
PHONES = [f"+1602555{1000 + n}" for n in range(5)]
PER_SECOND = 20
CARRIER_WAITS_SECONDS = 15
"""What the carrier gives us in all; promised are two."""

Act = Callable[[Site], Awaitable[None]]


@pytest.fixture(scope="module")
async def here() -> AsyncIterator[Site]:
    """Make a deployment that several outages happen to, one after the other."""
    async with site() as made:
        yield made


async def _nothing(_: Site) -> None:
    pass


async def _restart(here: Site) -> None:
    await here.restart()


def _signalled(number: int) -> Act:
    async def act(here: Site) -> None:
        os.kill(here.pids()[0], number)

    return act


async def _freeze(here: Site) -> None:
    for pid in here.pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)


async def _thaw(here: Site) -> None:
    for pid in here.pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def _kill_a_backend(here: Site) -> None:
    ((pid,),) = await here.rows(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'engage_app' ORDER BY pid LIMIT 1"
    )
    os.kill(pid, signal.SIGKILL)


async def _refuse(here: Site) -> None:
    here.proxy.refusing = True
    here.proxy.cut_all()


async def _let_in(here: Site) -> None:
    here.proxy.refusing = False


async def _swallow(here: Site) -> None:
    here.proxy.silence()


async def _reach(here: Site) -> None:
    # What was held back in a black hole is gone: connections of that time are dead.
    here.proxy.cut_all()
    here.proxy.speak()


OUTAGES: dict[str, tuple[Act, Act]] = {
    "stopped at once": (_signalled(signal.SIGQUIT), _restart),
    "killed": (_signalled(signal.SIGKILL), _restart),
    "frozen": (_freeze, _thaw),
    "a backend killed": (_kill_a_backend, _nothing),
    "refused": (_refuse, _let_in),
    "in a black hole": (_swallow, _reach),
}


async def _write(here: Site, web: aiohttp.ClientSession, phone: str, first: int) -> list[float]:
    """Let one person write again and again, each text after the last was answered."""
    took: list[float] = []
    end = monotonic_seconds() + AWAY_SECONDS
    number = first
    while monotonic_seconds() < end:
        began = monotonic_seconds()
        sid = f"SM{number:032x}"
        # One in ten is repeated, as carriers do.
        statuses = [await here.post(web, phone, sid) for _ in range(1 + (number % 10 == 0))]
        took.append(monotonic_seconds() - began)
        assert set(statuses) == {204}, statuses
        number += 1
        await asyncio.sleep(len(PHONES) / PER_SECOND)
    return took


async def test_no_text_is_lost_whatever_happens_to_the_database(here: Site) -> None:
    """Every text is thanked for while the database is away, and stored once and in order after."""
    async with here.serving() as serving, client() as web:
        await here.until(web, "/health/ready", 200)
        for phone in PHONES:
            assert await here.post(web, phone, f"SM{int(phone[-4:]):032x}") == 204
        for place, (name, (begin, end)) in enumerate(OUTAGES.items(), 1):
            await begin(here)
            firsts = [place * 1_000_000 + n * 10_000 for n in range(len(PHONES))]
            took = await asyncio.gather(
                *(_write(here, web, phone, n) for phone, n in zip(PHONES, firsts, strict=True))
            )
            if end is not _nothing:
                began = monotonic_seconds()
                await here.until(web, "/health/ready", 503)
                unready = monotonic_seconds() - began
            else:
                unready = 0.0
            await end(here)
            began = monotonic_seconds()
            await here.until(web, "/health/ready", 200)
            await here.until_drained(web)
            drained = monotonic_seconds() - began
            every = sorted(second for one in took for second in one)
            slow = every[int(0.99 * (len(every) - 1))]
            sys.stdout.write(
                f"{name}: {len(every)} texts, p99 {slow:.2f} s, not ready seen after another "
                f"{unready:.1f} s, drained {drained:.1f} s after the return\n"
            )
            assert slow < CARRIER_WAITS_SECONDS
            assert serving.returncode is None
            _compare(here, await here.stored())
    # Lines that are not the test's own would be texts that nobody sent.
    assert len(await here.stored()) == len(PHONES)


def _compare(here: Site, stored: dict[str, list[str]]) -> None:
    """Compare the carrier's ledger with the database: the same texts, once, in the same order."""
    ours = {phone: list(dict.fromkeys(sids)) for phone, sids in here.thanked.items()}
    assert sorted(ours.values()) == sorted(stored.values())


def _files(directory: Path) -> list[Path]:
    return list(directory.glob("*.door"))


@pytest.mark.parametrize("at", ["before-rename", "after-rename"])
async def test_a_process_that_dies_in_the_middle_of_a_write(here: Site, at: str) -> None:
    """Killed before or after the rename it thanked nobody; what was thanked for is stored once."""
    phone, number = PHONES[0], 9_000_000 + len(at)
    sids = [f"SM{number + n * 100:032x}" for n in range(3)]
    async with client() as web:
        async with here.serving():
            await here.until(web, "/health/ready", 200)
            assert await here.post(web, phone, sids[0]) == 204
            # It has met the door; within a second that stands on the disk.
            doors = here.data_dir / "engage" / "spool" / "doors"
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(_files, doors):  # noqa: ASYNC110 - a disk sets no event
                    await asyncio.sleep(0.1)
        await _refuse(here)
        program = ("-m", "tests.storm.dying_server", str(here.port), at)
        async with here.serving(*program) as dying:
            assert await here.post(web, phone, sids[1]) == GONE
            assert await dying.wait() == -signal.SIGKILL
        async with here.serving() as killed:
            assert (await here.asked(web, "/health/ready"))[0] == 503
            assert await here.post(web, phone, sids[1]) == 204
            assert await here.post(web, phone, sids[2]) == 204
            killed.kill()
            await killed.wait()
        await _let_in(here)
        async with here.serving():
            await here.until(web, "/health/ready", 200)
            await here.until_drained(web)
    _compare(here, await here.stored())
