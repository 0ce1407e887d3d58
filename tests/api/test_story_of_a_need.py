"""One story on the real stack: from a discharge to a need that is met, and what it moves.

Real database, the app through its HTTP door, the worker's own loops, a hospital's HL7, an
organization's page. Read it from the top; each chapter asserts what a nurse would look for.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engage.ids import ScreeningId
from tests.api.conftest import PUBLIC_URL, House
from tests.api.story import Counted, Practice
from tests.api.test_needs import PACKAGE, brought_in, press
from tests.api.test_screening_page import link_of, tap
from tests.fakes.hl7 import adt, stamp

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
    """Return a moment of December 2026 in Phoenix; day 0 is Monday the 30th of November."""
    monday = datetime(2026, 11, 30, hour, minute, tzinfo=PHOENIX)
    return monday + timedelta(days=day)


def moved(before: dict[str, Counted], after: dict[str, Counted]) -> dict[str, Counted]:
    """Return what changed in each measure: began, happened, still open, ended otherwise."""
    return {
        name: (b[0] - a[0], b[1] - a[1], b[2] - a[2], b[3] - a[3])
        for name, a in before.items()
        for b in (after[name],)
    }


async def test_the_story_of_a_need(house: House) -> None:
    """Behaviours 20 to 27: discharged, asked, heard, referred, driven, asked again, and counted."""
    play = Practice(house)
    await play.until(on(0, 9))
    await brought_in(house, **DIRECTORY)
    await play.neighbours(OTHERS)
    before = await play.measures()
    assert before["reach"] == (OTHERS, OTHERS, 0, 0)
    assert before["help-wanted"] == (OTHERS, OTHERS, 0, 0)
    assert before["loop-closed"] == (OTHERS, 0, OTHERS, 0)

    # Monday. Rosa comes home from hospital: a plan asks her, and a person must call her.
    rosa = await play.house.patient()
    await play.knows_hospital()
    home = play.clock.now() - timedelta(hours=1)
    await play.hospital_says(adt("A03", stamp(home), pv1_45=stamp(home)))
    (call,) = await play.open_work("discharge-call")
    assert call["due_at"] == "2026-12-03T00:00:00Z"

    # A screening by its one-tap page: looking does nothing, two taps answer it all.
    begun = await play.does(
        f"/v1/patients/{rosa}/screenings", instrument="hunger-vital-sign", channel="sms"
    )
    await play.work()
    screening = ScreeningId(begun["id"])
    page = await link_of(play.house, screening)
    assert (await house.client.get(page)).status_code == 200
    for question in ("hvs.worried", "hvs.ran-out"):
        assert (await tap(house, page, question, "never")).status_code == 200
    known = await play.reads(f"/v1/screenings/{screening}")
    assert (known["status"], known["verdict"]["type"]) == ("completed", "no-risk")
    visit = await play.does(
        "/v1/appointments",
        patient_id=str(rosa),
        starts_at=on(3, 10, 30).isoformat(),
        ends_at=on(3, 14).isoformat(),
        what="dialysis",
    )

    # Tuesday at ten the plan asks; she answers by text. An automated text is not the call.
    await play.until(on(1, 10))
    assert "How are you today" in (await play.texts())[-1]
    await play.writes("better", "no", "yes", "yes", "yes", "yes", "3", "yes")
    (check_in,) = (await play.reads(f"/v1/patients/{rosa}/check-ins"))["items"]
    assert (check_in["status"], len(check_in["answers"])) == ("asked", 8)
    assert len(await play.open_work("discharge-call")) == 1
    assert await play.open_work(RIDE) == []

    # Then, unasked: it is the ride's own work, it names Thursday's dialysis and is due before it.
    await play.writes("my ride fell through")
    (work,) = await play.open_work(RIDE)
    need = await play.need(rosa)
    assert work["appointment"]["id"] == visit["id"]
    assert work["severity"] == "urgent"
    assert datetime.fromisoformat(work["due_at"]) == on(2, 10, 30)
    assert await play.open_work("texts") == []
    assert (need["status"], need["history"][-1]["rule"]) == ("risk", "words/transportation")
    assert need["history"][-1]["words"] == "my ride fell through"

    # Dana calls: the call after the discharge is done, and Rosa wants help, and agrees to share.
    logged = await play.does(
        f"/v1/patients/{rosa}/contacts",
        channel="phone",
        outcome="reached-patient",
        item_id=call["id"],
    )
    assert logged["closed"] == "reached-patient"
    assert await play.open_work("discharge-call") == []
    await play.does(
        f"/v1/patients/{rosa}/contacts",
        channel="phone",
        outcome="reached-patient",
        item_id=work["id"],
    )
    await play.does(f"/v1/needs/{need['id']}/status", act="want", reason="Asked for a ride")
    (found,) = (await play.reads("/v1/organizations?need=transportation-insecurity"))["items"]
    sent = await play.does(
        f"/v1/needs/{need['id']}/referrals",
        organization_id=found["organization"]["id"],
        service_id=found["service"]["id"],
        asked="A ride to dialysis on Thursday",
        consent={"how": "verbal", "phone": True},
    )
    assert sent["referral"]["consent"]["by_name"] == "Dana Whitfield"

    # The organization looks, which changes nothing, and accepts, without an account.
    untouched = await play.need(rosa)
    shown = await house.client.get(sent["link"].removeprefix(PUBLIC_URL))
    assert (shown.status_code, "Rosa D." in shown.text) == (200, True)
    assert await play.need(rosa) == untouched
    assert untouched["referrals"][0]["status"] == "requested"
    assert (await press(house, sent["link"], "answer=accept")).status_code == 200
    assert (await play.need(rosa))["referrals"][0]["status"] == "accepted"

    # The ride is tied to the visit; arranged, it lowers the work again and Rosa is told.
    ride = await play.does(
        "/v1/rides",
        patient_id=str(rosa),
        appointment_id=visit["id"],
        direction="both",
        pickup="12 Elm St",
    )
    assert ride["need_id"] == need["id"]
    await play.does(
        f"/v1/rides/{ride['id']}/status",
        status="arranged",
        pickup_at=on(3, 9, 45).isoformat(),
        broker="Valley Rides",
    )
    await play.work()
    (calm,) = await play.open_work(RIDE)
    assert (calm["severity"], calm["appointment"]["id"]) == ("routine", visit["id"])
    assert any("ride" in one for one in (await play.texts())[-1:])

    # Thursday. It came, the visit was kept, the organization says so; the check-ins may end.
    await play.until(on(3, 15))
    driven = await play.does(f"/v1/rides/{ride['id']}/status", status="completed")
    kept = await play.does(f"/v1/appointments/{visit['id']}/status", status="fulfilled")
    assert (driven["status"], kept["status"]) == ("completed", "fulfilled")
    assert (await press(house, sent["link"], "answer=complete")).status_code == 200
    assert (await house.client.get(sent["link"].removeprefix(PUBLIC_URL))).status_code == 410
    assert (await play.need(rosa))["status"] == "completed"
    await play.does(f"/v1/check-in-plans/{check_in['plan_id']}", "PATCH", status="ended")
    await play.does(f"/v1/queue/{work['id']}/complete", outcome="resolved")

    # Monday. Did what we arranged come? Yes: only now is the need met.
    midway = await play.measures()
    await play.until(on(7, 10))
    assert "what we arranged" in (await play.texts())[-1]
    await play.writes("1")
    met = await play.need(rosa)
    assert (met["status"], met["history"][-1]["by"]) == ("confirmed", "patient")

    # What it moved: two sets of questions, one need, one referral; nothing is dropped.
    after = await play.measures()
    assert moved(before, after) == {
        "reach": (2, 2, 0, 0),
        "response": (2, 2, 0, 0),
        "opt-out": (1, 0, 1, 0),
        "first-touch": (1, 1, 0, 0),
        "first-touch-business": (1, 1, 0, 0),
        "help-wanted": (1, 1, 0, 0),
        "need-met": (1, 1, 0, 0),
        "referral-accepted": (1, 1, 0, 0),
        "service-given": (1, 1, 0, 0),
        "loop-closed": (1, 1, 0, 0),
    }
    assert moved(midway, after)["need-met"] == (0, 1, -1, 0)
