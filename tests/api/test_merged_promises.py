"""What a person was promised goes along when two records of theirs become one, and back again."""

from uuid import UUID

from engage.clock import fresh_id
from tests.api.conftest import House
from tests.api.test_appointments import Play, sofia
from tests.api.test_asking import RULE, due, given, put, rows_of
from tests.api.test_needs import ask
from tests.fakes.practice import raw

ERRAND = """
INSERT INTO errand (practice_id, id, patient_id, kind, title_sealed, status, holder_id, offered_to,
                    made_by, made_at, changed_at)
VALUES ($1, $2, $3, 'to-do', 'x', 'claimed', $4, $3, $3, now(), now())
"""


async def test_promises_go_along_and_come_back(house: House) -> None:
    """Who may be told, whether it came and the next screening are the kept record's, and back."""
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE)
    house, given_up = await given(house)
    play, daughter = Play(house), await sofia(house, given_up)
    grant = await play.made(
        f"/v1/patients/{given_up}/grants",
        caregiver_id=str(daughter),
        category="visits",
        how="verbal",
    )
    noted = await house.client.put(
        f"/v1/patients/{given_up}/caregivers/{daughter}/safety",
        json={"unsafe": True},
        headers=house.north.dana.headers,
    )
    assert noted.status_code == 204, noted.text
    kept = await house.patient(external_id="A-2", phone="+16025550155")
    admin = house.north.admin.headers
    (dates,) = (await ask(house, f"/v1/patients/{given_up}/rescreens"))["items"]
    of = "SELECT patient_id FROM {}"
    async with raw(house.databases.urls["admin"]) as database:
        await database.execute(ERRAND, house.north.id, fresh_id(house.clock), given_up, daughter)
    errand = "SELECT patient_id, made_by, offered_to, holder_id FROM errand"

    merged = await house.client.post(
        f"/v1/patients/{given_up}/merge", json={"into": str(kept)}, headers=admin
    )
    assert merged.status_code == 200, merged.text
    (told,) = (await ask(house, f"/v1/patients/{kept}/grants"))["items"]
    assert (told["caregiver_id"], told["until_at"]) == (str(daughter), None)
    assert told["granted_at"] == grant["granted_at"]
    # What their family does for them, what they do themselves included, is one list.
    theirs, others = UUID(str(kept)), UUID(str(given_up))
    assert await rows_of(house, errand) == [(theirs, theirs, theirs, daughter)]
    # And whose phone is not safe for them.
    unsafe = "SELECT patient_id FROM unsafe_contact WHERE until_at IS NULL"
    assert await rows_of(house, unsafe) == [(UUID(str(kept)),)]
    (date,) = (await ask(house, f"/v1/patients/{kept}/rescreens"))["items"]
    assert (date["next_at"], date["why"]) == (dates["next_at"], dates["why"])
    assert await rows_of(house, of.format("closing")) == [(UUID(str(kept)),)]
    # The need is seen on the kept record's page, and the question is asked on its phone.
    (need,) = (await ask(house, f"/v1/patients/{kept}/needs"))["items"]
    assert (need["status"], len(need["referrals"])) == ("completed", 1)
    (mine,) = await due(house, "closing")
    await house.parts.turns.closing_due(house.north.id, mine)
    await house.text_in("yes it came", "+16025550155")
    (need,) = (await ask(house, f"/v1/patients/{kept}/needs"))["items"]
    assert (need["status"], need["history"][-1]["by"]) == ("confirmed", "patient")

    apart = await house.client.post(f"/v1/patients/{given_up}/unmerge", json={}, headers=admin)
    assert apart.status_code == 200, apart.text
    assert await rows_of(house, errand) == [(others, others, others, daughter)]
    assert await rows_of(house, of.format("closing")) == [(UUID(str(given_up)),)]
    assert await rows_of(house, of.format("rescreen")) == [(UUID(str(given_up)),)]
    assert (await ask(house, f"/v1/patients/{kept}/needs"))["items"] == []
    standing = "SELECT patient_id FROM caregiver_grant WHERE until_at IS NULL"
    assert await rows_of(house, standing) == [(UUID(str(given_up)),)]
    assert await rows_of(house, unsafe) == [(UUID(str(given_up)),)]


async def test_of_two_dates_the_later_screening_counts(house: House) -> None:
    """Two records with a date each: one is due, from the later screening; apart, each its own."""
    await put(house, "/v1/rescreening/hunger-vital-sign", **RULE)
    house, given_up = await given(house)
    kept = await house.patient(external_id="A-2", phone=None)
    await put(
        house,
        f"/v1/patients/{kept}/rescreens/hunger-vital-sign",
        status="waiting",
        next_at="2027-01-05T17:00:00Z",
    )
    dates = "SELECT patient_id, next_at, status FROM rescreen ORDER BY patient_id"
    wakes = "SELECT id, due_at FROM due WHERE kind = 'rescreen' ORDER BY id"
    before, waking = await rows_of(house, dates), await rows_of(house, wakes)
    admin = house.north.admin.headers

    merged = await house.client.post(
        f"/v1/patients/{given_up}/merge", json={"into": str(kept)}, headers=admin
    )
    assert merged.status_code == 200, merged.text
    # The date that staff chose was written after the screening of the other record.
    assert len(await rows_of(house, wakes)) == 1
    ((_, at),) = await rows_of(house, wakes)
    assert at.isoformat() == "2027-01-05T17:00:00+00:00"

    apart = await house.client.post(f"/v1/patients/{given_up}/unmerge", json={}, headers=admin)
    assert apart.status_code == 200, apart.text
    assert await rows_of(house, dates) == before
    assert await rows_of(house, wakes) == waking
