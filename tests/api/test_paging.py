"""Who was told of a crisis, and saying that one is on it, through the API."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from engage.ids import QueueItemId
from engage.queue.paging import Pager
from engage.queue.paging.channel import Channel, Notice, Said, Told, Way
from tests.api.conftest import House, Member, SilentBell


class Post:
    """A way to tell somebody that always works."""

    async def tell(self, address: str, said: Said) -> Told:
        """Take it."""
        assert address
        assert isinstance(said, Notice)
        return Told()


async def crisis(house: House) -> QueueItemId:
    """Let a crisis come in, and let the worker tell whoever is next."""
    await house.patient()
    await house.text_in("I want to kill myself")
    listed = await house.client.get("/v1/queue?view=crises", headers=house.north.dana.headers)
    item = QueueItemId(UUID(listed.json()["items"][0]["id"]))
    channels: dict[Way, Channel] = {"email": Post()}
    pager = Pager(
        database=house.databases.worker,
        vault=house.parts.vault,
        clock=house.clock,
        bell=SilentBell(),
        channels=channels,
    )
    await pager.hop(house.north.id, item)
    return item


async def read(house: House, item: QueueItemId) -> Any:  # noqa: ANN401 - JSON
    """Return an item's paging."""
    found = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    return found.json()["paging"]


async def acknowledge(
    house: House, who: Member, item: QueueItemId, **headers: str
) -> tuple[int, Any]:
    """Say that somebody is on it."""
    answer = await house.client.post(f"/v1/queue/{item}/acknowledge", headers=who.headers | headers)
    return answer.status_code, answer.json()


async def test_the_item_says_who_was_told(house: House) -> None:
    """Behaviour 30: each step is seen: who, why, by which way, and what became of it."""
    paging = await read(house, await crisis(house))

    assert (paging["acknowledged_by"], paging["acknowledged_at"]) == (None, None)
    assert paging["next_at"]
    told = [(p["staff"]["given_name"], p["channel"], p["status"]) for p in paging["pages"]]
    assert {channel for _, channel, _ in told} == {"console", "email"}
    assert {(channel, status) for _, channel, status in told} == {
        ("console", "sent"),
        ("email", "queued"),
    }
    assert all(page["why"] for page in paging["pages"])


async def test_an_acknowledgement_is_seen(house: House) -> None:
    """Whoever says so is on it for half an hour; the version stays, one key says it once."""
    item = await crisis(house)
    before = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    status, first = await acknowledge(house, house.north.sam, item, **{"Idempotency-Key": "one"})
    house.clock.advance(timedelta(minutes=1))
    _, same = await acknowledge(house, house.north.sam, item, **{"Idempotency-Key": "one"})
    _, later = await acknowledge(house, house.north.sam, item)

    assert status == 200
    assert first["paging"]["acknowledged_by"]["id"] == str(house.north.sam.id)
    assert first["paging"]["next_at"] > before.json()["paging"]["next_at"]
    assert first["version"] == before.json()["version"]
    assert same == first
    assert later["paging"]["next_at"] > first["paging"]["next_at"]


async def test_what_is_closed_or_elsewhere_is_not_acknowledged(house: House) -> None:
    """A closed item is a 409, another practice's a 404, another version's a 412."""
    item, dana = await crisis(house), house.north.dana
    other = await acknowledge(house, house.south.dana, item)
    stale = await acknowledge(house, dana, item, **{"If-Match": '"99"'})
    closed = await house.client.post(
        f"/v1/queue/{item}/complete", json={"outcome": "reached-patient"}, headers=dana.headers
    )
    late = await acknowledge(house, dana, item)

    assert (other[0], stale[0]) == (404, 412)
    assert closed.json()["paging"]["next_at"] is None
    assert (late[0], late[1]["code"]) == (409, "already-closed")


async def test_routine_work_pages_nobody(house: House) -> None:
    """An item that can wait has no paging, and saying that one is on it changes nothing."""
    item = await house.item()
    status, answer = await acknowledge(house, house.north.dana, item)

    assert (status, answer["paging"]) == (200, None)


async def test_a_claim_is_an_acknowledgement(house: House) -> None:
    """Whoever takes a crisis has heard of it."""
    item, dana = await crisis(house), house.north.dana
    taken = await house.client.post(f"/v1/queue/{item}/claim", headers=dana.headers)

    assert taken.json()["paging"]["acknowledged_by"]["id"] == str(dana.id)


async def test_a_human_answer_ends_the_climb(house: House) -> None:
    """A person who writes back to the patient is a human at work: it does not climb on."""
    item, dana = await crisis(house), house.north.dana
    found = (await house.client.get(f"/v1/queue/{item}", headers=dana.headers)).json()
    sent = await house.client.post(
        f"/v1/threads/{found['thread_id']}/messages",
        json={"body": "I am calling you now."},
        headers=dana.headers,
    )
    house.clock.advance(timedelta(minutes=15))
    pager = Pager(
        database=house.databases.worker,
        vault=house.parts.vault,
        clock=house.clock,
        bell=SilentBell(),
        channels={},
    )
    await pager.hop(house.north.id, item)

    assert sent.status_code == 201, sent.text
    assert (await read(house, item))["next_at"] is None
