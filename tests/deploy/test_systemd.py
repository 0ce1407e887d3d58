"""The units of deploy/systemd, really run: their own commands, on logins made by initdb.sql.

systemd itself is not here: what it hands over (files, environment, account, signals) is handed over
by this test, and what a unit does not name is not there. Where the tests run as root and an
unprivileged account may run this Python, the commands run as that account; else as who runs them.
"""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest

from engage import embedded
from engage.clock import monotonic_seconds
from engage.embedded.account import Account, serving_account
from engage.embedded.binaries import postgres_programs
from tests.deploy.units import ROOT, UNITS, Unit

pytestmark = pytest.mark.slow

LOGINS = ("owner", "app", "worker", "auditor")
READY_SECONDS = 30
STOP_SECONDS = 20


class Machine(NamedTuple):
    """A machine on which engage is about to be installed."""

    #: A superuser's way in, and where PostgreSQL listens.
    admin_url: str
    runtime: str
    #: What make-secrets.sh made.
    secrets: Path
    #: What stands in /etc/engage/engage.env.
    file: str
    port: int
    #: Stands for the account `engage` that the units name; None: nobody here to become.
    account: Account | None
    #: Where files are handed over, so that this account may come there.
    handed: Path


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Make a PostgreSQL without any login of ours, and the folder of secrets."""
    folder = embedded.throwaway_data_dir()
    servers = embedded.start(folder, throwaway=True)
    try:
        admin_url = servers.url("admin", "postgres")
        asyncio.run(_forget_logins(admin_url))
        runtime = parse_qs(urlsplit(admin_url).query)["host"][0]
        secrets = tmp_path_factory.mktemp("etc") / "secrets"
        subprocess.run(
            ["/bin/sh", ROOT / "deploy" / "make-secrets.sh", secrets, runtime], check=True
        )
        redis = secrets / "redis_url"
        redis.unlink()
        redis.write_text(servers.redis_url or "")
        port = _free_port()
        handed, account = folder / "credentials", _account()
        handed.mkdir(mode=0o711)
        # The StateDirectory.
        state = folder / "state"
        state.mkdir(mode=0o700)
        if account is not None:
            os.chown(state, account.uid, account.gid)
        file = (
            f"ENGAGE_PUBLIC_URL=http://127.0.0.1:{port}\nENGAGE_CARRIER=simulator\n"
            f"ENGAGE_DATA_DIR={state}\n"
        )
        yield Machine(admin_url, runtime, secrets, file, port, account, handed)
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> Account | None:
    """Return who runs the units' commands: whoever the servers run as, and nobody's root."""
    if os.geteuid():
        return None
    account = serving_account()
    try:
        subprocess.run(
            [sys.executable, "-c", "import engage.cli"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            check=True,
            **_as(account),
        )
    except (OSError, subprocess.CalledProcessError):
        return None  # Python itself lies where only root may go
    return account


def _as(account: Account | None) -> dict[str, Any]:
    """Return how a child is started as an account, with the units' UMask."""
    if account is None:
        return {"umask": 0o077}
    return {"user": account.uid, "group": account.gid, "extra_groups": [], "umask": 0o077}


async def _forget_logins(admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("DROP DATABASE engage")
        for login in LOGINS:
            await admin.execute(f"DROP ROLE engage_{login}")
    finally:
        await admin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initdb(machine: Machine, passwords: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run initdb.sql as its head says."""
    folders = [str(one.path.parent) for one in postgres_programs()]
    program = shutil.which("psql", path=os.pathsep.join([*folders, os.environ["PATH"]]))
    assert program, "no PostgreSQL here brings psql"
    parts = urlsplit(machine.admin_url)
    return subprocess.run(
        [program, "--no-psqlrc", "--dbname=postgres", f"--file={ROOT}/deploy/initdb.sql"],
        env={
            "PATH": os.environ["PATH"],
            "PASSWORDS": str(passwords or machine.secrets),
            "PGHOST": machine.runtime,
            "PGUSER": parts.username or "",
            "PGPASSWORD": parts.password or "",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def _handed_over(machine: Machine, unit: Unit) -> dict[str, str]:
    """Return a unit's environment; only the files that it names are in its folder."""
    folder = machine.handed / unit.name
    folder.mkdir(mode=0o700)
    for name, path in unit.credentials().items():
        shutil.copyfile(machine.secrets / Path(path).name, folder / name)
        (folder / name).chmod(0o400)
    if machine.account is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, machine.account.uid, machine.account.gid)
    return {"PATH": os.environ["PATH"], **unit.environment(machine.file, folder)}


async def _done(machine: Machine, arguments: list[str], environment: dict[str, str]) -> str:
    """Run a command of a unit to its end; it must end well."""
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engage", *arguments),
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        **_as(machine.account),
    )
    said, _ = await asyncio.wait_for(ran.communicate(), 60)
    assert ran.returncode == 0, said.decode()
    return said.decode()


@asynccontextmanager
async def _started(
    machine: Machine, arguments: list[str], environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process of a unit; what is left of it in the end is killed."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engage", *arguments),
        env=environment,
        cwd=ROOT,
        **_as(machine.account),
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _until_ready(port: int) -> None:
    end = monotonic_seconds() + READY_SECONDS
    async with aiohttp.ClientSession() as web:
        while monotonic_seconds() < end:
            try:
                async with web.get(f"http://127.0.0.1:{port}/health/ready") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    message = "not ready"
    raise AssertionError(message)


async def _until_claiming(admin_url: str) -> None:
    """Wait until the worker looks for work; it has no address that could be asked."""
    admin = await asyncpg.connect(admin_url)
    # It starts with one connection; more there are only when its loops look at the same time.
    claims = "SELECT count(*) > 1 FROM pg_stat_activity WHERE usename = 'engage_worker'"
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await admin.fetchval(claims):  # noqa: ASYNC110 - a server sets no event
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def test_from_nothing_to_ready_and_down_again(machine: Machine) -> None:
    """initdb, migrate, doctor, serve and worker by the units' own commands; SIGTERM ends them."""
    made = _initdb(machine)
    assert made.returncode == 0, made.stderr
    migration = Unit.read("engage-migrate.service")
    environment = _handed_over(machine, migration)
    said = [await _done(machine, one, environment) for one in migration.commands("ExecStart")]
    assert "The schema is at" in said[0]
    assert said[1].strip() == "Ready."

    api, worker = (
        Unit.read("engage-api@.service", str(machine.port)),
        Unit.read("engage-worker@.service", "1"),
    )
    of_api = _handed_over(machine, api)
    of_worker = _handed_over(machine, worker)
    for unit, its_environment in ((api, of_api), (worker, of_worker)):
        for one in unit.commands("ExecStartPre"):
            assert (await _done(machine, one, its_environment)).strip() == "Ready."
    async with (
        _started(machine, api.commands("ExecStart")[0], of_api) as serving,
        _started(machine, worker.commands("ExecStart")[0], of_worker) as working,
    ):
        await _until_ready(machine.port)
        await _until_claiming(machine.admin_url)
        reader, writer = await asyncio.open_connection("127.0.0.1", machine.port)
        body = b"To=%2B16025550100&Body=hello"
        writer.write(
            b"POST /webhooks/twilio/inbound HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: x\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body[:10]
        )
        await writer.drain()
        await asyncio.sleep(0.3)
        for child in (serving, working):
            child.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        writer.write(body[10:])
        answer = await asyncio.wait_for(reader.readline(), STOP_SECONDS)
        writer.close()
        ends = [await asyncio.wait_for(child.wait(), STOP_SECONDS) for child in (serving, working)]

    # A request that had begun is answered, refused as it must be; then both processes go.
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert ends == [0, 0]


def test_an_operator_runs_one_command(machine: Machine, tmp_path: Path) -> None:
    """operate.sh gives a command what the units have; without the secrets it says who it needs."""
    assert _initdb(machine).returncode == 0
    etc, program = tmp_path / "etc", tmp_path / "engage"
    (etc / "secrets").mkdir(parents=True)
    (etc / "engage.env").write_text(machine.file, "utf-8")
    program.write_text(f'#!/bin/sh\ncd {ROOT}\nexec {sys.executable} -m engage "$@"\n', "utf-8")
    program.chmod(0o755)

    def operate(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(ROOT / "deploy" / "operate.sh"), *words],
            env={"PATH": os.environ["PATH"], "ETC": str(etc), "PROGRAM": str(program)},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = operate("doctor")
    shutil.copytree(machine.secrets, etc / "secrets", dirs_exist_ok=True)
    migrated, asked = operate("migrate"), operate("doctor")

    assert refused.returncode == 1
    assert "are you root?" in refused.stderr
    assert migrated.returncode == 0, migrated.stderr
    assert asked.stdout == "Ready.\n"


async def test_the_same_again_changes_nothing_but_passwords(
    machine: Machine, tmp_path: Path
) -> None:
    """initdb.sql may be run again: logins and database stay, a new password holds from then on."""
    assert _initdb(machine).returncode == 0
    changed = tmp_path / "passwords"
    shutil.copytree(machine.secrets, changed)
    (changed / "auditor_password").unlink()
    (changed / "auditor_password").write_text("another password, long enough")

    assert _initdb(machine, changed).returncode == 0

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect((machine.secrets / "auditor_database_url").read_text())
    assert _initdb(machine).returncode == 0
    again = await asyncpg.connect((machine.secrets / "auditor_database_url").read_text())
    await again.close()


async def test_the_logins_are_four_and_none_is_mighty(machine: Machine) -> None:
    """Owner, app, worker and auditor can sign in, make no role or database, and bypass nothing."""
    assert _initdb(machine).returncode == 0
    admin = await asyncpg.connect(machine.admin_url)
    try:
        rows = await admin.fetch(
            "SELECT rolname, rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole"
            " OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname LIKE 'engage%' ORDER BY 1"
        )
        public = await admin.fetchval(
            "SELECT has_database_privilege('public', 'engage', 'connect')"
        )
    finally:
        await admin.close()

    ours = [tuple(row) for row in rows if row[0] != "engage_admin"]
    assert ours == [(f"engage_{login}", True, False) for login in sorted(LOGINS)]
    assert public is False


@pytest.mark.parametrize("missing", ["owner_password", "app_password"])
def test_a_missing_password_stops_it(machine: Machine, tmp_path: Path, missing: str) -> None:
    """A login never gets an empty password: without its file nothing is done."""
    folder = tmp_path / "passwords"
    shutil.copytree(machine.secrets, folder)
    (folder / missing).unlink()

    ran = _initdb(machine, folder)

    assert ran.returncode != 0
    assert "password is missing" in ran.stderr


def test_secrets_are_made_once_and_closed(machine: Machine, tmp_path: Path) -> None:
    """Nobody but its owner enters the folder, and a second run keeps what the first one made."""
    command = ["/bin/sh", str(ROOT / "deploy" / "make-secrets.sh"), str(tmp_path / "made")]
    subprocess.run(command, check=True)
    first = {path.name: path.read_text() for path in (tmp_path / "made").iterdir()}
    subprocess.run(command, check=True)

    assert {path.name: path.read_text() for path in (tmp_path / "made").iterdir()} == first
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700
    assert len(set(first.values())) == len(first)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.iterdir()))
def test_systemd_reads_the_units(name: str) -> None:
    """The system manager knows every line of a unit; it misses the program alone."""
    ran = subprocess.run(
        ["systemd-analyze", "verify", UNITS / name],  # noqa: S607 - wherever systemd is
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in ran.stderr.splitlines() if "is not executable" not in line]

    assert not complaints
