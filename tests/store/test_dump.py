"""A stolen dump, log or disk: nothing that anybody said, or can be called by, is in it.

A story is lived through with words of its own, and then everything that PostgreSQL wrote is
searched for them in every form that a dump, a log line or a URL might give them.
"""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import quote, quote_plus
from uuid import UUID

import asyncpg
import pytest

from engage.clock import fresh_id, random_bytes
from engage.embedded import Servers
from engage.ids import MessageId, QueueItemId, ThreadId
from engage.messaging.doors import Doors
from engage.messaging.ledger import SimulatorLedger
from engage.messaging.outbox import Outbox
from engage.messaging.simulator import SimulatorCarrier
from engage.people import bootstrap
from engage.people.staff import NewStaff
from engage.queue import work as queue
from tests.fakes import practice as fakes
from tests.store.conftest import House

PHONE = "+16025550163"
BORN = date(1947, 2, 11)


class Lived(NamedTuple):
    """A story that happened, and what must not be found of it."""

    house: House
    canaries: dict[str, str]


def unlike_any() -> str:
    """Return a word that stands nowhere else, whatever the other tests write meanwhile."""
    return f"zq{random_bytes(8).hex()}qz"


def forms(canary: str) -> dict[str, bytes]:
    """Return a canary in clear and in every dress it might wear."""
    plain = canary.encode()
    dressed = {
        "clear": plain,
        "utf-16": canary.encode("utf-16-le"),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "url": quote(canary, safe="").encode(),
        "form": quote_plus(canary).encode(),
        "json": json.dumps(canary).strip('"').encode(),
        "backwards": plain[::-1],
    }
    for shift in range(3):
        # The first and the last four characters depend on the neighbours.
        whole = base64.b64encode(bytes(shift) + plain)
        dressed[f"base64 at {shift}"] = whole[4:-4]
        dressed[f"url base64 at {shift}"] = whole[4:-4].translate(bytes.maketrans(b"+/", b"-_"))
    return dressed


def found(written: bytes, canaries: Mapping[str, str]) -> list[str]:
    """Return which canaries stand in what was written, and in which form."""
    return [
        f"{name} ({form})"
        for name, canary in canaries.items()
        for form, dressed in forms(canary).items()
        if dressed in written
    ]


async def dump(admin_url: str) -> bytes:
    """Return every row of every table, as COPY writes it: what pg_dump would write."""
    pieces: list[bytes] = []

    async def keep(piece: bytes) -> None:
        pieces.append(bytes(piece))

    admin = cast("Any", await asyncpg.connect(admin_url))
    try:
        tables = await admin.fetch(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND NOT relispartition"
        )
        for (table,) in tables:
            await admin.copy_from_query(f"SELECT * FROM {table}", output=keep)  # noqa: S608 - catalogue
    finally:
        await admin.close()
    return b"".join(pieces)


@asynccontextmanager
async def carrier_of(house: House, doors: Doors) -> AsyncGenerator[SimulatorCarrier]:
    """Be the simulated carrier of a practice, which keeps what it took in the database."""
    worker = house.databases.worker

    async def posted(url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url
        assert headers or body
        return 204

    ledger = SimulatorLedger(worker, house.vault, doors)
    carrier = SimulatorCarrier(ledger, posted, house.clock, pace_seconds=0)
    try:
        yield carrier
    finally:
        await carrier.aclose()


async def send_all(house: House) -> None:
    """Send everything that waits to be sent, as the worker's outbox does."""
    worker = house.databases.worker
    doors = Doors(worker, house.vault)
    async with carrier_of(house, doors) as carrier:
        outbox = Outbox(
            database=worker,
            vault=house.vault,
            clock=house.clock,
            carrier=carrier,
            doors=doors,
            public_url="https://engage.example.org",
        )
        for (message,) in await house.rows("SELECT id FROM message WHERE status = 'queued'"):
            await outbox.send(house.place.id, MessageId(UUID(str(message))))
            await asyncio.sleep(0)


@pytest.fixture
async def lived(house: House) -> Lived:
    """Live through texts in and out, a picture, a note, staff, a token and a refused statement."""
    app, place, turns = house.databases.app, house.place, house.turns
    words = {name: unlike_any() for name in ("hunger", "crisis", "staff text", "note", "unread")}
    email = f"{unlike_any()}@example.org"
    dana = NewStaff.named(email, "Dana Ruiz")
    await bootstrap.create_staff(
        app, house.vault, house.clock, practice=place.id, staff=dana, role="care_manager"
    )
    token = await bootstrap.token(app, house.vault, house.clock, email)
    patient = await fakes.add_patient(app, place, house.clock, PHONE, birth_date=BORN)
    await house.starts(patient)
    await send_all(house)
    texts = (
        f"often, and {words['hunger']}",
        f"I want to die {words['crisis']}",
        f"é ñ \ud83d\ude00 {words['hunger']}".encode("utf-16", "surrogatepass").decode("utf-16"),
    )
    for sid, body in enumerate(texts):
        await turns.text_in(place.door, house.text(body, sid, PHONE))
    await turns.text_in(place.door, house.text(words["unread"], 77, PHONE), turn=False)
    thread = ThreadId(UUID(str(await house.one("SELECT id FROM thread"))))
    async with app.work([place.id], place.id) as work:
        await turns.staff_writes(
            work,
            place.id,
            thread,
            place.manager,
            f"Hi Rosa, {words['staff text']}",
            MessageId(fresh_id(house.clock)),
        )
    await send_all(house)
    item = QueueItemId(
        UUID(str(await house.one("SELECT id FROM queue_item WHERE severity = 'crisis'")))
    )
    at = house.clock.now()
    async with app.work([place.id], place.id) as work:
        await queue.claim(work, place.id, item, place.manager, at, lambda _: True)
        await queue.complete(
            work,
            place.keys,
            item,
            place.manager,
            at,
            lambda _: True,
            "reached-patient",
            f"She said {words['note']}",
        )
    for shameful in (
        f"SELECT '{words['note']}'::integer",
        f"SELECT nothing('{words['note']}')",
        f"SELECT '[{words['note']}'::jsonb",
    ):
        async with fakes.raw(house.databases.urls["app"]) as clumsy:
            with pytest.raises(asyncpg.PostgresError):
                await clumsy.execute(shameful)
    canaries = {
        **words,
        "phone": PHONE[2:],
        "birth date": BORN.isoformat(),
        "e-mail": email,
        "bearer token": token,
        "carrier token": place.door.account.auth_tokens[0],
    }
    return Lived(house, canaries)


async def test_a_dump_tells_nothing(lived: Lived) -> None:
    """COPY of every table after the story holds no word, number, birth date, address or token."""
    written = await dump(lived.house.databases.urls["admin"])
    assert found(written, lived.canaries) == []
    # It is the story's dump, and it was not empty: names are readable, by decision 0007.
    assert b"Alvarez" in written
    kept = "SELECT count(*) FROM message WHERE direction = $1 AND status = $2"
    assert await lived.house.one(kept, "in", "received") == 4
    assert await lived.house.one(kept, "out", "accepted") >= 2  # type: ignore[operator]
    assert await lived.house.one("SELECT count(*) FROM simulator_text") >= 2  # type: ignore[operator]
    assert await lived.house.one("SELECT count(*) FROM queue_item WHERE note_sealed IS NOT NULL")


async def test_a_stolen_disk_tells_nothing(lived: Lived, servers: Servers) -> None:
    """Neither the log nor the files and the WAL on disk hold a word of it, not even of errors."""
    house = lived.house
    only_here = {k: v for k, v in lived.canaries.items() if k not in ("phone", "birth date")}
    assert found((servers.data_dir / "postgres.log").read_bytes(), lived.canaries) == []
    await house.alter("CHECKPOINT")
    number = await house.one("SELECT oid FROM pg_database WHERE datname = current_database()")
    cluster = servers.data_dir / "postgres"

    def files() -> list[Path]:
        return [*(cluster / "base" / str(number)).iterdir(), *(cluster / "pg_wal").glob("0*")]

    told, size = await asyncio.to_thread(searched, files, only_here)
    assert told == []
    assert size > 1 << 20


def searched(files: Callable[[], list[Path]], canaries: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the canaries that stand in clear in some files, and how much was looked at."""
    told: list[str] = []
    size = 0
    for file in files():
        try:
            written = file.read_bytes()
        except FileNotFoundError:
            # The server is shared: another test's checkpoint has just put this piece of the WAL
            # away under another name. All of it is read again.
            return searched(files, canaries)
        size += len(written)
        told += [name for name, canary in canaries.items() if canary.encode() in written]
    return told, size


async def test_a_canary_would_be_found(house: House) -> None:
    """A canary that slips into a column is found, as text or as bytes, in whatever dress."""
    canary = "Mi casa+está/llena de 12 gatos & perros?"
    async with fakes.raw(house.databases.urls["admin"]) as admin:
        await admin.execute("ALTER TABLE patient ADD COLUMN slip bytea")
        await admin.execute("UPDATE patient SET slip = $1", canary.encode())
        await admin.execute("UPDATE practice SET holidays = $1", canary)
    written = await dump(house.databases.urls["admin"])
    assert set(found(written, {"cats": canary})) == {"cats (clear)", "cats (hex)"}
    for form, dressed in forms(canary).items():
        assert f"cats ({form})" in found(b"... " + dressed + b" ...", {"cats": canary})


async def test_what_was_sealed_is_really_there(lived: Lived) -> None:
    """The search found nothing because it is sealed, not because it is missing."""
    house, keys = lived.house, lived.house.place.keys
    rows = await house.rows("SELECT id, body_sealed FROM message")
    bodies = [
        keys.open_text("message.body", cast("UUID", row), cast("bytes", blob)) for row, blob in rows
    ]
    for name in ("hunger", "crisis", "staff text", "unread"):
        assert any(lived.canaries[name] in body for body in bodies), name
    notes = await house.rows("SELECT id, note_sealed FROM queue_item WHERE note_sealed IS NOT NULL")
    assert [
        lived.canaries["note"]
        in keys.open_text("queue_item.note", cast("UUID", row), cast("bytes", blob))
        for row, blob in notes
    ] == [True]
