"""Wrong label: a reply is kept to learn from without saying whose it was, once a person agrees."""

from typing import get_args

from engage.api.candidates import Label
from engage.commands.corpus import Row
from engage.reading.reader import shipped_model
from tests.api.conftest import House

WORDS = "Rosa here, cant pay my phone 602 555 0142 this month"


async def one_text(house: House) -> tuple[str, str]:
    """Return an item and its text."""
    await house.patient()
    await house.text_in(WORDS)
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)
    item = queue.json()["items"][0]["id"]
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    return item, detail.json()["flags"][0]["message_id"]


async def test_a_wrong_label_is_kept_without_whose_it_was(house: House) -> None:
    """Names and numbers are out before anything is kept, and the item stays as it was."""
    item, text = await one_text(house)
    headers = house.north.dana.headers
    before = (await house.client.get(f"/v1/queue/{item}", headers=headers)).json()
    body = {"message_id": text, "labels": ["utilities"], "urgency": "routine"}

    kept = await house.client.post(f"/v1/queue/{item}/relabel", json=body, headers=headers)

    assert kept.status_code == 200, kept.text
    said = kept.json()
    assert said["words"] == "[name] here, cant pay my phone [number] this month"
    assert (said["labels"], said["urgency"], said["status"]) == (
        ["utilities"],
        "routine",
        "proposed",
    )
    assert (await house.client.get(f"/v1/queue/{item}", headers=headers)).json() == before


async def test_who_directs_the_work_approves_exact_words(house: House) -> None:
    """A second person may take more out; a care manager can't approve; a change asks anew."""
    item, text = await one_text(house)
    dana, sam = house.north.dana.headers, house.north.admin.headers
    body = {"message_id": text, "labels": ["utilities"], "urgency": "routine"}
    said = (await house.client.post(f"/v1/queue/{item}/relabel", json=body, headers=dana)).json()
    url = f"/v1/candidates/{said['id']}/decision"
    words = {"approve": True, "words": "cant pay my phone this month"}

    refused = await house.client.post(url, json=words, headers=dana)
    done = await house.client.post(url, json=words, headers=sam)
    listed = await house.client.get("/v1/candidates?status=approved", headers=sam)

    assert refused.status_code == 403
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    assert [one["words"] for one in listed.json()["items"]] == ["cant pay my phone this month"]
    again = await house.client.post(
        f"/v1/queue/{item}/relabel", json=body | {"urgency": "urgent"}, headers=dana
    )
    assert (again.json()["status"], again.json()["words"]) == (
        "proposed",
        "cant pay my phone this month",
    )


async def test_nobody_approves_their_own_proposal(house: House) -> None:
    """Who proposed a reply may take it back, not approve it; a second person does."""
    item, text = await one_text(house)
    admin = house.north.admin.headers
    body = {"message_id": text, "labels": ["utilities"], "urgency": "routine"}
    said = (await house.client.post(f"/v1/queue/{item}/relabel", json=body, headers=admin)).json()
    url = f"/v1/candidates/{said['id']}/decision"

    own = await house.client.post(url, json={"approve": True}, headers=admin)
    back = await house.client.post(url, json={"approve": False}, headers=admin)

    assert (own.status_code, own.json()["code"]) == (409, "own-proposal")
    assert (back.status_code, back.json()["status"]) == (200, "rejected")


async def test_everybody_of_a_shared_phone_is_taken_out(house: House) -> None:
    """Words about a phone that two people share name neither, whoever the item is about."""
    await house.patient()
    await house.patient(given_name="Luis", external_id="A-2")
    await house.text_in("Luis and Rosa have no food")
    headers = house.north.dana.headers
    (item,) = (await house.client.get("/v1/queue", headers=headers)).json()["items"]
    seen = await house.client.get(f"/v1/queue/{item['id']}", headers=headers)
    text = seen.json()["flags"][0]["message_id"]
    body = {"message_id": text, "labels": ["food"], "urgency": "routine"}
    kept = await house.client.post(f"/v1/queue/{item['id']}/relabel", json=body, headers=headers)
    assert kept.json()["words"] == "[name] and [name] have no food"


async def test_what_an_item_does_not_quote_is_nothing(house: House) -> None:
    """A text is relabelled where it is work, and nowhere in another practice."""
    item, text = await one_text(house)
    body = {"message_id": text, "labels": ["food"], "urgency": "routine"}
    other = await house.client.post(
        f"/v1/queue/{item}/relabel", json=body, headers=house.south.dana.headers
    )
    wrong = await house.client.post(
        f"/v1/queue/{item}/relabel",
        json=body | {"message_id": item},
        headers=house.north.dana.headers,
    )
    assert (other.status_code, wrong.status_code) == (404, 404)


def test_an_exported_row_hides_its_words() -> None:
    """What is printed to learn from is not printed by accident."""
    assert "secret" not in repr(Row("a", "secret", "en", "none", ("food",), "routine"))


def test_what_may_be_said_is_what_the_reader_says() -> None:
    """Staff choose from the labels of the reader: what it does not know would teach it nothing."""
    assert {one for one in shipped_model().labels if not one.startswith("u:")} == set(
        get_args(Label)
    )
