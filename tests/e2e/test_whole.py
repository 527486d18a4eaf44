"""What is done about messages crosses real servers, also when the bridge was restarted in between."""

import asyncio
import itertools
from urllib.parse import quote

import pytest

from adapters.xmpp.testing import person as xmpp_person
from bridge.model import MessageEdited, Removed, plain
from tests.e2e.world import NETWORKS, PATIENCE, World, hubbub, servers

_numbers = itertools.count(1)


class Alan:
    """Somebody on Matrix who does more than talk."""

    def __init__(self, world: World) -> None:
        self._person = world.people["matrix"]

    async def put(self, kind, **content):
        path = f"rooms/{quote(self._person._room)}/send/{kind}/e{next(_numbers)}"
        return (await self._person._call("PUT", path, content))["event_id"]

    async def say(self, text, **content):
        return await self.put("m.room.message", msgtype="m.text", body=text, **content)

    async def edit(self, target, text):
        relation = {"rel_type": "m.replace", "event_id": target}
        new = {"msgtype": "m.text", "body": text}
        return await self.say(f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    async def remove(self, target):
        path = f"rooms/{quote(self._person._room)}/redact/{quote(target)}/e{next(_numbers)}"
        await self._person._call("PUT", path, {})

    async def find(self, text):
        """The event that says this in the room."""
        path = f"rooms/{quote(self._person._room)}/messages"
        async with asyncio.timeout(PATIENCE):
            while True:
                page = await self._person._call("GET", path, query={"dir": "b", "limit": "30"})
                for event in page["chunk"]:
                    if text in event["content"].get("body", "").replace("\u200b", ""):
                        return event
                await asyncio.sleep(0.05)

    async def until(self, event, condition):
        """Wait until an event, as the room shows it now, is as wanted."""
        path = f"rooms/{quote(self._person._room)}/event/{quote(event)}"
        async with asyncio.timeout(PATIENCE):
            while not condition(await self._person._call("GET", path)):
                await asyncio.sleep(0.05)


class Grace:
    """Somebody on XMPP who does more than talk, and sees what is done."""

    def __init__(self, world: World, monkeypatch) -> None:
        self._person = world.people["jabber"]
        self.seen: asyncio.Queue[object] = asyncio.Queue()
        decode = xmpp_person.decode.message

        def look(element, session):
            said = decode(element, session)
            for fact in said if isinstance(said, tuple) else (said,):
                self.seen.put_nowait(fact)
            return said

        monkeypatch.setattr(xmpp_person.decode, "message", look)

    async def sees(self, kind):
        async with asyncio.timeout(PATIENCE):
            while not isinstance(fact := await self.seen.get(), kind):
                pass
            return fact


def send(world: World, name: str, inside: str) -> None:
    """Let Grace on XMPP send a stanza with this id."""
    person = world.people["jabber"]
    person._send(f"<message to='{person._place.room}' type='groupchat' id='{name}'>{inside}</message>")


@pytest.fixture(scope="module")
async def running_servers(tmp_path_factory):
    async with servers(tmp_path_factory.mktemp("whole")) as world:
        await world.join()
        yield world


@pytest.fixture
def world(running_servers):
    for leftover in running_servers.folder.glob("hubbub.sqlite3*"):
        leftover.unlink()
    return running_servers


@pytest.fixture(params=["at once", "after a restart"])
def story(request, world):
    """Tells the first half of a story, and the second with the same bridge or with the next one."""

    async def tell(first, second):
        async with hubbub(world) as bridge:
            await bridge.joined(*NETWORKS)
            told = await first()
            if request.param == "at once":
                await second(told)
                return
            await world.recorded("jabber")
            await bridge.stop()
        async with hubbub(world) as bridge:
            await bridge.joined(*NETWORKS)
            await second(told)

    return tell


async def test_from_matrix(world, story, monkeypatch):
    alan, grace = Alan(world), Grace(world, monkeypatch)

    async def first():
        event = await alan.say("Meet me at the brigde tomorrow at noon")
        await asyncio.gather(world.heard("irc"), world.heard("jabber"))
        return event

    async def second(event):
        await alan.edit(event, "Meet me at the bridge tomorrow at noon")
        edited = await grace.sees(MessageEdited)
        assert edited.content.text.endswith("> Meet me at the bridge tomorrow at noon")
        assert await world.heard("irc") == ["<alan> *bridge"]
        await alan.remove(event)
        assert await grace.sees(Removed)

    await story(first, second)


async def test_from_xmpp(world, story):
    alan = Alan(world)
    number = next(_numbers)

    async def first():
        send(world, f"g{number}", f"<body>helo number {number}</body>")
        await asyncio.gather(world.heard("irc"), world.heard("matrix"))
        return (await alan.find(f"helo number {number}"))["event_id"]

    async def second(copy):
        replace = f"<replace xmlns='urn:xmpp:message-correct:0' id='g{number}'/>"
        send(world, f"c{number}", f"<body>hello number {number}</body>{replace}")
        await alan.until(copy, lambda event: "m.replace" in event["unsigned"].get("m.relations", {}))
        assert await world.heard("irc") == ["<grace> *hello"]

    await story(first, second)


async def test_answers(world):
    alan = Alan(world)
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        await world.people["irc"].say(plain("cake in the kitchen"))
        await asyncio.gather(world.heard("jabber"), world.heard("matrix"))
        copy = (await alan.find("cake in the kitchen"))["event_id"]
        answer = {"m.relates_to": {"m.in_reply_to": {"event_id": copy}}}
        await alan.say("on my way", **answer)
        heard = await world.heard("jabber")
        assert heard[0].endswith("on my way")
        assert await world.heard("irc") == ["<alan> on my way"], "it answers what was said last"
        for n in range(4):
            await world.people["jabber"].say(plain(f"line {n}"))
            await asyncio.gather(world.heard("irc"), world.heard("matrix"))
        await alan.say("all gone", **answer)
        assert await world.heard("irc") == ["<alan> [re ada: cake in the kitchen] all gone"]
        await world.heard("jabber")
