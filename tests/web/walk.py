"""Walks a page by keyboard and looks at how it lies: what somebody at 400 % has, without a mouse.

Every control is reached by Tab, is seen when it has the focus, is not covered then, and shows that
it has it; nothing lies beside the screen, and nothing that stays in place takes half of it.
"""

from typing import Any

from playwright.async_api import Page

MOST = 90
"""So many stops say how the rest is: a list of two hundred texts is not walked to its end."""
CALLED = """
const called = one => {
  const words = (one.getAttribute("aria-label") ?? one.textContent ?? one.name ?? "").trim();
  return `${one.tagName.toLowerCase()} "${words.slice(0, 40)}"`;
};
const seen = one => one.checkVisibility({visibilityProperty: true, opacityProperty: true});
"""
LIES = (
    """() => {"""
    + CALLED
    + """
  const wide = document.documentElement.clientWidth, found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > wide) found.push(`${whole} px wide on a screen of ${wide}`);
  const modal = document.querySelector("dialog:modal");
  // A table of figures, and a row of places to jump to, may be wider than what shows them.
  const mayScroll = ".wide-table, .jumps";
  for (const one of (modal ?? document.body).querySelectorAll("*")) {
    if (!seen(one) || one.closest(".unseen, .skip, svg, [aria-hidden=true]")) continue;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (["inline", "contents"].includes(style.display) || box.width * box.height === 0) continue;
    if (one.closest(mayScroll) === null && (box.right > wide + 1 || box.left < -1)) {
      found.push(`${called(one)} lies beside the screen`);
    }
    if (["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1) {
      found.push(`${called(one)} is cut`);
    }
    const stays = ["fixed", "sticky"].includes(style.position) && !one.matches("dialog, th, td");
    if (stays && box.height > innerHeight / 2) found.push(`${called(one)} covers half of it`);
  }
  return found;
}"""
)
BEGIN = """() => {
  const modal = document.querySelector("dialog:modal");
  const all = "a[href], button, input, select, textarea, summary, [tabindex]";
  const groups = new Set();
  window.engageWalk = {left: new Set(), been: []};
  for (const one of (modal ?? document).querySelectorAll(all)) {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({visibilityProperty: true})) {
      continue;
    }
    if (one.type === "radio") {
      if (groups.has(one.name)) continue;
      groups.add(one.name);
    }
    engageWalk.left.add(one);
  }
  if (modal !== null) return;
  // Tab goes on from where the focus was: from the very beginning.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""
STEP = (
    """() => {"""
    + CALLED
    + """
  const one = document.activeElement, {left, been} = window.engageWalk;
  if (one === null || one === document.body) return {at: "end", wrong: []};
  // A field for a date has a stop for each of its parts.
  if (been.at(-1) === one) return {at: "part", wrong: []};
  if (been.includes(one)) return {at: "again", wrong: []};
  been.push(one);
  for (const other of left) {
    const group = other.type === "radio" && one.type === "radio" && other.name === one.name;
    if (group || other === one) left.delete(other);
  }
  const wrong = [], own = one.getBoundingClientRect();
  const shown = own.width < 2 && one.labels?.length ? one.labels[0] : one;
  const box = shown.getBoundingClientRect();
  const from = [Math.max(0, box.left), Math.max(0, box.top)];
  const to = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
  if (to[0] <= from[0] || to[1] <= from[1]) wrong.push("has the focus out of sight");
  else {
    const hits = [0.1, 0.5, 0.9].flatMap(x => [0.15, 0.5, 0.85].map(y => [x, y])).some(([x, y]) => {
      const at = document.elementFromPoint(
        from[0] + (to[0] - from[0]) * x, from[1] + (to[1] - from[1]) * y);
      return at !== null && (shown.contains(at) || at.contains(shown)
        || at.closest("label")?.contains(shown));
    });
    if (!hits) wrong.push("has the focus and is covered");
  }
  const ring = of => getComputedStyle(of).outlineStyle !== "none"
    && parseFloat(getComputedStyle(of).outlineWidth) >= 2;
  if (!ring(one) && !ring(shown) && getComputedStyle(one).boxShadow === "none") {
    wrong.push("has the focus and does not show it");
  }
  if (one.tabIndex > 0) wrong.push("is out of turn");
  return {at: "on", wrong: wrong.map(words => `${called(one)} ${words}`)};
}"""
)
LEFT = (
    "() => {"
    + CALLED
    + "return [...window.engageWalk.left].filter(one => one.isConnected && seen(one)).map(called);}"
)


async def lies(page: Page) -> list[str]:
    """Return what is wrong with how a page lies on its screen."""
    return await page.evaluate(LIES)


async def walked(page: Page) -> list[str]:
    """Go through a page with Tab, and return what was wrong on the way."""
    missed: list[str] = []
    for _ in range(2):
        wrong, missed = await _once(page)
        # What was drawn anew while it had the focus lost it: a second walk says whether it is so.
        if not missed:
            return wrong
    return [*wrong, *(f"{one} is not reached by Tab" for one in missed)]


async def _once(page: Page) -> tuple[list[str], list[str]]:
    modal = await page.locator("dialog:modal").count() > 0
    await page.evaluate(BEGIN)
    wrong: list[str] = []
    ends = 0
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        step: dict[str, Any] = await page.evaluate(STEP)
        wrong += step["wrong"]
        # From a dialog Tab leads to the browser's own controls, and back into it.
        ends += step["at"] == "end"
        if step["at"] == "again" or ends > modal:
            return wrong, await page.evaluate(LEFT)
    return wrong, []
