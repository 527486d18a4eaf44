"""A QQ group and a Matrix room are one conversation: a real Synapse, a scripted implementation of OneBot.

What is seen is kept in files; HUBBUB_GOLDEN=write writes them anew.
"""

import asyncio
import contextlib

import pytest

from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from bridge import app
from bridge.model import (
    Content,
    Kind,
    Mark,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    Span,
    TopicChanged,
    plain,
)
from bridge.testing import free_port
from tests.adapters.onebot.implementation import OWN, TOKEN, Implementation
from tests.adapters.onebot.people import Somebody, text
from tests.e2e.garden import Garden
from tests.e2e.scene import scene
from tests.e2e.test_golden import _compare
from tests.e2e.world import hubbub
from tests.people import picture, sees

pytestmark = pytest.mark.timeout(120)

FILES = {"qq": "onebot", "matrix": "matrix"}
NUMBERS = {"qq": 921_100_334_401, "matrix": 921_100_334_402, "kill": 921_100_334_403}
"""The group for each conversation, by where people talk: more than 32 bits."""
CONFIG = """\
networks:
  qq: {{protocol: onebot, {where}, access_token: {token}, pace: {{burst: 100, per_second: 100}}, {show}}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:{server}",
    password: hubbub, {show}}}
media: {{hosts: ["127.0.0.1:*"], folder: files-{source}}}
journal: {source}.sqlite3
conversations:
  tea: {{ignore: [usher*], qq: "group:{number}", matrix: "#tea-{source}:{server}"}}
"""


class Meadow(Garden):
    """One real server and one scripted."""

    def __init__(self, folder):
        self.folder, self.own = folder, ""
        self.synapse, self.qq = Synapse(folder / "matrix"), Implementation()
        self.titles = {"qq": "QQ", "matrix": "Matrix (Synapse)"}
        self.events = asyncio.Queue()
        self._running = None

    async def start(self):
        (self.folder / "matrix").mkdir()
        self.url = await self.qq.listen()
        self.port = (await self.synapse.start())["DEMO_MATRIX_PORT"]

    async def stop(self):
        await self.end()
        await asyncio.gather(self.synapse.stop(), self.qq.stop())

    def places(self, source):
        rooms = {"qq": f"group:{NUMBERS[source]}", "matrix": f"#tea-{source}:{SERVER}"}
        return {"": (source, rooms[source]), **{to: (to, room) for to, room in rooms.items() if to != source}}

    def plan(self, source, where="", show="members: note, removals: note, reactions: summary"):
        file = self.folder / f"{source}.yaml"
        file.write_text(
            CONFIG.format(
                where=where or f'url: "{self.url}"',
                token=TOKEN,
                show=show,
                matrix=self.port,
                server=SERVER,
                source=source,
                number=NUMBERS[source],
            )
        )
        return file

    async def person(self, name, network, room):
        if network == "matrix":
            return await self.synapse.person(name, room)
        number = int(room.partition(":")[2])
        return Somebody(self.qq, number, 3_010_203_040 + len(self.qq.group(number).members), name)


@pytest.fixture(scope="module")
async def meadow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qq")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    made = Meadow(folder)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.mark.parametrize("source", ["qq", "matrix"])
async def test_what_people_see(meadow, source, monkeypatch):
    monkeypatch.setattr(app, "_PATROL", 3600.0)  # it is told when to look after what it has folded
    async with scene(meadow, source) as play:
        await (_talk_on_qq if source == "qq" else _talk_on_matrix)(play)
        ((to, listener),) = play.listeners.items()
        (_, there), (_, where) = play.places[""], play.places[to]
        name, titles = listener.person.name, meadow.titles
        head = [f"What {name} sees in {where} on {titles[to]}", f"of {there} on {titles[source]}."]
        lines = "\n".join([*head, *listener.transcript.lines])
        _compare(f"{FILES[source]}-to-{FILES[to]}", f"{lines}\n", "")


async def _talk_on_qq(play):
    ada, bob, qq = play.ada, play.bob, play.garden.qq
    number = ada.number
    play.step("plain, and signs of all kinds")
    await play.say(ada, "早上好!")
    first = await play.say(bob, "Tschüß 👋🏽 [CQ:at,qq=1] &#91;naïve&#93;\n第二行")
    play.step("faces, cards and what cannot be shown")
    shown = [
        [{"type": "face", "data": {"id": "14"}}, text(" and "), {"type": "face", "data": {"id": "399"}}],
        [{"type": "json", "data": {"data": '{"prompt": "[QQ小程序]哔哩哔哩"}'}}],
        [{"type": "forward", "data": {"id": "7"}}],
        [{"type": "location", "data": {"lat": "1", "lon": "2", "title": "天安门"}}],
    ]
    for segments in shown:
        await play.act(qq.say(number, ada.uin, *segments), MessageCreated)
    play.step("somebody is called, and the bridge, and all")
    for who in (bob.uin, OWN, "all"):
        called = [{"type": "at", "data": {"qq": str(who)}}, text(" 在吗?")]
        await play.act(qq.say(number, ada.uin, *called), MessageCreated)
    play.step("an answer to the last line, to an old one, and to what somebody on the other side said")
    key = await play.say(bob, "谁有钥匙?")
    await play.say(ada, "我有", answers=key)
    await play.say(ada, "欢迎", answers=first)
    await play.say(bob, "欢迎 alan", answers=play.greetings["matrix"])
    play.step("a picture, one with words, a file")
    for name, data, words in (
        ("红.png", picture(), ""),
        ("two.png", picture(3, 2), "看"),
        ("a.txt", b"tea\n", ""),
    ):
        (play.garden.folder / name).write_bytes(data)
        await play.act(ada.send(play.garden.folder / name, words), MessageCreated)
    play.step("somebody takes a message back, and the administrator another's")
    slip = await play.say(bob, "说错了")
    await play.act(bob.remove(slip), Removed)
    rude = await play.say(bob, "粗话")
    await play.act(ada.remove(rude), Removed)
    play.step("another card, another name of the group")
    await play.act(bob.rename("鲍勃"), MemberChanged)
    await play.say(bob, "是我")
    renamed = qq.notice("notify", sub_type="group_name", group_id=number, user_id=ada.uin, name_new="茶")
    await play.act(renamed, NameChanged)
    play.step("one comes and goes, one is sent out")
    play.garden.qq.group(number, (5_000_000_001, "新人", ""))
    for kind, sub, by in (
        ("group_increase", "approve", ada.uin),
        ("group_decrease", "leave", 5_000_000_001),
        ("group_decrease", "kick", ada.uin),
    ):
        user = bob.uin if sub == "kick" else 5_000_000_001
        came = qq.notice(kind, sub_type=sub, group_id=number, user_id=user, operator_id=by)
        await play.act(came, MemberChanged)
    await play.tell()


async def _talk_on_matrix(play):
    ada, bob = play.ada, play.bob
    linus = play.listeners["qq"].person
    play.step("plain, and signs of all kinds")
    await play.say(ada, "Good morning!")
    first = await play.say(bob, "Tschüß 👋🏽 [CQ:at,qq=1] &#91; 你好")
    play.step("formatted, and an action")
    bold = Span("bold", frozenset({Mark.BOLD}))
    link = Span("the plan", href="https://example.org/plan")
    await play.act(ada.say(Content((bold, Span(", see "), link))), MessageCreated)
    await play.act(ada.say(plain("waves to all"), Kind.EMOTE), MessageCreated)
    play.step("a person of the other side is named")
    await play.say(ada, f"{linus.name}: have you slept well?")
    play.step("an answer to the last line, to an old one, and to what somebody on the other side said")
    key = await play.say(bob, "who has the key?")
    await play.say(ada, "I have it", answers=key)
    await play.say(ada, "what a greeting", answers=first)
    await play.say(bob, "welcome, linus", answers=play.greetings["qq"])
    play.step("an edit, and a message that is taken back")
    slip = await play.say(bob, "tea at fore")
    await play.act(bob.edit(slip, plain("tea at four")), MessageEdited)
    wrong = await play.say(bob, "this is the wrong room")
    await play.act(bob.remove(wrong), Removed)
    play.step("a picture and a file")
    for name, data in (("red.png", picture()), ("a.txt", b"tea\n")):
        (play.garden.folder / name).write_bytes(data)
        await play.act(ada.send(play.garden.folder / name, "look"), MessageCreated)
    play.step("two react")
    cake = await play.say(bob, "I bring the cake")
    for who in (ada, bob):
        await play.act(who.react(cake, "👍"), ReactionsChanged)
    await play.tell()
    play.step("another topic")
    await play.act(ada.set_topic("Tea at four"), TopicChanged)


@contextlib.asynccontextmanager
async def running(meadow, config):
    """The bridge as a process of its own, in both rooms."""
    meadow.variables = {}
    async with hubbub(meadow, config=config) as bridge:
        await bridge.joined("qq", "matrix")
        yield bridge


async def heard(person, count):
    return [(await sees(person, MessageCreated)).content.text for _ in range(count)]


async def test_a_kill_loses_nothing_and_repeats_nothing(meadow):
    """Killed when QQ has a message and has not answered: it is found in the history, and not sent again.

    The implementation connects to us, by a connection for actions and one for events.
    """
    qq, port = meadow.qq, free_port()
    alan = await meadow.person("alan", "matrix", f"#tea-kill:{SERVER}")
    grace = Somebody(qq, NUMBERS["kill"], 3_010_203_060, "grace")
    await qq.call(f"ws://127.0.0.1:{port}/ws", "API", "Event")
    config = meadow.plan("kill", f"listen: {port}", "backlog: {}")
    try:
        async with running(meadow, config) as bridge:
            await alan.say(plain("one"))
            assert await heard(grace, 1) == ["<alan> one"]
            qq.silent.add("send_group_msg")
            await alan.say(plain("two"))
            assert await heard(grace, 1) == ["<alan> two"]
            await alan.say(plain("three"))
            await bridge.kill()
        qq.silent.clear()
        await grace.say(plain("meanwhile"))
        async with running(meadow, config):
            assert await heard(grace, 1) == ["<alan> three"]
            await qq.drop()
            await grace.say(plain("while the connection is broken"))
            await alan.say(plain("four"))
            assert await heard(grace, 1) == ["<alan> four"]
            assert await heard(alan, 2) == ["<grace> meanwhile", "<grace> while the connection is broken"]
        assert grace.heard.qsize() == 4
    finally:
        await alan.leave()
