"""Killing the process that reads, in mid-text, still ends in a queue item."""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from engage.clock import SettableClock, SystemClock
from engage.db.sealing import MasterKeys
from engage.db.vault import Vault
from engage.turns.take import TRIES, Turns
from tests.conftest import Databases
from tests.fakes import practice as fakes
from tests.storm.dying_reader import Lives
from tests.storm.signed import SECRET

ROOT = Path(__file__).parents[2]
ROSA = "+16025550150"
OWNED = "SELECT q.owner_id IS NOT NULL AS owned, f.reason, f.message_id FROM queue_item q, flag f"

pytestmark = [pytest.mark.database]


async def test_a_text_that_kills_whoever_reads_it_ends_with_a_human(
    databases: Databases, tmp_path: Path
) -> None:
    """Five workers die in the middle of it; the sixth reads it no more and hands it over."""
    clock = SettableClock(SystemClock().now())
    vault = Vault(MasterKeys([SECRET]), databases.app)
    place = await fakes.open_practice(databases.app, vault, clock)
    await fakes.add_patient(databases.app, place, clock, ROSA)
    turns = Turns(
        database=databases.app,
        vault=vault,
        clock=clock,
        library=fakes.LIBRARY,
        bell=fakes.SilentBell(),
    )
    words = fakes.text_from(place, ROSA, "my chest feels odd since this morning", 1)
    await turns.text_in(place.door, words, turn=False)
    (tmp_path / "clock").write_text("1", "ascii")
    lives = Lives(
        environment={
            "ENGAGE_DATABASE_URL": databases.urls["app"],
            "ENGAGE_WORKER_DATABASE_URL": databases.urls["worker"],
            "ENGAGE_SECRET_KEYS": SECRET,
            "ENGAGE_DATA_DIR": str(tmp_path),
        },
        clock_file=str(tmp_path / "clock"),
        count=TRIES + 1,
    )
    workers = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.storm.dying_reader",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    ended, _ = await workers.communicate(msgspec.json.encode(lives))

    assert msgspec.json.decode(ended) == [*[-signal.SIGKILL] * TRIES, 0]
    async with fakes.raw(databases.urls["admin"]) as admin:
        (text,) = await admin.fetch("SELECT id, handled_at FROM message WHERE direction = 'in'")
        (item,) = await admin.fetch(OWNED)
        assert (item["owned"], item["reason"], item["message_id"]) == (
            True,
            "not-handled",
            text["id"],
        )
        assert text["handled_at"] is not None
        assert await admin.fetchval("SELECT count(*) FROM due WHERE kind = 'inbox'") == 0
