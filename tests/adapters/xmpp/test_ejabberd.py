"""The same on a server of other makers."""

import pytest

from adapters.xmpp import Adapter
from bridge import Content, Mark, RoomState, Span, plain
from tests.adapters.xmpp.harness import command, give, running, unstored_both_ways
from tests.adapters.xmpp.servers import Ejabberd


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    ejabberd = Ejabberd(tmp_path_factory.mktemp("ejabberd"))
    try:
        await ejabberd.start()
        await ejabberd.register("hubbub", "hubbub")
        yield ejabberd
    finally:
        await ejabberd.stop()


async def test_talk_both_ways(server):
    """A room made by our coming, an archive, the longest text, marks, and the end."""
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{server.domain}", password="hubbub", server="127.0.0.1", port=server.port, tls="none"
    )
    made = Adapter("home", config, "I am a bridge.")
    room = f"lobby@{server.rooms}"
    async with running(made, {room: made.RoomConfig(create=True)}, joined=False) as ears:
        await ears.state(RoomState.JOINED, room)
        assert made.capabilities(room).window == 256
        alice = await server.person("alice", room)
        await alice.say(plain("one"))
        one = await ears.said()
        assert (one.content, one.sender.name) == (plain("one"), "alice")
        receipt = await give(made, command("<b>two</b>", room=room))
        assert receipt.part.id != "1.ab", "ejabberd names what it keeps"
        assert (await alice.heard.get()).content == plain("<b>two</b>")
        limit = made.capabilities(room).text_limit
        await give(made, command("&" * limit, "2.ab", room))
        assert len((await alice.heard.get()).content.text) == limit
        marked = Content((Span("a "), Span("b", frozenset({Mark.BOLD}))))
        await alice.say(marked)
        assert (await ears.said()).content == marked
        await unstored_both_ways(made, ears, alice, room)
        assert (await made.look({room: made.RoomConfig()}))[room] is None
