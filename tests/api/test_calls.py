"""Somebody calls the number that texts: a signed call is answered in words, whatever is broken."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import asyncpg
import httpx
from msgspec.structs import replace

from engage.api.app import create_app
from engage.api.parts import Spooling
from engage.db.presence import Presence
from engage.db.vault import Vault
from engage.messaging.carrier import Account
from engage.messaging.doors import Doors
from engage.messaging.signature import HEADER, SETTINGS_HEADER, compute
from engage.messaging.spool.disk import RealDisk
from engage.messaging.spool.spool import Spool
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House

VOICE = "/webhooks/twilio/voice"
SPOOL_BYTES = 1024 * 1024
KEPT = ("message", "receipt", "audit", "feed", "due")


def _fields(house: House, **changed: str) -> dict[str, str]:
    return {
        "CallSid": "CA" + "0" * 32,
        "AccountSid": house.north.door.account.account_sid,
        "From": ROSAS_PHONE,
        "To": house.north.number,
        "CallStatus": "ringing",
        "Direction": "inbound",
    } | changed


async def _call(
    house: House,
    fields: dict[str, str],
    *,
    account: Account | None = None,
    headers: dict[str, str] | None = None,
    client: httpx.AsyncClient | None = None,
) -> httpx.Response:
    token = (account or house.north.door.account).auth_tokens[0]
    signature = compute(f"{PUBLIC_URL}{VOICE}", list(fields.items()), token)
    return await (client or house.client).post(
        VOICE,
        content=urlencode(fields).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", HEADER: signature}
        | (headers or {}),
    )


def _heard(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "text/xml"
    return [one.text or "" for one in ET.fromstring(answer.content)]  # noqa: S314 - our own words


async def test_a_caller_hears_help_the_line_and_the_hours(house: House) -> None:
    """In English and Spanish: 911, 988, the practice's line, and the hours of today."""
    english, spanish = _heard(await _call(house, _fields(house)))

    assert "North Clinic" in english
    assert "6 0 2, 5 5 5, 0 1 0 1" in english
    assert english.endswith("Our hours today are 9 AM to 5 PM.")
    assert spanish.endswith("Hoy atendemos de las 9 de la mañana a las 5 de la tarde.")
    for words in (english, spanish):
        assert "9 1 1" in words
        assert "9 8 8" in words


async def test_today_is_the_practices_today(house: House) -> None:
    """Friday night in Phoenix is Saturday in UTC, and the hours said are Friday's; then closed."""
    house.clock.set(datetime(2026, 11, 28, 5, 0, tzinfo=UTC))
    friday = _heard(await _call(house, _fields(house)))
    house.clock.set(datetime(2026, 11, 28, 18, 0, tzinfo=UTC))
    saturday = _heard(await _call(house, _fields(house)))

    # The day after Thanksgiving is no holiday of Arizona's.
    assert "9 AM to 5 PM" in friday[0]
    assert "closed today" in saturday[0]


async def test_a_withheld_number_is_answered(house: House) -> None:
    """Who calls, and with what call id, decides nothing."""
    for caller in ("anonymous", "+266696687", "", "sip:a@b.example"):
        assert len(_heard(await _call(house, _fields(house, From=caller, CallSid="")))) == 2


async def test_unsigned_is_refused_as_at_the_other_doors(house: House) -> None:
    """A missing, wrong or foreign signature, and a number that is not ours, is the one 403."""
    fields = _fields(house)
    refused = [
        await _call(house, fields, headers={HEADER: ""}),
        await _call(house, fields, headers={HEADER: "bm9wZQ=="}),
        await _call(house, fields, headers={SETTINGS_HEADER: "algorithm=HMAC_SHA256"}),
        await _call(house, fields, account=house.south.door.account),
        await _call(house, _fields(house, To="+16025550100")),
        await _call(house, _fields(house, To=house.south.number)),
        await _call(house, _fields(house, AccountSid="AC" + "0" * 32)),
    ]

    assert {one.status_code for one in refused} == {403}
    assert len({one.content for one in refused}) == 1


async def test_what_is_no_form_is_refused(house: House) -> None:
    """JSON is a 415, a form without the number that was called a 400, a GET a 405."""
    fields = _fields(house)
    del fields["To"]

    answers = [
        await _call(house, _fields(house), headers={"Content-Type": "application/json"}),
        await _call(house, fields),
        await house.client.get(VOICE),
    ]

    assert [one.status_code for one in answers] == [415, 400, 405]


async def test_nothing_is_kept_of_a_call(house: House) -> None:
    """No row is written; the count of requests is all that is left of it."""
    connection = await asyncpg.connect(house.databases.urls["admin"])
    sql = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in KEPT)  # noqa: S608 - our own names
    before = await connection.fetch(sql)
    await _call(house, _fields(house))
    after = await connection.fetch(sql)
    await connection.close()
    metrics = await house.client.get("/metrics")

    assert before == after
    assert (
        'engage_http_requests_total{http_status="200",method="POST",'
        f'route="{VOICE}"}} 1.0' in metrics.text
    )


async def test_without_its_practice_a_call_hears_help(house: House) -> None:
    """If the practice can't be read the caller hears 911 and 988, and no error."""
    connection = await asyncpg.connect(house.databases.urls["admin"])
    await connection.execute("ALTER TABLE practice RENAME COLUMN holidays TO holidays_gone")
    said = _heard(await _call(house, _fields(house)))
    await connection.execute("ALTER TABLE practice RENAME COLUMN holidays_gone TO holidays")
    await connection.close()

    assert all("9 1 1" in words and "9 8 8" in words for words in said)
    assert "North Clinic" not in said[0]


async def test_with_the_database_away_a_call_hears_help(
    house: House, vault: Vault, tmp_path: Path
) -> None:
    """The spool's copy of a door still tells a signed call from a forged one; nobody else is."""
    spool = await Spool.open(
        tmp_path, vault.master, house.clock, RealDisk(), most_bytes=SPOOL_BYTES
    )
    spooling = Spooling(spool, Presence(house.databases.app))
    doors = Doors(house.databases.app, vault, spool.known)
    app = create_app(replace(house.parts, doors=doors, spooling=spooling))
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        met = _heard(await _call(house, _fields(house), client=client))
        await house.databases.app.close()
        spooling.presence.doubt()
        said = _heard(await _call(house, _fields(house), client=client))
        forged = await _call(house, _fields(house), headers={HEADER: "bm9wZQ=="}, client=client)
        never_met = await _call(
            house,
            _fields(house, To=house.south.number),
            account=house.south.door.account,
            client=client,
        )

    assert "North Clinic" in met[0]
    assert all("9 1 1" in words and "9 8 8" in words for words in said)
    assert "North Clinic" not in said[0]
    assert (forged.status_code, never_met.status_code) == (403, 503)
    assert spool.depth == 0


async def test_the_first_call_into_an_outage_hears_help(
    house: House, vault: Vault, tmp_path: Path
) -> None:
    """The call by which a process learns that the database is away is answered, not failed."""
    spool = await Spool.open(
        tmp_path, vault.master, house.clock, RealDisk(), most_bytes=SPOOL_BYTES
    )
    spool.known.learn(house.north.id, house.north.door.account, [house.north.number])
    spooling = Spooling(spool, Presence(house.databases.app))
    doors = Doors(house.databases.app, vault, spool.known)
    app = create_app(replace(house.parts, doors=doors, spooling=spooling))
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        await house.databases.app.close()
        said = _heard(await _call(house, _fields(house), client=client))

    assert all("9 1 1" in words and "9 8 8" in words for words in said)
    assert not spooling.presence.here
