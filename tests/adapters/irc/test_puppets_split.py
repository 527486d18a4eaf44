"""A network of two servers that loses and finds itself while people from elsewhere are on one of them."""

import asyncio

import pytest

from bridge import Change, MemberChanged, MessageCreated
from tests.adapters.irc.harness import client
from tests.adapters.irc.servers import Inspircd
from tests.adapters.irc.test_puppets import ADA, BOB, Room

pytestmark = pytest.mark.xdist_group("irc puppets")

_LINK = """
<link name="{name}" ipaddr="127.0.0.1" port="{port}" allowmask="127.0.0.1" sendpass="pw" recvpass="pw">
"""


class Leaf(Inspircd):
    """The other server of a network."""

    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "inspircd.conf"
        named = (
            settings.read_text().replace('<server name="insp', '<server name="leaf').replace('"1TT"', '"2TT"')
        )
        settings.write_text(named)
        return command


async def test_a_netsplit_is_nobodys_leaving(tmp_path):
    hub, leaf = Inspircd(tmp_path / "hub"), Leaf(tmp_path / "leaf")
    try:
        await hub.start()
        leaf._more = _LINK.format(name="insp.test", port=hub.link_port)
        await leaf.start()
        hub._more = _LINK.format(name="leaf.test", port=leaf.link_port)
        hub._command(hub.port)
        room = Room(hub, tmp_path)
        async with client(hub.port, "oper") as oper, client(hub.port, "olga1", room.room) as room.owner:
            oper.say("OPER root root", "REHASH")
            await oper.heard("NOTICE .*ehash")
            await oper.sync()
            await link(oper)
            async with room.bridge() as ears, client(leaf.port, "pat", room.room) as pat:
                await room.owner.heard("JOIN")
                far = room.puppets._arrival
                far._config = far._config.model_copy(update={"port": leaf.port})
                for who in (ADA, BOB):
                    await room.say(who, "one")
                await room.heard(("Ada", "one"), ("Bob", "one"))

                oper.say("SQUIT leaf.test :lost")
                for _ in range(3):
                    assert "insp.test leaf.test" in await room.owner.heard(" QUIT ")
                await room.say(ADA, "two")  # it is heard where they are
                await pat.heard("PRIVMSG .*two")
                await link(oper)
                for _ in range(3):
                    await room.owner.heard(" JOIN ")
                for who in (ADA, BOB):
                    await room.say(who, "three")
                await room.heard(("Ada", "three"), ("Bob", "three"))
                assert await changes(room, ears) == [
                    ("pat", Change.JOINED),
                    ("pat", Change.LEFT),
                    ("pat", Change.JOINED),
                ]
                assert not room.adapter.is_present(room.room, "Ada")
    finally:
        await leaf.stop()
        await hub.stop()


async def link(oper):
    oper.say("CONNECT leaf.test")
    async with asyncio.timeout(20):
        while True:
            oper.say("LINKS")
            while " 365 " not in (said := await oper.heard(" 36[45] ")):
                if "leaf.test" in said:
                    await oper.heard(" 365 ")
                    return
            await asyncio.sleep(0.1)


async def changes(room, ears):
    """Who came and went so far."""
    room.owner.say(f"PRIVMSG {room.room} :fence")
    found = []
    while True:
        event = await asyncio.wait_for(ears.events.get(), 20)
        if isinstance(event, MemberChanged):
            found.append((event.sender.name, event.change))
        if isinstance(event, MessageCreated) and event.content.text == "fence":
            return found
