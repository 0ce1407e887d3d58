"""Every page and state for everybody: axe without a finding, light and dark, wide and 320 px."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import LUIS, WALTER, Stage
from tests.web.eye import Eye

AMIRA = "+14805550119"
LOOKS = [
    ("light", 1366, "en"),
    ("dark", 1366, "es"),
    ("dark", 320, "en"),
    ("light", 320, "es"),
]


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


async def test_larger_text_does_not_hide_anything(stage: Stage) -> None:
    """At 400 % of a laptop's screen the page scrolls one way only, and the actions are there."""
    page = await stage.console(LUIS, viewport={"width": 342, "height": 205})
    await stage.text(page, AMIRA, "is it far from the bus")
    await page.get_by_role("button", name="More lists").click()
    await page.get_by_role("button", name=re.compile(r"^All\b")).click()
    await page.locator("a.item").first.click()
    await page.get_by_role("button", name="Actions and reasons").click()

    await expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 342
