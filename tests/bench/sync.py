"""One caregiver's phone asks what changed: a thousand things that did, all at once, and none.

Four people in one circle, each with 150 visits and 100 to-dos. Before every question that is to
find a thousand changes each of them is changed in SQL, outside of what is timed. The state that the
phone had is one sealed row; the API reads everything that the caregiver may see, hashes it, and
answers with the difference, so the time grows with what may be seen and not with what changed. One
phone, one question at a time, over HTTP; API process and database share the machine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import aiohttp
import asyncpg
import msgspec
from msgspec import Struct

from engage import embedded
from engage.audit import SYSTEM
from engage.clock import SystemClock, fresh_id, monotonic_seconds
from engage.db.sealing import MasterKeys
from engage.db.session import Database, Work
from engage.family.errand import Errand
from engage.family.store import add_errand
from engage.ids import CaregiverId, GrantId, PatientId, PhoneId
from engage.people.caregiver import NewCaregiver
from engage.people.circle.store import add_caregiver, link_caregiver
from engage.people.patient import NewPatient
from engage.people.phone import PhoneNumber
from engage.people.sharing.grant import Category
from engage.people.sharing.store import Grant, add
from engage.people.signing.keeping import Keeping
from engage.people.signing.principal import Person
from engage.people.store import create_patient
from tests.bench.houses import PORT, environment, serving
from tests.bench.measure import percentile
from tests.bench.numbers import phone_of
from tests.bench.world import World, admin, found, id_sql

PEOPLE, VISITS, TO_DOS = 4, 150, 100
ITEMS = PEOPLE * (VISITS + TO_DOS)
TIMES, WARM = 40, 3
ADDRESS = f"http://127.0.0.1:{PORT}"
_OPEN: tuple[Category, ...] = ("visits", "rides", "needs", "messages")
NINETY_FIVE = 0.95


class Asked(Struct, frozen=True):
    """One kind of question; milliseconds."""

    p50: float
    p95: float


class SyncSeen(Struct, frozen=True, kw_only=True):
    """What it showed."""

    everything: Asked
    """A phone that knows nothing yet."""
    changed: Asked
    """A phone that knows everything as it was."""
    nothing: Asked
    """A phone that knows everything as it is."""
    kibibytes: float
    """Of an answer with everything, not compressed."""
    wrong: tuple[str, ...] = ()
    """What makes the figures worthless: an answer with another number of changes."""


class _Change(Struct):
    kind: str


class _Answer(Struct):
    changes: list[_Change]
    gone: list[_Change]
    next: str


_ANSWER = msgspec.json.Decoder(_Answer)


class _Phone:
    """The caregiver's phone: it remembers the answer before."""

    def __init__(self, web: aiohttp.ClientSession, token: str) -> None:
        self._web = web
        self._worn = {"Authorization": f"Bearer {token}"}
        self.since: str | None = None
        self.bytes = 0
        self.wrong: list[str] = []

    async def ask(self, wanted: int) -> float:
        """Ask what changed, and return how long the answer took."""
        path = "/v1/sync" if self.since is None else f"/v1/sync?since={self.since}"
        began = monotonic_seconds()
        async with self._web.get(path, headers=self._worn) as answer:
            answer.raise_for_status()
            body = await answer.read()
        took = monotonic_seconds() - began
        read = _ANSWER.decode(body)
        things = sum(one.kind != "person" for one in read.changes)
        if things != wanted or read.gone:
            self.wrong.append(f"sync: {things} changes and {len(read.gone)} gone, not {wanted}")
        self.since, self.bytes = read.next, max(self.bytes, len(body))
        return 1000 * took


async def measure_sync(servers: embedded.Servers) -> SyncSeen:
    """Ask three ways, many times each."""
    world = await found(servers, "sync", 1)
    token = await _circle(servers, world)
    async with (
        admin(servers, world.database) as rows,
        serving(environment(servers, world)),
        aiohttp.ClientSession(ADDRESS) as web,
    ):
        await _visits(rows, world)
        phone = _Phone(web, token)

        async def anew() -> None:
            phone.since = None

        everything = await _asked(phone, anew, ITEMS)
        changed = await _asked(phone, lambda: _change(rows), ITEMS)
        nothing = await _asked(phone, lambda: asyncio.sleep(0), 0)
    return SyncSeen(
        everything=everything,
        changed=changed,
        nothing=nothing,
        kibibytes=phone.bytes / 1024,
        wrong=tuple(dict.fromkeys(phone.wrong)),
    )


async def _asked(phone: _Phone, before: Callable[[], Awaitable[None]], wanted: int) -> Asked:
    took: list[float] = []
    for n in range(WARM + TIMES):
        await before()
        one = await phone.ask(wanted)
        if n >= WARM:
            took.append(one)
    took.sort()
    return Asked(percentile(took, 0.5), percentile(took, NINETY_FIVE))


async def _change(rows: asyncpg.Connection) -> None:
    """Let every visit begin a minute later, and every to-do be due a day later."""
    await rows.execute(
        "UPDATE appointment SET start_at = start_at + interval '1 minute',"
        " end_at = end_at + interval '1 minute'"
    )
    await rows.execute("UPDATE errand SET due_on = due_on + 1")


async def _circle(servers: embedded.Servers, world: World) -> str:
    """Put a caregiver in who may see all of it, and sign them in; return their token."""
    clock, url = SystemClock(), servers.url("app", world.database)
    app = await Database.open(url, setting="ENGAGE_DATABASE_URL", size=2)
    try:
        async with app.work([world.practice], world.practice) as work:
            caregiver = await _caregiver(work, world, clock)
        async with admin(servers, world.database) as rows:
            phone = await rows.fetchval(
                "SELECT phone_id FROM phone_use WHERE caregiver_id = $1", caregiver
            )
        person = Person(
            practice_id=world.practice,
            phone_id=PhoneId(UUID(str(phone))),
            kind="caregiver",
            id=caregiver,
            given_name="Ana",
            language="en",
            closed=False,
        )
        keeping = Keeping(app, MasterKeys([world.secret]), clock, ADDRESS)
        async with app.work([world.practice], world.practice) as work:
            return (await keeping.begin_family(work, person)).access
    finally:
        await app.close()


async def _caregiver(work: Work, world: World, clock: SystemClock) -> CaregiverId:
    at, keys = clock.now(), world.keys
    people = [await _patient(work, world, clock, n) for n in range(PEOPLE)]
    new = NewCaregiver(
        id=CaregiverId(fresh_id(clock)),
        given_name="Ana",
        family_name="Alvarez",
        language="en",
        phone=PhoneNumber(phone_of(999)),
    )
    await add_caregiver(work, keys, new, people[0], "daughter", at=at, by=SYSTEM)
    for one in people[1:]:
        await link_caregiver(work, keys, new.id, one, "daughter", at=at, by=SYSTEM)
    for one in people:
        for category in _OPEN:
            grant = Grant(
                practice_id=world.practice,
                id=GrantId(fresh_id(clock)),
                patient_id=one,
                caregiver_id=new.id,
                category=category,
                how="verbal",
                heard_by=world.manager,
                granted_at=at,
                verbs=("see", "act"),
            )
            await add(work, grant)
        for n in range(TO_DOS):
            errand = Errand(
                practice_id=world.practice,
                id=fresh_id(clock),
                patient_id=one,
                kind="to-do",
                title=f"Bring the letter of the clinic ({n})",
                appointment_id=None,
                due_on=(at + timedelta(days=n)).date(),
                made_by=new.id,
                made_at=at,
                changed_at=at,
            )
            await add_errand(work, keys, errand)
    return new.id


async def _patient(work: Work, world: World, clock: SystemClock, n: int) -> PatientId:
    # No copy of a numbered patient: what is sealed of those can't be opened.
    new = NewPatient(
        id=PatientId(fresh_id(clock)),
        external_id=f"S-{n}",
        given_name="Rosa",
        family_name="Alvarez",
        language="en",
        birth_date=date(1951, 3, 14),
        care_manager_id=world.manager,
        phone=PhoneNumber(phone_of(1_000 + n)),
    )
    await create_patient(work, world.keys, new, at=clock.now(), by=SYSTEM)
    return new.id


async def _visits(rows: asyncpg.Connection, world: World) -> None:
    await rows.execute(
        "INSERT INTO appointment (practice_id, id, patient_id, status, start_at, end_at, zone,"  # noqa: S608 - our names
        " said, created_at, changed_at, version)"
        f" SELECT '{world.practice}', {id_sql(world.prefix, 'due', 'n')},"
        " (SELECT array_agg(patient_id) FROM caregiver_of)[1 + n % $1::bigint], 'booked',"
        " now() + n * interval '8 hours', now() + n * interval '8 hours' + interval '1 hour',"
        " 'America/Phoenix', '{}', now(), now(), 1"
        " FROM generate_series(1::bigint, $2::bigint) AS n",
        PEOPLE,
        PEOPLE * VISITS,
    )
    await rows.execute("VACUUM ANALYZE")
