"""Brings the schema up and gives the logins their rights. Runs as the owner, and only then.

This room refuses to go down: a step back is a restore.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Text, column, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from engage.db import grants
from engage.db.grants import Login
from engage.db.session import Database, Query

_HERE = Path(__file__).parent
_REVISION = Query(select(column("version_num", Text)).select_from(table("alembic_version")))


def newest() -> str:
    """Return the revision that this code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def migrate(owner_url: str, logins: dict[Login, str]) -> str:
    """Run the missing steps and the grants in one transaction; return the revision reached."""
    engine = create_async_engine(
        owner_url.replace("postgresql://", "postgresql+asyncpg://", 1).replace(
            "postgres://", "postgresql+asyncpg://", 1
        ),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
            for statement in grants.statements(logins):
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
    return newest()


async def current(database: Database) -> str | None:
    """Return the revision the database is at, as any login may read it; None before the first."""
    async with database.work() as work:
        if await work.call("to_regclass", "public.alembic_version") is None:
            return None
        row = await work.maybe(_REVISION)
        return None if row is None else row["version_num"]


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    # Two migrators at once: the second waits, and then finds nothing to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('engage/migrate'))"))
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
