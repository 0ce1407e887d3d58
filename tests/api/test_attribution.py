"""Who wrote this? Staff read why, say who it was, claim old texts, and merge two records of one."""

from engage.clock import fresh_id
from tests.api.conftest import ROSAS_PHONE, House

OTHERS_PHONE = "+16025550143"


async def newest(house: House, patient: object) -> dict[str, object]:
    """Return the newest text that came in about a patient."""
    page = await house.client.get(
        f"/v1/patients/{patient}/timeline", headers=house.north.dana.headers
    )
    texts = [one for one in page.json()["items"] if one["type"] == "message"]
    return next(one for one in texts if one["direction"] == "in")


async def test_a_text_is_given_to_whom_it_is_of(house: House) -> None:
    """Behaviour 1: the page says why, the correction moves it, and both timelines can be read."""
    rosa = await house.patient()
    luis = await house.patient(external_id="B-2", given_name="Luis")
    await house.screening(rosa)
    await house.text_in("often")
    text = (await newest(house, rosa))["id"]
    headers = house.north.dana.headers
    url = f"/v1/messages/{text}/attribution"
    shown = (await house.client.get(url, headers=headers)).json()
    assert (shown["author_id"], shown["sure"], shown["why"]) == (str(rosa), "likely", "last-asked")
    assert shown["why_words"] == "Several people use this phone; this person was asked last."
    assert {one["author_id"] for one in shown["candidates"]} == {str(rosa), str(luis)}

    body = {"author": "patient", "patient_id": str(luis), "seen": None, "reason": "He called."}
    key = {"Idempotency-Key": "once"}
    done = await house.client.post(url, json=body, headers=headers | key)
    again = await house.client.post(url, json=body, headers=headers | key)

    assert done.status_code == 200, done.text
    assert again.content == done.content
    assert done.json()["patient_id"] == str(luis)
    assert done.json()["why"] == "corrected-by-staff"
    assert [one["reason"] for one in done.json()["corrections"]] == ["He called."]
    fates = {(one["kind"], one["fate"]) for one in done.json()["corrections"][0]["undone"]}
    assert fates == {("answer", "undone"), ("flag", "withdrawn"), ("item", "cancelled")}
    moved = await house.client.post(url, json=body, headers=headers)
    assert (moved.status_code, moved.json()["code"]) == (409, "superseded")
    for patient, state in ((rosa, "away"), (luis, "to-here")):
        page = await house.client.get(f"/v1/patients/{patient}/timeline", headers=headers)
        kept = [one for one in page.json()["items"] if one["type"] == "correction"]
        assert [(one["state"], one["reason"]) for one in kept] == [(state, "He called.")]


async def test_a_text_of_another_practice_is_nothing(house: House) -> None:
    """Nobody reads or corrects a text of a practice they do not work in."""
    await house.patient()
    await house.text_in("hello")
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)
    item = queue.json()["items"][0]["id"]
    detail = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
    url = f"/v1/messages/{detail.json()['flags'][0]['message_id']}/attribution"
    body = {"author": "unknown", "patient_id": None}
    for answer in (
        await house.client.get(url, headers=house.south.dana.headers),
        await house.client.post(url, json=body, headers=house.south.dana.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_old_texts_are_claimed(house: House) -> None:
    """Behaviour 9: when a number comes onto a record, what it wrote before can be claimed."""
    await house.text_in("it is me, my new phone", OTHERS_PHONE)
    patient = await house.patient(phone=OTHERS_PHONE)
    headers = house.north.dana.headers

    claimed = await house.client.post(f"/v1/patients/{patient}/claims", json={}, headers=headers)

    assert (claimed.status_code, claimed.json()) == (200, {"claimed": 1, "more": False})
    assert (await newest(house, patient))["body"] == "it is me, my new phone"


async def test_two_records_of_one_person(house: House) -> None:
    """Behaviour 9: of two merged records one is kept, with both phones, work and history."""
    rosa = await house.patient()
    twin = await house.patient(external_id="B-2", phone=OTHERS_PHONE)
    await house.screening(twin)
    await house.text_in("often", OTHERS_PHONE)
    boss = house.north.admin.headers
    url = f"/v1/patients/{twin}/merge"
    refused = await house.client.post(
        url, json={"into": str(rosa)}, headers=house.north.dana.headers
    )
    assert refused.status_code == 403

    merged = await house.client.post(url, json={"into": str(rosa)}, headers=boss)

    assert (merged.status_code, merged.json()["id"]) == (200, str(rosa))
    assert merged.json()["phone"] == ROSAS_PHONE
    gone = (await house.client.get(f"/v1/patients/{twin}", headers=boss)).json()
    assert (gone["merged_into"], gone["status"]) == (str(rosa), "inactive")
    listed = (await house.client.get("/v1/patients", headers=boss)).json()["items"]
    assert [one["id"] for one in listed] == [str(rosa)]
    work = (await house.client.get("/v1/queue", headers=boss)).json()["items"]
    assert {one["patient"]["id"] for one in work} == {str(rosa)}
    await house.text_in("good morning", OTHERS_PHONE)
    await house.text_in("and from here", ROSAS_PHONE)
    page = await house.client.get(f"/v1/patients/{rosa}/timeline", headers=boss)
    said = {one["body"] for one in page.json()["items"] if one["type"] == "message"}
    assert {"often", "good morning", "and from here"} <= said
    changed = await house.client.patch(
        f"/v1/patients/{twin}", json={"given_name": "Ana"}, headers=boss
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "merged-record")
    given_up = (await house.client.get(f"/v1/patients/{rosa}/merged", headers=boss)).json()["items"]
    assert [one["patient_id"] for one in given_up] == [str(twin)]
    twice = await house.client.post(url, json={"into": str(rosa)}, headers=boss)
    assert (twice.status_code, twice.json()["code"]) == (409, "already-merged")

    apart = await house.client.post(f"/v1/patients/{twin}/unmerge", json={}, headers=boss)

    assert (apart.status_code, apart.json()["phone"]) == (200, OTHERS_PHONE)
    assert (apart.json()["merged_into"], apart.json()["status"]) == (None, "active")
    none = (await house.client.get(f"/v1/patients/{rosa}/merged", headers=boss)).json()
    assert none == {"items": []}
    work = (await house.client.get("/v1/queue", headers=boss)).json()["items"]
    food = [one["patient"]["id"] for one in work if one["subject"] == "need:food-insecurity"]
    assert food == [str(twin)]
    await house.text_in("it is me again", OTHERS_PHONE)
    page = await house.client.get(f"/v1/patients/{twin}/timeline", headers=boss)
    assert "it is me again" in {one.get("body") for one in page.json()["items"]}
    none = await house.client.post(f"/v1/patients/{twin}/unmerge", json={}, headers=boss)
    assert (none.status_code, none.json()["code"]) == (409, "not-merged")


async def test_what_can_not_be_merged(house: House) -> None:
    """A record is not merged into itself, into nobody, or into one that is merged itself."""
    rosa = await house.patient()
    boss = house.north.admin.headers
    url = f"/v1/patients/{rosa}/merge"
    same = await house.client.post(url, json={"into": str(rosa)}, headers=boss)
    nobody = await house.client.post(url, json={"into": str(fresh_id(house.clock))}, headers=boss)
    assert (same.status_code, same.json()["code"]) == (422, "same-record")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "not-found")


async def test_a_no_outlives_the_merger(house: House) -> None:
    """Behaviour 19: what one record said no to, the kept one is not texted about either."""
    rosa = await house.patient()
    twin = await house.patient(external_id="B-2", phone=OTHERS_PHONE)
    dana, boss = house.north.dana.headers, house.north.admin.headers
    said = {"kind": "withdrawn", "purpose": "visits", "reason": "told us by phone"}
    url = f"/v1/patients/{twin}"
    told = await house.client.post(f"{url}/consent", json=said, headers=dana)
    assert told.status_code == 201, told.text

    merged = await house.client.post(f"{url}/merge", json={"into": str(rosa)}, headers=boss)
    assert merged.status_code == 200, merged.text

    for page in ("consent", "texting"):
        shown = (await house.client.get(f"/v1/patients/{rosa}/{page}", headers=dana)).json()
        assert {one["purpose"] for one in shown["purposes"] if not one["wanted"]} == {"visits"}
    kept = (await house.client.get(f"/v1/patients/{rosa}/consent", headers=dana)).json()
    assert "told us by phone" in {one["reason"] for one in kept["entries"]}

    apart = await house.client.post(f"{url}/unmerge", json={}, headers=boss)
    assert apart.status_code == 200, apart.text
    own = (await house.client.get(f"/v1/patients/{rosa}/consent", headers=dana)).json()
    assert all(one["wanted"] for one in own["purposes"])
