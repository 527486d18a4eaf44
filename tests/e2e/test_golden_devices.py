"""Topics of a broker, programs and a Matrix room are one conversation: mosquitto and Synapse, and clients
that share no code with the adapters. What is seen is kept in files; HUBBUB_GOLDEN=write writes them anew.
"""

import asyncio

import pytest

from adapters.http.testing import Person as Program
from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from adapters.mqtt.testing import Demo as Mosquitto
from bridge import app
from bridge.model import (
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    RoomId,
    Span,
    TopicChanged,
    plain,
)
from bridge.testing import free_port
from tests.e2e.garden import Garden
from tests.e2e.scene import scene
from tests.e2e.test_golden import LONG, _compare
from tests.people import picture

pytestmark = pytest.mark.timeout(120)

FILES = {"broker": "mqtt", "programs": "http", "matrix": "matrix"}
CONFIG = """\
networks:
  broker: {{protocol: mqtt, server: 127.0.0.1, port: {broker}, tls: false, client_id: hubbub, {show}}}
  programs: {{protocol: http, listen: "127.0.0.1:{programs}", {show}}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:{server}",
    password: hubbub, {show}}}
media: {{hosts: ["127.0.0.1:*"], folder: files-{source}}}
journal: {source}.sqlite3
conversations:
  tea: {{ignore: [usher*], broker: "house/{source}", programs: "{source}", matrix: "#{source}:{server}"}}
"""


class Usher(Program):
    """A program whose words the other ones hear too: it says them on a WebSocket."""

    async def say(self, content, kind=Kind.TEXT, **how):
        async with self._session.ws_connect("/api/websocket") as socket:
            await socket.receive()
            await socket.send_json({"username": self.name, "gateway": self._room, "text": content.text})


class Allotment(Garden):
    """Two real servers, and a port for programs."""

    def __init__(self, folder):
        self.folder, self.own = folder, ""
        self.synapse, self.broker = Synapse(folder / "matrix"), Mosquitto(folder / "broker")
        self.broker.text = False
        self.titles = {"broker": "MQTT (mosquitto)", "programs": "HTTP", "matrix": "Matrix (Synapse)"}
        self.events = asyncio.Queue()
        self._running = None

    async def start(self):
        (self.folder / "matrix").mkdir()
        await self.broker.start()
        self.ports = {
            "matrix": (await self.synapse.start())["DEMO_MATRIX_PORT"],
            "broker": self.broker.port,
            "programs": free_port(),
        }

    async def stop(self):
        await self.end()
        await asyncio.gather(self.synapse.stop(), self.broker.stop())

    def places(self, source):
        rooms = {"broker": f"house/{source}", "programs": source, "matrix": f"#{source}:{SERVER}"}
        return {"": (source, rooms[source]), **{to: (to, room) for to, room in rooms.items() if to != source}}

    def plan(self, source):
        file = self.folder / f"{source}.yaml"
        show = "members: note, removals: note, reactions: summary"
        file.write_text(CONFIG.format(source=source, server=SERVER, show=show, **self.ports))
        return file

    async def person(self, name, network, room):
        if network == "programs":
            kind = Usher if name.startswith("usher") else Program
            person = kind(name, f"http://127.0.0.1:{self.ports['programs']}", RoomId(room))
            await person.join()
            return person
        return await (self.broker if network == "broker" else self.synapse).person(name, room)


@pytest.fixture(scope="module")
async def allotment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    made = Allotment(folder)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.mark.parametrize("source", list(FILES))
async def test_what_people_see(allotment, source, monkeypatch):
    monkeypatch.setattr(app, "_PATROL", 3600.0)  # it is told when to look after what it has folded
    async with scene(allotment, source) as play:
        await _talk(play)
        if source != "broker":
            await _more_than_talk(play)
        if source == "matrix":
            await _only_on_matrix(play)
        play.step("a long text")
        await play.say(play.ada, LONG)
        for to, listener in play.listeners.items():
            (_, there), (_, where) = play.places[""], play.places[to]
            head = [
                f"What {listener.person.name} sees in {where} on {allotment.titles[to]}",
                f"of {there} on {allotment.titles[source]}.",
            ]
            lines = "\n".join([*head, *listener.transcript.lines])
            _compare(f"{FILES[source]}-to-{FILES[to]}", f"{lines}\n", "")


async def _talk(play):
    """What can be done everywhere."""
    ada, bob = play.ada, play.bob
    play.step("plain, and signs of all kinds")
    await play.say(ada, "Good morning!")
    await play.say(bob, 'Tschüß 👋🏽 你好 {"text": "no"} <b>\nthe second line')
    play.step("an action")
    await play.act(ada.say(plain("waves to all"), Kind.EMOTE), MessageCreated)
    play.step("a person of the other side is named")
    for listener in play.listeners.values():
        await play.say(ada, f"{listener.person.name}: have you slept well?")


async def _more_than_talk(play):
    ada, bob = play.ada, play.bob
    play.step("an answer to the last line, and to what somebody on the other side said")
    key = await play.say(bob, "who has the key?")
    await play.say(ada, "I have it", answers=key)
    for to, name in play.greetings.items():
        await play.say(bob, f"welcome, {play.listeners[to].person.name}", answers=name)
    play.step("a message that is taken back")
    wrong = await play.say(bob, "this is the wrong room")
    await play.act(bob.remove(wrong), Removed)
    play.step("a picture with words, and a file without")
    for name, data, words in (("red.png", picture(), "look"), ("a.txt", b"tea\n", "")):
        (play.garden.folder / name).write_bytes(data)
        await play.act(ada.send(play.garden.folder / name, words), MessageCreated)


async def _only_on_matrix(play):
    ada, bob = play.ada, play.bob
    play.step("formatted")
    bold = Span("bold", frozenset({Mark.BOLD}))
    link = Span("the plan", href="https://example.org/plan")
    await play.act(ada.say(Content((bold, Span(", see "), link))), MessageCreated)
    play.step("an edit")
    slip = await play.say(bob, "tea at fore")
    await play.act(bob.edit(slip, plain("tea at four")), MessageEdited)
    play.step("two react")
    cake = await play.say(bob, "I bring the cake")
    for who in (ada, bob):
        await play.act(who.react(cake, "👍"), ReactionsChanged)
    await play.tell()
    play.step("another topic")
    await play.act(ada.set_topic("Tea at four"), TopicChanged)
