"""A shop: its pages on an origin of their own, its desk, and agents in the clients that they have anyway."""

import asyncio
import contextlib
import os
import re
from pathlib import Path

import nio
from aiohttp import web
from playwright.async_api import expect

from adapters.irc.testing import Demo as Ngircd
from adapters.matrix.testing import Demo as Synapse
from bridge.testing import free_port
from tests.bridge.mail.postbox import Postbox
from tests.browser import visiting
from tests.e2e.commands import run
from tests.e2e.world import HUBBUB, PATIENCE, Hubbub
from tests.terminal import Terminal

ROOM = "#sales:demo.hubbub.test"
ANSWERS = """
networks:
  shop: {{protocol: livechat, listen: '{desk}', origins: '{origin}'}}
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub}}
  matrix: {{protocol: matrix, homeserver: '{matrix}', user: '@hubbub:demo.hubbub.test', password: hubbub}}
conversations:
  sales:
    irc: '#sales'
    matrix: '#sales:demo.hubbub.test'
    shop: {{room: sales, form: [{{name: name}}, {{name: mail, type: email}}]}}
    archive: {{keep: 2y}}
mail: {{server: 127.0.0.1, port: {mail}, security: none, from: desk@shop.example}}
"""
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>{title}</title>
<h1>{title}</h1>
{line}
</html>"""


class Shop:
    """The servers, and what an owner does at a prompt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.irc = Ngircd(folder / "irc")
        self.matrix = Synapse(folder / "matrix")
        pages = free_port()
        self.url = f"http://localhost:{pages}/"
        self._pages = ("127.0.0.1", pages)
        self._desk = f"127.0.0.1:{free_port()}"
        self._postbox = Postbox()
        self._line = ""

    @contextlib.asynccontextmanager
    async def open(self):
        """Have servers and pages while in this context."""
        for server in (self.irc, self.matrix):
            server.folder.mkdir()
            server.folder.chmod(0o755)
        self.folder.chmod(0o755)  # ngIRCd gives up root's rights
        application = web.Application()
        application.router.add_get("/{page:.*}", self._page)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, *self._pages).start()
        try:
            await asyncio.gather(self.irc.start(), self.matrix.start())
            self.room = await self.matrix.room(ROOM)
            async with self._postbox.open() as self._mail_port:
                yield self
        finally:
            await runner.cleanup()
            await asyncio.gather(self.irc.stop(), self.matrix.stop())

    async def mail(self):
        """Wait for a mail. Returns whom it was for, and its text."""
        async with asyncio.timeout(PATIENCE):
            while not self._postbox.taken:
                await asyncio.sleep(0.02)
        _, recipients, message = self._postbox.taken.pop(0)
        return recipients, message.get_body(("plain",)).get_content()

    async def init(self):
        """`hubbub init --desk`, whose logins are tried; the line that it says is put into the pages."""
        answers = ANSWERS.format(
            irc=self.irc.port,
            matrix=self.matrix.url,
            desk=self._desk,
            origin=self.url.rstrip("/"),
            mail=self._mail_port,
        )
        (self.folder / "answers.yaml").write_text(answers)
        told = await self.hubbub("init", "--desk", "--no-input", "--answers", "answers.yaml")
        self._line = re.search("<script .*</script>", told)[0]
        return told

    async def hubbub(self, *arguments, **variables):
        """Run one of Hubbub's commands. Returns what it prints."""
        return await run(HUBBUB, *arguments, folder=self.folder, **os.environ, **variables)

    @contextlib.asynccontextmanager
    async def running(self):
        """Have `hubbub run` while in this context."""
        await self.start()
        try:
            yield
            await self.end()
        finally:
            if self._service.process.returncode is None:
                await self._service.kill()

    async def start(self):
        """`hubbub run`, up to where it is in its rooms."""
        log = self.folder / f"hubbub-{len(list(self.folder.glob('hubbub-*.log')))}.log"
        environment = {**os.environ, "HUBBUB_LOG": "text"}
        with log.open("w") as output:
            process = await asyncio.create_subprocess_exec(
                HUBBUB, "run", cwd=self.folder, stderr=output, env=environment
            )
        self._service = Hubbub(process, log)
        await self._service.joined("irc", "matrix", "shop")

    async def end(self):
        """Stop it, as a service manager does."""
        assert await self._service.stop() == 0, self._service.log.read_text()

    async def _page(self, request):
        title = request.match_info["page"].capitalize() or "Sweaters"
        return web.Response(text=_PAGE.format(title=title, line=self._line), content_type="text/html")

    @contextlib.asynccontextmanager
    async def customer(self, browser, **options):
        """Somebody who looks at a page. Fails where it complains."""
        async with visiting(browser, self.url, reduced_motion="reduce", **options) as visit:
            yield Customer(visit)


class Customer:
    """What somebody does on a page."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        self.panel = self.page.get_by_role("dialog")
        self.log = self.page.get_by_role("log")

    async def ask(self, words, **form):
        """Write something, in the chat that is opened where it is not, with what its form asks."""
        if not await self.panel.is_visible():
            await self.page.locator("hubbub-chat .launch").click()
        for name, value in form.items():
            await self.panel.locator(f"input[name={name}]").fill(value)
        field = self.page.locator("hubbub-chat form.write textarea")
        await field.fill(words)
        await field.press("Enter")

    async def press(self, *names):
        """Press one button after the other."""
        for name in names:
            await self.panel.get_by_role("button", name=name).first.click()

    async def hears(self, words):
        """Wait until that stands in the chat."""
        await expect(self.log).to_contain_text(words, timeout=PATIENCE * 1000)

    async def read(self):
        """What stands in the chat: who says it (`visitor`, `agent`, `desk` or `told`) and words, in order."""
        lines = await self.log.evaluate("""(log) => [...log.querySelectorAll(".line")].map((line) => {
            const words = line.querySelector(".words").cloneNode(true);
            words.querySelector("time")?.remove();
            return [line.classList[1], words.textContent];
        })""")
        return [tuple(line) for line in lines]

    @contextlib.asynccontextmanager
    async def offline(self):
        """The network of their machine is gone while in this context."""
        await self.visit.context.set_offline(True)
        yield
        await self.visit.context.set_offline(False)
        self.visit.complaints.clear()  # of the network that was gone


class Irssi(Terminal):
    """An agent's irssi, in the room `#sales`."""

    @contextlib.asynccontextmanager
    async def open(self, port, nick):
        home = Path(self._socket).with_name(f"irssi-{nick}")
        home.mkdir()
        (home / "config").write_text('settings = { "irc/core" = { cmd_queue_speed = "10msec"; }; };')
        irssi = f"irssi --home={home} -c 127.0.0.1 -p {port} -n {nick}"
        program = f"TERM=screen-256color LC_ALL=C.UTF-8 HOME={home} {irssi}"
        await self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "45", program)
        try:
            await self.shows("MOTD")
            await self.type("/join #sales")
            await self.shows("Irssi: #sales: Total of")
            yield self
        finally:
            await self.tmux("kill-server")

    async def reads(self):
        """The lines of the screen, without their times."""
        shown = (await self.tmux("capture-pane", "-p", "-J", "-S", "-")).replace("\u200b", "").splitlines()
        return [line[6:].strip() for line in shown]

    async def number(self, words):
        """Wait until a visitor's words are there. Returns the number of the chat."""
        await self.shows(f"] {words}")
        (found,) = [line for line in await self.reads() if line.endswith(f"] {words}")]
        return int(re.search(r"\[(\d+)", found)[1])


class Nio:
    """An agent's client of matrix-nio."""

    def __init__(self, shop):
        self._shop = shop
        self.heard = []
        """Events of text, in their order."""

    @contextlib.asynccontextmanager
    async def open(self, user, name):
        await self._shop.matrix.register(user, "sesame")
        self._client = nio.AsyncClient(self._shop.matrix.url, f"@{user}:demo.hubbub.test")
        try:
            await self._client.login("sesame")
            await self._client.set_displayname(name)
            await self._client.join(ROOM)
            self._client.add_event_callback(self._hear, nio.RoomMessage)
            following = asyncio.ensure_future(self._client.sync_forever(5000))
            try:
                yield self
            finally:
                following.cancel()
        finally:
            await self._client.close()

    def _hear(self, room, event):
        self.heard.append(event)

    async def event(self, words):
        """Wait until somebody's words are there. Returns their event."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in self.heard:
                    if event.body.replace("\u200b", "").endswith(words):
                        return event
                await asyncio.sleep(0.02)

    @staticmethod
    def number_in(event):
        """The number of the chat whose visitor says something there."""
        return int(re.search(r"\[(\d+)", event.body)[1])

    async def say(self, words, *, to=None):
        """Say something, as a reply to an event where there is one."""
        content = {"msgtype": "m.text", "body": words}
        if to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": to.event_id}}
        answer = await self._client.room_send(self._shop.room, "m.room.message", content)
        assert isinstance(answer, nio.RoomSendResponse), answer
