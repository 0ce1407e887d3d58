"""Which account the servers run as, and how a process is started as that account.

As root that is `postgres`, else another unprivileged account of the machine; as anybody else it is
oneself. Servers are started through a shell that exits at once, so that they are nobody's children:
no zombie is left when one dies, and a Ctrl-C at the terminal does not reach them.
"""

import errno
import os
import pwd
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from engage.clock import monotonic_seconds
from engage.embedded.errors import CannotDropPrivileges, WouldNotStart

CANDIDATES = ("postgres", "nobody", "daemon")
"""In this order. A uid without a passwd entry will not do: initdb looks its own name up."""

_SHELL = "/bin/sh"
_PAUSE_SECONDS = 0.01


class Account(msgspec.Struct, frozen=True):
    """The account that the server processes run as."""

    name: str
    uid: int
    gid: int
    dropped: bool
    """Whether we are root and become this account for the servers."""


def serving_account(candidates: Sequence[str] = CANDIDATES) -> Account:
    """Return the account for the servers, after trying that we can really become it."""
    if os.geteuid() != 0:
        try:
            own = pwd.getpwuid(os.geteuid())
        except KeyError:
            detail = f"uid {os.geteuid()} has no entry in the passwd file, and initdb needs one"
            raise CannotDropPrivileges(detail) from None
        return Account(own.pw_name, own.pw_uid, own.pw_gid, dropped=False)
    for name in candidates:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, entry.pw_uid, entry.pw_gid, dropped=True)
        if account.uid != 0 and _can_become(account):
            return account
    detail = f"tried {', '.join(candidates)}; start as an ordinary account instead"
    raise CannotDropPrivileges(detail)


def run(
    account: Account, *argv: str | Path, keep_open: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a short command as the account and return what it said."""
    return subprocess.run(
        argv,
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
        pass_fds=keep_open,
        umask=0o077,
        user=account.uid if account.dropped else None,
        group=account.gid if account.dropped else None,
        extra_groups=[] if account.dropped else None,
    )


def launch(account: Account, log: Path, *argv: str | Path) -> int:
    """Start a server as the account, in a session of its own, and return its pid."""
    log_fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        shell = subprocess.run(
            (_SHELL, "-c", 'exec "$@" >&2 & echo $!', "sh", *argv),
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log_fd,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,
            umask=0o077,
            user=account.uid if account.dropped else None,
            group=account.gid if account.dropped else None,
            extra_groups=[] if account.dropped else None,
        )
    finally:
        os.close(log_fd)
    if not shell.stdout.strip().isdigit():
        detail = f"{_SHELL} could not start {argv[0]}"
        raise WouldNotStart(detail)
    return int(shell.stdout)


def can_enter(account: Account, directory: Path) -> bool:
    """Say whether the account can reach a directory; tried, since mode bits are not all of it."""
    script = 'test -d "$1" && test -x "$1"'
    return run(account, _SHELL, "-c", script, "sh", directory).returncode == 0


def is_running(pid: int, marker: str) -> bool:
    """Say whether a process is alive and its command line holds the marker.

    A pid alone proves nothing: after a crash it may belong to anybody. A zombie has no command
    line.
    """
    proc = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self/cmdline").exists():
        try:
            return marker in proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    listing = subprocess.run(
        ("/bin/ps", "-ww", "-o", "command=", "-p", str(pid)),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return marker in listing.stdout


def wait_until(fact: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; say whether it came to be in time."""
    deadline = monotonic_seconds() + seconds
    while not fact():
        if monotonic_seconds() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _can_become(account: Account) -> bool:
    try:
        return run(account, _SHELL, "-c", "exit 0").returncode == 0
    except OSError as refused:
        # EPERM: a container without CAP_SETUID or CAP_SETGID. Anything else is a broken machine.
        if refused.errno != errno.EPERM:
            raise
        return False


def _environment() -> dict[str, str]:
    # Nothing of the caller's PG* or locale settings may reach the servers.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}
