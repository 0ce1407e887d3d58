"""Says in plain words what is wrong with a deployment. Reads everything, changes nothing.

A process may ask for its own part alone: an API process holds no login but its own, so it can't
answer for the rest. This room refuses jargon and values: a sentence names the setting and what to
do. (With no database named it starts the embedded one, as every command does.)
"""

import asyncio
from typing import Literal, TypeAlias

import redis.asyncio as redis_client
from redis.exceptions import RedisError

from engage import wiring
from engage.clock import SystemClock
from engage.db.migrate import current, newest
from engage.db.sealing import CannotOpen, MasterKeys
from engage.db.session import Database, DatabaseAway
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import PracticeId
from engage.messaging import account as carrier_account
from engage.messaging import help_lines, restored
from engage.messaging.carrier import CarrierSilent
from engage.messaging.carrier_codes import classify
from engage.messaging.doors import Door, Doors
from engage.messaging.sending import store as sending
from engage.messaging.spool import check as spool_check
from engage.messaging.twilio import TwilioCarrier
from engage.people.staffing import store as staffing
from engage.settings import Settings
from engage.turns.library import Library

REDIS_SECONDS = 3.0
Part: TypeAlias = Literal["all", "deployment", "api", "worker"]
_SPOOLING: tuple[Part, ...] = ("all", "api")
_WHOLE: tuple[Part, ...] = ("all", "deployment")
_PAGING: tuple[Part, ...] = ("all", "worker")
"""Who sends. An API process has no part in it: through it a browser subscribes to pushes."""
_LOGINS: tuple[tuple[str, str, bool, tuple[Part, ...]], ...] = (
    ("database_url", "ENGAGE_DATABASE_URL", False, ("all", "deployment", "api", "worker")),
    ("owner_database_url", "ENGAGE_OWNER_DATABASE_URL", True, ("all", "deployment")),
    ("worker_database_url", "ENGAGE_WORKER_DATABASE_URL", False, ("all", "deployment", "worker")),
    ("auditor_database_url", "ENGAGE_AUDITOR_DATABASE_URL", False, ("all", "deployment")),
)


async def examine(settings: Settings, part: Part = "all") -> list[str]:
    """Return every fault found, as sentences; none means ready.

    `part` is what one process needs, or the deployment without the world around it: only "all" asks
    the carrier about the texting accounts, and no start may hang on its answer. Nor may it hang on
    Redis, without which everything works, later: one process does not ask for it.
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
        if part in _SPOOLING:
            directory = wiring.spool_directory(filled)
            wrong += spool_check.faults(directory, real=filled.carrier == "twilio")
        if part in _WHOLE:
            wrong += await _redis(filled)
        waiting = wiring.drafts(filled, Library.shipped())
        if waiting and filled.carrier == "twilio":
            wrong.append(
                f"ENGAGE_TEXT_REVIEWS does not cover {len(waiting)} draft wordings; "
                "`engage texts --unsigned` lists them."
            )
        elif filled.carrier == "twilio" and not wrong:
            wrong += await _signed_for_each(filled, part)
        if part == "all" and filled.carrier == "twilio":
            # Said to who asks, and no reason not to start: an old look is better than no texts.
            wrong += [
                f"{line.number} in help_lines.toml was last checked on {line.last_checked}: "
                "look whether it holds, and renew the date."
                for line in help_lines.unlooked(SystemClock().now().date())
            ]
        if part == "all" and filled.carrier == "twilio":
            wrong += _nobody_told(filled)
        if part in _PAGING and filled.real and not wrong:
            wrong += await _unproven(filled, part)
        # With a fault above, what follows would be a fault of that fault.
        if part in _WHOLE and not wrong:
            wrong += await practices(filled, ask=part == "all" and filled.carrier == "twilio")
    except EngageError as error:
        wrong.append(error.sentence)
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)
    return wrong


def _nobody_told(settings: Settings) -> list[str]:
    """Name the ways in which people hear of trouble that are not there."""
    wrong: list[str] = []
    if not settings.smtp_url:
        wrong.append("ENGAGE_SMTP_URL is empty: in a crisis nobody is paged outside the console.")
    if not settings.heartbeat_url:
        wrong.append(
            "ENGAGE_HEARTBEAT_URL is empty: if everything stands still, nobody outside notices."
        )
    return wrong


async def _unproven(settings: Settings, part: Part) -> list[str]:
    """Name the practices in which it is not proven that pages come by two ways."""
    url = settings.worker_database_url if part == "worker" else settings.database_url
    database = await Database.open(url, setting="ENGAGE_DATABASE_URL", size=1)
    try:
        at = SystemClock().now()
        return await wiring.unproven(settings, database, at, also_old=part == "all")
    finally:
        await database.close()


async def _signed_for_each(settings: Settings, part: Part) -> list[str]:
    """Name the practices for which a wording that others signed is still a draft."""
    url = settings.worker_database_url if part == "worker" else settings.database_url
    database = await Database.open(url, setting="ENGAGE_DATABASE_URL", size=1)
    try:
        async with database.work() as work:
            practices = [PracticeId(row[0]) for row in await work.table("door_practices")]
    finally:
        await database.close()
    library = Library.shipped()
    return [
        f"ENGAGE_TEXT_REVIEWS does not cover {len(waiting)} draft wordings for practice {practice}."
        for practice in practices
        if (waiting := wiring.drafts(settings, library, practice))
    ]


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


async def practices(settings: Settings, *, ask: bool) -> list[str]:
    """Look at every practice: do its keys open, and is its account at the carrier as it must be.

    `ask` is whether the carrier is asked: numbers, addresses, campaign.
    """
    names = await _names(settings)
    app = await Database.open(settings.database_url, setting="ENGAGE_DATABASE_URL", size=2)
    carrier = TwilioCarrier(base_url=settings.twilio_base_url or None)
    try:
        doors = Doors(app, Vault(MasterKeys(settings.secret_keys), app))
        wrong = await _restored(app)
        for practice, name in names.items():
            try:
                hung = await doors.by_practice(practice)
            except CannotOpen:
                found = ["ENGAGE_SECRET_KEYS lacks the key that its data are sealed with."]
            else:
                found = await _account(carrier, hung, settings.public_url) if ask else []
            found += await _held(app, practice)
            wrong += [f"{name}: {sentence}" for sentence in found]
        return wrong
    finally:
        await carrier.aclose()
        await app.close()


async def _restored(app: Database) -> list[str]:
    """Say that a restored backup has paused sending."""
    async with app.work() as work:
        since = await restored.since(work)
    if since is None:
        return []
    sentence = (
        f"A backup was restored ({since:%Y-%m-%d %H:%M} UTC), so only safety texts leave. "
        "When the texts of the lost minutes are accounted for, `engage sending resume`."
    )
    return [sentence]


async def _held(app: Database, practice: PracticeId) -> list[str]:
    """Name what keeps a practice's texts back."""
    async with app.work([practice]) as work:
        stands = await sending.of(work, practice)
    if stands is None or not stands.held.holds(SystemClock().now()):
        return []
    why = "by hand" if stands.error_code is None else classify(stands.error_code).means
    match stands.effect:
        case "stop":
            return [f"Sending is stopped ({why}); when it is mended, `engage sending lift`."]
        case "pause":
            return [f"Sending is paused for a while ({why})."]
        case _:
            return []


async def _names(settings: Settings) -> dict[PracticeId, str]:
    owner = await Database.open(
        settings.need("owner_database_url"),
        setting="ENGAGE_OWNER_DATABASE_URL",
        size=1,
        may_own=True,
    )
    try:
        # No other login may list practices.
        async with owner.work() as work:
            every = await staffing.all_practices(work)
        if not every:
            return {}
        async with owner.work(every) as work:
            return await staffing.names_of(work, every)
    finally:
        await owner.close()


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
