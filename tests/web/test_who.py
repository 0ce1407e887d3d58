"""Who wrote this? On the page: why a text is where it is, and saying whose it really was."""

from playwright.async_api import expect

from tests.web.conftest import Stage

STRANGER = "+16235550188"


async def test_a_strangers_text_is_given_to_somebody(stage: Stage) -> None:
    """Behaviours 1 and 9: staff read why nobody was found, name the person, and see it there."""
    console = await stage.console()
    await stage.text(console, STRANGER, "it is thomas on my sisters phone")
    await console.get_by_role("button", name="All").first.click()
    await console.locator("a.item", has_text="sisters phone").first.click()

    await console.locator(".doing").get_by_role("button", name="Who wrote this?").click()

    dialog = console.get_by_role("dialog", name="Who wrote this?")
    await expect(dialog).to_contain_text("Nobody on record uses this number.")
    await dialog.get_by_label("Somebody else: find a patient").fill("Thomas")
    await dialog.get_by_label("Thomas").first.check()
    await dialog.get_by_label("How do you know?").fill("She called.")
    await dialog.get_by_role("button", name="Correct").click()

    await expect(dialog).to_have_count(0)
    await expect(console.locator(".doing")).to_contain_text("The text was somebody else's")
    # The row moves up when the one that it leaves behind is gone.
    await expect(console.locator("a.item", has_text="sisters phone")).to_have_count(1)
    moved = console.locator("a.item", has_text="sisters phone").filter(has_text="Thomas")
    await moved.first.click()
    await expect(console.locator(".text.in", has_text="sisters phone")).to_be_visible()
