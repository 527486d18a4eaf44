"""A Matrix room and a group of bots are one conversation: a real Synapse, and a bot written with NoneBot.

What the bot is given and what people see of it is kept in files; HUBBUB_GOLDEN=write writes them anew.
"""

import asyncio
import base64
import contextlib
import os
import re
import sys

import pytest

from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from bridge import app
from bridge.app import Bridge
from bridge.config import load
from bridge.model import Content, Kind, Mark, MessageCreated, Span, plain
from bridge.protocols import find
from bridge.testing import free_port
from tests.adapters.bots.frameworks import TOKEN, Framework
from tests.e2e.test_golden import _compare
from tests.e2e.transcript import Transcript
from tests.people import picture

pytestmark = pytest.mark.timeout(120)

PATIENCE = 30.0
ROOM = f"#shop:{SERVER}"
CONFIG = """\
networks:
  bots: {{protocol: bots, nickname: pricebot, listen: "127.0.0.1:{bots}", token: "{token}",
    removals: note, reactions: summary}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:{server}",
    password: hubbub}}
media: {{hosts: ["127.0.0.1:*"]}}
conversations:
  shop: {{bots: shop, matrix: "{room}"}}
"""
BOT = """
import base64, os, nonebot
from nonebot.adapters.onebot.v11 import (
    Adapter, Bot, GroupMessageEvent, GroupRecallNoticeEvent, MessageSegment
)

nonebot.init(
    driver="~websockets",
    onebot_ws_urls={"ws://127.0.0.1:PORT/"},
    onebot_access_token=os.environ["BOTS_TOKEN"],
    log_level="ERROR",
)
nonebot.get_driver().register_adapter(Adapter)
seen = open("SEEN", "a", buffering=1)
PICTURE = "base64://PNG"

@nonebot.on_message().handle()
async def _(bot: Bot, event: GroupMessageEvent):
    answered = f"answer to [{event.reply.message}]: " if event.reply else ""
    asked = str(event.original_message)
    seen.write(f"{answered}<{event.sender.card}> {asked!r}" + "\\n")
    if asked == "!answer":
        await bot.send(event, "it is 42", reply_message=True)
    elif asked == "!at":
        await bot.send(event, "here you are", at_sender=True)
    elif asked == "!lines":
        await bot.send(event, "one [x] & two\\nthree 你好")
    elif asked == "!picture":
        await bot.send(event, "look: " + MessageSegment.image(PICTURE))
    elif asked == "!oops":
        said = await bot.send(event, "a price that is wrong")
        await bot.delete_msg(message_id=said["message_id"])

@nonebot.on_notice().handle()
async def _(bot: Bot, event: GroupRecallNoticeEvent):
    gone = await bot.get_msg(message_id=event.message_id)
    by = "its author" if event.operator_id == event.user_id else "another"
    seen.write(f"a message of {gone['sender']['nickname']} is taken back by {by}" + "\\n")

nonebot.run()
"""
_NUMBER = re.compile(r"(qq|id)=\d+")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/file/[\w-]+/")


class NoneBot:
    """What it was given, line by line."""

    def __init__(self, folder):
        self._file = folder / "seen.txt"
        self._file.touch()

    def seen(self):
        """All so far, without numbers that are drawn."""
        return _ADDRESS.sub("http://HERE/", _NUMBER.sub(r"\1=N", self._file.read_text())).splitlines()

    async def sees(self, count):
        """So many lines, when they are there."""
        async with asyncio.timeout(PATIENCE):
            while len(self.seen()) < count:
                await asyncio.sleep(0.02)
        return self.seen()


class Shop:
    """Ada, whom the bot hears, and the bot."""

    def __init__(self, ada, bot):
        self.ada, self.bot = ada, bot
        self.told, self.transcript = [], Transcript()
        self._known = 0

    def step(self, title, *, asks=False):
        """What comes next; `asks`: people see something of it."""
        for lines in [self.told] + [self.transcript.lines] * asks:
            lines += ["", f"# {title}"]

    async def act(self, doing, lines=1):
        """Do this; done when the bot has been given so many lines of it."""
        done = await doing
        seen = await self.bot.sees(self._known + lines)
        self.told += seen[self._known :]
        self._known = len(seen)
        return done

    async def say(self, text, **how):
        return await self.act(self.ada.say(plain(text), **how))

    async def answered(self, text, events=1):
        """Ada says this; done when she has seen what the bot does then. Returns what it said first."""
        said = await self.say(text)
        self.transcript.know(said, f"<ada> {text}")
        async with asyncio.timeout(PATIENCE):
            seen = [await self.ada.seen.get() for _ in range(events)]
        for event in seen:
            self.transcript.tell(event)
        return next((event.id for event in seen if isinstance(event, MessageCreated)), None)


@contextlib.asynccontextmanager
async def relaying(file):
    task = asyncio.create_task(Bridge(load(file, find, os.environ)).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def shop(tmp_path):
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    (tmp_path / "matrix").mkdir()
    synapse, port = Synapse(tmp_path / "matrix"), free_port()
    file = tmp_path / "bridge.yaml"
    bot, code = NoneBot(tmp_path), tmp_path / "a_nonebot.py"
    words = {"PORT": str(port), "SEEN": str(tmp_path / "seen.txt"), "PNG": _base64(picture())}
    code.write_text(re.sub("PORT|SEEN|PNG", lambda found: words[found[0]], BOT))
    try:
        matrix = (await synapse.start())["DEMO_MATRIX_PORT"]
        ada = await synapse.person("ada", ROOM)
        settings = {"bots": port, "token": TOKEN, "matrix": matrix, "server": SERVER, "room": ROOM}
        file.write_text(CONFIG.format(**settings))
        async with Framework(tmp_path, "nonebot", sys.executable, str(code)), relaying(file):
            there = Shop(ada, bot)
            await _met(ada, bot)
            there._known = len(bot.seen())
            yield there
        await ada.leave()
    finally:
        await synapse.stop()


async def _met(ada, bot):
    """Wait until the bridge is in both rooms."""
    while not await _comes(ada):
        pass
    await ada.say(plain("hello?"))
    await bot.sees(1)
    while not ada.seen.empty():
        ada.seen.get_nowait()


async def _comes(ada):
    event = await asyncio.wait_for(ada.seen.get(), PATIENCE)
    return event.sender.name.startswith("hubbub")


def _base64(data):
    return base64.b64encode(data).decode()


async def test_what_a_bot_and_people_see(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "_PATROL", 3600.0)
    await _talk(shop, tmp_path)
    await _ask(shop)
    head = f"What a bot written with NoneBot is given in the group shop\nof {ROOM} on Matrix (Synapse)."
    _compare("matrix-to-bots", "\n".join([head, *shop.told]) + "\n", "")
    head = f"What ada sees in {ROOM} on Matrix (Synapse)\nof a bot written with NoneBot in the group shop."
    _compare("bots-to-matrix", "\n".join([head, *shop.transcript.lines]) + "\n", "")


async def _talk(shop, folder):
    ada = shop.ada
    shop.step("plain, and signs of all kinds")
    await shop.say("Good morning!")
    first = await shop.say("Tschüß 👋🏽 [CQ:at,qq=1] &#91; 你好\nthe second line")
    shop.step("formatted, and an action")
    bold = Span("bold", frozenset({Mark.BOLD}))
    link = Span("the plan", href="https://example.org/plan")
    await shop.act(ada.say(Content((bold, Span(", see "), link))))
    await shop.act(ada.say(plain("waves to all"), Kind.EMOTE))
    shop.step("the bot is named")
    await shop.say("pricebot: are you there?")
    shop.step("an answer")
    await shop.say("what a greeting", answers=first)
    shop.step("an edit, and a message that is taken back")
    slip = await shop.say("tea at fore")
    await shop.act(ada.edit(slip, plain("tea at four")))
    wrong = await shop.say("this is the wrong room")
    await shop.act(ada.remove(wrong))
    shop.step("a picture with words, and a file")
    for name, data, words in (("red.png", picture(), "look"), ("a.txt", b"tea\n", "")):
        (folder / name).write_bytes(data)
        await shop.act(ada.send(folder / name, words))


async def _ask(shop):
    shop.step("it answers, and calls somebody", asks=True)
    said = await shop.answered("!answer")
    await shop.answered("!at")
    shop.step("two lines, and signs of its own", asks=True)
    await shop.answered("!lines")
    shop.step("a picture with words", asks=True)
    await shop.answered("!picture")
    shop.step("it takes back what it said", asks=True)
    await shop.answered("!oops", 2)
    shop.step("somebody answers it")
    await shop.say("thank you", answers=said)
