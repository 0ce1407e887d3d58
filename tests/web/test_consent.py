"""What staff do about one person: consent, their phone, a second record, a crisis, a label."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.web.conftest import LUIS, WALTER, Stage
from tests.web.eye import Eye

JOSE, ESPERANZA, GUADALUPE = "+16025550115", "+16025550117", "+12135550120"
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""A color on its way to another one is nobody's contrast."""


async def opened(page: Page, words: str) -> Locator:
    """Open the work that a text made, and return the pane that says what to do."""
    await page.get_by_role("button", name=re.compile(r"^All\b")).click()
    await page.locator("a.item", has_text=words).first.click()
    pane = page.locator(".doing")
    await pane.locator("#person").wait_for()
    return pane


async def test_what_somebody_said_about_texts_is_written_down(stage: Stage) -> None:
    """Whether they are texted is said in words; a wish needs its reason, and stands on top."""
    page, eye = await stage.console(**STILL), Eye(1366)
    await stage.text(page, GUADALUPE, "no me manden lo de las citas")
    pane = await opened(page, "lo de las citas")

    await pane.get_by_role("button", name="Texting and consent").click()

    dialog = page.get_by_role("dialog", name="Texting and consent")
    await expect(dialog).to_contain_text("Guadalupe Montoya")
    await expect(dialog).to_contain_text("open to texts")
    await expect(dialog).to_contain_text("This patient can be texted now.")
    await dialog.get_by_text("Record what they told you").click()
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_contain_text("Choose what they said.")
    await dialog.get_by_label("They want no more texts about").check()
    await dialog.get_by_label("About", exact=True).select_option("visits")
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_contain_text("Say what they said, and where.")
    await eye.look(page, "recording")
    await dialog.get_by_label("What did they say").fill("Wrote so, and said it again at the desk.")
    await dialog.get_by_role("button", name="Record").click()

    newest = dialog.get_by_role("listitem").first
    await expect(newest).to_contain_text("Wants no more of visits: told to staff.")
    await expect(newest).to_contain_text("recorded by Dana Whitfield")
    await expect(dialog.locator("dd").last).to_have_text("visits")
    await eye.look(page, "recorded")
    await page.keyboard.press("Escape")
    await expect(pane.get_by_role("button", name="Texting and consent")).to_be_focused()
    assert eye.found == []


async def test_a_phone_is_asked_whose_it_is(stage: Stage) -> None:
    """Asking is one press, and a refusal and a number without old texts are said in words."""
    page, eye = await stage.console(LUIS, **STILL), Eye(1366)
    await stage.text(page, ESPERANZA, "una pregunta sobre el seguro")
    pane = await opened(page, "sobre el seguro")
    await pane.get_by_role("button", name="Texting and consent").click()
    dialog = page.get_by_role("dialog", name="Texting and consent")
    ask = dialog.get_by_role("button", name="Ask whether the phone is theirs")

    await ask.click()

    await expect(dialog.locator(".notice")).to_contain_text("Asked.")
    await expect(dialog).to_contain_text("asked, and not answered yet")
    await expect(dialog).to_contain_text("Was asked whether this phone is theirs: at enrolment.")
    await ask.click()
    await expect(dialog.locator(".notice")).to_contain_text("is being asked already")
    await dialog.get_by_role("button", name="Claim old texts of this number").click()
    await expect(dialog.locator(".notice")).to_contain_text("There are no texts from this number")
    await eye.look(page, "asked")
    assert eye.found == []


async def test_a_supervisor_merges_two_records_and_undoes_it(stage: Stage) -> None:
    """Both records are named before anything happens and after it, and the way back is there."""
    page, eye = await stage.console("Priya Nair", **STILL), Eye(1366)
    await stage.text(page, JOSE, "busco a la enfermera")
    pane = await opened(page, "a la enfermera")
    await pane.get_by_role("button", name="Two records of one person").click()
    dialog = page.get_by_role("dialog", name="Two records of one person")
    await dialog.get_by_label("The other record").fill("Harold")
    await dialog.get_by_label("Harold Pruitt").check()
    await eye.look(page, "finding")
    await dialog.get_by_role("button", name="Look at both").click()
    await expect(dialog.get_by_label("Keep José Luis Núñez, DB-1006")).to_be_checked()
    await eye.look(page, "comparing")

    both = "Harold Pruitt, DB-1012, into José Luis Núñez, DB-1006"
    await dialog.get_by_role("button", name=f"Merge {both}").click()

    undo = dialog.get_by_role("button", name="Undo: they are two persons")
    await expect(dialog.locator(".notice.done")).to_contain_text("is merged into José Luis")
    await expect(undo).to_be_focused()
    await eye.look(page, "merged")
    await undo.click()
    await expect(dialog.locator(".notice.done")).to_contain_text("are two records again")
    await expect(dialog.get_by_label("The other record").first).to_be_focused()
    assert eye.found == []


async def test_a_crisis_is_taken_on_and_a_wrong_label_kept(stage: Stage) -> None:
    """Who was told is there; one takes it on, says what was misread, and the crisis stays open."""
    page, eye = await stage.console(**STILL), Eye(1366)
    await stage.text(page, WALTER, "my chest hurts and i cant breathe at all")
    pane = await opened(page, "breathe at all")
    told = pane.get_by_role("region", name="Crisis: who has it")

    await told.get_by_role("button", name="I am on it").click()

    await expect(told).to_contain_text("Dana Whitfield is on it.")
    await eye.look(page, "on it")
    await pane.get_by_role("button", name="Wrong label").first.click()
    dialog = page.get_by_role("dialog", name="Wrong label")
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_contain_text("Choose at least one.")
    await eye.look(page, "wrong label")
    await dialog.get_by_label("a symptom is worse").check()
    await dialog.get_by_label("the same day").check()
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_have_count(0)
    await expect(pane).to_contain_text("call 911")
    await pane.get_by_role("button", name="Complete…").click()
    await pane.get_by_label("Reached the patient").check()
    await pane.get_by_role("button", name="Complete", exact=True).click()
    await expect(pane.locator(".notice.done").first).to_contain_text("Reached the patient")
    assert eye.found == []
