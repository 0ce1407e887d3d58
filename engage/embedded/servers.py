"""The public face: `start` the servers of a data directory, ask them for URLs, `stop` them."""

import os
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

from engage.embedded import logins, postgres, valkey
from engage.embedded.account import serving_account
from engage.embedded.home import (
    Home,
    Login,
    State,
    load_state,
    nobody_shares,
    open_home,
    read_state,
    starting,
    take_share,
)


class Servers:
    """A share in the running servers of one data directory."""

    def __init__(self, home: Home, state: State, share: int, redis_url: str | None) -> None:
        """Hold a share; only `start` makes one."""
        self._home = home
        self._state = state
        self._share: int | None = share
        self._ending = threading.Lock()
        self.redis_url = redis_url
        """What arq and redis-py take, password included; None if there is no Redis."""

    def __repr__(self) -> str:
        """Name the data directory and no password."""
        return f"Servers({str(self._home.root)!r})"

    @property
    def data_dir(self) -> Path:
        """Where everything lies."""
        return self._home.root

    def url(self, login: Login, database: str = logins.DATABASE) -> str:
        """Return the URL of a database for a login, password included: never log it."""
        password = self._state.passwords[login]
        where = urlencode({"host": self._state.runtime}, safe="/")
        return f"postgresql://engage_{login}:{quote(password)}@/{quote(database)}?{where}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database of engage_owner's, as a copy of the template if one is named."""
        logins.create_database(self._state, name, template)

    def drop_database(self, name: str) -> None:
        """Drop a database, connections and all; one that does not exist is dropped already."""
        logins.drop_database(self._state, name)

    def stop(self) -> None:
        """Give the share back; whoever gives back the last one stops the servers."""
        with self._ending:
            if self._share is None:
                return
            if not self._home.root.exists():  # swept away under us; PostgreSQL notices by itself
                os.close(self._share)
                self._share = None
                return
            with starting(self._home):
                os.close(self._share)
                self._share = None
                _stop_if_last(self._home)


def start(
    data_dir: Path,
    *,
    redis: bool = True,
    throwaway: bool = False,
    postgres_bin: Path | None = None,
) -> Servers:
    """Start the servers of a data directory, or join those that run there already.

    Blocks for a second the first time and for some hundredths later; from async code use
    `asyncio.to_thread`. If this process is killed the servers stay, and lose nothing.

    `throwaway` is for tests alone: a directory made with it writes without fsync, so a power cut
    may destroy it. A directory stays what it was made as. `postgres_bin` names the folder of the
    PostgreSQL binaries instead of searching for one.
    """
    home = open_home(data_dir, serving_account())
    with starting(home) as start_lock:
        state = load_state(home, throwaway=throwaway)
        share = take_share(home)
        try:
            postgres.ensure_running(home, state, start_lock, postgres_bin)
            logins.settle(state, str(home.cluster))
            redis_url = valkey.ensure_running(home, state) if redis else None
        except BaseException:
            os.close(share)
            _stop_if_last(home)
            raise
    return Servers(home, state, share, redis_url)


def default_data_dir() -> Path:
    """Return where `engage demo` keeps its servers: for root not inside anybody's home."""
    if os.geteuid() == 0:
        return Path("/var/lib/engage" if sys.platform == "linux" else "/usr/local/var/engage")
    state_home = os.environ.get("XDG_STATE_HOME", "")
    # The XDG rules: a relative path is no path.
    base = Path(state_home) if state_home.startswith("/") else Path.home() / ".local" / "state"
    return base / "engage"


def throwaway_data_dir() -> Path:
    """Make a fresh data directory for tests that the servers' account can enter, also as root."""
    made = Path(tempfile.mkdtemp(prefix="engage-data-", dir="/tmp"))
    if os.geteuid() == 0:
        made.chmod(0o711)
    return made


def _stop_if_last(home: Home) -> None:
    state = read_state(home)
    if state is not None and nobody_shares(home):
        valkey.stop(home, state)
        postgres.stop(home)
        with suppress(OSError):  # made again, under the same name, at the next start
            Path(state.runtime).rmdir()
