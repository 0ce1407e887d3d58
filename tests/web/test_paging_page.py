"""How I am paged: my phone, proof that pages come, and notifications of this browser."""

import json
import re
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from tests.web.conftest import LUIS, Stage
from tests.web.eye import Eye
from tests.web.test_people import STILL

MINE = "+16025550193"
VAPID_PUBLIC = (
    "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
)
SUBSCRIBED = """() => {
  const made = {
    toJSON: () => ({endpoint: "https://fcm.googleapis.com/x", keys: {p256dh: "a", auth: "b"}}),
    unsubscribe: async () => { window.over = true; return true; },
  };
  PushManager.prototype.subscribe = async function () { window.made = made; return made; };
  PushManager.prototype.getSubscription = async function () {
    return window.over || !window.made ? null : made;
  };
}"""
"""A headless browser has no push service: what it would say is said in its place."""


def part(page: Page, name: str) -> Locator:
    """Return a part of the page by its heading."""
    return page.get_by_role("region", name=name, exact=True)


async def looked_at(page: Page, eye: Eye) -> None:
    """Look at the page in both languages and both sets of colors."""
    for language in ("es", "en"):
        await page.get_by_role("button", name="Español" if language == "es" else "English").click()
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await eye.look(page, f"paging {language} {scheme}")


async def test_my_phone_is_kept_masked_and_proven(stage: Stage) -> None:
    """By keyboard at 320 px: a phone is kept and shown by its end, and its test page is proven."""
    page = await stage.console(LUIS, viewport={"width": 320, "height": 640}, **STILL)
    eye = Eye(320)
    await page.get_by_role("button", name="Menu").press("Enter")
    await page.get_by_role("link", name="How I am paged").press("Enter")
    mine, push = part(page, "Text to my own phone"), part(page, "Notifications of this browser")
    await expect(mine).to_contain_text("No phone")
    await expect(push).to_contain_text("not set up on this server")
    await expect(push.get_by_role("button")).to_have_count(0)
    await mine.get_by_role("button", name="Keep this phone").press("Enter")
    await expect(mine).to_contain_text("Write the number of your phone.")
    await mine.get_by_label("My phone").fill(MINE)
    await mine.get_by_label("My phone").press("Enter")
    await expect(mine).to_contain_text(f"ends in {MINE[-2:]}")
    assert MINE[-7:] not in await page.content()
    await mine.get_by_role("button", name="Send me a test page").press("Enter")
    await expect(mine.get_by_role("status")).to_contain_text("It left.")
    told = await page.request.get(f"{stage.url}/simulator/messages?to={MINE.replace('+', '%2B')}")
    (code,) = re.findall(r"code (\d{6})", await told.text())
    came = part(page, "A test page came")
    await came.get_by_label("Its code").fill("not it")
    await came.get_by_label("Its code").press("Enter")
    await expect(came).to_contain_text("This is no code of a test page")
    await eye.look(page, "refused")
    await came.get_by_label("Its code").fill(code)
    await came.get_by_label("Its code").press("Enter")
    await expect(came).to_contain_text("Proven: Text to my own phone.")
    await expect(mine).to_contain_text("A test page last came")
    await mine.get_by_role("button", name="Take it away").press("Enter")
    await expect(mine).to_contain_text("No phone")
    assert eye.found == []


async def test_this_browser_is_added_and_taken_away(stage: Stage) -> None:
    """Asked after a tap alone; what the browser says is kept until it is taken away."""
    page, eye = await stage.console(LUIS, **STILL), Eye(1366)
    kept: list[dict[str, Any]] = []

    async def browsers(route: Route) -> None:
        match route.request.method:
            case "POST":
                assert json.loads(route.request.post_data or "")["keys"] == {
                    "p256dh": "a",
                    "auth": "b",
                }
                made_at = "2026-11-22T10:00:00Z"
                kept.append({"id": "b1", "service": "fcm.googleapis.com", "made_at": made_at})
                await route.fulfill(status=201, body=json.dumps(kept[-1]))
            case "DELETE":
                kept.clear()
                await route.fulfill(status=204)
            case _:
                said = {"items": kept, "application_server_key": VAPID_PUBLIC, "next": None}
                await route.fulfill(body=json.dumps(said))

    await page.route("**/v1/push-subscriptions**", browsers)
    await page.goto(f"{stage.url}/console/paging")
    push = part(page, "Notifications of this browser")
    await push.get_by_role("button", name="Show pages in this browser").click()
    await expect(push.get_by_role("status").first).to_contain_text("blocked")
    await looked_at(page, eye)

    await page.context.grant_permissions(["notifications"], origin=stage.url)
    await page.reload()
    await page.evaluate(SUBSCRIBED)
    await push.get_by_role("button", name="Show pages in this browser").click()
    await expect(push).to_contain_text("also while the console is closed")
    await looked_at(page, eye)
    await push.get_by_role("button", name="Show them no more").click()
    await expect(push).to_contain_text("This browser shows no pages.")
    assert kept == []
    assert eye.found == []
