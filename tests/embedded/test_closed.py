"""Nobody else on the machine gets in, and what the server writes down names nobody."""

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from arq.connections import RedisSettings, create_pool
from redis import Redis
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisGone

from engage import embedded
from engage.embedded.account import serving_account, wait_until
from engage.embedded.home import LOGINS
from tests.embedded.conftest import ROOT, Room, ask

pytestmark = pytest.mark.database

Shown = tuple[Room, embedded.Servers]


def mode_of(path: Path | str) -> int:
    """Return the permission bits."""
    return stat.S_IMODE(Path(path).lstat().st_mode)


async def test_five_logins_one_superuser(shown: Shown) -> None:
    """Each login is who it says; none but admin can look over a wall or make a database."""
    _, servers = shown
    powers = (
        "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    for login in LOGINS:
        assert await ask(servers.url(login), "SELECT current_user") == f"engage_{login}"
        assert await ask(servers.url(login), powers) is (login == "admin")


async def test_only_the_owner_makes_tables(shown: Shown) -> None:
    """The app, the worker and the auditor can make nothing, not even a temporary table."""
    _, servers = shown
    for login in ("app", "worker", "auditor"):
        for statement in ("CREATE TABLE mine (x int)", "CREATE TEMP TABLE mine (x int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await ask(servers.url(login), statement)


async def test_a_login_that_was_granted_nothing_stays_outside(shown: Shown) -> None:
    """PUBLIC may connect to no database of the server."""
    room, servers = shown
    await ask(servers.url("admin"), "CREATE ROLE passer_by LOGIN PASSWORD 'invented'")
    for database in ("engage", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(
                host=room.state.runtime, user="passer_by", password="invented", database=database
            )


async def test_no_login_without_its_password(shown: Shown) -> None:
    """Every way in asks for a SCRAM password, also on the socket."""
    room, servers = shown
    for login in LOGINS:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=room.state.runtime, user=f"engage_{login}", password="guess", database="engage"
            )
    methods = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
    assert await ask(servers.url("admin"), methods) == "scram-sha-256"
    stored = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid WHERE rolcanlogin"
    assert await ask(servers.url("admin"), stored) is True


async def test_nothing_listens_on_the_network(shown: Shown) -> None:
    """Both servers have their unix sockets and no port."""
    room, servers = shown
    assert await ask(servers.url("admin"), "SHOW listen_addresses") == ""
    assert servers.redis_url is not None
    with Redis.from_url(servers.redis_url) as redis:
        assert redis.config_get("port") == {"port": "0"}
    assert len(f"{room.state.runtime}/.s.PGSQL.5432.lock".encode()) <= 107


def test_files_and_directories_are_closed(shown: Shown) -> None:
    """Passwords are readable for us alone; the sockets' directory is the servers' alone."""
    room, _ = shown
    assert mode_of(room.data_dir / "servers.json") == 0o600
    assert mode_of(room.data_dir / "postgres.log") == 0o600
    assert mode_of(room.data_dir / "valkey.conf") == 0o600
    assert mode_of(room.home.cluster) == 0o700
    assert mode_of(room.state.runtime) == 0o700
    assert Path(room.state.runtime).stat().st_uid == room.home.account.uid
    assert not (room.data_dir / "initdb.password").exists()


@pytest.mark.usefixtures("as_root")
def test_another_account_finds_no_way_in(shown: Shown) -> None:
    """As another account neither a socket, nor the passwords, nor a table can be reached."""
    room, _ = shown
    other = next(
        entry for entry in pwd.getpwall() if entry.pw_uid not in {0, room.home.account.uid}
    )
    for path in (
        f"{room.state.runtime}/.s.PGSQL.5432",
        f"{room.state.runtime}/valkey.sock",
        str(room.data_dir / "servers.json"),
        str(room.data_dir / "valkey.conf"),
        str(room.home.cluster / "PG_VERSION"),
    ):
        tried = subprocess.run(
            ("/bin/sh", "-c", 'test -r "$1" || test -w "$1"', "sh", path),
            user=other.pw_uid,
            group=other.pw_gid,
            extra_groups=[],
            check=False,
            cwd="/",
        )
        assert tried.returncode != 0, path


@pytest.mark.usefixtures("as_root")
def test_root_serves_as_somebody_else(shown: Shown) -> None:
    """No server process runs as root, and none keeps root's groups."""
    room, _ = shown
    assert room.processes
    for pid in room.processes:
        facts = (Path("/proc") / str(pid) / "status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in facts)
        assert set(fields["Uid"].split()) == {str(room.home.account.uid)}
        assert set(fields["Gid"].split()) == {str(room.home.account.gid)}
        assert not fields["Groups"].split()


@pytest.mark.usefixtures("as_root")
def test_root_without_another_account_is_told(shown: Shown) -> None:
    """Where no unprivileged account exists, one sentence says so; nothing runs as root."""
    with pytest.raises(embedded.CannotDropPrivileges, match="refuses to run as root"):
        serving_account(("root", "no-such-account"))
    assert shown[0].home.account.uid != 0


async def test_redis_takes_our_url_and_nobody_elses(shown: Shown) -> None:
    """redis-py and arq come in with the URL as it is; without the password nobody does."""
    room, servers = shown
    assert servers.redis_url is not None
    pool = await create_pool(RedisSettings.from_dsn(servers.redis_url))
    assert await pool.ping()
    await pool.aclose()
    with (
        Redis(unix_socket_path=f"{room.state.runtime}/valkey.sock") as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()


async def test_redis_keeps_nothing(room: Room) -> None:
    """The doorbell writes no file, so a restart starts it empty."""
    servers = room.start(redis=True)
    assert servers.redis_url is not None
    with Redis.from_url(servers.redis_url) as redis:
        redis.set("hint", "1")
    servers.stop()
    with pytest.raises(RedisGone), Redis.from_url(servers.redis_url) as gone:
        gone.ping()
    again = room.start(redis=True)
    assert again.redis_url == servers.redis_url
    with Redis.from_url(servers.redis_url) as redis:
        assert redis.get("hint") is None
    assert room.start(redis=False).redis_url is None


async def test_the_log_names_nobody(room: Room) -> None:
    """Neither a refused value, nor a duplicate key, nor a crashed statement reaches the log."""
    servers = room.start()
    url = servers.url("owner")
    await ask(url, "CREATE TABLE people (name text UNIQUE, born date)")
    await ask(url, "INSERT INTO people VALUES ('Rosalinda', '1931-03-04')")
    for statement in (
        "INSERT INTO people VALUES ('Rosalinda', NULL)",
        "INSERT INTO people VALUES ('x', 'Rosalinda')",
        "SELECT 'Rosalinda' FROM nowhere",
        "DO $$ BEGIN RAISE EXCEPTION 'Rosalinda'; END $$",
        "DO $$ BEGIN RAISE WARNING 'Rosalinda'; END $$",
    ):
        try:
            await ask(url, statement)
        except asyncpg.PostgresError:
            continue
    with pytest.raises(asyncpg.DataError):
        await ask(url, "SELECT $1::text::uuid", "Rosalinda")
    backend = asyncio.create_task(ask(url, "SELECT pg_sleep(30), 'Rosalinda'"))
    await asyncio.sleep(0.2)
    sleeping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    pid = await ask(servers.url("admin"), sleeping)
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await backend
    log = room.data_dir / "postgres.log"
    assert wait_until(lambda: log.read_text().count("ready to accept") == 2, 30)

    assert "terminated by signal 9" in log.read_text()
    assert "Rosalinda" not in log.read_text()
    assert not any(password in log.read_text() for password in room.state.passwords.values())


def test_no_repr_shows_a_password(shown: Shown) -> None:
    """What a traceback or a log prints of the servers holds no secret."""
    room, servers = shown
    printed = f"{servers!r} {room.state!r}"
    assert not any(password in printed for password in room.state.passwords.values())


@pytest.mark.usefixtures("as_root")
def test_an_ordinary_account_serves_itself(tmp_path: Path) -> None:
    """Started by nobody in particular, everything runs as that account, and stops."""
    python, packages = Path("/usr/bin/python3"), Path(asyncpg.__file__).parents[1]
    script = (
        "import os, pathlib, tempfile; from engage import embedded;"
        "where = pathlib.Path(tempfile.mkdtemp(dir='/tmp')) / 'state';"
        "servers = embedded.start(where, throwaway=True);"
        "print(where.stat().st_mode & 0o777, servers.redis_url is not None);"
        "print({p.stat().st_uid for p in where.rglob('*')} == {os.getuid()});"
        "servers.create_database('one'); servers.create_database('two', 'one');"
        "servers.stop();"
        "import shutil; shutil.rmtree(where.parent)"
    )

    def as_nobody(code: str) -> subprocess.CompletedProcess[str]:
        nobody = pwd.getpwnam("nobody")
        return subprocess.run(
            (python, "-B", "-W", "error", "-c", code),
            cwd="/",
            env={"PATH": os.defpath, "PYTHONPATH": f"{ROOT}:{packages}"},
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )

    same = f"import sys, asyncpg; assert sys.version_info[:2] == {sys.version_info[:2]}"
    if not python.exists() or as_nobody(same).returncode != 0:
        pytest.skip("no Python and packages that the account nobody can read")
    said = as_nobody(script)

    assert said.returncode == 0, said.stderr
    assert said.stdout == f"{0o700} True\nTrue\n"
