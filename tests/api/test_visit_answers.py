"""What is said of a visit elsewhere than in its own question, and what takes it back."""

from typing import Any

from tests.api.conftest import ROSAS_PHONE, House
from tests.api.story import Practice
from tests.api.test_story_of_a_visit import book_of, on, said, times
from tests.fakes.practice import raw


async def newest_in(play: Practice) -> str:
    """Return the id of the newest text that came in."""
    async with raw(play.house.databases.urls["admin"]) as rows:
        found = await rows.fetchval(
            "SELECT id FROM message WHERE direction = 'in' ORDER BY at DESC LIMIT 1"
        )
    return str(found)


async def is_declined_by_phone(play: Practice, visit: str, book: str) -> None:
    """Dana hears that she can't: free times go to her phone, as if she had written it herself."""
    said_so = f"/v1/appointments/{visit}/respond"
    await play.does(said_so, answer="declined", by="patient")
    await play.work()
    (text,) = await said(play, "A-1")
    assert text.startswith("We have these times for you. Reply 1 for Monday, Dec 7 at 9:15 AM,")
    held = (await play.reads(f"/v1/slots?schedule={book}&from=2026-12-01T00:00:00Z"))["items"]
    assert [one["status"] for one in held].count("busy-tentative") == 2
    assert await play.open_work("visit-change") == []


async def none_fits_and_then_one_does(play: Practice, visit: str) -> None:
    """Take back what a person was to find for her once she has chosen by text."""
    await play.writes("3")
    (work,) = await play.open_work("visit-change")
    assert work["appointment"]["id"] == visit
    await play.writes("can't make it thursday", "2")
    assert (await said(play, "A-1"))[-1].endswith("is now on Monday, Dec 7 at 2:00 PM.")
    assert await play.open_work("visit-change") == []


async def it_was_not_hers(play: Practice, visit: str) -> None:
    """Let an answer of somebody else's not stand, and staff read what it did."""
    await play.until(on(5, 14))
    await play.does(f"/v1/appointments/{visit}", "PATCH", **moved_to(9, 14))
    await play.until(on(7, 14))
    await play.writes("1")
    assert (await play.reads(f"/v1/appointments/{visit}"))["answer"] == "accepted"
    text = await newest_in(play)
    await play.does(f"/v1/messages/{text}/attribution", author="unknown", patient_id=None)
    assert (await play.reads(f"/v1/appointments/{visit}"))["answer"] == "needs-action"
    (work,) = await play.open_work("visit-question")
    assert work["appointment"]["id"] == visit


def moved_to(day: int, hour: int) -> dict[str, Any]:
    """Return another time, of half an hour."""
    return {"starts_at": on(day, hour).isoformat(), "ends_at": on(day, hour, 30).isoformat()}


async def test_what_is_said_elsewhere(house: House) -> None:
    """Behaviours 1, 42: declined on the phone, chosen by text, and an answer that was another's."""
    play = Practice(house)
    await play.until(on(0, 9))
    book = await book_of(play)
    rosa = str(await play.house.patient(phone=ROSAS_PHONE))
    (thursday,) = await times(play, book, "2026-12-03", "10:30")
    visit = (await play.does("/v1/appointments", patient_id=rosa, slot_id=thursday["id"]))["id"]
    # Nothing is free: a person finds a time, and knows for which visit.
    await play.does(f"/v1/appointments/{visit}/respond", answer="declined", by="caregiver")
    (work,) = await play.open_work("visit-change")
    assert (work["appointment"]["id"], work["severity"]) == (visit, "routine")
    await play.does(f"/v1/queue/{work['id']}/claim")
    await play.does(f"/v1/queue/{work['id']}/complete", outcome="reached-patient")
    await play.does(f"/v1/appointments/{visit}/respond", answer="accepted", by="patient")

    await times(play, book, "2026-12-07", "09:15", "14:00")
    await is_declined_by_phone(play, visit, book)
    await none_fits_and_then_one_does(play, visit)
    await it_was_not_hers(play, visit)
