"""A running service in the browser of its owner, on a real server."""

import asyncio
import contextlib
import signal

import pytest
from playwright.async_api import expect

from adapters.irc.testing import Person
from bridge.model import plain
from bridge.testing import free_port
from tests.adapters.places import demo_server
from tests.browser import chromium, visiting
from tests.e2e.world import HUBBUB

MAP = """\
# Our map, with what we know about it.
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {port}, tls: false, nick: hubbub}}   # the old server
conversations:
  lobby:
    irc: ["#one", "#two"]   # both since May
web: {{listen: "127.0.0.1:{web}"}}
"""


@contextlib.asynccontextmanager
async def service(folder):
    """`hubbub run`, once it is in both rooms."""
    process = await asyncio.create_subprocess_exec(HUBBUB, "run", cwd=folder, stderr=asyncio.subprocess.PIPE)
    joined = 0
    async with asyncio.timeout(60):
        while joined < 2:
            joined += b"is joined" in await process.stderr.readline()
    reading = asyncio.ensure_future(process.stderr.read())
    try:
        yield reading
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
        await reading


@pytest.mark.timeout(120)
async def test_an_owner_maps_rooms_and_sees_a_server_go(tmp_path):
    (tmp_path / "irc").mkdir()
    web, file = free_port(), tmp_path / "bridge.yaml"
    async with demo_server("irc", tmp_path / "irc") as (demo, _), chromium() as browser:
        file.write_text(MAP.format(port=demo.port, web=web))
        async with service(tmp_path) as log, visiting(browser, f"http://127.0.0.1:{web}/") as visit:
            page = visit.page
            await expect(page.get_by_role("heading", level=1)).to_have_text("All is well.")
            await page.get_by_role("link", name="Map", exact=True).click()
            await page.get_by_label("Name of the new conversation").fill("garden")
            await page.get_by_label("Room", exact=True).nth(0).fill("#three")
            await page.get_by_label("Room", exact=True).nth(1).fill("#four")
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator("#outcome")).to_contain_text("irc #three is joined")
            bob, eve = Person("bob", "#three"), Person("eve", "#four")
            await bob.join(demo.port)
            await eve.join(demo.port)
            await bob.say(plain("is somebody there?"))
            heard = await asyncio.wait_for(eve.heard.get(), 30)
            assert heard.content.text.endswith("is somebody there?")
            await page.get_by_role("link", name="Overview").click()
            await expect(page.locator("#conversations")).to_contain_text("garden")
            await bob.leave()
            await eve.leave()
            await demo.stop()
            await expect(page.locator("#troubles")).to_contain_text("irc cannot be reached")
            await expect(page.locator("#networks")).to_contain_text("not reached")
        said = (await log).decode()
    text = file.read_text()
    assert text.replace('  garden:\n    irc: ["#three", "#four"]\n', "") == MAP.format(
        port=demo.port, web=web
    )
    assert "asked by the console (127.0.0.1), and done: " in said
    assert "irc '#three' into 'garden'" in said
