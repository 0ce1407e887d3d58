"""Takes the pictures of every screen that docs/ shows: run by hand, after `make web`.

    python -m pytest tests/web/shots.py -n0

Nothing here is a test that CI runs. Each picture is written to docs/img; where Pillow is
installed its colors are counted down, so that none is larger than 90 kB.
"""

import asyncio
import re
import time
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Page, expect

from tests.web.conftest import DANA, LUIS, ROSA, WALTER, Stage
from tests.web.test_people import known

IMG = Path(__file__).parents[2] / "docs/img"
MOST = 90_000
STILL_MS = 1500
COLORS = (256, 128, 64, 32, 16)
LAPTOP = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}
KIM, MARGUERITE, DESHAWN = "+14805550114", "+16235550116", "+14805550118"
PRIYA, MARISOL, VERA = "Priya Nair", "Marisol Vega", "+19075550141"
WRITES = (
    (KIM, "can i bring my sister along"),
    (DESHAWN, "my ride fell through for monday"),
    (MARGUERITE, "my chest hurts and i cant breathe"),
    (ROSA, "no tengo comida para mis hijos"),
    (ROSA, "a que hora es la cita"),
    (WALTER, "they are going to shut off my lights"),
    ("+16025550199", "is this the clinic"),
)


def kept(picture: bytes, name: str) -> None:
    """Keep a picture, with as many colors as fit."""
    path = IMG / f"{name}.png"
    path.write_bytes(picture)
    for colors in COLORS if find_spec("PIL") is not None else ():
        if path.stat().st_size <= MOST:
            break
        images = cast("Any", import_module("PIL.Image"))
        whole = images.open(BytesIO(picture)).convert("RGB")
        whole.quantize(colors, dither=0).save(path, optimize=True)


async def shot(page: Page, name: str) -> None:
    """Take a picture once nothing on the page is on its way any more."""
    await page.wait_for_timeout(STILL_MS)
    picture = await page.screenshot()
    await asyncio.to_thread(kept, picture, name)


async def to(stage: Stage, page: Page, place: str, ready: str = "main h2") -> None:
    """Go to a place and wait until its heading is there."""
    await page.goto(f"{stage.url}/console/{place}")
    await page.locator(ready).first.wait_for()


async def opened(page: Page, words: str) -> None:
    """Open the work that says these words."""
    await page.locator("a.item", has_text=words).first.click()
    await page.locator(".further-steps .button").first.wait_for()


async def everybody_writes(stage: Stage, page: Page) -> dict[str, Any]:
    """Let people write; return the list once all of it is there."""
    for number, words in WRITES:
        await stage.text(page, number, words)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = await (await page.request.get(f"{stage.url}/v1/queue?view=all&limit=50")).json()
        if len(found["items"]) >= len(WRITES) - 1:
            return found
        await asyncio.sleep(0.5)
    raise AssertionError(found)


async def test_the_queue(stage: Stage) -> None:
    """The list, a crisis, the forms beside the card, many at once, ready replies."""
    boss = await stage.console(PRIYA, **LAPTOP)
    reply = {
        "title": "On my way",
        "bodies": {
            "en": "Hello {given_name}, this is {care_manager}. I will call you today.",
            "es": "Hola {given_name}, soy {care_manager}. Le llamo hoy.",
        },
    }
    kept_ready = await boss.request.post(
        f"{stage.url}/v1/canned-replies", data=reply, headers={"X-Engage-CSRF": "1"}
    )
    assert kept_ready.ok, await kept_ready.text()
    page = await stage.console(**LAPTOP)
    await everybody_writes(stage, page)
    await page.get_by_role("button", name=re.compile("^All")).click()
    await opened(page, "cita")
    # What is gravest stands on top.
    await page.locator(".queue .scroll").evaluate("list => list.scrollTo(0, 0)")
    await shot(page, "console")
    await opened(page, "my chest hurts")
    await shot(page, "console-crisis")
    await opened(page, "sister")
    for key, form, name in (("s", "Snooze", "snooze"), ("a", "Hand over", "hand-over")):
        await page.keyboard.press(key)
        await page.get_by_role("form", name=form).wait_for()
        if key == "a":
            await page.get_by_label(LUIS).check()
        await shot(page, f"console-{name}")
        await page.keyboard.press("Escape")
    await page.locator("#reply").focus()
    await page.keyboard.press("Control+.")
    await shot(page, "console-ready")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Select", exact=True).click()
    boxes = page.locator(".rows").get_by_role("checkbox")
    for place in range(await boxes.count()):
        await boxes.nth(place).check()
    await page.locator(".bulk").get_by_role("button", name="Complete").click()
    await page.get_by_label("Reached the patient").check()
    await page.get_by_role("button", name=re.compile(r"^Complete \d")).click()
    await page.locator(".became").wait_for()
    await shot(page, "console-many")


async def test_the_pages(stage: Stage) -> None:
    """One person, the team, and every list, as a supervisor and an administrator see them."""
    page = await stage.console(PRIYA, **LAPTOP)
    found = await everybody_writes(stage, page)
    who = next(one["patient"]["id"] for one in found["items"] if one["patient"])
    await to(stage, page, f"people/{who}", ".story, .ledger, .part")
    await shot(page, "patient")
    for place, name in (
        ("team", "team"),
        ("people", "people"),
        ("calls", "calls"),
        ("reach/silent", "reach"),
        ("visits", "visits"),
        ("rides", "rides"),
        ("schedules", "schedules"),
        ("places", "places"),
        ("measures", "measures"),
        ("replies", "replies"),
        ("paging", "paged"),
    ):
        await to(stage, page, place)
        await shot(page, name)
    await to(stage, page, "team")
    calendar = page.get_by_role("region", name="Who is here", exact=True)
    await calendar.scroll_into_view_if_needed()
    await shot(page, "team-calendar")
    admin = await stage.console(MARISOL, **LAPTOP)
    for part in ("practice", "holidays", "on-call", "texts", "staff", "organizations"):
        await to(stage, admin, f"admin/{part}")
        await shot(admin, f"admin-{part}")


async def test_a_restricted_record(stage: Stage) -> None:
    """What somebody sees who is not theirs, how they open it, and what a supervisor reads of it."""
    boss, page = await stage.console(PRIYA, **LAPTOP), await stage.console(MARISOL, **LAPTOP)
    vera = await known(boss, stage.url, "Vera", phone=VERA)
    await stage.text(boss, VERA, "i have no food")
    await boss.locator("a.item", has_text="Vera").first.wait_for()
    marked = await boss.request.put(
        f"{stage.url}/v1/patients/{vera}/restriction",
        headers={"X-Engage-CSRF": "1"},
        data={"reason": "public-person"},
    )
    assert marked.ok
    await page.get_by_role("button", name=re.compile("^All")).click()
    await page.locator("a.item", has_text="Restricted record").first.click()
    await page.get_by_role("button", name="Open with a reason").wait_for()
    await shot(page, "restricted-closed")
    await page.get_by_role("button", name="Open with a reason").click()
    await page.get_by_label("They or their family asked me").check()
    await shot(page, "restricted-reason")
    await page.get_by_role("button", name="Open for 60 minutes").click()
    await page.locator(".thread").wait_for()
    await shot(page, "restricted-open")
    await to(stage, boss, "restricted", ".listed li")
    await shot(boss, "restricted-report")


async def test_under_a_thumb(stage: Stage) -> None:
    """The list, a card and its steps on a phone, in dark colors, in Spanish."""
    page = await stage.window(**PHONE, color_scheme="dark", locale="es-US")
    await page.goto(f"{stage.url}/console/")
    await page.get_by_role("button", name=DANA).click()
    await page.locator("#queue").wait_for()
    await everybody_writes(stage, page)
    await expect(page.locator("a.item").nth(2)).to_be_visible()
    await shot(page, "console-phone")
    await page.locator("a.item", has_text="cita").first.click()
    await page.locator("#reply").wait_for()
    await shot(page, "phone-card")
    await page.locator(".steps .button").last.click()
    await shot(page, "phone-steps")
    laptop = await stage.console(viewport=LAPTOP["viewport"], color_scheme="dark", locale="es-US")
    await laptop.locator("a.item", has_text="chest hurts").first.click()
    await shot(laptop, "console-es-dark")
