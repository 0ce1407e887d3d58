"""Whether the time of an answer tells who is known: two thousand that are, as many that are not.

Each way in is asked about known and unknown ones in an order that was shuffled, one request at a
time, over HTTP, each from an address of its own, since tries are limited by address. What is done
once the answer is out (looking up whose phone it is, queuing the text) must not tell either, so the
request right after it is timed, too. The passwords are wrong and the codes made up: nobody gets in.
"""

import hashlib
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import aiohttp
from msgspec import Struct

from engage import embedded
from engage.api.auth.device import DEVICE
from engage.clock import SystemClock, fresh_id, monotonic_seconds, random_bytes
from engage.db.sealing import MasterKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import StaffId
from engage.people import bootstrap
from engage.people.signing import passkey_store, passwords
from engage.people.signing.passkey_store import Owner
from engage.people.signing.passkeys import NOBODYS, Kept, encoded, handle_of, site_of
from engage.people.signing.passwords import Cost
from engage.people.staff import NewStaff
from tests.bench.houses import PORT, environment, serving
from tests.bench.measure import percentile
from tests.bench.numbers import phone_of
from tests.bench.world import World, admin, found
from tests.fakes.authenticator import Authenticator

EACH = 2_000
WARM = 40
MOST_MS = 2.0
"""How far the medians may lie apart."""
ADDRESS = f"http://127.0.0.1:{PORT}"


class Told(Struct, frozen=True):
    """One way in; milliseconds of the answers about those who are known, and who are not."""

    way: str
    known: float
    unknown: float
    known_95: float
    unknown_95: float
    overlap: float
    """How much of the two distributions is common to both, in twenty classes of equal size."""

    @property
    def apart(self) -> float:
        """How far the medians lie apart."""
        return abs(self.known - self.unknown)


class SignInSeen(Struct, frozen=True):
    """What it showed."""

    ways: tuple[Told, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """Name each way in whose answers tell who is known."""
        return tuple(
            f"sign-in: {one.way}: medians {one.apart:.2f} ms apart"
            for one in self.ways
            if one.apart > MOST_MS
        )


class _House:
    """Who is known, and how to ask about anybody."""

    def __init__(self, web: aiohttp.ClientSession, device: Authenticator) -> None:
        self._web = web
        self._device = device
        self._asked = 0
        self._kept = ""

    async def post(self, path: str, body: dict[str, Any], device: str = "") -> Any:  # noqa: ANN401 - JSON
        """Ask from an address that nobody asked from before."""
        self._asked += 1
        n = self._asked
        worn = {"X-Forwarded-For": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"}
        if device:
            worn["Cookie"] = f"{DEVICE}={device}"
        async with self._web.post(f"/v1/auth/{path}", json=body, headers=worn) as answer:
            said = await answer.json()
            if answer.status not in {200, 202, 401}:
                message = f"{path}: {answer.status} {said}"
                raise RuntimeError(message)
            if DEVICE in answer.cookies:
                self._kept = answer.cookies[DEVICE].value
            return said

    async def timed(self, path: str, body: dict[str, Any], device: str = "") -> float:
        """Return how long an answer took."""
        began = monotonic_seconds()
        await self.post(path, body, device)
        return 1000 * (monotonic_seconds() - began)

    async def password(self, n: int, *, known: bool) -> float:
        """Show a wrong password of an address."""
        body = {"email": _email(n, known=known), "password": "not this one at all"}
        return await self.timed("password", body)

    async def code(self, n: int, *, known: bool) -> float:
        """Ask for a code to a phone."""
        return await self.timed("code", {"phone": _phone(n, known=known)})

    async def after_code(self, n: int, *, known: bool) -> float:
        """Ask right after a code was asked for: whether its text being queued can be felt."""
        await self.post("code", {"phone": _phone(n, known=known)})
        return await self.timed("code/verify", {"phone": _phone(n, known=False), "code": "1"})

    async def verify(self, n: int, *, known: bool) -> float:
        """Show a code that is made up."""
        body = {"phone": _phone(n, known=known), "code": "000000"}
        return await self.timed("code/verify", body)

    async def passkey(self, n: int, *, known: bool) -> float:
        """Show a passkey that is signed by another key than the one that is kept."""
        options = await self.post("passkeys/options", {})
        self._device.credential_id = _credential(n, known=known)
        return await self.timed("passkeys/verify", self._device.show(options), self._kept)


def _phone(n: int, *, known: bool) -> str:
    # Of the numbered patients every one has a phone of ours; behind them nobody has.
    return phone_of(1 + n if known else 1 + n + 2 * EACH)


def _email(n: int, *, known: bool) -> str:
    return f"{'staff' if known else 'nobody'}{n}@desertbloom.example"


def _credential(n: int, *, known: bool) -> bytes:
    return hashlib.sha256(f"{known} {n}".encode()).digest()


async def _known(servers: embedded.Servers, world: World) -> Authenticator:
    """Let two thousand work here, each with a password and a passkey; return a device."""
    clock, master, site = SystemClock(), MasterKeys([world.secret]), site_of(ADDRESS)
    app = await Database.open(
        servers.url("app", world.database), setting="ENGAGE_DATABASE_URL", size=2
    )
    kept = passwords.hashed("a long walk along the river", random_bytes(16), Cost())
    people: list[StaffId] = []
    try:
        vault = Vault(master, app)
        for n in range(EACH):
            new = NewStaff.named(_email(n, known=True), f"Staff Number{n}")
            practice = world.practice
            one = await bootstrap.create_staff(
                app, vault, clock, practice=practice, staff=new, role="care_manager"
            )
            people.append(one)
            passkey = Kept(
                credential_id=encoded(_credential(n, known=True)),
                public_key=NOBODYS,
                sign_count=0,
                synced=False,
            )
            async with app.work() as work:
                owner = Owner("staff", one, None)
                await passkey_store.add(work, fresh_id(clock), owner, passkey, 20, clock.now())
    finally:
        await app.close()
    async with admin(servers, world.database) as rows:
        await rows.executemany(
            "INSERT INTO staff_secret (staff_id, password_hash, totp_sealed, set_at)"
            " VALUES ($1, $2, $3, now())",
            [(one, kept.encode(), b"sealed") for one in people],
        )
        await rows.execute("VACUUM ANALYZE")
    handle = encoded(handle_of("staff", people[0]))
    return Authenticator(b"", site.rp_id, site.origin, handle=handle)


async def measure_sign_in(servers: embedded.Servers) -> SignInSeen:
    """Ask about each, by each way in."""
    # A phone is asked for a code once a minute: each way that does has people of its own.
    world = await found(servers, "signing", 2 * EACH)
    device = await _known(servers, world)
    settings = {
        **environment(servers, world),
        "ENGAGE_TRUSTED_PROXIES": "127.0.0.1/32",
        "ENGAGE_CODES_A_DAY": "10000",
        # That no more codes leave for now is what is to happen here.
        "ENGAGE_LOG_LEVEL": "ERROR",
    }
    # No cookie is kept: each request comes from a browser that was never here.
    nothing_kept = aiohttp.DummyCookieJar()
    async with (
        serving(settings),
        aiohttp.ClientSession(ADDRESS, cookie_jar=nothing_kept) as web,
    ):
        house = _House(web, device)
        ways: tuple[tuple[str, Callable[..., Awaitable[float]], int], ...] = (
            ("a password", house.password, 0),
            ("a code by text", house.code, 0),
            ("right after a code by text", house.after_code, EACH),
            ("the digits of a code", house.verify, 0),
            ("a passkey", house.passkey, 0),
        )
        seen = [await _told(way, ask, first) for way, ask, first in ways]
    return SignInSeen(tuple(seen))


async def _told(way: str, ask: Callable[..., Awaitable[float]], first: int) -> Told:
    took: dict[bool, list[float]] = {True: [], False: []}
    for place, (n, known) in enumerate(_shuffled()):
        one = await ask(first + n, known=known)
        if place >= WARM:
            took[known].append(one)
    known, unknown = sorted(took[True]), sorted(took[False])
    return Told(
        way,
        median(known),
        median(unknown),
        percentile(known, 0.95),
        percentile(unknown, 0.95),
        _overlap(known, unknown),
    )


def _shuffled() -> list[tuple[int, bool]]:
    """Return everybody in an order that has nothing to do with who is known."""
    everybody = [(n, known) for n in range(EACH) for known in (True, False)]
    return sorted(everybody, key=lambda one: hashlib.sha256(repr(one).encode()).digest())


def _overlap(one: list[float], other: list[float]) -> float:
    """Return the common share of two distributions, by classes that hold as many of both."""
    classes = 20
    together = sorted([*one, *other])
    ends = [together[len(together) * place // classes] for place in range(1, classes)]

    def shares(of: list[float]) -> list[float]:
        counts = [0] * classes
        for value in of:
            counts[sum(value >= end for end in ends)] += 1
        return [count / len(of) for count in counts]

    return sum(min(pair) for pair in zip(shares(one), shares(other), strict=True))
