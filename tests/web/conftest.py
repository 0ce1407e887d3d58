"""A real browser before the real demo: PostgreSQL, queue, API, worker, simulated carrier, pages.

Each pytest worker starts one demo and one browser for all of its tests; a test has windows of its
own, and people of its own to play.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from engage import embedded
from engage.web.pages import BUILT
from tests.web import browser as chromium

DANA, LUIS = "Dana Whitfield", "Luis Ortega"
ROSA, WALTER = "+16025550110", "+16025550111"
# A page that is slow is not wrong: this says how long a crowded machine may take.
expect.set_options(timeout=30_000)
EXPECTED = ("status of 401", "status of 403", "status of 409", "status of 412", "status of 422")
"""What the browser itself says on its console when we answer so, as we mean to."""


@dataclass
class Stage:
    """The demo, a browser, and what went wrong on any page of it."""

    url: str
    demo: asyncio.subprocess.Process
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    opened: list[BrowserContext] = field(default_factory=list)

    async def window(self, **options: object) -> Page:
        """Open a window of its own: own cookies, own storage; its console and requests watched."""
        usual = {"viewport": {"width": 1366, "height": 820}, "locale": "en-US"}
        wanted = usual | {"timezone_id": "America/Phoenix"} | options
        context = await self.browser.new_context(
            **wanted,  # type: ignore[arg-type] # playwright's own options
        )
        context.set_default_timeout(30_000)
        self.opened.append(context)
        page = await context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        page.on("request", self._asked)
        return page

    async def console(self, who: str = DANA, **options: object) -> Page:
        """Open a console and sign somebody in with one click."""
        page = await self.window(**options)
        await page.goto(f"{self.url}/console/")
        await page.get_by_role("button", name=who).click()
        await page.locator("#queue").wait_for()
        return page

    async def phones(self, **options: object) -> Page:
        """Open the phones."""
        page = await self.window(**options)
        await page.goto(f"{self.url}/phone/")
        await page.locator(".handset").first.wait_for()
        return page

    async def text(self, page: Page, number: str, body: str) -> None:
        """Let a phone text the practice, without its page."""
        said = {"from": number, "to": "+16025550100", "body": body}
        answer = await page.request.post(f"{self.url}/simulator/inbound", data=said)
        assert answer.status == 202, await answer.text()

    def _said(self, message: object) -> None:
        kind, words = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in ("error", "warning") and not any(one in words for one in EXPECTED):
            self.wrong.append(f"{kind}: {words}")

    def _asked(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((self.url, "tel:")):
            self.wrong.append(f"request: {url}")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Make a data directory of the demo's own."""
    made = embedded.throwaway_data_dir()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
async def demo(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start `engage demo` as its users do, and return it with its address."""
    assert (BUILT / "index.html").exists(), "The pages are not built: run `make web`"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ENGAGE_")}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engage", "demo", "--port", "0", "--data-dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    assert running.stdout is not None
    url = ""
    while not url:
        line = (await asyncio.wait_for(running.stdout.readline(), 120)).decode()
        assert line, "the demo ended before it began"
        if line.startswith("engage runs at "):
            url = line.split()[3]
    draining = asyncio.create_task(running.stdout.read())
    yield running, url
    with suppress(ProcessLookupError):
        running.terminate()
    await asyncio.wait_for(running.wait(), 60)
    await draining


@pytest.fixture(scope="session")
async def opened() -> AsyncIterator[Browser]:
    """Start a browser with a profile of its own, thrown away afterwards."""
    found = await asyncio.to_thread(chromium.find)
    async with async_playwright() as play:
        started = await play.chromium.launch(
            executable_path=found.path,
            args=list(found.flags),
            env={**os.environ, **found.environment},
        )
        yield started
        await started.close()


@pytest.fixture
async def stage(
    demo: tuple[asyncio.subprocess.Process, str], opened: Browser
) -> AsyncIterator[Stage]:
    """Set the stage for one test; no page may complain, break the policy or call elsewhere."""
    made = Stage(url=demo[1], demo=demo[0], browser=opened)
    yield made
    for context in made.opened:
        for page in context.pages:
            # An answer that a test was still altering would otherwise fail the next test.
            await page.unroute_all(behavior="ignoreErrors")
        await context.close()
    assert made.wrong == []
