"""Looks at a page as axe does, and as somebody with a narrow screen."""

from pathlib import Path

from playwright.async_api import Page

from tests.web.walk import lies, walked

AXE = Path(__file__).parents[2] / "engage/web/client/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  const where = one => one.nodes.map(node => node.html + node.failureSummary).join(" | ");
  return found.violations.map(one => `${one.id}: ${one.help}: ${where(one)}`);
}"""


class Eye:
    """Looks at one page after another, as axe and as somebody with a narrow screen."""

    def __init__(self, width: int) -> None:
        """Take the width of the screen."""
        self._width = width
        self.found: list[str] = []

    async def look(self, page: Page, state: str) -> None:
        """Note what is wrong with a page in a state."""
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(AXE.read_text("utf-8"))
        self.found += [f"{state}: {one}" for one in await page.evaluate(RUN, TAGS)]
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > self._width:
            self.found.append(f"{state}: {wide} px wide on a screen of {self._width}")

    async def walk(self, page: Page, state: str) -> None:
        """Note what somebody without a mouse meets at 400 %."""
        self.found += [f"{state}: {one}" for one in (*await lies(page), *await walked(page))]
