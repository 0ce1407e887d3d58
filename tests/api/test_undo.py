"""A person's own words wait ten seconds and can be taken back; what they cost is said before."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

from datetime import datetime, timedelta
from typing import Any, cast

import httpx

from engage.ids import MessageId
from tests.api.conftest import House
from tests.fakes.practice import raw


async def _item(house: House, body: str = "often") -> dict[str, object]:
    item = await house.item(body)
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    return detail.json()


async def _write(house: House, thread: object, body: str = "I will call.") -> httpx.Response:
    return await house.client.post(
        f"/v1/threads/{thread}/messages", json={"body": body}, headers=house.north.dana.headers
    )


async def _undo(house: House, action: str, *, by: str = "dana") -> httpx.Response:
    who = house.north.dana if by == "dana" else house.north.sam
    return await house.client.post(f"/v1/actions/{action}/undo", headers=who.headers)


async def _due(house: House, action: str) -> object:
    async with raw(house.databases.urls["admin"]) as admin:
        return await admin.fetchval("SELECT due_at FROM due WHERE id = $1", action)


async def test_a_text_waits_ten_seconds_and_is_taken_back(house: House) -> None:
    """Behaviour 34: taken back in time it never leaves, and the person is waiting again."""
    item = await _item(house)
    house.clock.advance(timedelta(seconds=1))
    written = await _write(house, item["thread_id"])
    undo = written.json()["undo"]
    due = await _due(house, undo["id"])

    answer = await _undo(house, undo["id"])
    again = await _undo(house, undo["id"])
    await cast("Any", house.parts.outbox).send(house.north.id, MessageId(undo["id"]))

    assert due == datetime.fromisoformat(undo["until"]) == house.clock.now() + timedelta(seconds=10)
    assert (answer.status_code, again.status_code) == (200, 200)
    assert answer.json() == again.json()
    async with raw(house.databases.urls["admin"]) as admin:
        row = await admin.fetch("SELECT status FROM message WHERE id = $1", undo["id"])
        waiting = await admin.fetchval(
            "SELECT waiting_since FROM queue_item WHERE id = $1", item["id"]
        )
    assert row[0]["status"] == "withdrawn"
    assert waiting == datetime.fromisoformat(str(item["waiting_since"]))


async def test_what_has_left_stays(house: House) -> None:
    """Once the text is leaving nobody can take it back, and a 409 says so."""
    item = await _item(house)
    house.clock.advance(timedelta(seconds=1))
    undo = (await _write(house, item["thread_id"])).json()["undo"]
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE message SET status = 'sending' WHERE id = $1", undo["id"])

    answer = await _undo(house, undo["id"])

    assert (answer.status_code, answer.json()["code"]) == (409, "too-late")


async def test_only_the_author_takes_back(house: House) -> None:
    """A colleague's text, and a text of nobody, cannot be taken back."""
    item = await _item(house)
    house.clock.advance(timedelta(seconds=1))
    undo = (await _write(house, item["thread_id"])).json()["undo"]
    async with raw(house.databases.urls["admin"]) as admin:
        automatic = await admin.fetchval(
            "SELECT id FROM message WHERE direction = 'out' AND author = 'system' LIMIT 1"
        )

    assert (await _undo(house, undo["id"], by="sam")).status_code == 404
    assert (await _undo(house, str(automatic))).status_code == 404


async def test_in_a_crisis_nothing_waits(house: House) -> None:
    """A person who may be in danger gets the care manager's words at once."""
    item = await _item(house, "I want to die")
    house.clock.advance(timedelta(seconds=1))

    written = (await _write(house, item["thread_id"])).json()

    assert written["undo"] is None
    assert await _due(house, written["message"]["id"]) == house.clock.now()


async def test_typographic_characters_are_replaced_before_a_text_is_sent(house: House) -> None:
    """A word processor's quotes and dashes do not double the price; accents stay."""
    item = await _item(house)
    house.clock.advance(timedelta(seconds=1))

    written = (await _write(house, item["thread_id"], "We’re “here” – mañana…")).json()

    assert written["message"]["body"] == 'We\'re "here" - mañana...'
    assert written["segments"] == 1


async def _preview(house: House, body: str) -> dict[str, object]:
    answer = await house.client.post(
        "/v1/texts/preview", json={"body": body}, headers=house.north.dana.headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_cost_is_said_before_a_text_is_sent(house: House) -> None:
    """Encoding, segments and what is replaced are those of the text as it will leave."""
    quoted = await _preview(house, "“" + "x" * 158 + "”")
    accented = await _preview(house, "Su cita será mañana. " * 7)

    assert (quoted["encoding"], quoted["characters"], quoted["segments"]) == ("GSM-7", 160, 1)
    assert quoted["replaced"] == [{"from": "“", "to": '"'}, {"from": "”", "to": '"'}]
    assert (accented["encoding"], accented["segments"], accented["costly"]) == ("UCS-2", 3, ["á"])
    assert accented["without_accents"] == {"body": "Su cita sera mañana. " * 7, "segments": 1}


async def test_what_is_cheap_already_is_left_alone(house: House) -> None:
    """Nothing is offered for a text that costs as little as it can, nor for emoji."""
    plain = await _preview(house, "See you at 3, Rosa")
    smiling = await _preview(house, "See you 👋🏽")

    assert (plain["replaced"], plain["without_accents"]) == ([], None)
    assert (smiling["costly"], smiling["without_accents"]) == (["👋🏽"], None)
