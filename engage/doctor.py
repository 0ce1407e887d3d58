"""Says in plain words what is wrong with a deployment. Reads everything, changes nothing.

A process may ask for its own part alone: an API process holds no login but its own, so it can't
answer for the rest. This room refuses jargon and values: a sentence names the setting and what to
do.
"""

import asyncio
from typing import Literal, TypeAlias

import redis.asyncio as redis_client
from redis.exceptions import RedisError

from engage import wiring
from engage.db.migrate import current, newest
from engage.db.sealing import MasterKeys
from engage.db.session import Database, DatabaseAway
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import PracticeId
from engage.messaging import account as carrier_account
from engage.messaging.carrier import CarrierSilent
from engage.messaging.doors import Door, Doors
from engage.messaging.twilio import TwilioCarrier
from engage.people.staffing import store as staffing
from engage.settings import Settings
from engage.turns.library import Library

REDIS_SECONDS = 3.0
Part: TypeAlias = Literal["all", "deployment", "api", "worker"]
_LOGINS: tuple[tuple[str, str, bool, tuple[Part, ...]], ...] = (
    ("database_url", "ENGAGE_DATABASE_URL", False, ("all", "deployment", "api", "worker")),
    ("owner_database_url", "ENGAGE_OWNER_DATABASE_URL", True, ("all", "deployment")),
    ("worker_database_url", "ENGAGE_WORKER_DATABASE_URL", False, ("all", "deployment", "worker")),
    ("auditor_database_url", "ENGAGE_AUDITOR_DATABASE_URL", False, ("all", "deployment")),
)


async def examine(settings: Settings, part: Part = "all") -> list[str]:
    """Return every fault found, as sentences; none means ready.

    `part` is what one process needs, or the deployment without the world around it: only "all" asks
    the carrier about the texting accounts, and no start may hang on its answer.
    """
    wrong: list[str] = []
    try:
        filled, servers = await wiring.to_thread_prepared(settings)
    except EngageError as error:
        return [error.sentence]
    try:
        for field, name, may_own, parts in _LOGINS:
            if part in parts:
                wrong += await _login(getattr(filled, field), name, may_own=may_own)
        wrong += await _redis(filled)
        waiting = wiring.drafts(filled, Library.shipped())
        if waiting and filled.carrier == "twilio":
            wrong.append(
                f"ENGAGE_TEXT_REVIEWS does not cover {len(waiting)} draft wordings; "
                "`engage texts --unsigned` lists them."
            )
        if part == "all" and filled.carrier == "twilio" and not wrong:
            # With a fault above, what follows would be a fault of that fault.
            wrong += await accounts(filled)
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


async def accounts(settings: Settings) -> list[str]:
    """Look at every practice's account at its carrier: numbers, addresses, campaign."""
    owner = await Database.open(
        settings.need("owner_database_url"),
        setting="ENGAGE_OWNER_DATABASE_URL",
        size=1,
        may_own=True,
    )
    try:
        # No other login may list practices.
        async with owner.work() as work:
            practices = await staffing.all_practices(work)
        if not practices:
            return []
        async with owner.work(practices) as work:
            names = await staffing.names_of(work, practices)
    finally:
        await owner.close()
    app = await Database.open(settings.database_url, setting="ENGAGE_DATABASE_URL", size=2)
    carrier = TwilioCarrier(base_url=settings.twilio_base_url or None)
    try:
        doors = Doors(app, Vault(MasterKeys(settings.secret_keys), app))
        wrong: list[str] = []
        for practice in practices:
            found = await _account(
                carrier, await doors.by_practice(PracticeId(practice)), settings.public_url
            )
            wrong += [f"{names[practice]}: {sentence}" for sentence in found]
        return wrong
    finally:
        await carrier.aclose()
        await app.close()


async def _account(carrier: TwilioCarrier, doors: tuple[Door, ...], public_url: str) -> list[str]:
    if not doors:
        return ["No account with the carrier is stored."]
    account, numbers = doors[0].account, [door.number for door in doors]
    try:
        seen = await carrier.look(account, numbers)
    except carrier_account.SignInRefused as refused:
        return [refused.sentence]
    except CarrierSilent:
        return ["The carrier could not be asked just now; the account was not looked at."]
    return carrier_account.faults(seen, numbers, account.messaging_service_sid, public_url)
