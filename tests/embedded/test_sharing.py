"""Who starts, who joins, who stops: one pair of servers per data directory, whatever dies."""

import asyncio
import os
import shutil
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from engage import embedded
from engage.embedded.account import wait_until
from tests.embedded.conftest import Room, ask, dismissed, owner, said_by

pytestmark = pytest.mark.database

COUNT = "SELECT count(*) FROM kept"
ONE_ROW = "CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS row"


def killed(pid: int, kind: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the one process named."""
    os.kill(pid, kind)


async def test_a_restart_keeps_rows_passwords_and_urls(room: Room) -> None:
    """What was stored before a stop is there after it, under the same URL."""
    first = room.start()
    url = first.url("owner")
    await ask(url, ONE_ROW)
    first.stop()
    second = room.start()

    assert second.url("owner") == url
    assert await ask(url, COUNT) == 1


def test_the_last_one_out_stops_both_servers(room: Room) -> None:
    """No process is left after the last stop, and the sockets' directory is gone."""
    first, second = room.start(redis=True), room.start(redis=True)
    assert len(room.processes) > 2

    first.stop()
    first.stop()
    assert room.pid is not None

    second.stop()
    assert room.pid is None
    assert wait_until(lambda: not room.processes, 5)
    assert not Path(room.state.runtime).exists()


async def test_an_owner_in_another_process_keeps_the_servers(room: Room) -> None:
    """Stopping here leaves the servers to the process that still uses them."""
    with owner(room.data_dir) as child:
        url = said_by(child)["url"]
        room.start(redis=True).stop()

        assert await ask(url, "SELECT 1") == 1
        dismissed(child)
        assert room.pid is None


async def test_servers_outlive_a_killed_owner_and_are_adopted(room: Room) -> None:
    """After kill -9 of the owner the same two server processes serve the next start."""
    with owner(room.data_dir) as child:
        said = said_by(child)
        await ask(said["owner_url"], ONE_ROW)
        pid, everything = room.pid, set(room.processes)
        killed(child.pid)
        child.wait()
    servers = room.start(redis=True)

    assert room.pid == pid
    assert everything >= {pid}
    assert await ask(servers.url("owner"), COUNT) == 1
    assert servers.redis_url == said["redis"]
    assert (room.data_dir / "valkey.pid").read_text() in {str(one) for one in everything}
    servers.stop()
    assert wait_until(lambda: not room.processes, 5)


def test_many_cold_starts_at_once_make_one_server(room: Room) -> None:
    """Processes that start at the same moment wait for each other and share one server."""
    with ExitStack() as stack:
        children = [stack.enter_context(owner(room.data_dir)) for _ in range(4)]
        urls = {said_by(child)["url"] for child in children}

        assert len(urls) == 1
        assert (room.data_dir / "postgres.log").read_text().count("ready to accept") == 1
        for child in children:
            dismissed(child)
    assert room.pid is None


async def test_a_killed_server_is_started_again_with_every_row(room: Room) -> None:
    """After kill -9 of PostgreSQL itself, in the middle of work, the next start recovers."""
    servers = room.start()
    await ask(servers.url("owner"), ONE_ROW)
    asleep = asyncio.create_task(ask(servers.url("app"), "SELECT pg_sleep(60)"))
    await asyncio.sleep(0.2)
    pid = room.pid
    assert pid is not None
    killed(pid)
    again = await asyncio.to_thread(room.start)

    assert room.pid != pid
    assert await ask(again.url("owner"), COUNT) == 1
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asleep


def test_a_pid_file_that_names_a_stranger_is_stale(room: Room) -> None:
    """A pid that now belongs to another process neither keeps us out nor is touched."""
    servers = room.start()
    pid = room.pid
    assert pid is not None
    killed(pid)
    assert wait_until(lambda: room.pid is None and not room.processes, 10)
    file = room.home.cluster / "postmaster.pid"
    with subprocess.Popen(("/bin/sleep", "60"), cwd="/") as stranger:
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        again = room.start()

        assert room.pid not in {None, pid, stranger.pid}
        assert stranger.poll() is None
        stranger.kill()
    assert servers.url("app") == again.url("app")


async def test_a_swept_socket_directory_is_made_again(room: Room) -> None:
    """When a cleaner of /tmp took the sockets away, the next start brings them back."""
    servers = room.start(redis=True)
    shutil.rmtree(room.state.runtime)
    again = room.start(redis=True)

    assert await ask(again.url("app"), "SELECT 1") == 1
    assert again.url("app") == servers.url("app")
    again.stop()
    servers.stop()
    assert wait_until(lambda: not room.processes, 5)


async def test_a_copy_of_a_data_directory_is_a_database_of_its_own(room: Room) -> None:
    """A copied data directory never meets the server of the original."""
    room.start().stop()
    twin = room.copy()
    try:
        original, copy = room.start(), twin.start()

        await ask(original.url("owner"), ONE_ROW)
        assert await ask(copy.url("owner"), "SELECT to_regclass('kept')") is None
    finally:
        twin.end()


@pytest.mark.parametrize("after_seconds", [0.15, 0.3, 0.45, 0.7, 1.0])
async def test_a_first_start_killed_midway_heals(room: Room, after_seconds: float) -> None:
    """Wherever the very first start was killed, the next one ends with a whole database."""
    with owner(room.data_dir) as child:
        await asyncio.sleep(after_seconds)
        killed(child.pid)
        child.wait()
    servers = room.start()

    assert await ask(servers.url("auditor"), "SELECT current_user") == "engage_auditor"
    assert not list(room.data_dir.glob("*.new")) + list(room.data_dir.glob("initdb.password"))


async def test_what_a_crash_left_half_is_made_whole(room: Room) -> None:
    """Missing logins, a foreign owner, a forgotten revoke: the next start puts them right."""
    servers = room.start()
    for statement in (
        "ALTER DATABASE engage OWNER TO engage_admin",
        "REVOKE ALL ON DATABASE engage FROM engage_auditor",
        "DROP ROLE engage_auditor",
        "ALTER ROLE engage_app PASSWORD 'other' CREATEDB",
        "GRANT CONNECT ON DATABASE engage TO PUBLIC",
    ):
        await ask(servers.url("admin"), statement)
    again = await asyncio.to_thread(room.start)

    assert await ask(again.url("auditor"), "SELECT current_user") == "engage_auditor"
    assert (
        await ask(again.url("app"), "SELECT rolcreatedb FROM pg_roles WHERE rolname = user")
        is False
    )
    owns = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'engage'"
    assert await ask(again.url("app"), owns) == "engage_owner"
    assert await ask(again.url("app"), "SELECT 1") == 1


async def test_a_server_that_cannot_start_says_why(room: Room) -> None:
    """The error carries the server's own reason, and the start leaves nothing running."""
    room.start().stop()
    (room.home.cluster / "global" / "pg_control").rename(room.data_dir / "aside")

    with pytest.raises(embedded.WouldNotStart, match=r"could not (find|open)"):
        room.start()
    assert wait_until(lambda: not room.processes, 5)


@pytest.mark.slow
async def test_a_frozen_server_is_replaced(room: Room) -> None:
    """A server that is there but answers nobody is ended, by force if need be, and replaced."""
    servers = room.start(redis=True)
    await ask(servers.url("owner"), ONE_ROW)
    pid = room.pid
    assert pid is not None
    killed(pid, signal.SIGSTOP)
    killed(int((room.data_dir / "valkey.pid").read_text()), signal.SIGSTOP)
    again = await asyncio.to_thread(room.start, redis=True)

    assert room.pid != pid
    assert await ask(again.url("owner"), COUNT) == 1
