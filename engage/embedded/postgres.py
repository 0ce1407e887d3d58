"""One PostgreSQL server on one data directory: made, started, adopted, stopped.

`initdb` works in a side directory that is renamed when it is complete, so a crash in the first
start leaves nothing half. A running server is recognised by its pid file, its command line and an
answer on its socket, all three; PostgreSQL's own interlock stands behind that.
"""

import os
import shutil
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from engage.embedded.account import is_running, launch, run, wait_until
from engage.embedded.binaries import find_postgres, postgres_programs
from engage.embedded.errors import WouldNotStart, WouldNotStop
from engage.embedded.home import Home, State, make_owned, sync_directory, write_file

PORT = 5432
"""Only the last part of the socket's name; nothing listens on TCP."""

_SETTINGS = """\
# Written at every start by engage; changes are lost.
listen_addresses = ''
unix_socket_directories = '{runtime}'
unix_socket_permissions = 0700
port = 5432
max_connections = 100
shared_buffers = 64MB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, mdy'
default_text_search_config = 'pg_catalog.english'
# The log may hold no statement and no value. An ERROR's own sentence can quote a value ("invalid
# input syntax ..."), so the log begins above it; the client is told everything all the same.
log_destination = 'stderr'
logging_collector = off
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_duration = off
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_lock_waits = off
log_autovacuum_min_duration = -1
"""
_THROWAWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"

_READY_LINE = 7
_START_SECONDS = 120.0
"""Recovery after a crash may take a while; a server that still lives is not given up earlier."""
_ANSWER_SECONDS = 5.0
_STILL_THERE = ("pre-existing shared memory block", "lock file")
_STILL_THERE_SECONDS = 10.0
_LOG_LIMIT_BYTES = 8 << 20
_STOPS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
"""Fast shutdown, immediate shutdown, and at last the hammer: recovery mends either.

PostgreSQL 18 forgets a fast shutdown that arrives while it recovers from a crashed backend."""


def ensure_running(home: Home, state: State, start_lock: int, only: Path | None) -> None:
    """Adopt the server of this data directory, or start it (under the start lock)."""
    pid = running_pid(home)
    if pid is not None:
        if _became_ready(home, pid) and _answers(state):
            return
        # It is ending, hanging, or its socket directory was swept away.
        stop(home)
    folder = find_postgres(home, _major(home), postgres_programs(only))
    if not home.cluster.exists():
        _make_cluster(home, state, folder, start_lock)
    settings = _SETTINGS.format(runtime=state.runtime) + (_THROWAWAY if state.throwaway else "")
    write_file(home.root / "postgresql.conf", settings.encode(), 0o644)
    _start(home, state, folder)


def running_pid(home: Home) -> int | None:
    """Return the pid of the living server of this data directory, if there is one."""
    lines = _pid_file(home)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    return pid if is_running(pid, _marker(home)) else None


def stop(home: Home) -> None:
    """Stop the server of this data directory, if it runs; first gently."""
    pid = running_pid(home)
    if pid is None:
        return
    for kind, patience in _STOPS:
        with suppress(ProcessLookupError):
            os.kill(pid, kind)
        if wait_until(lambda: not is_running(pid, _marker(home)), patience):
            return
    detail = f"PostgreSQL, pid {pid}"
    raise WouldNotStop(detail)


def _marker(home: Home) -> str:
    return f"-D {home.cluster} -c"


def _pid_file(home: Home) -> list[str]:
    try:
        return (home.cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except OSError:
        return []


def _major(home: Home) -> int | None:
    try:
        return int((home.cluster / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


def _became_ready(home: Home, pid: int) -> bool:
    def settled() -> bool:
        return _readiness(home) in {"ready", "stopping"} or not is_running(pid, _marker(home))

    return wait_until(settled, _START_SECONDS) and _readiness(home) == "ready"


def _readiness(home: Home) -> str:
    lines = _pid_file(home)
    return lines[_READY_LINE].strip() if len(lines) > _READY_LINE else ""


def _answers(state: State) -> bool:
    """Ask for TLS, which needs no login: any answer proves that connections are served."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        try:
            connection.connect(f"{state.runtime}/.s.PGSQL.{PORT}")
            connection.sendall(bytes((0, 0, 0, 8, 4, 210, 22, 47)))  # SSLRequest
            return connection.recv(1) in {b"N", b"S"}
        except OSError:
            return False


def _make_cluster(home: Home, state: State, folder: Path, start_lock: int) -> None:
    fresh = home.root / "postgres.new"
    password_file = home.root / "initdb.password"
    shutil.rmtree(fresh, ignore_errors=True)  # of a first start that was killed
    make_owned(fresh, home.account)
    write_file(password_file, state.passwords["admin"].encode() + b"\n", 0o600, home.account)
    try:
        made = run(
            home.account,
            folder / "initdb",
            f"--pgdata={fresh}",
            "--username=engage_admin",
            f"--pwfile={password_file}",
            "--auth-local=scram-sha-256",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=libc",
            "--locale=C",
            "--no-instructions",
            *(("--no-sync",) if state.throwaway else ()),
            # If we are killed now, initdb keeps the lock until it is done, and nobody interferes.
            keep_open=(start_lock,),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if made.returncode != 0:
        detail = f"initdb said: {_ending(made.stderr or made.stdout)}"
        raise WouldNotStart(detail)
    fresh.rename(home.cluster)
    sync_directory(home.root)


def _start(home: Home, state: State, folder: Path) -> None:
    log = home.root / "postgres.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(home.root / "postgres.log.old")
    socket_lock = Path(state.runtime) / f".s.PGSQL.{PORT}.lock"
    attempts = int(_STILL_THERE_SECONDS / 0.2)
    for attempt in range(attempts + 1):
        # The pids in these files are dead or somebody else's by now: `running_pid` has looked. The
        # shared memory of a killed server's last children still keeps a second one out.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
        socket_lock.unlink(missing_ok=True)
        begins_at = log.stat().st_size if log.exists() else 0
        configuration = f"config_file={home.root / 'postgresql.conf'}"
        postgres = folder / "postgres"
        pid = launch(home.account, log, postgres, "-D", home.cluster, "-c", configuration)
        if _came_up(home, pid) and _answers(state):
            return
        stop(home)
        with log.open("rb") as file:
            file.seek(begins_at)
            ending = _ending(file.read().decode(errors="replace"))
        if attempt == attempts or not any(sign in ending for sign in _STILL_THERE):
            detail = f"PostgreSQL said: {ending} ({log})"
            raise WouldNotStart(detail)
        time.sleep(0.2)


def _came_up(home: Home, pid: int) -> bool:
    # Between fork and exec the shell's command line shows, which holds the marker too.
    def settled() -> bool:
        return _readiness(home) == "ready" or not is_running(pid, _marker(home))

    return wait_until(settled, _START_SECONDS) and running_pid(home) == pid


def _ending(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-4:]) or "nothing"
