"""A person's page and the lists: a need until somebody helps, and whom no text reaches."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Stage
from tests.web.eye import Eye

NADIA = "+16025550173"
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""A color on its way to another one is nobody's contrast."""


async def posted(page: Page, path: str, **body: object) -> dict[str, Any]:
    """POST as whoever is signed in on a page."""
    made = await page.request.post(path, headers={"X-Engage-CSRF": "1"}, data=body)
    assert made.status in {200, 201}, await made.text()
    return await made.json()


async def known(page: Page, url: str, given: str, **more: object) -> str:
    """Bring a person of one's own into the practice, and return their id."""
    me = await (await page.request.get(f"{url}/v1/me")).json()
    made = await posted(
        page,
        f"{url}/v1/patients",
        **{
            "external_id": f"P-{given}",
            "given_name": given,
            "family_name": "Brooks",
            "language": "en",
            "birth_date": "1951-03-09",
            "time_zone": "America/Phoenix",
            "care_manager_id": me["id"],
            **more,
        },
    )
    return made["id"]


async def wanting(stage: Stage, page: Page, eye: Eye) -> Locator:
    """Screen Nadia by text, go to her page, and record that she wants help; return her need."""
    url = stage.url
    nadia = await known(page, url, "Nadia", phone=NADIA)
    await stage.text(page, NADIA, "hello")
    await posted(
        page,
        f"{url}/v1/patients/{nadia}/screenings",
        instrument="hunger-vital-sign",
        channel="sms",
    )
    await page.get_by_role("link", name="People").click()
    await page.get_by_label("Name, or the practice").fill("Nadia")
    await page.locator("a.item", has_text="Nadia Brooks").click()
    await expect(page.locator("#place")).to_be_focused()
    await stage.text(page, NADIA, "1")
    need = page.get_by_role("listitem", name="Food")
    await expect(need).to_contain_text("Risk: not asked yet")
    await expect(need).to_contain_text("“1” means: Often true")
    await expect(need.get_by_role("button", name="Refer")).to_have_count(0)
    await eye.look(page, "a risk")
    await need.get_by_role("button", name="Record what they said").click()
    await need.get_by_role("button", name="Record", exact=True).click()
    await expect(need).to_contain_text("Choose what they said.")
    await need.get_by_label("They want help with this").check()
    await need.get_by_label("What did they say").fill("Yes, a box would help. On the phone.")
    await eye.look(page, "recording")
    await need.get_by_role("button", name="Record", exact=True).click()
    await expect(need).to_contain_text("Wants help")
    return need


async def referred(page: Page, need: Locator, eye: Eye) -> str:
    """Refer to the food bank with Nadia's consent, and return the one-time link."""
    await need.get_by_role("button", name="Refer").click()
    dialog = page.get_by_role("dialog", name="Refer: Food")
    await expect(dialog).to_contain_text("Saguaro Community Pantry")
    await expect(dialog).not_to_contain_text("Valley Volunteer Rides")
    await eye.look(page, "directory")
    await dialog.get_by_role("button", name=re.compile("Choose.*Food pantry")).click()
    await dialog.get_by_role("button", name="Refer", exact=True).click()
    await expect(dialog).to_contain_text("Say what you ask for.")
    await dialog.get_by_label("What do you ask of them?").fill("A food box each week")
    await dialog.get_by_role("button", name="Refer", exact=True).click()
    await expect(dialog).to_contain_text("Ask Nadia first")
    await dialog.get_by_label("By word").check()
    await eye.look(page, "referring")
    await dialog.get_by_role("button", name="Refer", exact=True).click()
    link = await dialog.get_by_label("one-time link").input_value()
    await eye.look(page, "the link")
    await dialog.get_by_role("button", name="Done").click()
    await expect(need).to_contain_text("Help is on its way")
    return link


async def test_a_risk_becomes_a_need_that_somebody_takes_on(stage: Stage) -> None:
    """On a phone: a risk, their yes, a referral with consent, and the organization's acceptance."""
    page = await stage.console(viewport={"width": 320, "height": 640}, **STILL)
    eye = Eye(320)
    need = await wanting(stage, page, eye)
    link = await referred(page, need, eye)

    theirs = await stage.window()
    await theirs.goto(link)
    await theirs.get_by_label("We will help").check()
    await theirs.get_by_role("button").last.click()

    referral = need.get_by_role("group", name="Saguaro Community Pantry")
    await expect(referral).to_contain_text("Accepted")
    await referral.get_by_text("What happened").click()
    await expect(referral.locator(".ledger")).to_contain_text("Saguaro Community Pantry")
    await expect(referral).to_contain_text("recorded by Dana Whitfield")
    await eye.look(page, "accepted")
    assert eye.found == []


async def driven(page: Page) -> None:
    """Write down a visit, ask for a ride to it, and record who drives."""
    await page.get_by_text("Write down a visit").click()
    await page.get_by_label("What for").fill("dialysis")
    await page.get_by_role("button", name="Write it down").click()
    visit = page.get_by_role("listitem").filter(has_text="dialysis")
    await visit.get_by_text("Ask for a ride").click()
    await visit.get_by_role("button", name="Ask for it").click()
    ride = visit.get_by_role("group", name="Ride")
    await expect(ride).to_contain_text("To arrange")
    await ride.get_by_role("button", name="Record how it stands").click()
    await ride.get_by_label("Arranged").check()
    await ride.get_by_label("Picked up at").fill((await soon(page)) + "T08:15")
    await ride.get_by_label("Who drives").fill("Valley Volunteer Rides")
    await ride.get_by_role("button", name="Record", exact=True).click()
    await expect(ride).to_contain_text("Valley Volunteer Rides")


async def soon(page: Page) -> str:
    """Return tomorrow's date by the clock of the practice, where the browser stands."""
    at = "new Date(Date.now() + 864e5).toLocaleDateString('en-CA')"
    return str(await page.evaluate(at))


async def test_whom_no_text_reaches_is_called(stage: Stage) -> None:
    """From the list to the person; a discharge begins a call; one press says how it went."""
    page = await stage.console("Priya Nair", color_scheme="dark", **STILL)
    eye = Eye(1366)
    await known(page, stage.url, "Ruth")
    await page.keyboard.press("4")
    await expect(page.locator("#place")).to_be_focused()
    await page.get_by_role("link", name=re.compile("No phone")).click()
    row = page.locator("a.item", has_text="Ruth Brooks")
    await expect(row).to_contain_text("There is no phone on record.")
    await eye.look(page, "not reached")

    await row.click()

    await expect(page.locator("#place")).to_have_text("Ruth Brooks")
    await expect(page.get_by_text("No phone is on record.")).to_be_visible()
    await page.get_by_text("Record a discharge").click()
    await page.get_by_label("Hospital", exact=True).fill("St. Mary")
    await page.get_by_label("Number of the visit").fill("V-77")
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.get_by_text("A call after the hospital is due.")).to_be_visible()
    await page.get_by_role("button", name="Left a message").click()
    await expect(page.get_by_role("status").filter(has_text="The call stays due")).to_be_visible()
    await page.get_by_text("Begin check-ins").click()
    await page.get_by_label("Questions").select_option("weight")
    await page.get_by_role("button", name="Begin", exact=True).click()
    await expect(page.get_by_text("A clinician must set this")).to_be_visible()
    await page.get_by_label("Weight: high").fill("185")
    await page.get_by_role("button", name="Begin", exact=True).click()
    plan = page.locator("li.plan", has_text="Weight at home")
    await expect(plan).to_contain_text("from 185 lb up")
    await plan.get_by_role("button", name="Skip the next").click()
    await plan.get_by_role("button", name="Pause").first.click()
    await plan.get_by_role("button", name="Pause", exact=True).click()
    await expect(plan).to_contain_text("Paused")
    await eye.look(page, "a person")
    await driven(page)
    await eye.look(page, "a visit")
    await page.keyboard.press("3")
    await page.locator("a.item", has_text="Ruth Brooks").click()
    await page.get_by_role("button", name="Reached", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="is done")).to_be_visible()

    small = Eye(320)
    await page.get_by_role("button", name="Español").click()
    await page.set_viewport_size({"width": 320, "height": 640})
    await small.look(page, "una persona")
    for path, state in (("people", "personas"), ("calls", "llamadas"), ("measures", "cifras")):
        await page.goto(f"{stage.url}/console/{path}")
        await page.locator("#place").wait_for()
        await small.look(page, state)
    await page.locator("table").wait_for()
    await small.look(page, "tabla")
    assert eye.found + small.found == []


async def told(page: Page, url: str) -> str:
    """Write down a caregiver of Iris, let them be told, and let them answer; return who Iris is."""
    iris = await known(page, url, "Iris", phone="+16025550176")
    await page.goto(f"{url}/console/people/{iris}")
    circle = page.get_by_role("region", name="Caregivers")
    await circle.get_by_text("Write down a caregiver").click()
    await circle.get_by_role("button", name="Write them down").click()
    await expect(circle).to_contain_text("Give both names, and say who they are.")
    await circle.get_by_label("Given name").fill("Noor")
    await circle.get_by_label("Family name").fill("Brooks")
    await circle.get_by_label("Who they are to them").fill("sister")
    await circle.get_by_label("Phone (optional)").fill("(602) 555-0177")
    await circle.get_by_role("button", name="Write them down").click()
    sister = circle.get_by_role("listitem").filter(has_text="Noor Brooks")
    await expect(sister).to_contain_text("Is told and shown nothing.")
    for what in ("Sees visits, and is told of them", "Answers check-ins for them"):
        await sister.get_by_role("button", name="They allowed it").click()
        await sister.get_by_label("What did they allow?").select_option(label=what)
        await sister.get_by_label("By word").check()
        await sister.get_by_role("button", name="Record").click()
        await expect(sister.get_by_role("button", name=f": {what}")).to_be_visible()
    await page.get_by_text("Begin check-ins").click()
    await page.get_by_label("Who answers").select_option(label="Noor Brooks, sister")
    await page.get_by_role("button", name="Begin", exact=True).click()
    plan = page.get_by_role("listitem").filter(has_text="Skip the next")
    await expect(plan).to_contain_text("Noor Brooks, sister")
    return iris


async def test_who_may_be_told_and_what_is_asked_again(stage: Stage) -> None:
    """A caregiver is told and answers; a screening is answered on a page; the next has a day."""
    page = await stage.console("Priya Nair", **STILL)
    eye = Eye(1366)
    await told(page, stage.url)
    await eye.look(page, "told")
    circle = page.get_by_role("region", name="Caregivers")
    for what in ("Answers check-ins", "Sees visits"):
        await circle.get_by_role("button", name=f": {what}").click()
    await expect(circle).to_contain_text("Is told and shown nothing.")
    part = page.get_by_role("region", name="Screenings")
    await part.get_by_text("Let them answer on a page").click()
    await part.get_by_role("button", name="Make the link").click()
    link = await part.get_by_label("Their one-time link").input_value()
    screening = part.get_by_role("listitem").filter(has_text="Hunger Vital Sign")
    await expect(screening).to_contain_text("open")
    await eye.look(page, "a link")

    theirs = await stage.window(viewport={"width": 320, "height": 640})
    await theirs.goto(link)
    await theirs.get_by_role("button", name="Never true").click()
    await screening.get_by_role("button", name="Take the links back").click()
    await expect(screening).to_contain_text("No link of this screening works any more.")
    closed = await page.request.get(link)
    assert closed.status in {404, 410}

    await part.get_by_text("Set when to ask again").click()
    await part.get_by_role("button", name="Set it").click()
    await expect(part).to_contain_text("Choose a day to come.")
    await part.get_by_label("On", exact=True).fill("2028-03-01")
    await part.get_by_role("button", name="Set it").click()
    again = part.get_by_role("listitem").filter(has_text="as you chose")
    await expect(again).to_contain_text("Mar 1")
    await eye.look(page, "asked again")
    await again.get_by_role("button", name="Skip").click()
    await expect(again).to_contain_text("Not by itself")
    assert eye.found == []


async def test_the_rides_of_a_day_are_printed(stage: Stage) -> None:
    """On a phone, in the dark, in Spanish: a place is added and changed, a ride is on the list."""
    small = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "es-US"}
    page = await stage.console(**small, **STILL)
    eye = Eye(320)
    omar = await known(page, stage.url, "Omar", phone="+16025550178")
    day = await soon(page)
    await page.get_by_role("link", name="Viajes").click()
    await page.get_by_role("link", name="Lugares de las visitas").click()
    await page.get_by_text("Añadir un lugar").click()
    await page.get_by_label("Nombre", exact=True).fill("Clínica Sur")
    await page.get_by_label("Dirección").fill("9 S 9th Ave")
    await page.get_by_role("button", name="Añadir").click()
    place = page.get_by_role("listitem").filter(has_text="Clínica Sur")
    await place.get_by_role("button", name="Cambiar").click()
    await eye.look(page, "lugares")
    await place.get_by_label("Qué llevar").fill("Su tarjeta del seguro")
    await place.get_by_role("button", name="Anotar").click()
    await expect(place).to_contain_text("Su tarjeta del seguro")
    (site,) = [
        one["id"]
        for one in (await (await page.request.get(f"{stage.url}/v1/places")).json())["items"]
        if one["name"] == "Clínica Sur"
    ]
    visit = await posted(
        page,
        f"{stage.url}/v1/appointments",
        patient_id=omar,
        starts_at=f"{day}T17:30:00Z",
        ends_at=f"{day}T18:30:00Z",
        place_id=site,
    )
    await posted(
        page,
        f"{stage.url}/v1/rides",
        patient_id=omar,
        appointment_id=visit["id"],
        direction="both",
        pickup="12 Elm St",
    )

    await page.goto(f"{stage.url}/console/rides/{day}")
    row = page.get_by_role("row").filter(has_text="Omar Brooks")
    for part in ("12 Elm St", "Clínica Sur", "9 S 9th Ave", "(602) 555-0178", "10:30"):
        await expect(row).to_contain_text(part)
    await eye.look(page, "viajes")
    await page.evaluate("window.print = () => { window.printed = true; }")
    await page.get_by_role("button", name="Imprimir").click()
    assert await page.evaluate("window.printed")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Imprimir")).to_be_hidden()
    await expect(row).to_be_visible()
    table = page.get_by_text("Como tabla para quien conduce")
    file = await page.request.get(str(await table.evaluate("one => one.href")))
    assert "Omar,Brooks" in await file.text()
    assert eye.found == []
