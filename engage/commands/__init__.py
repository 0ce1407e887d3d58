"""What every command stands on: settings, one sentence for what fails, an open house.

This room refuses logic: a command calls one function of a room below and prints what came of it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Never, TypeVar

import click
import uvloop

from engage import logs, wiring
from engage.db.migrate import migrate
from engage.db.session import Database
from engage.errors import EngageError
from engage.ids import PracticeId
from engage.people import bootstrap
from engage.settings import Settings, load

T = TypeVar("T")


def settings_read() -> Settings:
    """Read the settings, or stop with the sentence that names the wrong one."""
    try:
        settings = load(os.environ)
    except EngageError as error:
        stop(error)
    logs.configure(settings.log_level)
    return settings


def stop(error: EngageError) -> Never:
    """End with the one sentence of an error."""
    where = f" ({error.field})" if error.field else ""
    click.echo(f"engage: {error.sentence}{where}", err=True)
    sys.exit(1)


def run(act: Callable[[], Awaitable[T]]) -> T:
    """Run something to its end; an error of ours is one sentence."""
    try:
        # uvloop halves what the loop itself costs a webhook (docs/performance.md).
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_awaited(act))
    except EngageError as error:
        stop(error)
    except KeyboardInterrupt:
        sys.exit(130)


async def _awaited(act: Callable[[], Awaitable[T]]) -> T:
    return await act()


async def in_house(act: Callable[[wiring.House], Awaitable[T]]) -> T:
    """Run something in an API process's house; embedded servers are joined and left again."""
    settings, servers = await wiring.to_thread_prepared(settings_read())
    try:
        if servers is not None:
            await migrate(settings.owner_database_url, wiring.logins(settings))
        async with wiring.house(settings, "app") as house:
            return await act(house)
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)


@asynccontextmanager
async def owner_of(settings: Settings) -> AsyncGenerator[Database, None]:
    """Open the owner's database: no other login may list practices."""
    owner = await Database.open(
        settings.need("owner_database_url"),
        setting="ENGAGE_OWNER_DATABASE_URL",
        size=1,
        may_own=True,
    )
    try:
        yield owner
    finally:
        await owner.close()


async def practice_named(house: wiring.House, named: str) -> PracticeId:
    """Return the practice with this id or name; unnamed, the only one."""
    async with owner_of(house.settings) as owner:
        return await bootstrap.find_practice(owner, named)
