"""One story on the real stack: from a discharge to a need that is met, and what it moves.

Real database, the app through its HTTP door, the worker's own loops, a hospital's HL7, an
organization's page. Read it from the top; each chapter asserts what a nurse would look for.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from engage.reading.reader import shipped_model
from tests.api.conftest import PUBLIC_URL, House
from tests.api.story import Counted, Practice
from tests.api.test_needs import PACKAGE, brought_in, press
from tests.api.test_screening_page import link_of, tap
from tests.fakes.hl7 import adt, siu, stamp

PHOENIX = ZoneInfo("America/Phoenix")
RIDE = "need:transportation-insecurity"
OTHERS = 11
DIRECTORY = {
    "organizations": PACKAGE["organizations.csv"] + "o2,Valley Rides,go@valleyrides.example\n",
    "services": PACKAGE["services.csv"] + "s2,o2,Rides to dialysis\n",
    "taxonomy_terms": PACKAGE["taxonomy_terms.csv"] + "t2,Medical transportation\n",
    "attributes": PACKAGE["attributes.csv"] + "b2,s2,t2\n",
}


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in Phoenix, so many days after Monday the 30th of November 2026."""
    monday = datetime(2026, 11, 30, hour, minute, tzinfo=PHOENIX)
    return monday + timedelta(days=day)


def moved(before: dict[str, Counted], after: dict[str, Counted]) -> dict[str, Counted]:
    """Return what changed in each measure: began, happened, still open, ended otherwise."""
    return {
        name: (b[0] - a[0], b[1] - a[1], b[2] - a[2], b[3] - a[3])
        for name, b in after.items()
        for a in (before.get(name, (0, 0, 0, 0)),)
    }


async def comes_home(play: Practice) -> tuple[UUID, str]:
    """Monday: the hospital says that Rosa went home: a plan asks her, and a person must call her.

    Returns her and that call.
    """
    rosa = await play.house.patient()
    await play.knows_hospital()
    home = play.clock.now() - timedelta(hours=1)
    await play.hospital_says(adt("A03", stamp(home), pv1_45=stamp(home)))
    (call,) = await play.open_work("discharge-call")
    assert call["due_at"] == "2026-12-03T00:00:00Z"
    return rosa, call["id"]


async def taps(play: Practice, rosa: UUID) -> None:
    """Answer a screening on its one-tap page: looking does nothing, two taps say it all."""
    begun = await play.does(
        f"/v1/patients/{rosa}/screenings", instrument="hunger-vital-sign", channel="sms"
    )
    await play.work()
    path = f"/v1/screenings/{begun['id']}"
    page = await link_of(play.house, begun["id"])
    assert (await play.house.client.get(page)).status_code == 200
    assert (await play.reads(path))["answers"] == []
    for question in ("hvs.worried", "hvs.ran-out"):
        assert (await tap(play.house, page, question, "never")).status_code == 200
    known = await play.reads(path)
    assert (known["status"], known["verdict"]["type"]) == ("completed", "no-risk")


def book_says(trigger: str, at: datetime, status: str = "") -> bytes:
    """Return what the clinic's book says of Thursday's dialysis."""
    sch = ["SCH", "P7", "F7", *[""] * 8, f"^^^{stamp(on(3, 10, 30))}^{stamp(on(3, 14))}"]
    return siu(trigger, stamp(at), "|".join([*sch, *[""] * 13, status]), control=trigger)


async def is_booked(play: Practice, rosa: UUID) -> str:
    """Let the clinic say twice that it booked Thursday's dialysis: it is one visit; its id."""
    for _ in range(2):
        await play.hospital_says(book_says("S12", play.clock.now()))
    (visit,) = (await play.reads(f"/v1/appointments?patient={rosa}"))["items"]
    assert (visit["status"], visit["from_clinic"]) == ("booked", True)
    assert datetime.fromisoformat(visit["starts_at"]) == on(3, 10, 30)
    return visit["id"]


async def is_asked(play: Practice, rosa: UUID) -> str:
    """Tuesday at ten the plan asks, and she answers by text; that is not the call. Its plan."""
    await play.until(on(1, 10))
    assert "How are you today" in (await play.texts())[-1]
    await play.writes("better", "no", "yes", "yes", "yes", "yes", "3", "yes")
    (check_in,) = (await play.reads(f"/v1/patients/{rosa}/check-ins"))["items"]
    assert (check_in["status"], len(check_in["answers"])) == ("asked", 8)
    assert len(await play.open_work("discharge-call")) == 1
    assert await play.open_work(RIDE) == []
    return check_in["plan_id"]


async def has_no_ride(play: Practice, rosa: UUID, visit: str) -> tuple[str, str]:
    """Then, unasked: the ride's own work, which names Thursday's dialysis and is due before it.

    Returns the work and the risk: what she wants is not known yet.
    """
    await play.writes("my ride fell through")
    (work,) = await play.open_work(RIDE)
    assert work["appointment"]["id"] == visit
    assert work["severity"] == "urgent"
    assert datetime.fromisoformat(work["due_at"]) == on(2, 10, 30)
    assert await play.open_work("texts") == []
    need = await play.need(rosa)
    ground = need["history"][-1]
    assert (need["status"], ground["words"]) == ("risk", "my ride fell through")
    assert (ground["rule"], ground["rule_version"]) == (
        "words/transportation",
        shipped_model().version,
    )
    return work["id"], need["id"]


async def is_called(play: Practice, rosa: UUID, call: str, work: str, need: str) -> None:
    """Dana calls: the call after the discharge is done, and Rosa says that she wants help."""
    for item, closed in ((call, "reached-patient"), (work, None)):
        logged = await play.does(
            f"/v1/patients/{rosa}/contacts",
            channel="phone",
            outcome="reached-patient",
            item_id=item,
            minutes=10,
        )
        assert logged["closed"] == closed
    assert await play.open_work("discharge-call") == []
    wanted = await play.does(f"/v1/needs/{need}/status", act="want", reason="Asked for a ride")
    assert wanted["status"] == "wanted"


async def is_referred(play: Practice, rosa: UUID, need: str) -> str:
    """Share with her consent; the organization looks, which changes nothing, and accepts."""
    (found,) = (await play.reads("/v1/organizations?need=transportation-insecurity"))["items"]
    sent = await play.does(
        f"/v1/needs/{need}/referrals",
        organization_id=found["organization"]["id"],
        service_id=found["service"]["id"],
        asked="A ride to dialysis on Thursday",
        consent={"how": "verbal", "phone": True},
    )
    assert sent["referral"]["consent"]["by_name"] == "Dana Whitfield"
    untouched = await play.need(rosa)
    shown = await play.house.client.get(sent["link"].removeprefix(PUBLIC_URL))
    assert (shown.status_code, "Rosa D." in shown.text) == (200, True)
    assert await play.need(rosa) == untouched
    assert untouched["referrals"][0]["status"] == "requested"
    assert (await press(play.house, sent["link"], "answer=accept")).status_code == 200
    assert (await play.need(rosa))["referrals"][0]["status"] == "accepted"
    return sent["link"]


async def has_a_ride(play: Practice, rosa: UUID, visit: str, need: str) -> str:
    """Tie a ride to the visit; arranged, it lowers the work again, and Rosa is told."""
    ride = await play.does(
        "/v1/rides",
        patient_id=str(rosa),
        appointment_id=visit,
        direction="both",
        pickup="12 Elm St",
    )
    assert ride["need_id"] == need
    await play.does(
        f"/v1/rides/{ride['id']}/status",
        status="arranged",
        pickup_at=on(3, 9, 45).isoformat(),
        broker="Valley Rides",
    )
    await play.work()
    (calm,) = await play.open_work(RIDE)
    assert (calm["severity"], calm["appointment"]["id"]) == ("routine", visit)
    assert "picked up on Thursday, Dec 3 at 9:45" in (await play.texts())[-1]
    return ride["id"]


async def test_the_story_of_a_need(house: House) -> None:
    """Behaviours 20 to 27: discharged, asked, heard, referred, driven, asked again, and counted."""
    play = Practice(house)
    await play.until(on(0, 9))
    await brought_in(house, **DIRECTORY)
    await play.neighbours(OTHERS)
    before = await play.measures()
    assert before["reach"] == before["help-wanted"] == (OTHERS, OTHERS, 0, 0)
    assert before["loop-closed"] == before["need-met"] == (OTHERS, 0, OTHERS, 0)

    rosa, call = await comes_home(play)
    await taps(play, rosa)
    visit = await is_booked(play, rosa)
    plan = await is_asked(play, rosa)
    work, need = await has_no_ride(play, rosa, visit)
    await is_called(play, rosa, call, work, need)
    link = await is_referred(play, rosa, need)
    ride = await has_a_ride(play, rosa, visit, need)

    # Thursday. It came, the visit was kept, the organization says that it is done.
    await play.until(on(3, 15))
    assert (await play.does(f"/v1/rides/{ride}/status", status="completed"))["need_id"] == need
    await play.hospital_says(book_says("S14", play.clock.now(), "Complete"))
    assert (await play.reads(f"/v1/appointments/{visit}"))["status"] == "fulfilled"
    assert (await press(house, link, "answer=complete")).status_code == 200
    assert (await house.client.get(link.removeprefix(PUBLIC_URL))).status_code == 410
    assert (await play.need(rosa))["status"] == "completed"
    await play.does(f"/v1/check-in-plans/{plan}", "PATCH", status="ended")
    await play.does(f"/v1/queue/{work}/complete", outcome="referred", minutes=15)
    midway = await play.measures()

    # Monday. Did what we arranged come? Asked once, and only her yes meets the need.
    await play.until(on(7, 10))
    assert sum("what we arranged" in one for one in await play.texts()) == 1
    await play.writes("1")
    met = await play.need(rosa)
    assert (met["status"], met["history"][-1]["by"]) == ("confirmed", "patient")

    # What it moved: two sets of questions, one need, one referral; what is open is counted.
    after, spent = await play.measures(), await play.minutes()
    assert (spent["minutes-a-need"], spent["minutes-a-month"]) == (25 + 5 * OTHERS, 35 + 5 * OTHERS)
    assert moved(before, after) == {
        "reach": (2, 2, 0, 0),
        "response": (2, 2, 0, 0),
        "opt-out": (1, 0, 1, 0),
        "screened food-insecurity": (1, 1, 0, 0),
        "positive hunger-vital-sign": (1, 0, 0, 1),
        "first-touch": (1, 1, 0, 0),
        "first-touch-business": (1, 1, 0, 0),
        "help-wanted": (1, 1, 0, 0),
        "help-arranged": (1, 1, 0, 0),
        "taken-on": (1, 1, 0, 0),
        "need-met": (1, 1, 0, 0),
        # Told in words, not found by a question: none to ask again.
        "need-resolved": (0, 0, 0, 0),
        "referral-accepted": (1, 1, 0, 0),
        "service-given": (1, 1, 0, 0),
        "loop-closed": (1, 1, 0, 0),
        # The others' visits and rides were on Tuesday, and nobody said what became of them.
        "visit-kept": (1 + OTHERS, 1, OTHERS, 0),
        "ride-came ride": (1 + OTHERS, 1, OTHERS, 0),
        "minutes-a-month": (1, 0, 1, 0),
        "minutes-a-need": (1, 1, 0, 0),
    }
    assert moved(midway, after)["need-met"] == (0, 1, -1, 0)
