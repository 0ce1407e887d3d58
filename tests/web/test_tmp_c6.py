"""Tmp."""
from tests.web.conftest import LUIS, Stage
from tests.web.test_people import STILL
async def test_x(stage: Stage) -> None:
    page = await stage.console(LUIS, viewport={"width": 320, "height": 640}, color_scheme="dark", locale="es-US", **STILL)
    await page.goto(f"{stage.url}/console/paging")
    await page.get_by_role("region", name="Llegó").wait_for()
    await page.screenshot(path="/tmp/w/c6-s.png", full_page=True)
    page = await stage.console("Priya Nair", **STILL)
    await page.goto(f"{stage.url}/console/paging")
    mine = page.get_by_role("region", name="Text to my own phone")
    await mine.get_by_label("My phone").fill("+16025550194")
    await mine.get_by_label("My phone").press("Enter")
    await mine.get_by_role("button", name="Take it away").wait_for()
    await page.screenshot(path="/tmp/w/c6-w.png", full_page=True)
    await mine.get_by_role("button", name="Take it away").click()
