"""What the widget of a desk costs a page: bytes as they travel, time until it is there, what it shifts."""

import gzip
import statistics
from pathlib import Path

from tests.adapters.livechat.storefront import Storefront
from tests.browser import chromium

_FILE = Path(__file__).parents[1] / "adapters/livechat/static/chat.js"
_TIMES = 9
_WATCH = """
  window.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { shifted += one.value; }))
    .observe({type: "layout-shift", buffered: true});
  new MutationObserver((_, watching) => {
    if (!document.querySelector("hubbub-chat")) return;
    window.there = performance.now();
    watching.disconnect();
  }).observe(document, {childList: true, subtree: true});
"""
_MEASURED = """async () => {
  const script = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/chat.js"));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [script.responseEnd - script.startTime, there - script.startTime, shifted];
}"""


async def page_load(folder):
    """Bytes, packed; milliseconds until the script is fetched, and until its button is there; the sum of what
    it shifted while it came and was opened (Layout Instability, 2.3).
    """
    rows = []
    async with Storefront(folder).open() as shop, chromium() as browser:
        for _ in range(_TIMES):
            context = await browser.new_context()
            page = await context.new_page()
            await page.add_init_script(_WATCH)
            await page.goto(shop.url)
            await page.locator("hubbub-chat .launch").click()
            rows.append(await page.evaluate(_MEASURED))
            await context.close()
    fetched, there, shifted = zip(*rows, strict=True)
    size = len(gzip.compress(_FILE.read_bytes()))
    return size, statistics.median(fetched), statistics.median(there), max(shifted)
