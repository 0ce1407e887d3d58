"""One Valkey (or Redis) server on a unix socket: the doorbell of the queue.

Nothing it holds is kept: no snapshots, no append-only file, no TCP. It has a password although its
directory is closed, because as root the servers may share an account with others (`nobody`) and a
job that anybody could plant would be code that anybody could run. Where no server can be started
the answer is None, and engage works from its sweeps alone.
"""

import os
import re
import signal
import socket
from contextlib import suppress
from pathlib import Path

import structlog

from engage.embedded.account import is_running, launch, wait_until
from engage.embedded.binaries import find_valkey
from engage.embedded.errors import WouldNotStop
from engage.embedded.home import Home, State, write_file

_SETTINGS = """\
port 0
unixsocket "{runtime}/valkey.sock"
unixsocketperm 700
requirepass {password}
daemonize no
dir "{runtime}"
save ""
appendonly no
databases 4
maxmemory 128mb
maxmemory-policy noeviction
loglevel warning
"""

_PROCESS_ID = re.compile(rb"process_id:(\d+)")
_ANSWER_SECONDS = 5.0
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0

_log = structlog.get_logger(__name__)


def ensure_running(home: Home, state: State) -> str | None:
    """Adopt or start the server (under the start lock); return its URL, or None without one."""
    if _serving_pid(state) is None:
        stop(home, state)  # one that hangs
        if not _start(home, state):
            return None
    return f"unix://:{state.passwords['valkey']}@{state.runtime}/valkey.sock?db=0"


def stop(home: Home, state: State) -> None:
    """Stop the server, if it runs."""
    pid = _serving_pid(state) or _remembered_pid(home, state)
    if pid is not None:
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
            if wait_until(lambda: not is_running(pid, state.runtime), _STOP_SECONDS):
                break
        else:
            detail = f"Valkey, pid {pid}"
            raise WouldNotStop(detail)
    (home.root / "valkey.pid").unlink(missing_ok=True)
    (Path(state.runtime) / "valkey.sock").unlink(missing_ok=True)


def _start(home: Home, state: State) -> bool:
    settings = _SETTINGS.format(runtime=state.runtime, password=state.passwords["valkey"])
    file = home.root / "valkey.conf"
    write_file(file, settings.encode(), 0o600, home.account)
    log = home.root / "valkey.log"
    log.unlink(missing_ok=True)
    for program in find_valkey(home):
        # --dir: `is_running` must know the process before it has put its socket into its title.
        pid = launch(home.account, log, program, file, "--dir", state.runtime)
        write_file(home.root / "valkey.pid", str(pid).encode(), 0o600)

        def settled(pid: int = pid) -> bool:
            return _serving_pid(state) == pid or not is_running(pid, state.runtime)

        if wait_until(settled, _START_SECONDS) and _serving_pid(state) == pid:
            return True
        stop(home, state)
        _log.warning("a valkey or redis server did not start; valkey.log says why")
    _log.warning("no valkey or redis server; the queue works from its sweeps alone")
    return False


def _remembered_pid(home: Home, state: State) -> int | None:
    try:
        pid = int((home.root / "valkey.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if is_running(pid, state.runtime) else None


def _serving_pid(state: State) -> int | None:
    """Log in and ask the server who it is."""
    said = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        try:
            connection.connect(f"{state.runtime}/valkey.sock")
            question = f"AUTH {state.passwords['valkey']}\r\nINFO server\r\nQUIT\r\n"
            connection.sendall(question.encode())
            while part := connection.recv(65536):
                said += part
        except OSError:
            return None
    found = _PROCESS_ID.search(said)
    return int(found[1]) if found else None
