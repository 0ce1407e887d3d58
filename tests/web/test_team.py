"""The page of the team: who has how much, who waits too long, who is here, and leave."""

import asyncio
import json
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.web.conftest import LUIS, Stage
from tests.web.eye import Eye
from tests.web.test_people import STILL, known

# Others play with Dana and Luis: whoever is away here owns nothing of theirs.
PRIYA, MARISOL = "Priya Nair", "Marisol Vega"
QUIN, GRETA = "+16025550187", "+19075550141"


async def of_marisol(stage: Stage, page: Page) -> dict[str, Any]:
    """Let somebody of Marisol's write that they have no food; return the work."""
    members = await (await page.request.get(f"{stage.url}/v1/staff")).json()
    (boss,) = [one for one in members["items"] if one["staff"]["given_name"] == "Marisol"]
    patient = await known(page, stage.url, "Quin", phone=QUIN, care_manager_id=boss["staff"]["id"])
    await stage.text(page, QUIN, "i have no food")
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not found:
            asked = await page.request.get(f"{stage.url}/v1/queue?patient={patient}")
            found = (await asked.json())["items"]
    assert found[0]["owner"] == boss["staff"]
    return found[0]


async def late(page: Page, url: str, item: dict[str, Any]) -> None:
    """Show work as late while its owner has it; what is late is said by tests/api/test_team.py."""

    async def answer(route: Route) -> None:
        real = await (await route.fetch()).json()
        hop = {
            "step": 1,
            "at": item["opened_at"],
            "why": "owns the item; nobody took it on in round 1",
            "staff": item["owner"],
        }
        now = await (await page.request.get(f"{url}/v1/queue/{item['id']}")).json()
        shown = {"item": now, "hops": [hop], "next_at": item["due_at"], "held_until": None}
        theirs = now["owner"] == item["owner"]
        await route.fulfill(body=json.dumps(real | {"items": [shown] if theirs else []}))

    await page.route("**/v1/practices/*/late", answer)


def row(of: Locator, name: str) -> Locator:
    """Return the row of somebody; others may be named in it, too."""
    return of.locator("tr").filter(has=of.page.get_by_role("rowheader", name=name))


def part(page: Page, name: str) -> Locator:
    """Return a part of the page by its heading."""
    return page.get_by_role("region", name=name, exact=True)


async def written_down(page: Page, eye: Eye) -> None:
    """Say when Marisol works: what is no time is refused, and the calendar knows it."""
    duty, here = part(page, "Hours, capacity, languages"), part(page, "Who is here")
    hers = duty.get_by_role("listitem").filter(has_text=MARISOL)
    await hers.get_by_text(f"Change for {MARISOL}").click()
    await hers.get_by_label("At work at all hours").uncheck()
    await hers.get_by_label("Monday: hours").fill("soon")
    await hers.get_by_label("How much they should hold").fill("30")
    await hers.get_by_label("Spanish").check()
    await hers.get_by_role("button", name="Save").click()
    await expect(hers).to_contain_text("Write hours like 08:00-17:00")
    await eye.look(page, "hours")
    await hers.get_by_label("Monday: hours").fill("08:00-12:00, 13:00-17:00")
    await hers.get_by_role("button", name="Save").click()
    await expect(hers).to_contain_text("1:00")
    await expect(row(here, MARISOL)).to_contain_text("no shift")
    await page.get_by_role("button", name="Four weeks").click()
    await expect(row(here, MARISOL)).to_have_count(4)
    await hers.get_by_text(f"Change for {MARISOL}").click()
    await hers.get_by_label("At work at all hours").check()
    await hers.get_by_role("button", name="Save").click()
    await expect(hers.locator("p").nth(1)).to_contain_text("at all hours")


async def away(page: Page, eye: Eye) -> Locator:
    """Enter leave for Marisol that begins now: what would move is said before."""
    leave = part(page, "Leave")
    await leave.get_by_text("Enter leave").click()
    await leave.get_by_label("Who is away").select_option(label=MARISOL)
    await leave.get_by_label("From").fill("2020-01-01T00:00")
    await leave.get_by_role("button", name="Enter it").click()
    await expect(leave).to_contain_text("Say who covers")
    await leave.get_by_label("Who covers").select_option(label=PRIYA)
    await expect(leave.get_by_role("status")).to_contain_text(f"1 to {PRIYA}")
    await eye.look(page, "leave foretold")
    await leave.get_by_role("button", name="Enter it").click()
    entered = leave.get_by_role("listitem").filter(has_text=MARISOL).filter(has_text="now")
    await expect(entered).to_be_visible()
    return entered


async def test_a_leave_is_foretold_entered_and_moves_work(stage: Stage) -> None:
    """A supervisor sees load and what is late, enters leave; the work moves as foretold."""
    page, eye = await stage.console(PRIYA, **STILL), Eye(1366)
    item = await of_marisol(stage, page)
    boss = item["owner"]["id"]
    await late(page, stage.url, item)
    await page.get_by_role("link", name="Team").click()
    load, here = part(page, "Who has how much"), part(page, "Who is here")
    await expect(row(load, MARISOL)).to_contain_text("waiting since")
    waits = part(page, "Waiting too long")
    await waits.get_by_text("Who was told (1)").click()
    await expect(waits).to_contain_text("owns it; nobody took it on in round 1")
    await waits.locator("summary", has_text="Hand over").click()
    await waits.get_by_role("button", name="Hand over").click()
    await expect(waits).to_contain_text("Choose who, and say why.")
    await eye.look(page, "late")

    await written_down(page, eye)
    entered = await away(page, eye)
    await expect(row(load, MARISOL)).to_contain_text("away until")
    await expect(row(load, PRIYA)).to_contain_text("waiting since")
    await expect(row(here, MARISOL).first).to_contain_text(f"{PRIYA} covers")
    await expect(waits).to_contain_text("Nothing is late.")
    await page.goto(f"{stage.url}/console/items/{item['id']}")
    await expect(page.locator(".due-why")).to_contain_text("of opening hours from")
    await page.goto(f"{stage.url}/console/team")
    await entered.get_by_role("button", name="End it now").click()
    await expect(entered).to_have_count(0)

    # Back to her, from the list of what is late.
    me = await (await page.request.get(f"{stage.url}/v1/me")).json()
    item["owner"] = {name: me[name] for name in ("id", "given_name", "family_name")}
    await page.reload()
    await waits.locator("summary", has_text="Hand over").click()
    await waits.get_by_label("To").select_option(value=boss)
    await waits.get_by_label("Why? They read it.").fill("You are back.")
    await waits.get_by_role("button", name="Hand over").click()
    await expect(waits).to_contain_text("Nothing is late.")
    await expect(row(load, MARISOL)).to_contain_text("waiting since")
    assert eye.found == []


async def test_own_leave_on_a_phone(stage: Stage) -> None:
    """A care manager enters their own: at 320 px, dark, in Spanish, by keyboard."""
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
    leave, here = part(page, "Ausencias"), part(page, "Quién está")
    await expect(here).to_be_visible()
    await expect(page.get_by_text("Quién tiene cuánto")).to_have_count(0)
    await leave.locator("summary", has_text="Anotar").press("Enter")
    await expect(leave.get_by_label("Quién se ausenta")).to_have_count(0)
    await leave.get_by_label("Quién cubre").select_option(label=PRIYA)
    await expect(leave.get_by_role("status")).not_to_be_empty()
    await eye.look(page, "own leave")
    await leave.get_by_role("button", name="Anotarla").press("Enter")
    mine = leave.get_by_role("listitem").filter(has_text=LUIS).filter(has_text=f"cubre {PRIYA}")
    await expect(mine).to_be_visible()
    await expect(here).to_contain_text(f"{LUIS}: ausente cubre {PRIYA}")
    await eye.look(page, "entered")
    await mine.get_by_role("button", name="Anularla").press("Enter")
    await expect(mine).to_have_count(0)
    assert eye.found == []


async def test_a_restricted_record_is_opened_aloud(stage: Stage) -> None:
    """Marked, closed to whoever is not theirs, opened with a reason; a supervisor sees who did."""
    boss, page, eye = (
        await stage.console(PRIYA, **STILL),
        await stage.console(MARISOL, **STILL),
        Eye(1366),
    )
    greta = await known(boss, stage.url, "Greta", phone=GRETA)
    await boss.goto(f"{stage.url}/console/people/{greta}")
    await boss.get_by_text("Restrict this record").click()
    await boss.get_by_label("a public person").check()
    await boss.get_by_role("button", name="Restrict it").click()
    await expect(boss.locator(".stands")).to_contain_text("Open to you: answers for them.")
    await eye.look(boss, "marked")

    await page.goto(f"{stage.url}/console/people/{greta}")
    await expect(page.locator("#place")).to_have_text("Restricted record")
    await expect(page.locator("main")).not_to_contain_text("Greta")
    await eye.look(page, "closed")
    await page.get_by_role("button", name="Open with a reason").click()
    dialog = page.get_by_role("dialog", name="Open with a reason")
    await dialog.get_by_label("Another reason").check()
    await dialog.get_by_role("button", name="Open for 60 minutes").click()
    await expect(dialog).to_contain_text("another reason needs words")
    await eye.look(page, "the glass")
    await dialog.get_by_label("In a few words").fill("Called the front desk")
    await dialog.get_by_role("button", name="Open for 60 minutes").click()
    await expect(page.locator("#place")).to_have_text("Greta Brooks")
    await expect(page.locator(".stands")).to_contain_text("more minutes")

    bar = boss.get_by_role("region", name="Restricted records")
    await bar.get_by_role("link", name="Show").click()
    news = boss.get_by_role("listitem").filter(has_text="Called the front desk")
    await expect(news).to_contain_text(MARISOL)
    await eye.look(boss, "the report")
    await news.get_by_role("button", name="I have seen it").click()
    await expect(news).to_contain_text(f"seen by {PRIYA}")
    await expect(boss.get_by_role("cell", name="opened with a reason").last).to_be_visible()
    assert eye.found == []
