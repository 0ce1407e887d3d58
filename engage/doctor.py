"""Says in plain words what is wrong with a deployment. Reads everything, changes nothing.

This room refuses jargon and values: a sentence names the setting and what to do.
"""

import asyncio

import redis.asyncio as redis_client
from redis.exceptions import RedisError

from engage import wiring
from engage.db.migrate import current, newest
from engage.db.session import Database, DatabaseAway
from engage.errors import EngageError
from engage.settings import Settings
from engage.turns.library import Library

REDIS_SECONDS = 3.0
_LOGINS = (
    ("database_url", "ENGAGE_DATABASE_URL", False),
    ("owner_database_url", "ENGAGE_OWNER_DATABASE_URL", True),
    ("worker_database_url", "ENGAGE_WORKER_DATABASE_URL", False),
    ("auditor_database_url", "ENGAGE_AUDITOR_DATABASE_URL", False),
)


async def examine(settings: Settings) -> list[str]:
    """Return every fault found, as sentences; none means ready."""
    wrong: list[str] = []
    try:
        filled, servers = await wiring.to_thread_prepared(settings)
    except EngageError as error:
        return [error.sentence]
    try:
        for field, name, may_own in _LOGINS:
            wrong += await _login(getattr(filled, field), name, may_own=may_own)
        wrong += await _redis(filled)
        waiting = wiring.drafts(filled, Library.shipped())
        if waiting and filled.carrier == "twilio":
            wrong.append(
                f"ENGAGE_TEXT_REVIEWS does not cover {len(waiting)} draft wordings; "
                "`engage texts --unsigned` lists them."
            )
    except EngageError as error:
        wrong.append(error.sentence)
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)
    return wrong


async def _login(url: str, name: str, *, may_own: bool) -> list[str]:
    if not url:
        return [f"{name} is empty."]
    try:
        database = await Database.open(url, setting=name, size=1, may_own=may_own)
    except DatabaseAway:
        return [f"{name}: nobody answers there."]
    except EngageError as error:
        return [error.sentence]
    try:
        revision = await current(database)
    finally:
        await database.close()
    if revision != newest():
        at = revision or "no schema"
        return [f"{name}: the schema is at {at}, not {newest()}; run `engage migrate`."]
    return []


async def _redis(settings: Settings) -> list[str]:
    if not settings.redis_url:
        return []
    client = redis_client.from_url(settings.redis_url, socket_timeout=REDIS_SECONDS)  # pyright: ignore[reportUnknownMemberType] - redis is half typed
    try:
        await client.ping()  # pyright: ignore[reportUnknownMemberType] - as above
    except (RedisError, OSError):
        return ["ENGAGE_REDIS_URL: nobody answers there; work is found by sweeping, more slowly."]
    finally:
        await client.aclose()
    return []
