"""Threads: read, and write a person's own words without talking past a newer text."""

from datetime import timedelta

import httpx

from tests.api.conftest import House


async def _thread(house: House) -> str:
    item = await house.item()
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    return str(detail.json()["thread_id"])


async def _write(house: House, thread: str, **body: object) -> httpx.Response:
    return await house.client.post(
        f"/v1/threads/{thread}/messages", json=body, headers=house.north.dana.headers
    )


async def _read(house: House, thread: str, query: str = "") -> dict[str, list[dict[str, str]]]:
    answer = await house.client.get(
        f"/v1/threads/{thread}/messages{query}", headers=house.north.dana.headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_whoever_writes_has_seen_the_newest(house: House) -> None:
    """A text that came in between is not talked past: 409, and nothing is sent."""
    thread = await _thread(house)
    seen = (await _read(house, thread))["last_event"]
    house.clock.advance(timedelta(seconds=1))
    await house.text_in("never mind")
    house.clock.advance(timedelta(seconds=1))

    late = await _write(house, thread, body="I will call.", last_seen_event=seen)
    newest = (await _read(house, thread))["last_event"]
    timely = await _write(house, thread, body="I will call.", last_seen_event=newest)

    assert (late.status_code, late.json()["code"]) == (409, "thread-moved")
    assert timely.status_code == 201
    assert timely.json()["message"]["author"] == "staff"
    bodies = [one["body"] for one in (await _read(house, thread))["items"]]
    assert bodies.count("I will call.") == 1


async def test_segments_are_counted(house: House) -> None:
    """What a text costs is said when it is written."""
    thread = await _thread(house)

    short = await _write(house, thread, body="x" * 160)
    house.clock.advance(timedelta(seconds=1))
    long = await _write(house, thread, body="x" * 161)
    house.clock.advance(timedelta(seconds=1))
    accented = await _write(house, thread, body="á" * 71)

    assert [one.json()["segments"] for one in (short, long, accented)] == [1, 2, 2]


async def test_words_that_are_none_are_refused(house: House) -> None:
    """An empty, blank or endless text is not sent."""
    thread = await _thread(house)

    for body, status in (("", 400), ("   \n", 422), ("x" * 1601, 400), ("a\x00b", 400)):
        answer = await _write(house, thread, body=body)
        assert answer.status_code == status, answer.text


async def test_nobody_writes_to_a_phone_that_said_stop(house: House) -> None:
    """STOP holds for people, too: a text is refused before it is written."""
    thread = await _thread(house)
    await house.text_in("STOP")

    answer = await _write(house, thread, body="Are you well?")

    assert (answer.status_code, answer.json()["code"]) == (409, "may-not-text")


async def test_an_id_is_used_once(house: House) -> None:
    """A text with an id that is taken is refused, not merged with the other."""
    thread = await _thread(house)
    first = await _write(house, thread, body="One.")
    own = first.json()["message"]["id"]

    second = await _write(house, thread, body="Two.", id=own)

    assert (second.status_code, second.json()["code"]) == (409, "id-taken")


async def test_pages_lose_and_repeat_nothing(house: House) -> None:
    """All texts come once, newest first, however small the page."""
    thread = await _thread(house)
    for number in range(4):
        house.clock.advance(timedelta(seconds=1))
        await house.text_in(f"and {number}")
    whole = [one["id"] for one in (await _read(house, thread))["items"]]
    seen: list[str] = []
    page = await _read(house, thread, "?limit=2")
    seen += [one["id"] for one in page["items"]]
    while page["next"] is not None:
        page = await _read(house, thread, f"?limit=2&cursor={page['next']}")
        seen += [one["id"] for one in page["items"]]

    assert seen == whole
    assert len(set(seen)) == len(seen)


async def test_a_timeline_merges_everything_once(house: House) -> None:
    """Texts, screenings, work, needs, consent: in one order, each once, however small the page."""
    item = await house.item()
    await house.text_in("STOP")
    headers = house.north.dana.headers
    detail = (await house.client.get(f"/v1/queue/{item}", headers=headers)).json()
    path = f"/v1/patients/{detail['patient']['id']}/timeline"
    whole = (await house.client.get(path, headers=headers)).json()["items"]
    seen: list[str] = []
    page = (await house.client.get(f"{path}?limit=2", headers=headers)).json()
    seen += [one["id"] for one in page["items"]]
    while page["next"] is not None:
        next_page = f"{path}?limit=2&cursor={page['next']}"
        page = (await house.client.get(next_page, headers=headers)).json()
        seen += [one["id"] for one in page["items"]]

    assert {one["type"] for one in whole} == {"message", "screening", "item", "consent", "need"}
    assert seen == [one["id"] for one in whole]
    assert len(set(seen)) == len(seen)
