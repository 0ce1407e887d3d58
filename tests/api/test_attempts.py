"""Discharges and calls through the API, and discharges from a file."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.checkins.call import Attempt, Outcome, call_by, ending_of
from engage.checkins.discharge_csv import read_rows
from engage.checkins.discharges.importing import Imported, import_discharges
from engage.people.csv_import import BadRows
from engage.queue.clocks import Calendar
from tests.api.conftest import House
from tests.fakes.practice import raw

HEADER = "patient_external_id,visit_number,facility,discharged_at"
PHOENIX = ZoneInfo("America/Phoenix")


async def says(house: House, patient: object, **fields: object) -> httpx.Response:
    """Say that a patient was discharged this morning."""
    body = {
        "external_id": "V1",
        "facility": "STMARY",
        "discharged_at": (house.clock.now() - timedelta(hours=3)).isoformat(),
    } | fields
    return await house.client.post(
        f"/v1/patients/{patient}/discharges", json=body, headers=house.north.dana.headers
    )


async def logs(house: House, patient: object, **fields: object) -> httpx.Response:
    """Log a call."""
    body = {"channel": "phone", "outcome": "no-answer"} | fields
    return await house.client.post(
        f"/v1/patients/{patient}/contacts", json=body, headers=house.north.dana.headers
    )


async def calls(house: House, **query: str) -> list[dict[str, Any]]:
    """Return the open calls after a discharge."""
    answer = await house.client.get("/v1/queue", params=query, headers=house.north.dana.headers)
    return [one for one in answer.json()["items"] if one["subject"] == "discharge-call"]


async def completes(house: House, item: str) -> httpx.Response:
    """Try to close an item."""
    return await house.client.post(
        f"/v1/queue/{item}/complete",
        json={"outcome": "reached-patient"},
        headers=house.north.dana.headers,
    )


async def test_a_discharge_is_followed_up_until_somebody_was_reached(house: House) -> None:
    """The call is due in two business days; nothing but a logged call closes it; both are read."""
    patient = await house.patient()
    made = await says(house, patient)
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "discharged"
    (item,) = await calls(house)
    # A Tuesday; Thursday is Thanksgiving: the close of Friday in Phoenix.
    assert item["due_at"] == "2026-11-28T00:00:00Z"
    assert (await says(house, patient)).status_code == 201
    assert len(await calls(house)) == 1
    refused = await completes(house, item["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "call-first")
    tried = await logs(house, patient, item_id=item["id"], outcome="left-message", note="Called.")
    assert (tried.status_code, tried.json()["closed"]) == (201, None)
    assert (await completes(house, item["id"])).status_code == 409
    house.clock.advance(timedelta(minutes=20))
    reached = await logs(house, patient, item_id=item["id"], outcome="reached-patient")
    assert reached.json()["closed"] == "reached-patient"
    assert await calls(house) == []
    (stay,), logged = [
        (await house.client.get(path, headers=house.north.dana.headers)).json()["items"]
        for path in (f"/v1/patients/{patient}/discharges", f"/v1/patients/{patient}/contacts")
    ]
    assert (stay["facility"], stay["status"]) == ("STMARY", "discharged")
    assert stay["call"]["item_id"] == item["id"]
    assert stay["call"]["outcome"] == "reached-patient"
    assert [(one["outcome"], one["note"], one["staff_name"]) for one in logged] == [
        ("reached-patient", None, "Dana Whitfield"),
        ("left-message", "Called.", "Dana Whitfield"),
    ]


async def test_two_tries_are_enough(house: House) -> None:
    """After two separate tries the work is done, and says that nobody was reached."""
    patient = await house.patient()
    await says(house, patient)
    (item,) = await calls(house, subject="discharge-call", patient=str(patient))
    assert await calls(house, subject="crisis") == []
    assert await calls(house, patient=str(house.north.id)) == []
    first = (house.clock.now() - timedelta(minutes=50)).isoformat()
    for expected, at in ((None, first), (None, first), ("could-not-reach", None)):
        answer = await logs(house, patient, item_id=item["id"], at=at)
        assert answer.json()["closed"] == expected


async def test_a_discharge_taken_back_closes_the_call(house: House) -> None:
    """The item is cancelled with its reason, and what was logged for it stays."""
    patient = await house.patient()
    await says(house, patient)
    (item,) = await calls(house)
    await logs(house, patient, item_id=item["id"])
    house.clock.advance(timedelta(minutes=1))
    taken = await says(house, patient, status="cancelled")
    assert taken.json()["status"] == "planned"
    closed = await house.client.get(f"/v1/queue/{item['id']}", headers=house.north.dana.headers)
    assert (closed.json()["status"], closed.json()["outcome"]) == (
        "cancelled",
        "discharge-cancelled",
    )


async def test_whoever_was_spoken_with_waits_no_longer(house: House) -> None:
    """Behaviour 29: a logged call counts as an answer; one that nobody took does not."""
    item = await house.item()
    async with raw(house.databases.urls["admin"]) as admin:
        await admin.execute("UPDATE queue_item SET waiting_since = opened_at")
    (waiting,) = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()[
        "items"
    ]
    patient = waiting["patient"]["id"]
    for outcome, waits in (("no-answer", True), ("reached-caregiver", False)):
        assert (await logs(house, patient, outcome=outcome)).status_code == 201
        seen = await house.client.get(f"/v1/queue/{item}", headers=house.north.dana.headers)
        assert (seen.json()["waiting_since"] is not None) == waits


async def test_whoever_was_reached_in_danger_has_an_answer(house: House) -> None:
    """A call that reached them ends the paging; one not taken, or earlier, does not."""
    patient = await house.patient()
    before = {"at": house.clock.now().isoformat()}
    house.clock.advance(timedelta(minutes=1))
    await house.text_in("i cant breathe")
    house.clock.advance(timedelta(minutes=1))
    for outcome, when, answered in (
        ("no-answer", {}, False),
        ("reached-patient", before, False),
        ("reached-patient", {}, True),
    ):
        assert (await logs(house, patient, outcome=outcome, **when)).status_code == 201
        async with raw(house.databases.urls["admin"]) as admin:
            said = await admin.fetchval("SELECT answered_at IS NOT NULL FROM paging")
        assert said == answered


async def test_what_can_not_be_logged(house: House) -> None:
    """A text is no contact; neither is a call of next week, of another patient, or for nothing."""
    patient, other = await house.patient(), await house.patient(external_id="A-2", phone=None)
    await says(house, patient)
    (item,) = await calls(house)
    own = "0190a5b0-0000-7000-8000-000000000000"
    late = (house.clock.now() + timedelta(days=7)).isoformat()
    statuses = [
        (await logs(house, patient, channel="sms")).status_code,
        (await logs(house, patient, outcome="texted")).status_code,
        (await logs(house, patient, at=late)).status_code,
        (await logs(house, patient, id=own)).status_code,
        (await logs(house, other, item_id=item["id"])).status_code,
        (await says(house, other)).status_code,
        (await says(house, patient, discharged_at=late)).status_code,
    ]
    assert statuses == [400, 400, 422, 400, 404, 422, 422]
    south = await house.client.post(
        f"/v1/patients/{patient}/contacts",
        json={"channel": "phone", "outcome": "no-answer"},
        headers=house.south.dana.headers,
    )
    assert south.status_code == 404


async def test_minutes_are_what_somebody_says(house: House) -> None:
    """With a call, or with work that is closed: whole minutes, audited, and never guessed."""
    patient = await house.patient()
    await house.text_in("hello")
    (item,) = (await house.client.get("/v1/queue", headers=house.north.dana.headers)).json()[
        "items"
    ]
    call = await logs(house, patient, outcome="reached-patient", minutes=12)
    silent = await logs(house, patient)
    done = await house.client.post(
        f"/v1/queue/{item['id']}/complete",
        json={"outcome": "reached-patient", "minutes": 5},
        headers=house.north.dana.headers,
    )

    assert (call.status_code, silent.status_code, done.status_code) == (201, 201, 200)
    listed = await house.client.get(
        f"/v1/patients/{patient}/contacts", headers=house.north.dana.headers
    )
    assert {one["minutes"] for one in listed.json()["items"]} == {None, 12}
    for impossible in (0, 241, 2.5, "12"):
        assert (await logs(house, patient, minutes=impossible)).status_code in {400, 422}
    async with raw(house.databases.urls["admin"]) as admin:
        rows = await admin.fetch(
            "SELECT patient_id, item_id, activity, minutes FROM time_spent ORDER BY minutes"
        )
        told = await admin.fetchval("SELECT count(*) FROM audit WHERE action = 'minutes.log'")
    assert [tuple(map(str, row)) for row in rows] == [
        (str(patient), item["id"], "work", "5"),
        (str(patient), "None", "phone", "12"),
    ]
    assert told == 2


async def test_a_note_is_sealed(house: House) -> None:
    """What a care manager writes about a call can't be read without the practice's keys."""
    patient = await house.patient()
    made = await logs(house, patient, note="Daughter answered.")
    async with raw(house.databases.urls["admin"]) as admin:
        sealed = await admin.fetchval("SELECT note_sealed FROM contact_attempt")
    assert b"Daughter" not in sealed
    opened = house.north.keys.open_text("contact_attempt.note", UUID(made.json()["id"]), sealed)
    assert opened == "Daughter answered."


async def imports(house: House, *lines: str) -> Imported:
    """Import a file of discharges."""
    return await import_discharges(
        house.databases.app,
        house.parts.vault,
        house.clock,
        practice=house.north.id,
        raw="\n".join((HEADER, *lines)).encode(),
    )


async def test_a_file_has_the_same_effect_once(house: House) -> None:
    """A row begins the same follow-up; the same file again changes nothing."""
    await house.patient()
    row = "A-1,V1,STMARY,2026-11-24T08:00"
    assert await imports(house, row) == Imported(1, 0)
    assert len(await calls(house)) == 1
    assert await imports(house, row) == Imported(0, 1)
    assert len(await calls(house)) == 1


async def test_a_bad_row_stops_the_whole_file(house: House) -> None:
    """Every bad row is named with its line, and nothing is written."""
    await house.patient()
    with pytest.raises(BadRows) as refused:
        await imports(
            house, "A-1,V1,STMARY,2026-11-24", "B-9,V2,STMARY,2026-11-24", "A-1,,STMARY,today"
        )
    lines = [row.line for row in refused.value.rows]
    assert lines == [3, 4, 4]
    assert not any("B-9" in row.reason for row in refused.value.rows)
    assert await calls(house) == []


# Pure


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ((), ["the file is empty"]),
        (("Rosa;Delgado",), ["this is no header"]),
        ((HEADER + ",mood", "A-1,V1,S,2026-11-24,good"), ["a column is unknown"]),
        (("patient_external_id,visit_number,facility",), ['"discharged_at" is missing']),
        ((HEADER, "A-1,V1,S"), ["has 3 cells"]),
        ((HEADER, "A-1,V1,S,2026-11-24", "A-2,V1,S,2026-11-24"), ["stands on line 2"]),
        ((HEADER, "A-1,V1,S,2026-12-24"), ["lies in the future"]),
        ((HEADER, "A-1,V1,S,"), ["is needed"]),
    ],
)
def test_what_is_wrong_with_a_file(lines: tuple[str, ...], wrong: list[str]) -> None:
    """Each fault is a sentence that repeats no cell."""
    now = datetime(2026, 11, 24, 17, tzinfo=UTC)
    _, bad = read_rows("\n".join(lines), PHOENIX, now)
    assert len(bad) == len(wrong)
    assert all(part in row.reason for part, row in zip(wrong, bad, strict=True))


USUAL = Calendar(
    "America/Phoenix",
    {
        day: ((datetime.min.time().replace(hour=9), datetime.min.time().replace(hour=17)),)
        for day in ("mon", "tue", "wed", "thu", "fri")
    },
    "US",
)


@pytest.mark.parametrize(
    ("discharged", "due"),
    [
        # Monday morning and Monday night: Wednesday.
        ("2026-11-16T09:00-07:00", "2026-11-18T17:00-07:00"),
        ("2026-11-16T23:30-07:00", "2026-11-18T17:00-07:00"),
        # Friday, Saturday and Sunday: Tuesday.
        ("2026-11-13T18:00-07:00", "2026-11-17T17:00-07:00"),
        ("2026-11-14T12:00-07:00", "2026-11-17T17:00-07:00"),
        ("2026-11-15T12:00-07:00", "2026-11-17T17:00-07:00"),
        # Wednesday before Thanksgiving: Friday and Monday.
        ("2026-11-25T12:00-07:00", "2026-11-30T17:00-07:00"),
    ],
)
def test_two_business_days(discharged: str, due: str) -> None:
    """The day of discharge does not count, whatever its hour, nor do weekends and holidays."""
    found = call_by(datetime.fromisoformat(discharged), USUAL)
    assert found == datetime.fromisoformat(due)


@given(st.integers(0, 366 * 24 * 4))
def test_the_call_is_never_later_than_medicare_wants(quarters: int) -> None:
    """Whatever hours a practice keeps, the call is due after the discharge and within the rule."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    part_time = Calendar("America/Phoenix", {"tue": USUAL.hours["tue"]}, "US")
    everyday = Calendar("America/Phoenix", dict.fromkeys(USUAL.hours, USUAL.hours["mon"]), "US")
    assert at < call_by(at, part_time)
    assert call_by(at, part_time).astimezone(PHOENIX).date() <= (
        call_by(at, everyday).astimezone(PHOENIX).date()
    )


@pytest.mark.parametrize(
    ("outcomes", "ending"),
    [
        ((), None),
        (("no-answer",), None),
        (("left-message", "no-answer"), "could-not-reach"),
        (("no-answer", "reached-caregiver"), "reached-caregiver"),
        (("reached-patient",), "reached-patient"),
    ],
)
def test_what_ends_the_call(outcomes: tuple[Outcome, ...], ending: str | None) -> None:
    """Somebody reached, or two tries at two moments."""
    start = datetime(2026, 11, 24, 17, tzinfo=UTC)
    tries = [Attempt(start + timedelta(hours=n), one) for n, one in enumerate(outcomes)]
    assert ending_of(tries) == ending
    assert ending_of([Attempt(start, "no-answer"), Attempt(start, "no-answer")]) is None
