"""The page of the team: who has how much, who waits too long, who is here, leave that moves work."""

import json
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.web.conftest import LUIS, Stage
from tests.web.eye import Eye
from tests.web.test_people import STILL, posted

PRIYA = "Priya Nair"
QUIN = "+16025550187"


async def work_of_danas(stage: Stage, page: Page) -> dict[str, Any]:
    """Let somebody of Dana's write that they have no food; return the work."""
    me = await (await page.request.get(f"{stage.url}/v1/staff")).json()
    (dana,) = [one["staff"]["id"] for one in me["items"] if one["staff"]["given_name"] == "Dana"]
    patient = await posted(
        page,
        f"{stage.url}/v1/patients",
        external_id="TEAM-1",
        given_name="Quin",
        family_name="Ashby",
        language="en",
        birth_date="1951-02-03",
        time_zone="America/Phoenix",
        phone=QUIN,
        care_manager_id=dana,
    )
    await stage.text(page, QUIN, "i have no food")
    found: list[dict[str, Any]] = []
    while not found:
        asked = await page.request.get(f"{stage.url}/v1/queue?patient={patient['id']}")
        found = (await asked.json())["items"]
    assert found[0]["owner"]["id"] == dana
    return found[0]


async def late(page: Page, item: dict[str, Any]) -> None:
    """Show work as late: nobody waits a day for a test. What is late is tests/api/test_team.py's."""

    async def answer(route: Route) -> None:
        real = await (await route.fetch()).json()
        hop = {
            "step": 1,
            "at": item["opened_at"],
            "why": "owns the item; nobody took it on in round 1",
            "staff": item["owner"],
        }
        shown = {"item": item, "hops": [hop], "next_at": item["due_at"], "held_until": None}
        # Only while it is still theirs.
        now = await (
            await page.request.get(f"{page.url.split('/console')[0]}/v1/queue/{item['id']}")
        ).json()
        theirs = now["owner"]["id"] == item["owner"]["id"]
        await route.fulfill(body=json.dumps(real | {"items": [shown] if theirs else []}))

    await page.route("**/v1/practices/*/late", answer)


def part(page: Page, name: str) -> Locator:
    """Return a part of the page by its heading."""
    return page.get_by_role("region", name=name, exact=True)


async def test_a_leave_is_foretold_entered_and_moves_work(stage: Stage) -> None:
    """A supervisor sees load, gives away what is late, enters leave; the work moves as foretold."""
    page, eye = await stage.console(PRIYA, **STILL), Eye(1366)
    item = await work_of_danas(stage, page)
    await late(page, item)
    await page.get_by_role("link", name="Team").click()
    load = part(page, "Who has how much")
    dana = load.get_by_role("row", name="Dana Whitfield")
    await expect(dana).to_contain_text("waiting since")

    # What is late: who was told, and giving it away from here.
    waits = part(page, "Waiting too long")
    await waits.get_by_text("Who was told (1)").click()
    await expect(waits).to_contain_text("owns it; nobody took it on in round 1")
    await waits.locator("summary", has_text="Hand over").click()
    await waits.get_by_role("button", name="Hand over").click()
    await expect(waits).to_contain_text("Choose who, and say why.")
    await eye.look(page, "late")

    # Hours and capacity: Luis holds one at the most, and is at work on no day.
    duty = part(page, "Hours, capacity, languages")
    await duty.get_by_text("Change for Luis Ortega").click()
    form = duty.locator("form", has=page.get_by_label("At work at all hours")).nth(1)
    await form.get_by_label("At work at all hours").uncheck()
    await form.get_by_label("Monday: hours").fill("soon")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_contain_text("Write hours like 08:00-17:00")
    await form.get_by_label("Monday: hours").fill("08:00-12:00, 13:00-17:00")
    await form.get_by_label("Spanish").check()
    await form.get_by_role("button", name="Save").click()
    await expect(duty).to_contain_text("Monday 8:00 AM – 12:00 PM, 1:00 PM – 5:00 PM")
    here = part(page, "Who is here")
    await expect(here.get_by_role("row", name=LUIS)).to_contain_text("no shift")
    await page.get_by_role("button", name="Four weeks").click()
    await expect(here.get_by_role("row", name=LUIS)).to_have_count(4)

    # The leave: foretold, entered, and the work goes over by itself.
    leave = part(page, "Leave")
    await leave.get_by_text("Enter leave").click()
    await leave.get_by_label("Who is away").select_option(label="Dana Whitfield")
    await leave.get_by_label("From").fill("2020-01-01T00:00")
    await leave.get_by_role("button", name="Enter it").click()
    await expect(leave).to_contain_text("Say who covers")
    await leave.get_by_label("Who covers").select_option(label=PRIYA)
    await expect(leave.get_by_role("status")).to_contain_text("to Priya Nair")
    await eye.look(page, "leave foretold")
    await leave.get_by_role("button", name="Enter it").click()
    away = leave.get_by_role("listitem").filter(has_text="Dana Whitfield").filter(has_text="now")
    await expect(away).to_be_visible()
    await expect(load.get_by_role("row", name="Dana Whitfield")).to_contain_text("away until")
    await expect(load.get_by_role("row", name=PRIYA)).to_contain_text("in the next days:")
    await expect(here.get_by_role("row", name="Dana Whitfield").first).to_contain_text(
        "Priya Nair covers"
    )
    moved = await (await page.request.get(f"{stage.url}/v1/queue/{item['id']}")).json()
    assert moved["owner"]["given_name"] == "Priya"
    await page.goto(f"{stage.url}/console/items/{item['id']}")
    await expect(page.locator(".due-why")).to_contain_text("of opening hours from")
    await page.goto(f"{stage.url}/console/team")
    await leave.get_by_role("button", name="End it now: Dana Whitfield").click()
    await expect(away).to_have_count(0)
    assert eye.found == []


async def test_own_leave_on_a_phone(stage: Stage) -> None:
    """A care manager finds their own leave in the menu: at 320 px, dark, in Spanish, by keyboard."""
    page = await stage.console(
        LUIS,
        viewport={"width": 320, "height": 640},
        color_scheme="dark",
        locale="es-US",
        **STILL,
    )
    eye = Eye(320)
    await page.get_by_role("button", name="Menú").click()
    await page.get_by_role("link", name="Mis ausencias").press("Enter")
    leave = part(page, "Ausencias")
    await expect(part(page, "Quién está")).to_be_visible()
    await expect(page.get_by_text("Quién tiene cuánto")).to_have_count(0)
    await leave.locator("summary", has_text="Anotar").press("Enter")
    await expect(leave.get_by_label("Quién se ausenta")).to_have_count(0)
    await leave.get_by_label("Quién cubre").select_option(label=PRIYA)
    await expect(leave.get_by_role("status")).not_to_be_empty()
    await eye.look(page, "own leave")
    await leave.get_by_role("button", name="Anotarla").press("Enter")
    mine = leave.get_by_role("listitem").filter(has_text=f"cubre {PRIYA}")
    await expect(mine).to_be_visible()
    await expect(part(page, "Quién está")).to_contain_text(f"{LUIS}: ausente cubre {PRIYA}")
    await eye.look(page, "entered")
    await mine.get_by_role("button", name="Anularla").press("Enter")
    await expect(mine).to_have_count(0)
    assert eye.found == []
