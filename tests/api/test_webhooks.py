"""The carrier's doors: forged, broken, repeated, mistimed. Bad is a 4xx, good is a durable 204."""

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest

from engage.ids import MessageId
from engage.messaging.carrier import Account
from engage.messaging.signature import HEADER, SETTINGS_HEADER, compute
from engage.messaging.webhook_form import parse_form
from tests.api.conftest import PUBLIC_URL, ROSAS_PHONE, House

INBOUND = "/webhooks/twilio/inbound"
FALLBACK = "/webhooks/twilio/fallback"
STATUS = "/webhooks/twilio/status"
VOICE = "/webhooks/twilio/voice"
ODD_BYTES = (b"%ff", b"%C3%28", b"%ED%A0%80", b"\xff\xfe", b"\xc3(", b"%00%", b"%zz", b"%F5%80")
SID = "SM" + "0" * 31 + "1"


def _fields(house: House, **changed: str) -> dict[str, str]:
    return {
        "MessageSid": SID,
        "AccountSid": house.north.door.account.account_sid,
        "From": ROSAS_PHONE,
        "To": house.north.number,
        "Body": "often",
        "NumMedia": "0",
    } | changed


async def _post(
    house: House,
    fields: Mapping[str, str] | list[tuple[str, str]],
    path: str = INBOUND,
    *,
    account: Account | None = None,
    headers: Mapping[str, str] | None = None,
    url: str = PUBLIC_URL,
) -> httpx.Response:
    pairs = list(fields.items()) if isinstance(fields, Mapping) else fields
    token = (account or house.north.door.account).auth_tokens[0]
    sent = {
        "Content-Type": "application/x-www-form-urlencoded",
        HEADER: compute(f"{url}{path}", pairs, token),
    } | dict(headers or {})
    return await house.client.post(path, content=urlencode(pairs).encode(), headers=sent)


async def _count(house: House, table: str) -> int:
    connection = await asyncpg.connect(house.databases.urls["admin"])
    count = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    await connection.close()
    return count


async def test_a_signed_text_is_kept_once(house: House) -> None:
    """A signed text is 204 and one row, and so is each of its repetitions, at either door."""
    for path in (INBOUND, INBOUND, FALLBACK):
        answer = await _post(house, _fields(house), path)
        assert (answer.status_code, answer.content) == (204, b"")

    assert await _count(house, "message WHERE direction = 'in'") == 1


async def test_unsigned_is_refused_whatever_is_wrong(house: House) -> None:
    """A missing, wrong, foreign or unexpected signature is one 403, and nothing is written."""
    fields = _fields(house)
    stranger = house.south.door.account
    refused = [
        await _post(house, fields, headers={HEADER: ""}),
        await _post(house, fields, headers={HEADER: "bm9wZQ=="}),
        await _post(house, fields, headers={HEADER: "x" * 5000}),
        await _post(house, fields, account=stranger),
        await _post(house, fields, url="http://evil.example"),
        await _post(house, fields, headers={SETTINGS_HEADER: "algorithm=HMAC_SHA256"}),
        await _post(house, _fields(house, To="+16025550100")),
        await _post(house, _fields(house, AccountSid="AC" + "0" * 32)),
        await _post(house, _fields(house, To=house.south.number)),
        await _post(house, _fields(house, AccountSid="'; drop table message --")),
        await _post(house, _fields(house, To="+1\x00602")),
    ]

    assert {one.status_code for one in refused} == {403}
    assert len({one.content for one in refused}) == 1
    assert await _count(house, "message") == 0


async def test_the_host_header_is_not_believed(house: House) -> None:
    """The signed address is the configured one, whatever Host and forwarded headers say."""
    headers = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    good = await _post(house, _fields(house), headers=headers)
    bad = await _post(house, _fields(house), headers=headers, url="https://evil.example")

    assert (good.status_code, bad.status_code) == (204, 403)


async def test_the_query_is_signed_as_it_came(house: House) -> None:
    """A query in another order or encoding than was signed is refused."""
    signature = compute(
        f"{PUBLIC_URL}{INBOUND}?b=%20&a=1",
        list(_fields(house).items()),
        house.north.door.account.auth_tokens[0],
    )
    answers = [
        await _post(house, _fields(house), f"{INBOUND}{query}", headers={HEADER: signature})
        for query in ("?b=%20&a=1", "?a=1&b=%20", "?b=+&a=1", "")
    ]

    assert [one.status_code for one in answers] == [204, 403, 403, 403]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MessageSid", "SM1"),
        ("MessageSid", ""),
        ("MessageSid", "XX" + "0" * 32),
        ("From", "Rosa"),
        ("From", "+0"),
        ("From", "' or 1=1"),
    ],
)
async def test_a_signed_form_of_odd_shape_is_refused(house: House, name: str, value: str) -> None:
    """A forger who drops or bends an id by moving its letters gets a 400 and no row."""
    answer = await _post(house, _fields(house, **{name: value}))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"
    assert await _count(house, "message") == 0


async def test_a_doubled_field_is_refused(house: House) -> None:
    """A name that decides must stand there exactly once: the signature does not cover how often."""
    for name in ("MessageSid", "From", "To", "AccountSid"):
        fields = _fields(house)
        pairs = [*fields.items(), (name, fields[name])]
        answer = await _post(house, pairs)
        assert answer.status_code == 400, name

    assert await _count(house, "message") == 0


FORMS: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "JSON": (b'{"MessageSid": 1}', 400),
    "a name of odd bytes": (b"%ff=1", 400),
    "a NUL in a name": (b"a%00=1", 400),
    "many fields": (b"a=1&" * 300, 400),
    "too large": (b"Body=" + b"x" * 70_000, 413),
}


async def test_forms_that_are_none(house: House) -> None:
    """What is no form of the carrier's is a 4xx, and nothing is written."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", HEADER: "bm9wZQ=="}
    for name, (body, status) in FORMS.items():
        answer = await house.client.post(INBOUND, content=body, headers=headers)
        assert answer.status_code == status, f"{name}: {answer.text}"
    for content_type in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = await _post(house, _fields(house), headers={"Content-Type": content_type})
        assert answer.status_code == 415, content_type


@pytest.mark.parametrize("path", [INBOUND, FALLBACK, STATUS, VOICE])
async def test_a_signed_json_body_is_refused(house: House, path: str) -> None:
    """JSON, signed as the carrier signs JSON elsewhere, opens no door: these take forms only."""
    body = json.dumps(_fields(house)).encode()
    address = f"{path}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    token = house.north.door.account.auth_tokens[0]
    headers = {"Content-Type": "application/json"}
    headers[HEADER] = compute(f"{PUBLIC_URL}{address}", [], token)
    answer = await house.client.post(address, content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "not-a-form")
    assert await _count(house, "message") == 0


@pytest.mark.parametrize(
    "body",
    ["", " ", "\x00", "\u202e\u200b", "🆘" * 500, "a" * 1600, "<script>", "'; --", "%00", "\ufffd"],
)
async def test_a_signed_text_is_kept_whatever_it_says(house: House, body: str) -> None:
    """No content of a validly signed text is refused: it is kept, and a person can read it."""
    answer = await _post(house, _fields(house, Body=body))

    assert answer.status_code == 204
    assert await _count(house, "message") >= 1


@pytest.mark.parametrize("door", [INBOUND, FALLBACK, STATUS, VOICE])
async def test_signed_bytes_that_are_no_text_are_kept(house: House, door: str) -> None:
    """The signature covers bytes: what is no UTF-8 in them is no reason to refuse at any door."""
    known = _fields(house) | {"Direction": "inbound", "CallSid": "CA" + "0" * 32}
    path = door
    if door == STATUS:
        _, token = await _sent(house)
        known |= {"MessageStatus": "delivered"}
        path = f"{STATUS}?m={token}"
    before = await _count(house, "message WHERE direction = 'in'")
    for number, odd in enumerate(ODD_BYTES):
        known["MessageSid"] = "SM" + f"{number:032x}"
        clean = urlencode({name: value for name, value in known.items() if name != "Body"}).encode()
        content = clean + b"&Body=" + odd + b"&Odd=" + odd
        signed = compute(
            f"{PUBLIC_URL}{path}", parse_form(content), house.north.door.account.auth_tokens[0]
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", HEADER: signed}
        answer = await house.client.post(path, content=content, headers=headers)
        assert answer.status_code == (200 if door == VOICE else 204), (odd, answer.text)

    kept = await _count(house, "message WHERE direction = 'in'") - before
    assert kept == (len(ODD_BYTES) if door in (INBOUND, FALLBACK) else 0)


async def test_fields_the_carrier_adds_are_let_through(house: House) -> None:
    """Other names are tolerated: carriers add fields without notice."""
    extra = {"FromZip": "85001", "AddOns": '{"a": 1}', "NewThing": "x", "MediaUrl0": "https://x"}
    answer = await _post(house, _fields(house, **extra))

    assert answer.status_code == 204


async def _sent(house: House) -> tuple[MessageId, str]:
    await house.screening(await house.patient())
    async with house.databases.worker.work() as work:
        (row,) = await work.table("due_claim", "outbox", house.clock.now(), house.clock.now(), 1)
    await house.parts.outbox.send(row["practice_id"], row["id"])  # type: ignore[attr-defined] # the outbox itself
    token = house.parts.vault.master.callback_token(row["practice_id"], row["id"])
    return row["id"], token


async def test_a_report_moves_the_text_on(house: House) -> None:
    """A signed report with our own id in the address is kept, once and again."""
    message, token = await _sent(house)
    connection = await asyncpg.connect(house.databases.urls["admin"])
    sid = await connection.fetchval("SELECT carrier_sid FROM message WHERE id = $1", message)
    fields = _fields(house, MessageSid=sid, MessageStatus="delivered", From=house.north.number)
    answers = [await _post(house, fields, f"{STATUS}?m={token}") for _ in range(2)]
    status = await connection.fetchval("SELECT status FROM message WHERE id = $1", message)
    await connection.close()

    assert [one.status_code for one in answers] == [204, 204]
    assert status == "delivered"


async def test_a_report_without_our_own_id_is_refused(house: House) -> None:
    """A report that names no text of ours, or another practice's, is a 403."""
    _, token = await _sent(house)
    fields = _fields(house, MessageStatus="delivered")
    changed = ("A" if token[0] != "A" else "B") + token[1:]

    refused = [
        await _post(house, fields, STATUS),
        await _post(house, fields, f"{STATUS}?m="),
        await _post(house, fields, f"{STATUS}?m={changed}"),
        await _post(house, fields, f"{STATUS}?m=%00%ff"),
        await _post(house, fields, f"{STATUS}?m={token}", account=house.south.door.account),
        await _post(
            house,
            _fields(house, MessageStatus="x", AccountSid="AC" + "1" * 32),
            f"{STATUS}?m={token}",
        ),
    ]
    misshapen = await _post(house, _fields(house, MessageStatus="<b>"), f"{STATUS}?m={token}")

    assert {one.status_code for one in refused} == {403}
    assert misshapen.status_code == 400


async def test_what_is_not_durable_is_503(house: House) -> None:
    """If the database is away the carrier is told to come again, and not thanked."""
    await _post(house, _fields(house))
    connection = await asyncpg.connect(house.databases.urls["admin"])
    await connection.execute("ALTER TABLE receipt RENAME TO receipt_gone")
    broken = await _post(house, _fields(house, MessageSid="SM" + "0" * 31 + "2"))
    await connection.execute("ALTER TABLE receipt_gone RENAME TO receipt")
    again = await _post(house, _fields(house, MessageSid="SM" + "0" * 31 + "2"))
    await connection.close()

    assert (broken.status_code, broken.json()["code"]) == (503, "not-durable")
    assert broken.headers["retry-after"]
    assert again.status_code == 204
