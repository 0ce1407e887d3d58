"""Every page and state for everybody: axe without a finding, by keyboard alone, at 400 %."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import LUIS, WALTER, Stage
from tests.web.eye import Eye
from tests.web.test_people import known

AMIRA, MARISOL = "+14805550119", "Marisol Vega"
LOOKS = [("light", 1366, "en"), ("dark", 320, "es")]
"""Both colors, both languages, both widths; a color or a word is the same at either width."""
CLOSE: dict[str, object] = {
    "viewport": {"width": 320, "height": 256},
    "locale": "es-US",
    "color_scheme": "dark",
    "reduced_motion": "reduce",
}
"""What is left of a laptop's screen at 400 %."""
STANDS = "() => !document.body.innerText.includes('Cargando')"
PLACES = (
    *("people", "calls", "reach/silent", "visits", "schedules", "rides", "places", "replies"),
    *("team", "restricted", "paging", "measures"),
    *(f"admin/{one}" for one in ("practice", "holidays", "on-call", "texts", "staff")),
    "admin/organizations",
)
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
STEPS = (("s", "do-snooze"), ("a", "do-hand-over"), ("n", "do-note"), ("e", "complete"))


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def look(request: pytest.FixtureRequest) -> tuple[str, int, str]:
    """Take each look in turn."""
    return request.param


def _options(look: tuple[str, int, str]) -> dict[str, object]:
    theme, width, language = look
    return {
        "color_scheme": theme,
        # A color on its way to another one is nobody's contrast.
        "reduced_motion": "reduce",
        "viewport": {"width": width, "height": 800},
        "locale": "es-US" if language == "es" else "en-US",
    }


async def test_the_way_in_and_the_demo(stage: Stage, look: tuple[str, int, str]) -> None:
    """Home, sign-in, a wrong token, and the phones with texts on them."""
    eye = Eye(look[1])
    page = await stage.window(**_options(look))
    await page.goto(stage.url)
    await eye.look(page, "home")
    await page.goto(f"{stage.url}/console/")
    await page.get_by_role("button", name=LUIS).wait_for()
    await eye.look(page, "sign-in")
    await page.locator("summary").click()
    await page.locator("input[name=token]").fill("eng_made_up")
    await page.locator("input[name=token]").press("Enter")
    await page.locator(".notice.wrong").wait_for()
    await eye.look(page, "wrong token")
    await page.goto(f"{stage.url}/phone/")
    await page.locator(".handset").first.wait_for()
    await page.get_by_role("combobox").first.select_option(WALTER)
    await stage.text(page, WALTER, "hello")
    await page.locator(".bubble").first.wait_for()
    await eye.look(page, "phones")

    assert eye.found == []


async def test_the_console(stage: Stage, look: tuple[str, int, str]) -> None:
    """Empty and full queue, card, claimed, writing, finishing, completed, dialogs, a crisis bar."""
    eye, small = Eye(look[1]), look[1] < 1024
    empty = await stage.console("Priya Nair", **_options(look))
    await empty.locator(".empty").first.wait_for()
    await eye.look(empty, "empty queue")
    page = await stage.console(LUIS, **_options(look))
    await stage.text(page, AMIRA, "which door do i take?")
    mine = page.locator("a.item", has_text="Amira Haddad").first
    await mine.wait_for()
    await eye.look(page, "queue")
    await page.keyboard.press("?")
    await eye.look(page, "keyboard")
    await page.keyboard.press("Escape")
    await page.keyboard.press("q")
    await page.locator("dialog .choice").first.wait_for()
    await eye.look(page, "ask")
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await stage.text(page, WALTER, "my chest hurts and i cant breathe")
    await page.locator(".crisis-bar").wait_for()
    await eye.look(page, "crisis elsewhere")
    await mine.click()
    await page.locator("#reply").fill("La puerta azul: el “ascensor” está a la izquierda ☀")
    await eye.look(page, "card")
    if small:
        await page.locator(".steps .button").last.click()
    await page.locator("#claim").click()
    await (
        page.locator(".doing .button", has_text="Give back")
        .or_(page.locator(".doing .button", has_text="Devolver"))
        .wait_for()
    )
    await eye.look(page, "claimed")
    await page.get_by_role("button", name=re.compile("consent", re.IGNORECASE)).click()
    await page.locator("dialog summary").click()
    await eye.look(page, "consent")
    await page.keyboard.press("Escape")
    await page.locator("#complete").click()
    await page.locator(".finish .button").click()
    await expect(page.locator(".missing")).not_to_be_empty()
    await eye.look(page, "finishing")
    await page.get_by_role("radio").nth(2).check()
    await page.locator(".finish .button").click()
    await page.locator(".notice.done").wait_for()
    await eye.look(page, "completed")
    await _close_the_crisis(page, eye, small=small)

    assert eye.found == []


async def _close_the_crisis(page: Page, eye: Eye, *, small: bool) -> None:
    if small:
        await page.goto(page.url.partition("/items/")[0] + "/")
    await page.locator(".crisis-bar .button").click()
    await page.locator("a.item.crisis").click()
    if small:
        await page.locator(".steps .button").last.click()
    await page.locator(".doing .grave").wait_for()
    await eye.look(page, "crisis")
    await page.locator("#complete").click()
    await page.get_by_role("radio").nth(1).check()
    await page.locator(".finish .button").click()
    await page.locator(".notice.done").wait_for()


async def test_every_place_at_400_percent_by_keyboard(stage: Stage) -> None:
    """Nothing lies beside the screen or under something else; Tab reaches all, and shows where."""
    eye = Eye(320)
    page = await stage.console(MARISOL, **CLOSE)
    await eye.walk(page, "queue")
    # Also a name of many letters without a space widens no page.
    someone = await known(page, stage.url, LONG, family_name=f"<b>{LONG}", phone="+19075550177")
    for place in (*PLACES, f"people/{someone}"):
        await page.goto(f"{stage.url}/console/{place}")
        await page.locator("#place").wait_for()
        # The page stands when nothing on it says that it is being fetched.
        await page.wait_for_function(STANDS)
        # tests/web/test_admin.py has axe look at the parts of administration.
        if not place.startswith("admin/"):
            await eye.look(page, place)
        await eye.walk(page, place)

    assert eye.found == []


async def test_one_piece_of_work_at_400_percent_by_keyboard(stage: Stage) -> None:
    """The list, the card, each step; Escape closes, and the focus is on what opened it."""
    eye = Eye(320)
    page = await stage.console(LUIS, **CLOSE)
    await stage.text(page, AMIRA, "is it far from the bus")
    await page.locator("a.item", has_text="from the bus").click()
    await page.locator("#reply").wait_for()
    await eye.walk(page, "card")
    await page.keyboard.press("Escape")
    await page.locator(".steps .button").last.click()
    await page.locator("#do-snooze").wait_for()
    await eye.walk(page, "what to do")
    for key, opener in STEPS:
        await page.keyboard.press(key)
        await page.locator("form.finish, form.step").first.wait_for()
        await eye.walk(page, opener)
        await page.locator(f"#{opener}").focus()
        await page.locator("form.finish input, form.finish textarea").first.focus()
        for _ in range(2):
            await page.keyboard.press("Escape")
        await expect(page.locator(f"#{opener}")).to_be_focused()
    for key in ("?", "q", "l"):
        await page.keyboard.press(key)
        await page.locator("dialog[open]").wait_for()
        await eye.walk(page, f"dialog of {key}")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        await expect(page.locator("#complete")).to_be_focused()

    assert eye.found == []
