"""Visits as they are lived, on the real stack: reminded, moved, given to who waited, missed."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.conftest import ROSAS_PHONE, House
from tests.api.story import Practice
from tests.fakes.practice import raw

PHOENIX = ZoneInfo("America/Phoenix")
LUZ, SAM = "+16025550171", "+16025550172"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in Phoenix, so many days after Monday the 30th of November 2026."""
    return datetime(2026, 11, 30, hour, minute, tzinfo=PHOENIX) + timedelta(days=day)


async def said(play: Practice, phone_of: str) -> list[str]:
    """Return what somebody was sent, by their number of the practice, oldest first."""
    keys = play.house.north.keys
    async with raw(play.house.databases.urls["admin"]) as rows:
        found = await rows.fetch(
            "SELECT m.id, m.body_sealed FROM message m JOIN thread t ON t.id = m.thread_id"
            " JOIN patient p ON p.id = t.patient_id WHERE p.external_id = $1"
            " AND m.direction = 'out' AND m.status = 'delivered' ORDER BY m.at, m.id",
            phone_of,
        )
    return [keys.open_text("message.body", row["id"], row["body_sealed"]) for row in found]


async def times(play: Practice, schedule: str, day: str, *hours: str) -> list[Any]:
    """Add free times of one day."""
    made = await play.does(f"/v1/schedules/{schedule}/slots", from_day=day, times=hours, minutes=30)
    return made["items"]


async def book_of(play: Practice, **words: str) -> str:
    """Add a place, and who sees people there."""
    place = await play.does(
        "/v1/places", name="North", address="1 Main St", zone="America/Phoenix", bring="Your card."
    )
    made = await play.does("/v1/schedules", place_id=place["id"], name="Dr. Lee", **words)
    return made["id"]


async def is_reminded(play: Practice, visit: str) -> None:
    """Tuesday at half past ten, two days before, Rosa is asked; two digits move her visit."""
    await play.until(on(1, 10, 30))
    (text,) = await said(play, "A-1")
    assert "your visit is on Thursday, Dec 3 at 10:30 AM. Reply 1" in text
    await play.work()
    assert await said(play, "A-1") == [text]

    await play.writes("2")
    assert (await said(play, "A-1"))[-1] == (
        "We have these times for you. Reply 1 for Monday, Dec 7 at 9:15 AM,"
        " 2 for Monday, Dec 7 at 2:00 PM, 3 if none suits you."
    )
    assert (await play.reads(f"/v1/appointments/{visit}"))["answer"] == "tentative"
    await play.writes("2")
    booked = "Thank you. Your visit is now on Monday, Dec 7 at 2:00 PM."
    assert (await said(play, "A-1"))[-1] == booked
    now = await play.reads(f"/v1/appointments/{visit}")
    assert datetime.fromisoformat(now["starts_at"]) == on(7, 14)


async def is_offered(play: Practice) -> None:
    """Let who waits be offered what she let go: the first has it, the second is told kindly."""
    await play.work()
    offered = "a time has become free for you, Thursday, Dec 3 at 10:30 AM."
    for one in ("A-2", "A-3"):
        (text,) = await said(play, one)
        assert offered in text
    await play.writes("1", sender=SAM)
    await play.writes("1", sender=LUZ)
    booked = "Thank you. Your visit is now on Thursday, Dec 3 at 10:30 AM."
    assert (await said(play, "A-3"))[-1] == booked
    assert (await said(play, "A-2"))[-1].startswith("We are sorry, somebody was faster")


async def is_missed(play: Practice, visit: str) -> None:
    """She does not come: somebody's work, which names the visit; she is asked why, and says so."""
    await play.until(on(7, 15))
    await play.does(f"/v1/appointments/{visit}/status", status="noshow")
    (work,) = await play.open_work("visit-missed")
    assert work["appointment"]["id"] == visit
    await play.work()
    assert "we missed you on Monday, Dec 7" in (await said(play, "A-1"))[-1]
    await play.writes("1")
    missed = await play.reads(f"/v1/appointments/{visit}")
    assert (missed["status"], missed["reason"]) == ("noshow", "ride")
    (ride,) = await play.open_work("need:transportation-insecurity")
    assert ride["severity"] == "routine"


async def test_the_story_of_a_visit(house: House) -> None:
    """Behaviours 41 to 43: reminded once, moved by two digits, given to who waited, missed."""
    play = Practice(house)
    await play.until(on(0, 9))
    book = await book_of(play, prepare_en="Come ten minutes early.")
    (thursday,) = await times(play, book, "2026-12-03", "10:30")
    people = {
        own: await play.house.patient(external_id=own, phone=phone, given_name=name)
        for own, phone, name in (
            ("A-1", ROSAS_PHONE, "Rosa"),
            ("A-2", LUZ, "Luz"),
            ("A-3", SAM, "Sam"),
            ("A-4", None, "Ann"),
        )
    }
    rosa = str(people.pop("A-1"))
    visit = (await play.does("/v1/appointments", patient_id=rosa, slot_id=thursday["id"]))["id"]
    await times(play, book, "2026-12-07", "09:15", "14:00")
    waits = {"schedule_id": book, "from_day": "2026-12-01", "until_day": "2026-12-04"}
    for one in people.values():
        await play.does("/v1/waiting", patient_id=str(one), **waits)

    await is_reminded(play, visit)
    await is_offered(play)
    listed = (await play.reads("/v1/waiting"))["items"]
    waiting = {one["patient_id"] for one in listed if one["status"] == "waiting"}
    assert waiting == {str(people["A-2"]), str(people["A-4"])}
    (mine,) = (await play.reads(f"/v1/appointments?patient={people['A-3']}"))["items"]
    assert datetime.fromisoformat(mine["starts_at"]) == on(3, 10, 30)
    assert await play.open_work("visit-change") == []

    # A day before her new time: how to get ready. She said that she comes: no question more.
    before = len(await said(play, "A-1"))
    await play.until(on(6, 14))
    (ready,) = (await said(play, "A-1"))[before:]
    assert ready.endswith("on Monday, Dec 7 at 2:00 PM: Come ten minutes early. Your card.")
    # She runs late: the list of the day shows it beside her name.
    await play.until(on(7, 13, 30))
    await play.writes("running late")
    (listed,) = (await play.reads(f"/v1/appointments?patient={rosa}"))["items"]
    assert (listed["given_name"], listed["late"], listed["answer"]) == ("Rosa", True, "accepted")
    await is_missed(play, visit)
