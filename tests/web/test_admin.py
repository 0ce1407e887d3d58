"""Administration in a real browser: all of it, by whoever may, and by whoever may only look."""

import re

from playwright.async_api import Page, expect

from tests.web.conftest import Stage
from tests.web.eye import Eye

MARISOL, PRIYA = "Marisol Vega", "Priya Nair"
RULES = "Who is told of what can\u2019t wait"
PARTS = ("practice", "holidays", "on-call", "texts", "staff", "organizations")


async def _go(page: Page, part: str) -> None:
    name = {
        "practice": "Practice and hours",
        "holidays": "Holidays",
        "on-call": "On call",
        "texts": "Texts and sign-off",
        "staff": "Staff and roles",
        "organizations": "Organizations",
    }[part]
    link = page.locator(".admin .views").get_by_role("link", name=name)
    await link.click()
    await expect(link).to_have_attribute("aria-current", "page")


async def _save(page: Page, form: str, button: str = "Save") -> None:
    place = page.get_by_role("form", name=form, exact=True)
    await place.get_by_role("button", name=button, exact=True).click()


async def test_what_administrators_set(stage: Stage) -> None:  # noqa: PLR0915 - one walk
    """A form names what is at fault, loses nothing when somebody was faster, and counts at once."""
    page = await stage.console(MARISOL)
    await page.get_by_role("link", name="Administration").click()
    await expect(page.get_by_role("heading", name="Administration")).to_be_focused()
    eye = Eye(1366)

    # Hours: two faults, each with a way to its field; nothing is lost.
    name = page.get_by_label("Name", exact=True)
    zone = page.get_by_label("Time zone")
    await zone.fill("Phoenix")
    monday = page.get_by_role("group", name="Monday")
    await monday.get_by_label("To").fill("07:00")
    await _save(page, "Practice and hours")
    faults = page.locator(".faults")
    await expect(faults).to_be_focused()
    await expect(faults.get_by_role("button")).to_have_count(2)
    await eye.look(page, "faults")
    await faults.get_by_role("button", name="Time zone").click()
    await expect(zone).to_be_focused()
    await expect(zone).to_have_attribute("aria-invalid", "true")
    await zone.fill("America/Phoenix")
    await monday.get_by_label("To").fill("16:00")

    # Somebody else is faster: it is said what, and what was typed still stands.
    other = await stage.console(MARISOL, color_scheme="dark")
    await other.goto(f"{stage.url}/console/admin/practice")
    await other.get_by_label("Name", exact=True).fill("Desert Bloom")
    await _save(other, "Practice and hours")
    await expect(other.locator("[aria-live=polite]")).to_contain_text("Saved.")
    await name.fill("Desert Bloom Family Practice")
    await _save(page, "Practice and hours")
    await expect(faults).to_contain_text("Name is now: Desert Bloom")
    await expect(monday.get_by_label("To")).to_have_value("16:00")
    await eye.look(page, "meanwhile")
    await _save(page, "Practice and hours")
    await expect(page.locator("[aria-live=polite]")).to_contain_text("Saved.")

    await _go(page, "holidays")
    await page.get_by_label("Day", exact=True).fill("2027-03-05")
    await page.get_by_label("What for").fill("Move")
    await page.get_by_role("button", name="Add this day").click()
    await _save(page, "Holidays")
    await page.get_by_role("button", name="2027", exact=True).click()
    await expect(page.get_by_role("region", name="Closed in 2027")).to_contain_text("Move")

    await _go(page, "on-call")
    await page.get_by_text("Put somebody on call").click()
    rota = page.get_by_role("form", name="Put somebody on call")
    days = "n => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10) + 'T08:00'"
    await rota.get_by_label("From", exact=True).fill(await page.evaluate(days, 2))
    await _save(page, "Put somebody on call", "Put on call")
    await expect(rota.locator(".faults").get_by_role("button")).to_have_text(
        "Until: Choose day and time."
    )
    await rota.get_by_label("Until", exact=True).fill(await page.evaluate(days, 3))
    await _save(page, "Put somebody on call", "Put on call")
    await expect(
        page.get_by_role("region", name="Who is on call").get_by_role("listitem")
    ).to_have_count(1)
    crisis = page.get_by_role("group", name="Crisis", exact=True)
    await crisis.get_by_role("button", name=re.compile("^Remove.*step 4$")).click()
    await _save(page, RULES)
    rules = page.get_by_role("form", name=RULES)
    await expect(rules.locator(".faults").get_by_role("button")).to_contain_text("Crisis")
    await eye.look(page, "rules at fault")
    await crisis.get_by_role("button", name="Add a step").click()
    await _save(page, RULES)
    await expect(page.locator("[aria-live=polite]")).to_contain_text("Saved.")

    await _go(page, "texts")
    await page.get_by_label("safety.self-harm", exact=True).check()
    await page.get_by_label("Who has read them").fill("Alma Ruiz, certified translator")
    await _save(page, "Texts and sign-off", "Sign (1)")
    await page.get_by_label("Show").select_option("signed")
    await expect(page.locator(".plan")).to_contain_text("Signed by Alma Ruiz")

    await _go(page, "staff")
    await page.get_by_text("Add somebody").click()
    await page.get_by_label("E-mail").fill("noor@example.org")
    await _save(page, "Add somebody", "Add and invite")
    await expect(page.locator(".faults").get_by_role("button")).to_have_count(2)
    await page.get_by_label("Given name").fill("Noor")
    await page.get_by_label("Family name").fill("Haddad")
    await _save(page, "Add somebody", "Add and invite")
    await expect(page.locator(".admin-secret")).not_to_be_empty()
    noor = page.get_by_role("listitem").filter(has_text="Noor Haddad")
    await noor.get_by_text("Change").click()
    await noor.get_by_label("Care manager").uncheck()
    await _save(page, "Change: Noor Haddad")
    await expect(noor).to_have_count(0)

    await _go(page, "organizations")
    await page.get_by_text("Write an organization down").click()
    form = page.get_by_role("form", name="Write an organization down")
    await form.get_by_label("Name", exact=True).first.fill("Grace Church")
    await form.get_by_label("Name", exact=True).last.fill("Pantry")
    await _save(page, "Write an organization down")
    await expect(page.get_by_role("heading", name="Grace Church")).to_be_visible()
    assert eye.found == []


async def test_who_may_only_look_and_how_it_looks(stage: Stage) -> None:
    """A supervisor changes nothing; each part passes axe at 320 px, in Spanish and in the dark."""
    page = await stage.console(
        PRIYA, viewport={"width": 320, "height": 720}, locale="es-US", color_scheme="dark"
    )
    narrow = Eye(320)
    for part in PARTS:
        await page.goto(f"{stage.url}/console/admin/{part}")
        await expect(page.get_by_text("Solo un administrador lo cambia")).to_be_visible()
        await expect(page.locator(".admin").get_by_text("Cargando")).to_have_count(0)
        await expect(page.get_by_role("button", name="Guardar")).to_have_count(0)
        await narrow.look(page, part)
    assert narrow.found == []
    care = await stage.console()
    await expect(care.get_by_role("link", name="Administration")).to_have_count(0)
