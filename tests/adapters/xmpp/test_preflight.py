"""`hubbub check --online` on real servers: rooms for members, seen from outside."""

import asyncio

from adapters.xmpp import Adapter
from tests.adapters.xmpp.places import witness

USER = "http://jabber.org/protocol/muc#user"
FORM = (
    "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>"
    "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
    "<field var='muc#roomconfig_membersonly'><value>1</value></field></x></query>"
)


async def look(bridge):
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{bridge.server.domain}", password="hubbub", server="127.0.0.1",
        port=bridge.server.port, tls="none",
    )  # fmt: skip
    found = await Adapter("home", config, "").look({bridge.room: Adapter.RoomConfig()})
    return found[bridge.room]


async def test_a_room_for_members(bridge):
    """Who is a member needs no advice; where the room does not say who is, being in it does."""
    jid = f"hubbub@{bridge.server.domain}"
    async with witness(bridge.server, "owner", bridge.room) as owner:
        owner.ask(FORM)
        await owner.sees(f"{{{USER}}}x/{{{USER}}}status[@code='104']")
        assert "the room is for members only" in await look(bridge)
        assert jid in await look(bridge)
        member = f"<item affiliation='member' jid='{jid}'/>"
        owner.ask(f"<query xmlns='http://jabber.org/protocol/muc#admin'>{member}</query>")
        async with bridge.running() as ears, asyncio.timeout(25):
            await ears.until_joined(bridge.room)
            assert await look(bridge) is None
