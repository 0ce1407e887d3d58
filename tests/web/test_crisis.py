"""A crisis in the console: what happened by itself, why, who is next, who else helps, its end."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.web.conftest import Stage
from tests.web.eye import Eye

MARGUERITE = "+16235550116"
WORDS = "😰 my chest hurts so much. no fever today"
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""A color on its way to another one is nobody's contrast."""
ENDS = ("Called 911", "Reached the patient", "Reached a caregiver", "Could not reach anybody")


async def in_every_look(page: Page, eye: Eye, state: str) -> None:
    """Look at a state in both languages, in light and dark."""
    await eye.look(page, f"{state}, light, en")
    await page.get_by_role("button", name="Dark colors").click()
    await eye.look(page, f"{state}, dark, en")
    await page.get_by_role("button", name="Español").click()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await eye.look(page, f"{state}, dark, es")
    await page.get_by_role("button", name="Colores claros").click()
    await eye.look(page, f"{state}, light, es")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def opened(page: Page) -> Locator:
    """Open the crisis, and return the pane that says what to do."""
    await page.get_by_role("button", name=re.compile(r"^Crises\b")).click()
    await page.locator("a.item", has_text="my chest hurts so much").click()
    return page.locator(".doing")


async def is_explained(pane: Locator) -> None:
    """See the words with what was found in them, the reasons, and how sure the reader is."""
    why = pane.get_by_role("region", name="Why flagged")
    await expect(why.locator("mark")).to_have_text(["chest hurts"])
    await expect(why.locator("blockquote")).to_have_text(WORDS)
    await expect(why).to_contain_text("may be a heart attack: minutes count")
    await expect(why).to_contain_text("A written rule finds it")
    await expect(why).to_contain_text("Certain. Nobody else on record uses this phone.")
    await expect(why.get_by_role("button", name="Wrong label")).to_be_visible()
    await why.get_by_text("Rule, labels and numbers").click()
    await expect(why.locator("details")).to_contain_text("redflag/chest-pain")
    await expect(why.locator("details")).to_contain_text("a danger to life")
    await expect(why.locator("details")).to_contain_text("Weighed most")


async def is_surrounded(pane: Locator) -> None:
    """See who answers for her, who cares for her, and what they may be told."""
    about = pane.get_by_role("region", name="About Marguerite O'Connor")
    await expect(about).to_contain_text("This patient can be texted now.")
    await expect(about).to_contain_text("Answers for them")
    await expect(about).to_contain_text("Patrick O'Connor")
    call = about.get_by_role("link", name="(623) 555-0131")
    await expect(call).to_have_attribute("href", "tel:+16235550131")


async def test_a_crisis_is_understood_taken_on_and_ended(stage: Stage) -> None:
    """Sent, paged, next and why are on one card; without an outcome it does not close."""
    page, eye = await stage.console(**STILL), Eye(1366)
    await stage.text(page, MARGUERITE, WORDS)
    pane = await opened(page)
    card = pane.get_by_role("region", name="Crisis: who has it")
    await expect(card.locator("blockquote")).to_contain_text("911")
    await expect(card).to_contain_text("Delivered")
    told = card.get_by_role("list").filter(has_text="owns it").first
    await expect(told).to_contain_text("Dana Whitfield")
    await expect(card.locator(".next")).to_contain_text("will be told in")
    # Eyes see it run; a screen reader is told the moment, and not every second.
    await expect(card.locator(".countdown")).to_have_attribute("aria-hidden", "true")
    await expect(card.locator("time .unseen").first).to_have_text(re.compile(r"\d:\d\d"))
    await expect(card.locator("[aria-live], [role=timer]")).to_have_count(0)
    call = card.get_by_role("link", name="Call Marguerite")
    await expect(call).to_have_attribute("href", f"tel:{MARGUERITE}")
    await is_explained(pane)
    await is_surrounded(pane)
    await in_every_look(page, eye, "crisis")

    await card.get_by_role("button", name="I am on it").click()

    await expect(card).to_contain_text("Dana Whitfield is on it.")
    await expect(page.locator("#doing")).to_be_focused()
    await expect(card).to_contain_text("If it is still open")
    await pane.get_by_role("button", name="Complete…").click()
    await expect(pane.get_by_role("radio")).to_have_count(len(ENDS))
    await pane.get_by_role("button", name="Complete", exact=True).click()
    await expect(pane).to_contain_text("Choose what became of it.")
    await eye.look(page, "without an outcome")
    await card.get_by_role("button", name=ENDS[2]).click()
    await expect(pane.get_by_role("radio", name=ENDS[2])).to_be_checked()
    await pane.get_by_role("button", name="Complete", exact=True).click()
    address = page.url
    await expect(page.locator("a.item", has_text="my chest hurts so much")).to_have_count(0)

    await page.goto(address)
    await expect(pane.locator(".notice.done")).to_contain_text(ENDS[2])
    await expect(card.locator(".next")).to_have_count(0)
    await expect(card).to_contain_text("Sent by itself")
    await eye.look(page, "ended")
    assert eye.found == []


async def test_somebody_is_answered_for_and_their_story_told(stage: Stage) -> None:
    """On a phone, in both languages: one person answers, a supervisor may name another."""
    page = await stage.console("Priya Nair", viewport={"width": 320, "height": 700}, **STILL)
    eye, url = Eye(320), stage.url
    await page.goto(f"{url}/console/people")
    await page.get_by_label("Name, or the practice").fill("Lorraine")
    await page.locator("a.item", has_text="Lorraine Yazzie").click()
    team = page.get_by_role("region", name="Care team")
    await expect(team.locator(".accountable")).to_contain_text("Luis Ortega")
    await team.get_by_text("Name another care manager").click()
    await team.get_by_label("Care manager").select_option(label="Dana Whitfield")
    await eye.look(page, "naming another")

    await team.get_by_role("button", name="Save").click()

    await expect(team.locator(".accountable")).to_contain_text("Dana Whitfield")
    story = page.get_by_role("region", name="What happened")
    await story.get_by_role("button", name="Texts").click()
    await expect(story.get_by_role("button", name="Texts")).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(story.locator(".days li")).to_have_count(0)
    await expect(story).to_contain_text("Nothing yet.")
    await story.get_by_role("button", name="All", exact=True).click()
    await page.get_by_role("button", name="Menu").click()
    await in_every_look(page, eye, "a person")
    assert eye.found == []
