"""A room of its own for each chat, over scripted networks and the whole core."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from adapters.livechat import Adapter, left_rooms, own_rooms, session
from adapters.livechat.testing import Person as Customer
from bridge import app
from bridge.config import Config, Conversation, Direction, Media, Network, RoomEntry, ShowRules
from bridge.desk import DeskStore
from bridge.errors import ConnectionLost, Rejected, Unsupported
from bridge.looks import Present
from bridge.model import Change, MemberChanged, RoomId, Sender, TypingChanged, UserId, plain
from bridge.testing import ScriptedAdapter, ScriptedNetwork, free_port
from tests.bridge.world import killed

PROTOCOL = f"{__name__}:Named"


class Named(ScriptedAdapter):
    """Makes no rooms while it is told so. It vouches for people, who may have another id in each room, such
    as `anna2`.
    """

    def people(self, room):
        return [replace(one, proof=one.name.rstrip("2")) for one in super().people(room)]

    async def make_room(self, name, topic, invited):
        if self._server.making is not None:
            raise self._server.making
        return await super().make_room(name, topic, invited)

    async def invite(self, room, users):
        await asyncio.sleep(0.05)
        await super().invite(room, users)

    async def unmake(self, room):
        if self._server.away:
            self._server.away -= 1
            raise ConnectionLost("not connected")
        await super().unmake(room)


def user(name):
    return UserId(f"{name}!user@host")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(session, "_TICK", 0.02)
    monkeypatch.setattr(own_rooms, "_LINGERS", 0.0)
    monkeypatch.setattr(own_rooms, "_SETTLES", 0.0)
    monkeypatch.setattr(own_rooms, "_RETURNS", 0.0)
    monkeypatch.setattr(left_rooms, "_AGAIN", 0.05)


@pytest.fixture
def lobby(quick):
    """Anna and Ben are there."""
    network = ScriptedNetwork("irc")
    network.making, network.away = None, 0
    there = network.present[RoomId("lobby")] = Present()
    for name in ("anna", "ben"):
        there.add(user(name), name)
    return network


@pytest.fixture
def other(quick):
    """Another network of the lobby, where Cleo is."""
    network = ScriptedNetwork("matrix")
    network.making, network.away = None, 0
    there = network.present[RoomId("lobby")] = Present()
    there.add(user("cleo"), "cleo")
    return network


@pytest.fixture
def shop(tmp_path):
    """A map with two desks."""

    def entry(network, room, config, language="en"):
        return RoomEntry(network, RoomId(room), Direction.BOTH, config, ShowRules(language=language))

    def make(networks=("irc",), language="en", **rules):
        settings = Adapter.NetworkConfig(listen=f"127.0.0.1:{free_port()}")
        desk = Adapter.RoomConfig.model_validate({"mode": "rooms", **rules})
        found = {name: Network(name, PROTOCOL, Named.NetworkConfig(server=name)) for name in networks}
        lobbies = {"sales": "lobby", "support": "second"}
        conversations = {
            desk_name: Conversation(
                desk_name,
                (
                    entry("shop", desk_name, desk, language),
                    *[entry(name, room, Named.RoomConfig()) for name in networks],
                ),
            )
            for desk_name, room in lobbies.items()
        }
        return Config(
            {**found, "shop": Network("shop", "livechat", settings)},
            conversations,
            "Ann",
            tmp_path / "journal.sqlite3",
            media=Media(folder=tmp_path / "files"),
        )

    return make


@contextlib.asynccontextmanager
async def open_shop(config):
    """The bridge, running."""
    bridge = asyncio.ensure_future(app.Bridge(config).run())
    try:
        yield
    finally:
        bridge.cancel()
        await asyncio.wait({bridge})


@contextlib.asynccontextmanager
async def visitor(config, name="zoe", desk="sales"):
    person = Customer(name, f"http://{config.networks['shop'].settings.listen}", RoomId(desk))
    try:
        await person.join("which sizes?")
        yield person
    finally:
        await person.leave()


def come(network, room, *names):
    """Let these people come into a room."""
    there = network.present.setdefault(RoomId(room), Present())
    for name in names:
        there.add(user(name), name)


def go(network, room, name):
    """Let somebody go from a room."""
    network.present[RoomId(room)].remove(user(name))


async def until(true):
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def told(network, room, part):
    """Wait until somebody is told this; what else was said there."""
    await until(lambda: any(part in text for text in network.texts(room)))
    return network.texts(room)


def test_a_room_is_told_by_what_people_see_of_it():
    rooms = {"irc": "#sales-1", "matrix": "!opaque"}
    assert own_rooms.shown(rooms, "sales-1") == {"irc": "#sales-1", "matrix": "sales-1"}


async def test_a_chat_is_talked_in_its_own_room_by_the_agent_who_has_it(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "1 zoe is in a room of its own: sales-1 (irc)")
        made = lobby.premises.made[RoomId("sales-1")]
        assert made.invited == {user("anna"), user("ben")}
        come(lobby, "sales-1", "anna")
        (first, *_) = await told(lobby, "sales-1", "zoe: which sizes?")
        assert "sweaters" in first
        lobby.say("sales-1", "anna", "!take")
        await told(lobby, "sales-1", "1 zoe is anna's")
        lobby.say("sales-1", "ben", "I think so")
        await told(lobby, "sales-1", "!take 1 takes it over")
        lobby.say("sales-1", "anna", "S to XL")
        heard = await zoe.heard.get()
        assert (heard.sender, heard.content.text) == ("anna", "S to XL")
        await zoe.say(plain("thank you"))
        await told(lobby, "sales-1", "<zoe> thank you")
        assert not any("thank you" in text for text in lobby.texts("lobby"))
        await zoe.say(plain("so\n<mia> I pay"))
        await told(lobby, "sales-1", "<zoe> so\n<zoe> <mia> I pay")
        lobby.say("lobby", "anna", "1: and XXL")
        assert (await zoe.heard.get()).content.text == "and XXL"
        await told(lobby, "sales-1", "anna, in the lobby: and XXL")
        assert [line.partition("  ")[2] for line in (await zoe.transcript()).splitlines()[:6]] == [
            "zoe: which sizes?",
            "anna: S to XL",
            "zoe: thank you",
            "zoe: so",
            "",
            "anna: and XXL",
        ]
        lobby.say("sales-1", "anna", "!close")
        await until(lambda: RoomId("sales-1") not in lobby.premises.made)
        assert any("1 zoe is closed" in text for text in lobby.texts("sales-1"))
        await zoe.say(plain("and in red?"))
        await told(lobby, "sales-1", "zoe: and in red?")
        assert zoe.heard.empty()


async def test_who_writes_in_a_chats_own_room_is_seen_to_by_its_visitor_alone(shop, lobby):
    config = shop()
    anna, ben = (Sender(user(name), name) for name in ("anna", "ben"))
    async with open_shop(config), visitor(config) as zoe, visitor(config, "mia"):
        for room in ("sales-1", "sales-2"):
            await told(lobby, "lobby", f"own: {room}")
            lobby.say(room, "anna", "!take")
            await told(lobby, room, "is anna's")
        for writer in (ben, anna):
            room = RoomId("sales-1")
            lobby.announce(TypingChanged(room=room, sender=writer, typing=True))
        seen = await zoe.seen.get()
        assert (seen.sender.name, seen.typing) == ("anna", True)


async def test_it_goes_on_after_a_kill_and_is_taken_down_then(shop, lobby, tmp_path):
    config, after = shop(), tmp_path / "after"
    after.mkdir()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        come(lobby, "sales-1", "anna")
        await told(lobby, "sales-1", "which sizes?")
        lobby.say("sales-1", "anna", "!take")
        await told(lobby, "sales-1", "1 zoe is anna's")
        lobby.premises.made[RoomId("sales-1")].invited.clear()
        again = killed(config, after, ["irc"])
    for part in tmp_path.glob("journal.sqlite3.shop*"):
        (after / part.name).write_bytes(part.read_bytes())
    async with open_shop(again):
        person = Customer("zoe", f"http://{again.networks['shop'].settings.listen}", RoomId("sales"))
        person.chat, person.token = zoe.chat, zoe.token
        person._reading = asyncio.ensure_future(person._read())
        lobby.say("sales-1", "anna", "S to XL")
        assert (await person.heard.get()).content == plain("S to XL")
        await person.say(plain("thank you"))
        await told(lobby, "sales-1", "<zoe> thank you")
        assert not lobby.premises.made[RoomId("sales-1")].invited, "anna is there"
        await person.close()
        await until(lambda: RoomId("sales-1") not in lobby.premises.made)
        await person.leave()


async def test_rooms_on_a_network_that_is_not_in_the_map_any_more_are_given_up(shop, lobby, other, caplog):
    """It was taken out, or has another name: the chat goes on in the lobby, and the log says so once."""
    config = shop()
    async with open_shop(config), visitor(config):
        await told(lobby, "lobby", "in a room of its own")
    caplog.clear()
    config = shop(("matrix",))
    async with open_shop(config):
        await told(other, "lobby", "zoe: which sizes?")
        other.say("lobby", "cleo", "!take 1")
        await told(other, "lobby", "1 zoe is cleo's")
    assert [one.getMessage() for one in caplog.records].count(
        "shop: sales/1 goes on in the lobby: sales/1 is not opened: there is no network irc"
    ) == 1


async def test_where_chats_are_given_out_only_who_has_one_is_invited(shop, lobby, other):
    config = shop(("irc", "matrix"), assign="turns", rooms=["irc", "matrix"])
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "1 zoe is for you")
        await told(lobby, "lobby", "in a room of its own")
        come(lobby, "sales-1", "anna")
        await told(lobby, "sales-1", "which sizes?")
        await until(lambda: lobby.premises.made[RoomId("sales-1")].invited == {user("anna")})
        assert not other.premises.made
        other.say("lobby", "cleo", "!take 1")
        await until(lambda: RoomId("sales-1") in other.premises.made)
        come(other, "sales-1", "cleo")
        await told(other, "sales-1", "which sizes?")
        await until(lambda: other.premises.made[RoomId("sales-1")].invited == {user("cleo")})
        other.say("sales-1", "cleo", "S to XL")
        assert (await zoe.heard.get()).content == plain("S to XL")
        await told(lobby, "sales-1", "<cleo> S to XL")
        lobby.say("sales-1", "anna", "!take")
        await told(other, "sales-1", "1 zoe is anna's now")
        lobby.say("sales-1", "anna", "and XXL")
        assert (await zoe.heard.get()).content == plain("and XXL")
        lobby.say("sales-1", "anna", "!transfer 1 support")
        await until(lambda: not lobby.premises.made and not other.premises.made)


async def test_who_is_away_or_has_enough_is_not_invited(shop, lobby):
    lobby.premises.away[user("ben")] = True
    config = shop(capacity=1)
    async with open_shop(config), visitor(config):
        await told(lobby, "lobby", "in a room of its own")
        await until(lambda: lobby.premises.made[RoomId("sales-1")].invited)
        assert lobby.premises.made[RoomId("sales-1")].invited == {user("anna")}
        lobby.say("sales-1", "anna", "!take")
        await told(lobby, "sales-1", "is anna's")
        async with visitor(config, "mia"):
            await told(lobby, "lobby", "2 mia waits")
            lobby.premises.away[user("ben")] = False
            await until(lambda: RoomId("sales-2") in lobby.premises.made)
            await until(lambda: lobby.premises.made[RoomId("sales-2")].invited == {user("ben")})


@pytest.mark.parametrize("error", [Unsupported("no rooms here"), Rejected("the names were taken")])
async def test_where_no_room_can_be_made_the_chat_stays_in_the_lobby(shop, lobby, error, caplog):
    lobby.making = error
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "which sizes?")
        lobby.say("lobby", "anna", "!take 1")
        await told(lobby, "lobby", "1 zoe is anna's")
        lobby.say("lobby", "anna", "S to XL")
        assert (await zoe.heard.get()).content == plain("S to XL")
        assert [str(error) in one.getMessage() for one in caplog.records].count(True) <= 1


async def test_an_agent_with_another_nick_keeps_their_chats(shop, lobby):
    config = shop(mode="lobby")
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "1 zoe waits")
        lobby.say("lobby", "anna", "!take 1")
        await told(lobby, "lobby", "1 zoe is anna's")
        before, after = Sender(user("anna"), "anna"), user("ann_a")
        lobby.announce(
            MemberChanged(room=RoomId("lobby"), sender=before, change=Change.RENAMED, name="ann_a", id=after)
        )
        lobby.say("lobby", "ann_a", "S to XL")
        heard = await zoe.heard.get()
        assert (heard.sender, heard.content) == ("ann_a", plain("S to XL"))
        lobby.say("lobby", "anna", "who takes that nick next reaches nobody")
        lobby.say("lobby", "anna", "1: nor so")
        await told(lobby, "lobby", "1 is ann_a's. !take 1 takes it over")
        assert zoe.heard.empty()


@pytest.mark.parametrize(
    ("agent", "rules"), [("bot", {"bots": ["matrix/bot*"]}), ("cleo", {"rooms": ["irc"]})]
)
async def test_who_has_a_chat_and_can_be_in_no_room_of_it_hears_it_in_the_lobby(
    shop, lobby, other, agent, rules
):
    """Of a bot no network tells that it is there."""
    config = shop(("irc", "matrix"), **rules)
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        other.say("lobby", agent, "!take 1")
        await told(other, "lobby", f"1 zoe is {agent}'s")
        await told(other, "lobby", "zoe: which sizes?")
        await zoe.say(plain("in red?"))
        await told(other, "lobby", "<1 zoe> in red?")


async def test_agents_are_spoken_to_as_the_map_says(shop, lobby):
    config = shop(mode="lobby", language="zh")
    async with open_shop(config), visitor(config):
        await told(lobby, "lobby", "1 zoe 在等待")


async def test_nobody_from_outside_the_lobby_is_told_what_was_said(shop, lobby):
    """As where a network lets in whoever has the nick of who was invited."""
    config = shop()
    async with open_shop(config), visitor(config):
        await told(lobby, "lobby", "1 zoe is in a room of its own: sales-1 (irc)")
        come(lobby, "sales-1", "eve")
        await asyncio.sleep(0.2)  # several looks
        assert lobby.texts("sales-1") == []
        come(lobby, "sales-1", "anna")
        await told(lobby, "sales-1", "which sizes?")


async def test_where_nobody_can_be_invited_the_chat_stays_in_the_lobby(shop, lobby):
    """As in a lobby of XMPP that hides addresses."""
    lobby.premises.unwilling = {user("anna"), user("ben")}
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await until(lambda: lobby.premises.made)
        lobby.say("lobby", "anna", "1: hello")
        assert (await zoe.heard.get()).content == plain("hello")
        await until(lambda: not lobby.premises.made)
        await zoe.say(plain("who hears me?"))
        await told(lobby, "lobby", "<1 zoe> who hears me?")
        assert not any("of its own" in text for text in lobby.texts("lobby"))


async def test_an_agent_who_comes_back_is_let_in_again(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config):
        await told(lobby, "lobby", "in a room of its own")
        invited = lobby.premises.made[RoomId("sales-1")].invited
        await until(lambda: len(invited) == 2)
        come(lobby, "sales-1", "anna")
        await told(lobby, "sales-1", "which sizes?")
        for gone in (("sales-1", "lobby"), ("lobby",)):
            invited.clear()
            for room in gone:
                go(lobby, room, "anna")
            await asyncio.sleep(0.1)
            assert not invited
            come(lobby, "lobby", "anna")
            await until(lambda: invited == {user("anna")})
            come(lobby, "sales-1", "anna")
            await asyncio.sleep(0.1)
            go(lobby, "sales-1", "anna")
        lobby.say("lobby", "anna", "!take 1")
        await told(lobby, "lobby", "1 zoe is anna's")
        come(lobby, "sales-1", "anna")
        await asyncio.sleep(0.1)
        invited.clear()
        go(lobby, "sales-1", "anna")
        await until(lambda: invited == {user("anna")})


async def test_who_has_a_chat_and_does_not_come_into_its_room_hears_it_in_the_lobby(shop, lobby, monkeypatch):
    monkeypatch.setattr(own_rooms, "_COMES", 0.1)
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        lobby.say("lobby", "anna", "1: one moment")
        await zoe.say(plain("still there?"))
        await told(lobby, "lobby", "zoe: still there?")
        await until(lambda: not lobby.premises.made)
        await zoe.say(plain("and in red?"))
        await told(lobby, "lobby", "<1 zoe> and in red?")
        lobby.say("lobby", "anna", "!transfer 1 ben")
        await until(lambda: RoomId("sales-1") in lobby.premises.made)


async def test_who_is_not_in_the_lobby_answers_nobody_from_a_chats_room(shop, lobby):
    """As whoever has an agent's nick by now, or was sent out of the lobby."""
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        come(lobby, "sales-1", "anna", "eve")
        await told(lobby, "sales-1", "which sizes?")
        lobby.say("sales-1", "eve", "!take")
        lobby.say("sales-1", "eve", "1: give me your password")
        lobby.say("sales-1", "anna", "1: hello")
        assert (await zoe.heard.get()).content == plain("hello")


async def test_a_room_is_taken_down_when_its_network_is_back(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        lobby.away = 2
        await zoe.close()
        await until(lambda: not lobby.premises.made)
        assert not lobby.away


def kept(config, ask):
    """What is kept of desks."""
    file = config.journal.with_name(f"{config.journal.name}.shop.login.sqlite3")
    with contextlib.closing(DeskStore(file)) as store:
        return ask(store)


async def test_who_has_another_id_in_a_chats_room_is_known_there_as_long_as_it_is(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        come(lobby, "sales-1", "anna2")
        await told(lobby, "sales-1", "which sizes?")
        lobby.say("sales-1", "anna2", "!take")
        await told(lobby, "sales-1", "1 zoe is anna2's")
        lobby.say("lobby", "anna", "1: S to XL")
        assert (await zoe.heard.get()).content == plain("S to XL")
        assert kept(config, lambda store: store.agents("sales/1"))
        await zoe.close()
        await until(lambda: RoomId("sales-1") not in lobby.premises.made)
        await until(lambda: not kept(config, lambda store: store.agents("sales/1")))


async def test_a_colleague_who_takes_over_the_nick_in_a_chats_room_is_not_who_had_it(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        there = lobby.present[RoomId("sales-1")] = Present()
        there.add(user("shown"), "anna")
        await told(lobby, "sales-1", "which sizes?")
        lobby.say("sales-1", "shown", "!take")
        await told(lobby, "sales-1", "is shown's")
        there.add(user("shown"), "ben")
        lobby.say("sales-1", "shown", "I am not her")
        await told(lobby, "sales-1", "!take 1 takes it over")
        assert zoe.heard.empty()


async def test_the_rooms_of_a_chat_that_was_deleted_meanwhile_are_taken_down_once(shop, lobby):
    config = shop()
    async with open_shop(config), visitor(config) as zoe:
        await told(lobby, "lobby", "in a room of its own")
        await zoe._post("/chat/erase", {})
        await until(lambda: RoomId("sales-1") not in lobby.premises.made)
        await until(lambda: not kept(config, lambda store: store.roomed()))
