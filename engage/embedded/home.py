"""The data directory: what lies where, who shares it, and the file with the passwords.

It belongs to whoever calls `start`. As root it can be entered by the servers' account (mode 0711)
and only `postgres/` inside belongs to that account, so that a server taken over by somebody can
plant nothing that root would follow. Locks are flocks: the kernel drops them when a process dies.
"""

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, get_args

import msgspec

from engage.clock import random_bytes
from engage.embedded.account import Account, can_enter, wait_until
from engage.embedded.errors import PasswordsLost, ServersBusy, UnsafeDirectory

Login = Literal["admin", "owner", "app", "worker", "auditor"]
"""Who connects: `admin` is the superuser of this one server, the others are plain logins."""

LOGINS: tuple[Login, ...] = get_args(Login)

_LONGEST_SOCKET = 103
"""Bytes of a unix socket's path that every system takes (Linux 107, macOS 103)."""

_PLAIN_PATH = re.compile(r"/[A-Za-z0-9/_.+-]+")
"""A runtime directory that needs no quoting in a URL: arq does not unquote."""

_SPOOL = "spool"
"""What another room of the product may have put here before there were servers."""

_LOCK_PATIENCE_SECONDS = 300.0


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What servers.json remembers."""

    home: str
    throwaway: bool
    runtime: str
    passwords: dict[str, str]

    def __repr__(self) -> str:
        """Show no password."""
        return f"State(home={self.home!r}, passwords=…)"


class Home(msgspec.Struct, frozen=True):
    """The data directory and the account of the servers in it."""

    root: Path
    account: Account

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.root / "postgres"

    @property
    def state_file(self) -> Path:
        """The 0600 file with the passwords."""
        return self.root / "servers.json"


def open_home(data_dir: Path, account: Account) -> Home:
    """Make the data directory if it is missing, and refuse one that others could change."""
    try:
        root = Path(os.path.realpath(data_dir))
        _make_missing(root, account)
        facts = root.stat()
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the name
        reason = getattr(refused, "strerror", None) or "that is no name of a directory"
        detail = f"{data_dir} can't be made or looked at ({reason})"
        raise UnsafeDirectory(detail) from None
    if not stat.S_ISDIR(facts.st_mode):
        detail = f"{root} is not a directory"
        raise UnsafeDirectory(detail)
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        detail = f"{root} must belong to you and be writable by nobody else"
        raise UnsafeDirectory(detail)
    if account.dropped and not can_enter(account, root):
        _let_in(root)
    if account.dropped and not can_enter(account, root):
        detail = f"the account {account.name} cannot enter {root}; choose one outside private homes"
        raise UnsafeDirectory(detail)
    return Home(root, account)


@contextmanager
def starting(home: Home) -> Generator[int]:
    """Hold the lock under which servers are started and stopped; yields its descriptor."""
    lock = _open_lock(home, "start.lock")
    try:
        if not wait_until(lambda: _try_lock(lock, fcntl.LOCK_EX), _LOCK_PATIENCE_SECONDS):
            raise ServersBusy(str(home.root))
        yield lock
    finally:
        os.close(lock)


def take_share(home: Home) -> int:
    """Take a share in the servers (under `starting`); closing the descriptor gives it back."""
    lock = _open_lock(home, "shares.lock")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def nobody_shares(home: Home) -> bool:
    """Say whether no process, not even this one, has a share (under `starting`)."""
    lock = _open_lock(home, "shares.lock")
    try:
        return _try_lock(lock, fcntl.LOCK_EX)
    finally:
        os.close(lock)


def load_state(home: Home, *, throwaway: bool) -> State:
    """Return the remembered state, completed; passwords are on disk before any server has them."""
    state = read_state(home)
    if state is None:
        if home.cluster.exists():
            detail = f"restore {home.state_file} or remove {home.root}"
            raise PasswordsLost(detail)
        state = State(home="", throwaway=throwaway, runtime="", passwords={})
    elif state.throwaway != throwaway:
        made = "for throw-away tests" if state.throwaway else "to keep what it holds"
        detail = f"{home.root} was made {made}"
        raise UnsafeDirectory(detail)
    completed = State(
        home=str(home.root),
        throwaway=throwaway,
        # A copied or moved data directory must not meet its twin in one socket directory.
        runtime=_runtime_directory(home, state.runtime if state.home == str(home.root) else ""),
        passwords={name: random_bytes(24).hex() for name in (*LOGINS, "valkey")} | state.passwords,
    )
    if completed != state:
        write_file(home.state_file, msgspec.json.format(msgspec.json.encode(completed)), 0o600)
    return completed


def read_state(home: Home) -> State | None:
    """Return what servers.json says, or None if there is none."""
    try:
        return msgspec.json.decode(home.state_file.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        detail = f"{home.state_file} cannot be read; restore it or remove {home.root}"
        raise PasswordsLost(detail) from None


def write_file(path: Path, content: bytes, mode: int, owner: Account | None = None) -> None:
    """Write a file so that a crash leaves either the old one or the new one, never a half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(handle, mode)
            if owner is not None and owner.dropped:
                os.fchown(handle, owner.uid, owner.gid)
            os.fsync(handle)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory as durable as the files."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_owned(directory: Path, account: Account) -> None:
    """Make a directory that only the account may enter; it must not exist yet."""
    directory.mkdir(mode=0o700)
    if account.dropped:
        os.chown(directory, account.uid, account.gid)


def is_closed(directory: Path, account: Account) -> bool:
    """Say whether a directory is real, the account's own, and closed to everybody else."""
    try:
        facts = directory.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(facts.st_mode) and facts.st_uid == account.uid
    return ours and not facts.st_mode & 0o077


def _make_missing(root: Path, account: Account) -> None:
    for missing in reversed([path for path in (root, *root.parents) if not path.exists()]):
        with suppress(FileExistsError):  # another process was quicker
            missing.mkdir()
            missing.chmod(0o711 if account.dropped else 0o700)


def _let_in(root: Path) -> None:
    """Loosen a directory that holds nothing but our own spool; somebody's home stays as it is."""
    if [path.name for path in root.iterdir()] == [_SPOOL]:
        root.chmod(0o711)


def _runtime_directory(home: Home, remembered: str) -> str:
    if remembered:
        with suppress(OSError):  # it exists, or its parent is gone
            make_owned(Path(remembered), home.account)
        if is_closed(Path(remembered), home.account):
            return remembered
    # In /tmp anybody could have made the remembered name while it was missing: take a fresh one.
    own = [] if home.account.dropped else [os.environ.get("XDG_RUNTIME_DIR", "")]
    for parent in (*own, "/tmp", "/var/tmp", tempfile.gettempdir()):  # noqa: S108 - mkdtemp's own
        fits = len(parent) + len("/engage-12345678/.s.PGSQL.5432.lock") <= _LONGEST_SOCKET
        if (
            not fits
            or not _PLAIN_PATH.fullmatch(parent)
            or not can_enter(home.account, Path(parent))
        ):
            continue
        with suppress(OSError):
            made = tempfile.mkdtemp(prefix="engage-", dir=parent)
            if home.account.dropped:
                os.chown(made, home.account.uid, home.account.gid)
            return made
    detail = "no short directory for the sockets: /tmp and /var/tmp cannot be used"
    raise UnsafeDirectory(detail)


def _open_lock(home: Home, name: str) -> int:
    return os.open(home.root / name, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
