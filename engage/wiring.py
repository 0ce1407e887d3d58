"""Builds everything once. No logic: who gets what, and in which order it is let go.

`prepared` fills in what an empty setting means (the embedded servers); `house` opens one process's
side of the deployment. This room refuses to start on a contradiction.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct

from engage import embedded
from engage.api.parts import Spooling
from engage.clock import Clock, SystemClock
from engage.db.grants import Login
from engage.db.presence import Presence
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.embedded.first_key import kept_key
from engage.errors import WrongSetting
from engage.family.notices import Notices
from engage.feed import Feed
from engage.hl7v2.bookings import Bookings
from engage.hl7v2.intake import Intake
from engage.hl7v2.visits import Stays
from engage.ids import PracticeId
from engage.jobs.doorbell import Doorbell
from engage.messaging.carrier import Carrier
from engage.messaging.doors import Doors
from engage.messaging.http_post import HttpPost
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.mail import Relay
from engage.messaging.outbox import SIMULATED, Outbox, Policy
from engage.messaging.reconcile import Reconciler
from engage.messaging.restored import Lineage
from engage.messaging.simulator import SimulatorCarrier
from engage.messaging.spool.disk import Disk
from engage.messaging.spool.spool import Spool
from engage.messaging.twilio import TwilioCarrier
from engage.needs.letters import Letters
from engage.people.pagers.vapid import VapidKey
from engage.people.staffing.store import any_for_show
from engage.queue.alarms import Alarms
from engage.queue.paging import Pager, proofs
from engage.queue.paging.channel import Channel, Way
from engage.queue.paging.email import EmailChannel
from engage.queue.paging.push import PushChannel
from engage.queue.paging.sms import SmsChannel
from engage.reading.reader import shipped_model
from engage.settings import Settings
from engage.turns import reviews
from engage.turns.library import Library
from engage.turns.take import Turns

Role: TypeAlias = Literal["app", "worker"]

_KEY_FILE = "secret-keys"
_SETTING_OF: dict[Role, str] = {
    "app": "ENGAGE_DATABASE_URL",
    "worker": "ENGAGE_WORKER_DATABASE_URL",
}


class House(Struct, frozen=True, kw_only=True):
    """One process's parts, open."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    library: Library
    doors: Doors
    bell: Doorbell
    turns: Turns
    outbox: Outbox
    reconciler: Reconciler
    pager: Pager
    #: The ways by which people are told who do not look at the console.
    channels: Mapping[Way, Channel]
    #: What hospitals send: recorded by the door, tried again by the workers.
    hospital: Intake
    letters: Letters
    notices: Notices
    feed: Feed
    carrier: Carrier
    post: HttpPost
    #: Only in a process that serves.
    spooling: Spooling | None = None

    def __repr__(self) -> str:
        """Hide keys and addresses."""
        return "House(…)"


def prepared(settings: Settings) -> tuple[Settings, embedded.Servers | None]:
    """Return settings without blanks: an empty database URL starts, or joins, embedded servers."""
    if settings.database_url:
        return settings, None
    servers = embedded.start(settings.data_dir or embedded.default_data_dir())
    keys = settings.secret_keys or (kept_key(servers.data_dir / _KEY_FILE),)
    filled = msgspec.structs.replace(
        settings,
        database_url=servers.url("app"),
        owner_database_url=servers.url("owner"),
        worker_database_url=servers.url("worker"),
        auditor_database_url=servers.url("auditor"),
        redis_url=settings.redis_url or servers.redis_url or "",
        secret_keys=keys,
    )
    return filled, servers


def logins(settings: Settings) -> dict[Login, str]:
    """Return the role names that the grants are for, from the URLs of the three logins."""
    urls: dict[Login, str] = {
        "app": settings.need("database_url"),
        "worker": settings.need("worker_database_url"),
        "auditor": settings.need("auditor_database_url"),
    }
    return {login: unquote(urlsplit(url).username or "") for login, url in urls.items()}


def drafts(
    settings: Settings, library: Library, practice: PracticeId | None = None
) -> tuple[reviews.Draft, ...]:
    """Return the wordings that nobody has signed, or nobody for a practice."""
    if settings.text_reviews is None:
        return reviews.unsigned(library)
    try:
        signed = reviews.parse(settings.text_reviews.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, reviews.ReviewsInvalid) as error:
        sentence = "ENGAGE_TEXT_REVIEWS names a file that can't be read as reviews."
        raise WrongSetting(sentence) from error
    return reviews.unsigned(library, signed, practice)


def spool_directory(settings: Settings) -> Path:
    """Return where the carrier's requests wait while the database is away."""
    return (settings.data_dir or embedded.default_data_dir()) / "spool"


def lineage(house: House) -> Lineage:
    """Return what notices that a backup was restored under this worker."""
    directory = house.settings.data_dir or embedded.default_data_dir()
    return Lineage(house.database, house.clock, directory)


def alarms(house: House) -> Alarms:
    """Return who tells people what the auditor found."""
    return Alarms(
        database=house.database,
        vault=house.vault,
        clock=house.clock,
        bell=house.bell,
        relay=_relay(house.settings),
        public_url=house.settings.public_url,
    )


@asynccontextmanager
async def house(
    settings: Settings,
    role: Role,
    *,
    clock: Clock | None = None,
    library: Library | None = None,
    disk: Disk | None = None,
) -> AsyncGenerator[House, None]:
    """Open the parts of an API process or of a worker, and close them in reverse.

    With a disk there is a spool, so the house opens also while the database is away.
    """
    clock = clock or SystemClock()
    library = library or Library.shipped(settings.phq2_cut_off)
    # Half a second now, which the first patient's text would otherwise wait for.
    shipped_model()
    if settings.carrier == "twilio" and (waiting := drafts(settings, library)):
        sentence = (
            f"ENGAGE_TEXT_REVIEWS does not cover {len(waiting)} draft wordings, which the twilio "
            "carrier may not send; `engage texts --unsigned` lists them."
        )
        raise WrongSetting(sentence)
    url = settings.need("database_url" if role == "app" else "worker_database_url")
    async with AsyncExitStack() as stack:
        database = await Database.open(
            url, setting=_SETTING_OF[role], size=16, even_away=disk is not None
        )
        stack.push_async_callback(database.close)
        if settings.carrier == "twilio" and role == "worker":
            await refuse_show(database)
        vault = Vault(MasterKeys(settings.secret_keys), database)
        spool = None if disk is None else await _spool(settings, vault.master, clock, disk)
        doors = Doors(database, vault, None if spool is None else spool.known)
        bell = Doorbell(settings.redis_url or None)
        stack.push_async_callback(bell.aclose)
        post = HttpPost()
        stack.push_async_callback(post.aclose)
        carrier = _carrier(settings, database, vault, doors, post, clock)
        stack.push_async_callback(carrier.aclose)
        pushes = HttpPost(public_only=True)
        stack.push_async_callback(pushes.aclose)
        channels = _channels(settings, clock, carrier, doors, vault, pushes)
        feed = Feed(database)
        stack.push_async_callback(feed.close)
        turns = Turns(
            database=database,
            vault=vault,
            clock=clock,
            library=library,
            bell=bell,
            public_url=settings.public_url,
            codes_a_day=settings.codes_a_day,
        )
        push = channels.get("push")
        notices = Notices(
            database=database,
            vault=vault,
            clock=clock,
            bell=bell,
            catalogue=library.catalogue,
            pusher=push if isinstance(push, PushChannel) else None,
            public_url=settings.public_url,
        )
        outbox = Outbox(
            database=database,
            vault=vault,
            clock=clock,
            carrier=carrier,
            doors=doors,
            public_url=settings.public_url,
            policy=SIMULATED if settings.carrier == "simulator" else Policy(),
            bell=bell,
            wanted=notices.wanted,
        )
        yield House(
            settings=settings,
            clock=clock,
            database=database,
            vault=vault,
            library=library,
            doors=doors,
            bell=bell,
            turns=turns,
            outbox=outbox,
            reconciler=Reconciler(
                database=database,
                clock=clock,
                carrier=carrier,
                doors=doors,
                reports=outbox,
                texts=turns,
            ),
            pager=Pager(
                database=database,
                vault=vault,
                clock=clock,
                bell=bell,
                channels=channels,
            ),
            channels=channels,
            hospital=Intake(
                database=database,
                vault=vault,
                clock=clock,
                bell=bell,
                visits=Stays(clock),
                appointments=Bookings(turns=turns, vault=vault, clock=clock),
            ),
            letters=Letters(
                database=database,
                vault=vault,
                clock=clock,
                relay=_relay(settings),
                public_url=settings.public_url,
                tells=turns,
            ),
            notices=notices,
            feed=feed,
            carrier=carrier,
            post=post,
            spooling=None if spool is None else Spooling(spool, Presence(database)),
        )


async def refuse_show(database: Database) -> None:
    """Refuse a practice that texts at night: it is fictional, and this carrier is not."""
    async with database.work() as work:
        practices = [PracticeId(row[0]) for row in await work.table("door_practices")]
    async with database.work(practices) as work:
        if await any_for_show(work, practices):
            sentence = (
                "ENGAGE_CARRIER is twilio, but the texting hours of a practice are all-day, which "
                "is for the simulator alone."
            )
            raise WrongSetting(sentence)


async def _spool(settings: Settings, master: MasterKeys, clock: Clock, disk: Disk) -> Spool:
    try:
        return await Spool.open(
            spool_directory(settings),
            master,
            clock,
            disk,
            most_bytes=settings.spool_max_mb * 1024 * 1024,
        )
    except OSError as refused:
        sentence = f"ENGAGE_DATA_DIR can't hold the spool of texts ({refused.strerror})."
        raise WrongSetting(sentence) from refused


def _carrier(
    settings: Settings,
    database: Database,
    vault: Vault,
    doors: Doors,
    post: HttpPost,
    clock: Clock,
) -> Carrier:
    if settings.carrier == "twilio":
        return TwilioCarrier(base_url=settings.twilio_base_url or None)
    return SimulatorCarrier(SimulatorLedger(database, vault, doors), post, clock)


def _channels(
    settings: Settings,
    clock: Clock,
    carrier: Carrier,
    doors: Doors,
    vault: Vault,
    pushes: HttpPost,
) -> dict[Way, Channel]:
    relay, public_url = _relay(settings), settings.public_url
    found: dict[Way, Channel] = {"sms": SmsChannel(carrier, doors, vault.master, public_url)}
    if relay is not None:
        found["email"] = EmailChannel(relay, public_url, clock)
    if settings.vapid_keys:
        keys = [VapidKey(key) for key in settings.vapid_keys]
        found["push"] = PushChannel(keys, settings.push_hosts, pushes, clock, public_url)
    return found


def set_up(settings: Settings) -> Sequence[Way]:
    """Return the ways of paging that the settings know; SMS is each practice's own account."""
    has: dict[Way, bool] = {
        "email": bool(settings.smtp_url),
        "sms": True,
        "push": bool(settings.vapid_keys),
    }
    return [way for way, there in has.items() if there]


async def unproven(
    settings: Settings, database: Database, at: datetime, *, also_old: bool = False
) -> list[str]:
    """Name the practices in which fewer than two ways of paging have been proven.

    With `also_old` those as well that were proven long ago: said to who asks, and no reason not to
    start, because an old proof is better than nobody who sends.
    """
    async with database.work() as work:
        practices = [PracticeId(row[0]) for row in await work.table("door_practices")]
    found = await proofs.proven(database, practices, set_up(settings))
    said = [one.sentence() for one in found if not one.enough]
    if also_old:
        said += [line for one in found for line in one.old(at, settings.page_proof_days)]
    return said


def _relay(settings: Settings) -> Relay | None:
    if not settings.smtp_url:
        return None
    return Relay.of(settings.smtp_url, settings.public_url)


async def to_thread_prepared(settings: Settings) -> tuple[Settings, embedded.Servers | None]:
    """Do what `prepared` does without blocking the loop."""
    return await asyncio.to_thread(prepared, settings)
