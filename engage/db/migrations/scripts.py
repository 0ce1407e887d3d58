"""Runs the SQL files of a step in one transaction, as they stand.

asyncpg's simple protocol takes many statements at once, which a prepared one can't.
"""

from functools import partial
from importlib.resources.abc import Traversable
from typing import Protocol

from sqlalchemy import Connection, text


class _Connection(Protocol):
    async def execute(self, script: str) -> object: ...


async def _execute(connection: _Connection, script: str) -> None:
    await connection.execute(script)


def run(bind: Connection, folder: Traversable) -> None:
    """Run every *.sql of a folder, by name."""
    # SQLAlchemy begins the transaction with its first statement; without one, the raw connection
    # would commit each file on its own.
    bind.execute(text("SELECT 1"))
    raw = bind.connection.dbapi_connection
    if raw is None:
        message = "no connection to migrate on"
        raise RuntimeError(message)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            script = file.read_text("utf-8")
            raw.run_async(partial(_execute, script=script))
