"""A shop: pages on an origin of their own, a desk, and staff in the room `lobby` of a scripted network."""

import asyncio
import contextlib
import html
from dataclasses import replace

import yaml
from aiohttp import web

from bridge.app import Bridge
from bridge.config import load
from bridge.model import Support
from bridge.protocols import find
from bridge.testing import ScriptedNetwork, free_port
from tests.browser import visiting

PATIENCE = 20.0
_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, viewport-fit=cover">
<link rel="icon" href="data:,"><title>Sweaters</title>
<style>body {{ margin: 2rem }} div, p, button {{ display: none; color: red !important }}</style>
<h1>Sweater No. 4</h1>
{before}
<script src="{script}" data-desk="{desk}" {attributes} async></script>
</html>"""
"""Its rules would hide all of a widget that is open to them."""


FORM = {
    "form": [
        {"name": "name", "required": True},
        {"name": "size", "label": "Your size", "type": "select", "options": ["S", "M"]},
    ],
    "consent": "I agree to https://shop.example/privacy.",
    "texts": {"hello": "Ask for any measure."},
}
CLOSED = {"time_zone": "UTC", "open": {"mon": "closed"}}
DESKS = {
    "sales": {},
    "measures": FORM,
    "night": {"hours": CLOSED},
    "dusk": {"hours": {**CLOSED, "open": {"tue": "closed"}}, "form": [{"name": "mail", "type": "email"}]},
}
ARCHIVED = ("measures", "night")
GUARD = {"limits": {"open": 1000, "opened": "1000/h"}, "proof": 8}


class Storefront:
    """Serves pages that show the widget, and has the staff."""

    def __init__(self, folder):
        self.staff = ScriptedNetwork("staff")
        self.staff.capabilities = replace(self.staff.capabilities, typing=Support.FULL)
        pages, desk = free_port(), free_port()
        self.url = f"http://localhost:{pages}/"
        self.desk = f"http://127.0.0.1:{desk}"
        self._pages = ("127.0.0.1", pages)
        self._map = folder / "bridge.yaml"
        shop = {
            "protocol": "livechat",
            "listen": f"127.0.0.1:{desk}",
            "origins": [self.url.rstrip("/")],
            "guard": GUARD,
        }
        staff = {"protocol": "bridge.testing:ScriptedAdapter", "server": "staff"}
        conversations = {
            name: {
                "staff": "lobby" if name == "sales" else name,
                "shop": {"room": name, "capacity": 100, "files": {}, **rules},
                "prefix": "[{name}] ",
                **({"archive": {"keep": "90d"}} if name in ARCHIVED else {}),
            }
            for name, rules in DESKS.items()
        }
        networks = {"shop": shop, "staff": staff}
        self._map.write_text(yaml.safe_dump({"networks": networks, "conversations": conversations}))

    @contextlib.asynccontextmanager
    async def open(self):
        """Have it open while in this context."""
        application = web.Application()
        application.router.add_get("/{page:.*}", self._page)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, *self._pages).start()
        service = asyncio.ensure_future(Bridge(load(self._map, find, {})).run())
        try:
            async with asyncio.timeout(PATIENCE):
                while not self.staff.connected or not await _listens(self.desk):
                    assert not service.done(), service.result()
                    await asyncio.sleep(0.01)
            yield self
        finally:
            service.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await service
            await runner.cleanup()

    async def _page(self, request):
        """A page by what is asked: `?language=de&direction=ltr&attributes=…&before=…`. Its policy allows the
        widget's script and its requests, and nothing else of it.
        """
        query = request.query
        policy = {
            "default-src": "'none'",
            "script-src": f"{self.desk} 'nonce-ours'",
            "connect-src": self.desk,
            "style-src": "'unsafe-inline'" if "lax" in query else "'nonce-ours'",
            "img-src": "data:",
            "require-trusted-types-for": "'script'",
        }
        page = _PAGE.format(
            language=html.escape(query.get("language", "en")),
            direction=html.escape(query.get("direction", "ltr")),
            before=query.get("before", ""),
            attributes=query.get("attributes", ""),
            script=f"{self.desk}/chat.js",
            desk=html.escape(query.get("desk", "sales")),
        ).replace("<style>", '<style nonce="ours">')
        headers = {"Content-Security-Policy": "; ".join(map(" ".join, policy.items()))}
        return web.Response(text=page, content_type="text/html", headers=headers)

    @contextlib.asynccontextmanager
    async def visitor(self, browser, path="./", **options):
        """Somebody who looks at a page. Fails where it complains, or asks others than shop and desk."""
        asked = []
        async with visiting(browser, self.url, reduced_motion="reduce", **options) as visit:
            visit.page.on("request", lambda request: asked.append(request.url))
            if path != "./":
                await visit.page.goto(path)
            yield Visitor(visit)
            assert await visit.context.cookies() == []
        assert [url for url in asked if not url.startswith((self.url, self.desk, "data:", "blob:"))] == []

    async def asked(self, words):
        """Wait until staff read a visitor's words. Returns the number of the chat."""
        async with asyncio.timeout(PATIENCE):
            count = 0
            while True:
                for text in self.texts():
                    label, _, _ = text.partition("] ")
                    if text == "\n".join(f"{label}] {line}" for line in words.split("\n")):
                        return int(label[1:].partition(" ")[0])
                count = max(count, len(self.staff.said)) + 1
                await self.staff.until(count)

    def texts(self):
        """What staff have read."""
        return self.staff.texts("lobby")

    def say(self, words, name="Anna"):
        """Let somebody of the staff say something. Returns the event."""
        return self.staff.say("lobby", name, words)


class Visitor:
    """What somebody does on a page."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        self.button = self.page.locator("hubbub-chat .launch")
        self.panel = self.page.get_by_role("dialog")
        self.log = self.page.get_by_role("log")
        self.field = self.page.locator("hubbub-chat form.write textarea")

    async def ask(self, words):
        """Open the chat where it is not, and say something."""
        if not await self.panel.is_visible():
            await self.button.click()
        await self.field.fill(words)
        await self.field.press("Enter")

    async def call(self, script):
        """Run a script on the page. Returns what it gives."""
        return await self.page.evaluate(script)

    async def until(self, true):
        """Wait until something is true on the page, whose policy lets no browser wait for it."""
        async with asyncio.timeout(PATIENCE):
            while not await self.page.evaluate(f"() => {true}"):
                await asyncio.sleep(0.01)


async def _listens(url):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    except OSError:
        return False
    writer.close()
    return True
