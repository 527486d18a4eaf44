"""Debian's Chromium, for tests of what people see."""

import contextlib
import shutil

from playwright.async_api import async_playwright

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

# What every page has to keep, whatever it shows; returns sentences.
RULES = """() => {
  const wrong = [];
  const visible = (one) => one.checkVisibility() && one.getClientRects().length > 0;
  for (const one of document.querySelectorAll("input:not([type=hidden]), select"))
    if (!one.labels.length) wrong.push(`no label: ${one.name}`);
  for (const one of document.querySelectorAll("a[href], button"))
    if (!one.textContent.trim() && !one.getAttribute("aria-label")) wrong.push(`no name: ${one.outerHTML}`);
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) wrong.push(`twice: ${id}`);
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement, style = getComputedStyle(one);
    if (!texts.currentNode.data.trim() || !visible(one)) continue;
    const drawn = one instanceof SVGElement ? style.fill : style.color;
    if (drawn === "none") continue;
    const [dark, bright] = [light(drawn), light(behind(one))].sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(1)}: ${texts.currentNode.data.trim()}`);
  }
  return wrong;
}"""
"""WCAG 2.2: 1.4.3 (contrast), 1.4.10 (reflow), 2.4.6 (headings and labels), 4.1.2 (name, role, value)."""


class Visit:
    """A browser of somebody, with all that its pages complain of."""

    def __init__(self, context, page):
        self.context = context
        self.page = page
        self.complaints = []
        """What a page could not do: refused by its policy, or failed."""
        page.on("console", self._noted)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _noted(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def wrong(self):
        """What the page that is open does not keep."""
        return await self.page.evaluate(RULES)


@contextlib.asynccontextmanager
async def chromium():
    """A browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def visiting(browser, url, **options):
    """Somebody who opens an address there. Fails where a page complains."""
    context = await browser.new_context(base_url=url, **{"locale": "en-GB", **options})
    context.set_default_timeout(15_000)
    try:
        visit = Visit(context, await context.new_page())
        await visit.page.goto("./")
        yield visit
        assert visit.complaints == []
    finally:
        await context.close()
