"""The queue: ordered, claimed by exactly one, closed with what became of it."""

import asyncio

import httpx

from tests.api.conftest import House, Member


async def _do(house: House, who: Member, step: str, item: object, **more: object) -> httpx.Response:
    headers = who.headers | {k: str(v) for k, v in more.items() if k == "If-Match"}
    body = {k: v for k, v in more.items() if k != "If-Match"} or None
    return await house.client.post(f"/v1/queue/{item}/{step}", json=body, headers=headers)


async def test_of_many_claims_one_wins_and_the_others_hear_who(house: House) -> None:
    """Twenty claims at once: one person has it, every other is told who and since when."""
    item, people = await house.item(), (house.north.dana, house.north.sam)

    answers = await asyncio.gather(*(_do(house, people[n % 2], "claim", item) for n in range(20)))

    won = {one.json()["owner"]["id"] for one in answers if one.status_code == 200}
    lost = [one.json() for one in answers if one.status_code == 409]
    assert len(won) == 1
    assert len(lost) == 10
    for problem in lost:
        assert problem["code"] == "already-claimed"
        assert problem["held_by"]["staff_id"] in won
        assert problem["held_by"]["name"].endswith("Whitfield")
        assert problem["held_by"]["since"]


async def test_a_released_item_has_an_owner(house: House) -> None:
    """What is given back is nobody's claim, but always somebody's work."""
    item = await house.item()
    early = await _do(house, house.north.dana, "release", item)
    await _do(house, house.north.dana, "claim", item)
    theirs = await _do(house, house.north.sam, "release", item)
    given = await _do(house, house.north.dana, "release", item)

    assert (early.status_code, theirs.status_code) == (409, 409)
    assert given.json()["status"] == "ready"
    assert given.json()["owner"]["id"]
    assert given.json()["owner_why"]
    assert given.json()["claimed_at"] is None


async def test_closing_needs_an_outcome(house: House) -> None:
    """An item closes once, with an outcome from the list."""
    item = await house.item()
    without = await _do(house, house.north.dana, "complete", item, note="done")
    unknown = await _do(house, house.north.dana, "complete", item, outcome="fine")
    closed = await _do(house, house.north.dana, "complete", item, outcome="reached-patient")
    again = await _do(house, house.north.dana, "complete", item, outcome="reached-patient")

    assert (without.status_code, unknown.status_code) == (400, 400)
    assert closed.json()["status"] == "completed"
    assert closed.json()["closed_at"]
    assert (again.status_code, again.json()["code"]) == (409, "already-closed")
    left = await house.client.get("/v1/queue", headers=house.north.dana.headers)
    assert str(item) not in left.text


async def test_a_crisis_needs_what_became_of_the_person(house: House) -> None:
    """A crisis can't be closed as "no action needed"."""
    await house.item()
    await house.text_in("I want to kill myself")
    dana = house.north.dana
    (crisis,) = (await house.client.get("/v1/queue?view=crises", headers=dana.headers)).json()[
        "items"
    ]
    first = (await house.client.get("/v1/queue", headers=dana.headers)).json()["items"][0]

    lightly = await _do(house, dana, "complete", crisis["id"], outcome="no-action-needed")
    rightly = await _do(house, dana, "complete", crisis["id"], outcome="reached-patient")

    assert first["id"] == crisis["id"]
    assert (lightly.status_code, lightly.json()["code"]) == (422, "needs-crisis-outcome")
    assert rightly.status_code == 200


async def test_a_change_on_an_old_version_is_refused(house: House) -> None:
    """If-Match holds for steps of the queue, too."""
    item = await house.item()
    stale = await _do(house, house.north.dana, "claim", item, **{"If-Match": '"99"'})
    fresh = await _do(house, house.north.dana, "claim", item, **{"If-Match": '"1"'})

    assert stale.status_code == 412
    assert fresh.status_code == 200
    assert fresh.headers["etag"] == '"2"'


async def test_views(house: House) -> None:
    """Each view shows its part: mine, my patients', nobody's yet, everything."""
    item = await house.item()
    await _do(house, house.north.dana, "claim", item)

    async def ids(who: Member, query: str) -> set[str]:
        answer = await house.client.get(f"/v1/queue?{query}", headers=who.headers)
        return {one["id"] for one in answer.json()["items"]}

    dana, sam, it = house.north.dana, house.north.sam, {str(item)}
    assert it <= await ids(dana, "view=mine")
    assert not it & await ids(sam, "view=mine")
    assert it <= await ids(dana, "view=team")
    assert not it & await ids(sam, "view=team")
    assert not it & await ids(sam, "view=unclaimed")
    assert it <= await ids(sam, "view=all")
    assert it <= await ids(sam, f"owner={dana.id}")
    assert not it & await ids(sam, "severity=crisis")


async def test_pages_lose_and_repeat_nothing(house: House) -> None:
    """All items come once, the most severe and the soonest due first, however small the page."""
    for number in range(5):
        phone = f"+1602555{110 + number:04}"
        patient = await house.patient(external_id=f"A-{number}", phone=phone)
        await house.screening(patient)
        await house.text_in("often", sender=phone)
    whole = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (
            await house.client.get(f"/v1/queue?limit=2{cursor}", headers=house.north.dana.headers)
        ).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert seen == [one["id"] for one in whole["items"]]
    assert len(seen) == len(set(seen)) >= 5


async def test_what_was_written_and_asked_stands_beside_the_flag(house: House) -> None:
    """A flag shows the patient's words and the question they answered."""
    item = await house.item("2")
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)

    (flag,) = detail.json()["flags"]
    assert flag["words"] == "2"
    assert flag["prompt"] == "hvs.worried"
    assert "worried" in flag["question"]
