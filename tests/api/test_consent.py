"""Consent over the API: the ledger in words, what staff record, enrolment by text."""

from datetime import timedelta

import httpx

from engage.clock import fresh_id
from engage.ids import PatientId
from tests.api.conftest import House


async def consent(house: House, patient: PatientId) -> dict[str, object]:
    """Return what the consent page shows."""
    answer = await house.client.get(
        f"/v1/patients/{patient}/consent", headers=house.north.dana.headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tell(house: House, patient: PatientId, **said: object) -> httpx.Response:
    """Record what a patient told Dana."""
    return await house.client.post(
        f"/v1/patients/{patient}/consent", json=said, headers=house.north.dana.headers
    )


async def enrol(house: House, patient: PatientId, **more: object) -> httpx.Response:
    """Ask a patient's phone whether it is theirs."""
    return await house.client.post(
        f"/v1/patients/{patient}/enrolment", json=more, headers=house.north.dana.headers
    )


def of(out: dict[str, object], name: str) -> list[str]:
    """Return one field of every entry, newest first."""
    entries = out["entries"]
    assert isinstance(entries, list)
    return [entry[name] for entry in entries]


async def test_the_ledger_is_told_in_words_with_names(house: House) -> None:
    """Behaviour 21: when, how, by whom and in which words, for a person who asks why."""
    patient = await house.patient()
    enrolled = await enrol(house, patient)
    house.clock.advance(timedelta(minutes=1))
    await house.text_in("1")
    out = await consent(house, patient)

    assert enrolled.status_code == 201, enrolled.text
    assert set(of(out, "kind")) == {"granted", "asked", "right-person"}
    assert "Agreed to all texts: by giving the number to the practice." in of(out, "words")
    assert "Said that this phone is theirs: at enrolment." in of(out, "words")
    assert "Dana Whitfield" in of(out, "staff_name")
    assert {"id": "right-person", "version": "1", "language": "en"} in of(out, "wording")
    phone = out["phone"]
    assert isinstance(phone, dict)
    assert (phone["open"], phone["known"]) == (True, "right-person")
    assert phone["verified_at"] is not None


async def test_a_phone_that_said_stop_is_opened_with_a_reason(house: House) -> None:
    """Behaviour 17: staff open it, say why, and nobody gets more than before."""
    patient = await house.patient()
    early = await tell(house, patient, kind="opted-in", reason="asked at the desk")
    withdrawn = await tell(
        house, patient, kind="withdrawn", purpose="screenings", reason="said so by phone"
    )
    await house.text_in("STOP")
    twice = await tell(house, patient, kind="opted-out", reason="said so again")
    blank = await tell(house, patient, kind="opted-in", reason="   ")
    opened = await tell(house, patient, kind="opted-in", reason="asked at the desk")
    texting = await house.client.get(
        f"/v1/patients/{patient}/texting", headers=house.north.dana.headers
    )

    assert (early.status_code, early.json()["code"]) == (409, "line-is-open")
    assert withdrawn.status_code == 201, withdrawn.text
    assert (twice.status_code, twice.json()["code"]) == (409, "line-is-closed")
    assert (blank.status_code, blank.json()["code"]) == (422, "reason-needed")
    assert opened.status_code == 201, opened.text
    assert opened.json()["phone"]["open"] is True
    wanted = {one["purpose"]: one["wanted"] for one in texting.json()["purposes"]}
    assert wanted == {"care-texts": True, "screenings": False, "check-ins": True, "visits": True}
    reasons = [one for one in of(opened.json(), "reason") if one]
    assert sorted(reasons) == ["asked at the desk", "said so by phone"]


async def test_a_grant_names_its_purpose(house: House) -> None:
    """Nobody grants everything at once, and an unknown word is refused."""
    patient = await house.patient()
    everything = await tell(house, patient, kind="granted", reason="said yes")
    visits = await tell(house, patient, kind="granted", purpose="visits", reason="said yes")
    unknown = await tell(house, patient, kind="sold", reason="said yes")

    assert (everything.status_code, everything.json()["code"]) == (422, "purpose-needed")
    assert visits.status_code == 201, visits.text
    assert unknown.status_code == 400


async def test_who_has_no_phone_is_not_enrolled(house: House) -> None:
    """There is nothing to ask on; a wish is recorded all the same."""
    patient = await house.patient(phone=None)
    asked = await enrol(house, patient)
    told = await tell(house, patient, kind="declined", reason="no texts, ever")
    stopped = await tell(house, patient, kind="opted-out", reason="no texts, ever")

    assert (asked.status_code, asked.json()["code"]) == (409, "no-phone")
    assert (stopped.status_code, stopped.json()["code"]) == (409, "no-phone")
    assert told.status_code == 201, told.text
    assert told.json()["phone"] is None
    assert not any(one["wanted"] for one in told.json()["purposes"])


async def test_a_phone_is_asked_one_thing_at_a_time(house: House) -> None:
    """Behaviour 2: while a question stands, who is there is not asked; the same request is one."""
    patient = await house.patient()
    key = {**house.north.dana.headers, "Idempotency-Key": "enrol-1"}
    address = f"/v1/patients/{patient}/enrolment"
    first = await house.client.post(address, json={}, headers=key)
    again = await house.client.post(address, json={}, headers=key)
    busy = await enrol(house, patient)

    assert first.status_code == 201
    assert again.content == first.content
    assert (busy.status_code, busy.json()["code"]) == (409, "phone-busy")
    assert of(await consent(house, patient), "kind").count("asked") == 1


async def test_a_wrong_number_leaves_the_record_without_a_phone(house: House) -> None:
    """Behaviour 9: the number is gone from the record, and the ledger and the queue say why."""
    patient = await house.patient()
    await enrol(house, patient)
    await house.text_in("2")
    record = await house.client.get(f"/v1/patients/{patient}", headers=house.north.dana.headers)
    queue = await house.client.get("/v1/queue", headers=house.north.dana.headers)

    assert record.json()["phone"] is None
    assert [one["subject"] for one in queue.json()["items"]] == ["wrong-number"]
    assert "wrong-person" in of(await consent(house, patient), "kind")


async def test_another_practice_sees_nothing_of_it(house: House) -> None:
    """A patient of theirs is not found, to read or to write."""
    patient = await house.patient()
    headers = house.south.dana.headers
    answers = [
        await house.client.get(f"/v1/patients/{patient}/consent", headers=headers),
        await house.client.post(
            f"/v1/patients/{patient}/consent",
            json={"kind": "opted-out", "reason": "x"},
            headers=headers,
        ),
        await house.client.post(f"/v1/patients/{patient}/enrolment", json={}, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_an_entry_has_the_id_that_was_chosen(house: House) -> None:
    """What an offline client brings in twice stands in the ledger once, under its own id."""
    patient = await house.patient()
    own = str(fresh_id(house.clock))
    said = {"kind": "withdrawn", "purpose": "visits", "reason": "said so", "id": own}
    first = await tell(house, patient, **said)
    again = await tell(house, patient, **{**said, "reason": "said so again"})

    assert first.status_code == 201, first.text
    assert own in of(first.json(), "id")
    assert (again.status_code, again.json()["code"]) == (409, "id-taken")
    assert of(await consent(house, patient), "kind").count("withdrawn") == 1


async def test_the_page_speaks_the_language_of_who_reads_it(house: House) -> None:
    """What may be texted, and the ledger, are told in Spanish to whoever reads Spanish."""
    patient = await house.patient()
    spanish = {**house.north.dana.headers, "Accept-Language": "es"}

    async def read(what: str) -> dict[str, object]:
        path = f"/v1/patients/{patient}/{what}"
        return (await house.client.get(path, headers=spanish)).json()

    await house.text_in("STOP")
    now, ledger = await read("texting"), await read("consent")
    assert str(now["words"]).startswith("Este teléfono mandó ALTO")
    assert "Agreed to all texts" not in str(of(ledger, "words"))
    assert {str(one).isascii() for one in of(ledger, "words")} == {False}
