"""The story with two windows open, as a newcomer plays it; and what colleagues do to each other."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.conftest import DANA, LUIS, ROSA, WALTER, Stage

KIM, DESHAWN, AMIRA = "+14805550114", "+14805550118", "+14805550119"
WORDS = "I will call you at 4 about the food boxes."


def children(of: int, word: str) -> list[int]:
    """Return the demo's children that run a command."""
    found = Path(f"/proc/{of}/task/{of}/children").read_text("ascii").split()
    return [int(pid) for pid in found if word in Path(f"/proc/{pid}/cmdline").read_text("utf-8")]


async def test_the_story_in_two_windows(stage: Stage) -> None:
    """Ask, answer, see it flagged at once, claim, answer back, read it on the phone, complete."""
    phones, console = await stage.phones(), await stage.console()
    rosa = phones.locator(f'[data-number="{ROSA}"]')

    await console.get_by_role("button", name="Ask a patient").click()
    # Whom other tests brought in may stand before her.
    await console.get_by_role("dialog").get_by_role("searchbox").fill("Rosa")
    await console.get_by_label("Rosa Delgado").check()
    await console.get_by_role("button", name="Text the questions").click()
    await expect(console.get_by_role("alert").filter(has_text="Rosa Delgado")).to_be_visible()
    await console.keyboard.press("Escape")

    # Other tests may have written to her before.
    first = rosa.locator(".bubble.received", has_text="la comida se acabara").first
    await expect(first).to_contain_text("la comida se acabara")
    await expect(first.locator(".state")).to_have_text("Delivered")
    await expect(first).to_contain_text("segments")
    await rosa.get_by_role("textbox").fill("1")
    await expect(rosa.locator(".cost")).to_have_text("1 characters, 1 text")
    await rosa.get_by_role("button", name="Send").click()
    await expect(rosa.locator(".bubble.sent")).to_contain_text("1")

    flagged = console.locator("a.item", has_text="Rosa Delgado").filter(has_text="Food")
    await expect(flagged).to_contain_text("Routine")
    await expect(flagged).to_contain_text("Due")
    await expect(flagged).to_contain_text("Yours · assigned care manager")
    await expect(flagged.locator(".said")).to_have_text("1 Often true")
    await expect(console.get_by_role("button", name=re.compile(r"^Mine \d+$"))).to_be_visible()
    await expect(rosa.locator(".bubble.received")).to_have_count(2)
    await rosa.get_by_role("textbox").fill("3")
    await rosa.get_by_role("textbox").press("Enter")
    # The thanks, and whether she wants help.
    await expect(rosa.locator(".bubble.received")).to_have_count(4)

    await flagged.click()
    await expect(console).to_have_url(re.compile(r"/console/items/[0-9a-f-]{36}$"))
    reasons = console.locator(".flags")
    await expect(reasons).to_contain_text("Worried about food")
    await expect(reasons).to_contain_text("“1” means: Often true")
    await expect(reasons).to_contain_text("hunger-vital-sign/hvs.worried")
    await expect(console.locator(".text.in").first).to_contain_text("Asked: Within the past 12")
    await console.get_by_role("button", name="Claim", exact=True).click()
    await expect(console.locator(".facts").first).to_contain_text("You have this")

    await console.get_by_label("Reply to Rosa").fill(WORDS)
    await expect(console.locator(".composer")).to_contain_text(f"{len(WORDS)} characters, 1 text")
    await console.get_by_role("button", name="Send").click()
    sent = rosa.locator(".bubble.received", has_text=WORDS)
    # It waits ten seconds in which it can be taken back.
    await expect(sent.locator(".state")).to_have_text("Delivered", timeout=60_000)
    written = console.locator(".text.out", has_text=WORDS)
    await expect(written).to_contain_text("You")
    await expect(written.locator(".state")).to_have_text("Delivered", timeout=30_000)

    await console.get_by_role("button", name="Complete…").click()
    await console.get_by_label("Answered by text").check()
    await console.get_by_label("Note for").fill("Food boxes on Thursday.")
    await console.get_by_role("button", name="Complete", exact=True).click()
    await expect(console.locator(".notice.done")).to_contain_text("Food boxes on Thursday.")
    await expect(flagged).to_have_count(0)


async def test_the_loser_of_a_claim_reads_who_won(stage: Stage) -> None:
    """Two consoles claim one item at the same moment: one has it, the other is told who."""
    dana, luis = await stage.console(), await stage.console(LUIS)
    await stage.text(dana, KIM, "what should i bring on monday")
    for console in (dana, luis):
        await console.get_by_role("button", name=re.compile(r"^All\b")).click()
        await console.locator("a.item", has_text="Kim Tran").click()
        await console.get_by_role("button", name="Claim", exact=True).wait_for()
    # Both at once: neither page has heard of the other's claim when it makes its own.
    press = "document.getElementById('claim').click()"
    await asyncio.gather(dana.evaluate(press), luis.evaluate(press))

    notices = [console.locator(".doing .notice.warn") for console in (dana, luis)]
    await expect(notices[0].or_(dana.locator(".facts", has_text="You have this"))).to_be_visible()
    winner, loser = (luis, dana) if await notices[0].is_visible() else (dana, luis)
    name = LUIS if winner is luis else DANA
    await expect(winner.locator(".facts").first).to_contain_text("You have this")
    await expect(loser.locator(".doing .notice.warn")).to_contain_text(
        f"{name} has already taken this"
    )
    await expect(loser.locator(".facts").first).to_contain_text(f"{name} has this")
    await expect(loser.get_by_role("button", name="Claim", exact=True)).to_have_count(0)

    await winner.get_by_role("button", name="Give back").click()
    # Both may take it again, and neither had to ask for a fresh page.
    for console in (dana, luis):
        await console.get_by_role("button", name="Claim", exact=True).wait_for()


async def test_times_are_the_practices_wherever_one_sits(stage: Stage) -> None:
    """Two browsers in two zones read the same due time, and the farther one is told whose it is."""
    here = await stage.console(LUIS)
    far = await stage.console(LUIS, timezone_id="Asia/Tokyo")
    await stage.text(here, AMIRA, "which bus do i take")
    rows = [page.locator("a.item", has_text="which bus").first for page in (here, far)]
    for row in rows:
        await row.wait_for()

    due = [await row.locator(".due").get_attribute("title") for row in rows]

    assert due[0] == due[1]
    assert due[0] is not None
    assert "MST" in due[0]
    await expect(far.locator(".queue .pane-head")).to_contain_text("Times are those of Phoenix")
    await expect(here.locator(".queue .pane-head")).not_to_contain_text("Times are those of")


async def test_nothing_is_sent_into_a_thread_that_moved(stage: Stage) -> None:
    """What came while one wrote is shown first; the draft stays, and goes out the second time."""
    console = await stage.console()
    await stage.text(console, WALTER, "do you have time tomorrow")
    await console.locator("a.item", has_text="Walter Brandt").first.click()
    box = console.get_by_label("Reply to Walter")
    await box.fill("Yes, at nine.")
    await stage.text(console, WALTER, "sorry i mean friday")
    await expect(console.locator(".text.in", has_text="friday")).to_be_visible()

    await console.get_by_role("button", name="Send").click()

    await expect(console.locator(".composer .notice")).to_contain_text("Nothing was sent")
    await expect(box).to_have_value("Yes, at nine.")
    await box.fill("Friday at nine.")
    await console.get_by_role("button", name="Send").click()
    await expect(console.locator(".text.out", has_text="Friday at nine.")).to_be_visible()
    await expect(box).to_have_value("")
    await expect(console.locator(".text.out", has_text="Yes, at nine.")).to_have_count(0)


async def test_a_crisis_is_seen_from_anywhere_and_not_closed_lightly(stage: Stage) -> None:
    """It comes to the top by itself, is said aloud, and asks what became of the person."""
    phones, console = await stage.phones(), await stage.console(LUIS)
    await expect(console.get_by_text("Live")).to_be_visible()
    await stage.text(phones, WALTER, "my chest hurts and i cant breathe")

    bar = console.get_by_role("region", name="Crises")
    await expect(bar).to_contain_text("crisis is open")
    await expect(console.get_by_role("alert").filter(has_text="Crisis, Walter")).to_have_count(1)
    await bar.get_by_role("button", name="Show").click()
    await console.locator("a.item", has_text="Walter Brandt").click()
    await expect(console.locator(".doing")).to_contain_text("call 911")
    await console.get_by_role("button", name="Complete…").click()
    await expect(console.locator(".finish").get_by_role("radio")).to_have_count(4)
    await console.get_by_role("button", name="Complete", exact=True).click()
    await expect(console.locator(".finish")).to_contain_text("Choose what became of it.")
    await console.get_by_label("Reached the patient").check()
    await console.get_by_role("button", name="Complete", exact=True).click()
    await expect(bar).to_have_count(0)


async def test_by_keyboard_alone(stage: Stage) -> None:
    """Open, claim, answer and complete without a mouse, and the focus is never lost."""
    console = await stage.console()
    await stage.text(console, DESHAWN, "i have a question about my visit")
    mine = console.locator("a.item", has_text="Deshawn Carter")
    await mine.wait_for()
    press = console.keyboard.press

    for _ in range(12):
        await press("j")
        if await mine.evaluate("row => row === document.activeElement"):
            break
    await press("k")
    await press("j")
    await expect(mine).to_be_focused()
    await press("Enter")
    await expect(console.locator("#card")).to_be_focused()
    await console.get_by_role("button", name="Claim", exact=True).wait_for()
    await press("c")
    await expect(console.locator(".facts").first).to_contain_text("You have this")
    await press("r")
    await expect(console.get_by_label("Reply to Deshawn")).to_be_focused()
    # Letters are letters here: c, e and ? do nothing but write.
    await console.keyboard.type("cej? Come at two.")
    await press("Control+Enter")
    await expect(console.locator(".text.out", has_text="cej? Come at two.")).to_be_visible()
    await press("Escape")
    await expect(console.locator("#card")).to_be_focused()
    await press("e")
    await expect(console.get_by_label("Reached the patient")).to_be_focused()
    await press("ArrowDown")
    await press("ArrowDown")
    await expect(console.get_by_label("Answered by text")).to_be_checked()
    await press("Control+Enter")
    await expect(console.locator(".notice.done")).to_contain_text("Answered by text")
    # The next row, or the card if that was the last one.
    await expect(console.locator("a.item:focus, #doing:focus")).to_have_count(1)
    await press("?")
    await expect(console.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await press("Space")
    await press("Escape")
    await press("q")
    await expect(console.get_by_role("dialog")).to_have_count(0)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the children in /proc")
async def test_the_page_comes_back_after_the_api_was_killed(stage: Stage) -> None:
    """Kill -9 of the API: the page says that it is away, comes back, and missed nothing."""
    console = await stage.console()
    await expect(console.get_by_text("Live")).to_be_visible()
    stage.wrong.clear()
    pids = children(stage.demo.pid, "serve")
    assert pids, "nothing was killed, so nothing was shown"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await expect(console.get_by_text("Reconnecting")).to_be_visible()
    await expect(console.get_by_text("Live")).to_be_visible(timeout=30_000)
    await stage.text(console, "+16235550116", "are you still there")

    await expect(console.locator("a.item", has_text="Marguerite")).to_be_visible()
    # While nobody listened the browser said so; nothing else went wrong.
    away = (
        "ERR_CONNECTION",
        "ERR_SOCKET",
        "ERR_INCOMPLETE",
        "ERR_EMPTY",
        "ERR_CONTENT",
        "status of 503",
    )
    stage.wrong[:] = [one for one in stage.wrong if not any(code in one for code in away)]


async def test_signing_out_leaves_nothing_behind(stage: Stage) -> None:
    """After signing out nobody's name is on the page, also not after going back."""
    console = await stage.console()
    await stage.text(console, KIM, "is the parking free")
    await console.get_by_role("button", name=re.compile(r"^All\b")).click()
    await console.locator("a.item", has_text="Kim Tran").first.click()
    await console.locator(".text").first.wait_for()

    await console.get_by_role("button", name="Sign out").click()

    await expect(console.get_by_role("heading", name="Sign in")).to_be_visible()
    await console.go_back()
    await expect(console.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "Kim" not in await console.content()
    answer = await console.request.get(f"{stage.url}/v1/me")
    assert answer.status == 401
