"""A chat room of AIM and a Matrix room are one conversation: a real Synapse, a scripted TOC2 server.

What is seen is kept in files; HUBBUB_GOLDEN=write writes them anew.
"""

import asyncio

import pytest

from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from adapters.toc import Adapter
from bridge import app
from bridge.model import (
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    Span,
    plain,
)
from tests.adapters.toc.server import Somebody, TocServer
from tests.e2e.garden import NAMES, Garden
from tests.e2e.scene import scene
from tests.e2e.test_golden import LONG, _compare
from tests.people import picture

pytestmark = pytest.mark.timeout(120)

FILES = {"aim": "toc", "matrix": "matrix"}
SHOW = "members: note, removals: note, reactions: summary"
CONFIG = """\
networks:
  aim: {{protocol: toc, server: 127.0.0.1, port: {toc}, screen_name: Hub Bub, password: a Secret9,
    burst: 1000, per_second: 1000, {show}}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:{server}",
    password: hubbub, {show}}}
journal: {source}.sqlite3
media: {{folder: files-{source}}}
conversations:
  tea: {{ignore: [usher*], aim: "{room}", matrix: "#tea-{source}:{server}"}}
"""


class Lawn(Garden):
    """One real server and one scripted."""

    def __init__(self, folder):
        self.folder, self.own = folder, ""
        self.synapse, self.aim = Synapse(folder / "matrix"), TocServer()
        self.titles = {"aim": "AIM", "matrix": "Matrix (Synapse)"}
        self.events = asyncio.Queue()
        self._running = None

    async def start(self):
        (self.folder / "matrix").mkdir()
        await self.aim.start()
        self.port = (await self.synapse.start())["DEMO_MATRIX_PORT"]

    async def stop(self):
        await self.end()
        await asyncio.gather(self.synapse.stop(), self.aim.stop())

    def places(self, source):
        rooms = {"aim": Adapter.room_id(f"Tea of {source}"), "matrix": f"#tea-{source}:{SERVER}"}
        return {"": (source, rooms[source]), **{to: (to, room) for to, room in rooms.items() if to != source}}

    def plan(self, source):
        file = self.folder / f"{source}.yaml"
        wanted = {"toc": self.aim.port, "matrix": self.port, "server": SERVER, "source": source, "show": SHOW}
        file.write_text(CONFIG.format(room=f"Tea of {source}", **wanted))
        return file

    async def person(self, name, network, room):
        if network == "matrix":
            return await self.synapse.person(name, room)
        return Somebody(self.aim, name, room)


@pytest.fixture(scope="module")
async def lawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aim")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    made = Lawn(folder)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.mark.parametrize("source", ["aim", "matrix"])
async def test_what_people_see(lawn, source, monkeypatch):
    monkeypatch.setattr(app, "_PATROL", 3600.0)  # it is told when to look after what it has folded
    monkeypatch.setitem(NAMES, "aim", "barbara")
    async with scene(lawn, source) as play:
        await (_talk_on_aim if source == "aim" else _talk_on_matrix)(play)
        ((to, listener),) = play.listeners.items()
        (_, there), (_, where) = play.places[""], play.places[to]
        name, titles = listener.person.name, lawn.titles
        head = [f"What {name} sees in {where} on {titles[to]}", f"of {there} on {titles[source]}."]
        lines = "\n".join([*head, *listener.transcript.lines])
        _compare(f"{FILES[source]}-to-{FILES[to]}", f"{lines}\n", "")


async def _talk_on_aim(play):
    ada, bob, aim = play.ada, play.bob, play.garden.aim
    play.step("plain, and signs of all kinds")
    await play.say(ada, "Good morning!")
    await play.say(bob, "Tschüß 👋🏽 你好 & <b>not bold</b>\nthe second line")
    play.step("formatted, and an action")
    html = '<HTML><FONT COLOR="#ff0000"><B>bold</B> and <I>slanted</I>, <A HREF="https://a.example/">here</A>'

    async def formatted():
        aim.say(ada.room, "ada", f"{html}</FONT></HTML>")

    await play.act(formatted(), MessageCreated)
    await play.act(ada.say(plain("waves to all"), Kind.EMOTE), MessageCreated)
    play.step("a person of the other side is named")
    await play.say(ada, "alan: have you slept well?")
    play.step("a long text")
    await play.say(bob, LONG)


async def _talk_on_matrix(play):
    ada, bob = play.ada, play.bob
    play.step("plain, and signs of all kinds")
    await play.say(ada, "Good morning!")
    first = await play.say(bob, 'Tschüß 👋🏽 你好 & <b>not bold</b> $5 "quoted" {braces} \\')
    play.step("formatted, and an action")
    spans = [Span(mark.value, frozenset({mark})) for mark in (Mark.BOLD, Mark.ITALIC, Mark.CODE)]
    link = Span("the plan", href="https://example.org/plan")
    await play.act(ada.say(Content((*spans, Span(", see "), link))), MessageCreated)
    await play.act(ada.say(plain("waves to all"), Kind.EMOTE), MessageCreated)
    play.step("a person of the other side is named")
    await play.say(ada, "barbara: have you slept well?")
    play.step("an answer to the last line, to an old one, and to what somebody on the other side said")
    key = await play.say(bob, "who has the key?")
    await play.say(ada, "I have it", answers=key)
    await play.say(ada, "what a greeting", answers=first)
    await play.say(bob, "welcome, barbara", answers=play.greetings["aim"])
    play.step("an edit, and a message that is taken back")
    slip = await play.say(bob, "tea at fore")
    await play.act(bob.edit(slip, plain("tea at four")), MessageEdited)
    wrong = await play.say(bob, "this is the wrong room")
    await play.act(bob.remove(wrong), Removed)
    play.step("a picture with words")
    (play.garden.folder / "red.png").write_bytes(picture())
    await play.act(ada.send(play.garden.folder / "red.png", "look"), MessageCreated)
    play.step("two react")
    cake = await play.say(bob, "I bring the cake")
    for who in (ada, bob):
        await play.act(who.react(cake, "👍"), ReactionsChanged)
    await play.tell()
    play.step("a long text")
    await play.say(ada, LONG)
