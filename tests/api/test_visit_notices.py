"""Reminders as rows: one a day, to whom they may be told, ended by whatever changes the visit."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.conftest import ROSAS_PHONE, House
from tests.api.story import Practice
from tests.api.test_story_of_a_visit import said
from tests.fakes.practice import raw

PHOENIX = ZoneInfo("America/Phoenix")
ELENA = "+16025550181"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in Phoenix, so many days after Monday the 30th of November 2026."""
    return datetime(2026, 11, 30, hour, minute, tzinfo=PHOENIX) + timedelta(days=day)


async def booked(play: Practice, person: object, at: datetime) -> str:
    """Book a visit of half an hour."""
    made = await play.does(
        "/v1/appointments",
        patient_id=str(person),
        starts_at=at.isoformat(),
        ends_at=(at + timedelta(minutes=30)).isoformat(),
    )
    return made["id"]


async def rows_of(play: Practice, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what stands in the database."""
    async with raw(play.house.databases.urls["admin"]) as rows:
        return [tuple(one.values()) for one in await rows.fetch(sql, *values)]


async def next_of(play: Practice, visit: str) -> list[datetime]:
    """Return when a visit is next reminded of."""
    sql = "SELECT due_at FROM due WHERE kind = 'reminder' AND id = $1"
    return [one[0] for one in await rows_of(play, sql, visit)]


async def notices(play: Practice, visit: str) -> list[tuple[Any, ...]]:
    """Return what was asked or told about a visit."""
    sql = "SELECT step, status, why FROM visit_notice WHERE appointment_id = $1 ORDER BY at, step"
    return await rows_of(play, sql, visit)


async def with_family(play: Practice, rosa: object) -> None:
    """Let Rosa's daughter be told of her visits."""
    elena = await play.does(
        f"/v1/patients/{rosa}/caregivers",
        given_name="Elena",
        family_name="Delgado",
        language="es",
        phone=ELENA,
        relationship="daughter",
    )
    await play.does(
        f"/v1/patients/{rosa}/grants", caregiver_id=elena["id"], category="visits", how="verbal"
    )


async def test_reminders_as_time_goes_by(house: House) -> None:
    """Behaviours 13, 15, 41: one text for a day, the family hears of it, a change ends the rest."""
    play = Practice(house)
    await play.until(on(0, 9))
    rosa = await play.house.patient(phone=ROSAS_PHONE)
    nobody = await play.house.patient(external_id="A-2", phone=None)
    await with_family(play, rosa)
    morning = await booked(play, rosa, on(3, 10, 30))
    later = await booked(play, rosa, on(3, 14))
    silent = await booked(play, nobody, on(3, 10, 30))
    luz = await play.house.patient(external_id="A-3", phone="+16025550171")
    asked = await booked(play, luz, on(3, 11))
    assert await next_of(play, morning) == [on(1, 10, 30)]

    # Two visits of one day are one text, and nobody is asked again for the second one.
    await play.until(on(1, 10, 30))
    await play.until(on(1, 14))
    copy, text = sorted(await said(play, "A-1"), key=lambda one: "your visits" in one)
    assert "your visits are on Thursday, Dec 3 at 10:30 AM and 2:00 PM." in text
    assert "Rosa tiene cita el jueves 3 de diciembre a las 10:30 a.m. y 2:00 p.m. (" in copy
    told = "SELECT m.conversation_id FROM message m WHERE m.text_key LIKE 'visit/48/%'"
    assert await rows_of(play, told) == [(None,)]
    for visit in (morning, later):
        assert ("48", "asked", None) in await notices(play, visit)
    assert await notices(play, silent) == [
        ("168", "skipped", "too-late"),
        ("48", "skipped", "no-phone"),
    ]

    # Staff move one: the question about both is over, and the moved one begins anew.
    await play.does(
        f"/v1/appointments/{later}",
        "PATCH",
        starts_at=on(10, 14).isoformat(),
        ends_at=on(10, 14, 30).isoformat(),
    )
    still = (
        "SELECT count(*) FROM conversation c JOIN visit_talk v ON v.conversation_id = c.id"
        " WHERE c.open AND v.patient_id = $1"
    )
    assert await rows_of(play, still, rosa) == [(0,)]
    assert await next_of(play, later) == [on(3, 14)]
    # Another rule holds for what is booked already, too.
    for hours, moment in (([96], on(6, 14)), ([168, 48, 3], on(3, 14))):
        await play.house.client.put(
            f"/v1/practices/{play.house.north.id}/reminders",
            json={"hours_before": hours},
            headers=play.house.north.admin.headers,
        )
        await play.work()
        assert await next_of(play, later) == [moment]
    # Staff hear that she comes to the other: she is reminded no more, and how to get ready is told.
    await play.does(f"/v1/appointments/{morning}/respond", answer="accepted", by="patient")
    assert await next_of(play, morning) == [on(2, 10, 30)]
    # By video: the link comes with how to get ready; the address behind it is in no text.
    room = "https://video.example.org/rooms/4711"
    await play.does(f"/v1/appointments/{morning}/telehealth", url=room)
    await play.until(on(2, 12))
    (link,) = [one for one in await said(play, "A-1") if "/v/" in one]
    assert room not in link
    # Whom no reminder has reached, and who has said nothing, is seen on the day before.
    listed = (await play.reads("/v1/appointments?limit=100"))["items"]
    unreached = {one["id"]: one["unreached"] for one in listed}
    assert unreached == {morning: False, later: False, asked: False, silent: True}
    await play.does(f"/v1/appointments/{morning}/status", status="cancelled", reason="provider")
    assert await next_of(play, morning) == []

    # Who died, or left, is not reminded.
    await play.does(f"/v1/patients/{rosa}", "PATCH", status="inactive")
    texts = await said(play, "A-1")
    await play.until(on(3, 14, 1))
    assert await said(play, "A-1") == texts
    assert ("168", "skipped", "not-in-care") in await notices(play, later)
