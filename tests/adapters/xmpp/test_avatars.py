"""The pictures of people in rooms of real servers, and of those from elsewhere, as slixmpp sees them."""

import asyncio
import base64
import contextlib
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import slixmpp

from adapters.xmpp import Adapter
from adapters.xmpp.decode import members, muc_info, vcards
from adapters.xmpp.decode.muc_info import Presence
from adapters.xmpp.session import Place
from bridge import (
    Authorship,
    Change,
    MemberChanged,
    Speaker,
    TemporaryFailure,
    UserId,
)
from tests.adapters.elsewhere import Elsewhere, digest
from tests.adapters.xmpp.harness import ROOM, running
from tests.adapters.xmpp.servers import Archive, Ejabberd
from tests.adapters.xmpp.test_puppets import Room, heard
from tests.people import picture

ADA = Speaker(Authorship.PUPPET, "Ada", "matrix/@ada:example.org")
BOB = Speaker(Authorship.PUPPET, "Bob", "irc/Bob!bob@example.org")
RED, BLUE = picture(20, 20), picture(30, 30)


class Prosody(Archive):
    """Which keeps vCards, in the way that it does where nobody says otherwise."""

    def settings(self):
        return super().settings().replace('"smacks" }', '"smacks", "pep", "vcard_legacy" }')


class Showing(Ejabberd):
    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "ejabberd.yml"
        settings.write_text(settings.read_text() + "  mod_vcard: {}\n  mod_vcard_xupdate: {}\n")
        return command


@contextlib.asynccontextmanager
async def started(kind, folder):
    server = kind(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module", params=[Prosody, Showing])
async def server(request, tmp_path_factory):
    async with started(request.param, tmp_path_factory.mktemp("server")) as server:
        yield server


class Someone(slixmpp.ClientXMPP):
    """Somebody with a client that shows pictures."""

    def __init__(self, user, domain):
        super().__init__(f"{user}@{domain}", "secret")
        for plugin in ("xep_0045", "xep_0054", "xep_0153"):
            self.register_plugin(plugin)
        self.enable_starttls = self.enable_direct_tls = False
        self.enable_plaintext = True
        self.plugin["feature_mechanisms"].unencrypted_scram = self.plugin[
            "feature_mechanisms"
        ].unencrypted_plain = True
        self.seen = asyncio.Queue()
        """The digests of others, as they come: nick and digest, None where a presence tells of none."""
        self.add_event_handler("groupchat_presence", self._saw)

    def _saw(self, presence):
        nick = presence["from"].resource
        if presence["type"] == "available" and nick != self.nick:
            told = presence.xml.find("{vcard-temp:x:update}x/{vcard-temp:x:update}photo")
            self.seen.put_nowait((nick, told.text or "" if told is not None else None))

    async def enter(self, port, room, nick, avatar=None):
        self.nick, self.room = nick, room
        ready = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", lambda _: ready.set_result(None))
        self.connect("127.0.0.1", port)
        await asyncio.wait_for(ready, 20)
        self.send_presence()
        if avatar is not None:
            await self.plugin["xep_0153"].set_avatar(avatar=avatar, mtype="image/png", timeout=10)
        await self.plugin["xep_0045"].join_muc_wait(room, nick, timeout=20)

    async def wear(self, avatar):
        """Have another picture, and tell the room."""
        await self.plugin["xep_0153"].set_avatar(avatar=avatar, mtype="image/png", timeout=10)
        while True:
            shown = await self.plugin["xep_0153"].api["get_hash"](self.boundjid)
            if shown == (digest(avatar) if avatar else ""):
                break
            await asyncio.sleep(0.02)
        self.send_presence(pto=f"{self.room}/{self.nick}")

    async def sees(self, nick, unless=()):
        """The digest that somebody's presence has, once it is another than these."""
        async with asyncio.timeout(20):
            while True:
                who, digest = await self.seen.get()
                if who == nick and digest not in unless:
                    return digest

    async def look(self, nick):
        """Somebody's picture, as their vCard has it."""
        found = await self.plugin["xep_0054"].get_vcard(f"{self.room}/{nick}", timeout=20)
        photo = found["vcard_temp"]["PHOTO"]
        return photo["TYPE"], photo["BINVAL"]


@contextlib.asynccontextmanager
async def someone(server, room, nick, avatar=None):
    someone.count = getattr(someone, "count", 0) + 1
    user = f"show{someone.count}"
    await server.register(user, "secret")
    client = Someone(user, server.domain)
    try:
        await client.enter(server.port, room, nick, avatar)
        yield client
    finally:
        await client.disconnect(wait=1)
        client._run_out_filters.cancel()  # else it is pending for ever
        await asyncio.wait([client._run_out_filters])


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    yield room
    await room.owner.leave()


async def test_people_from_elsewhere_are_seen_as_they_look_at_home(room):
    elsewhere = Elsewhere({ADA.key: RED, BOB.key: TemporaryFailure("no pictures there")})
    elsewhere.open.clear()
    room.avatars = elsewhere
    async with room.bridge() as ears, someone(room.server, room.room, "wanda") as wanda:
        await room.say(ADA, "hello")
        assert await heard(room) == [("Ada", "hello")], "no word waits for a picture"
        assert await wanda.sees("Ada") is None
        elsewhere.open.set()
        assert await wanda.sees("Ada") == digest(RED)
        assert await wanda.look("Ada") == ("image/png", RED)
        await room.say(BOB, "and I")
        assert await wanda.sees("Bob") is None
        with pytest.raises(slixmpp.exceptions.IqError):
            await wanda.look("Bob")

        elsewhere.people[ADA.key] = BLUE
        room.adapter.pictured(room.room, ADA.key)
        assert await wanda.sees("Ada") == digest(BLUE)
        assert await wanda.look("Ada") == ("image/png", BLUE)
        async with someone(room.server, room.room, "late") as late:
            assert await late.sees("Ada") == digest(BLUE), "who comes later sees it too"
        elsewhere.people[ADA.key] = None
        room.adapter.pictured(room.room, ADA.key)
        assert await wanda.sees("Ada") == ""
        with pytest.raises(slixmpp.exceptions.IqError):
            await wanda.look("Ada")
        assert not [event for event in drained(ears) if getattr(event, "change", None) is Change.PICTURED]


async def test_they_keep_their_picture_under_another_nick_and_after_they_left(room):
    elsewhere = Elsewhere({ADA.key: RED})
    room.avatars = elsewhere
    async with room.bridge(), someone(room.server, room.room, "wanda") as wanda:
        await room.say(ADA, "hello")
        assert await wanda.sees("Ada", [None]) == digest(RED)
        await room.say(Speaker(Authorship.PUPPET, "Countess", ADA.key), "hello")
        assert await wanda.sees("Countess") == digest(RED)
        await room.owner.kick("Countess", "enough")
        await asyncio.sleep(0.3)
        room.adapter._connection.puppets._barred.free((room.room, puppet(room).address))
        await room.say(ADA, "again")
        assert await wanda.sees("Ada") == digest(RED)
        assert elsewhere.asked == [ADA.key]


async def test_a_picture_that_changes_while_they_change_their_nick_takes_neither_back(room):
    room.avatars = Elsewhere({ADA.key: RED})
    async with room.bridge(), someone(room.server, room.room, "wanda") as wanda:
        await room.say(ADA, "hello")
        assert await wanda.sees("Ada", [None]) == digest(RED)
        room.avatars.people[ADA.key] = BLUE
        countess = Speaker(Authorship.PUPPET, "Countess", ADA.key)
        assert room.adapter.send_now(room.command(countess, "two"), lambda outcome: None)
        room.adapter.pictured(room.room, ADA.key)
        assert await wanda.sees("Countess", [RED, digest(RED)]) == digest(BLUE)
        assert puppet(room).nick == "Countess"
        await room.say(countess, "three")
        assert await heard(room, 3) == [("Ada", "hello"), ("Countess", "two"), ("Countess", "three")]

        other = await room.server.person("Duchess", room.room)
        room.adapter._memory.session.places[room.room].people.pop("Duchess", None)  # we have not seen it
        room.avatars.people[ADA.key] = RED
        assert room.adapter.send_now(
            room.command(Speaker(Authorship.PUPPET, "Duchess", ADA.key), "four"), lambda outcome: None
        )
        room.adapter.pictured(room.room, ADA.key)
        assert await wanda.sees("Countess", [digest(BLUE)]) == digest(RED), (
            "the nick that is taken stays away"
        )
        await other.leave()


def puppet(room):
    (found,) = room.adapter._connection.puppets._all()
    return found


def drained(ears):
    return [ears.events.get_nowait() for _ in range(ears.events.qsize())]


async def changed(ears):
    """The next news of a picture."""
    while (event := await ears.hears(MemberChanged)).change is not Change.PICTURED:
        pass
    return event.sender


async def test_people_of_the_room_have_the_pictures_that_they_show(room):
    async with room.bridge() as ears, someone(room.server, room.room, "wanda", RED) as wanda:
        while (event := await ears.hears(MemberChanged)).sender.name != "wanda":
            pass
        user = event.sender.id
        assert await room.adapter.avatar(room.room, user) == RED
        wanda.send_presence(pto=f"{room.room}/wanda", pshow="away")
        await wanda.wear(BLUE)
        assert (await changed(ears)).id == user
        assert await room.adapter.avatar(room.room, user) == BLUE
        await wanda.wear(b"")
        assert (await changed(ears)).id == user
        assert await room.adapter.avatar(room.room, user) is None
        for _ in range(3):
            wanda.send_presence(pto=f"{room.room}/wanda", pshow="dnd")
        await asyncio.sleep(0.3)
        assert not [event for event in drained(ears) if isinstance(event, MemberChanged)]
        with pytest.raises(TemporaryFailure):
            await room.adapter.avatar(room.room, UserId("nobody"))


async def test_who_tells_of_another_picture_than_they_show_has_none(room):
    async with room.bridge() as ears, someone(room.server, room.room, "wanda", RED) as wanda:
        while (event := await ears.hears(MemberChanged)).sender.name != "wanda":
            pass
        photos = room.adapter._memory.session.photos
        assert photos[event.sender.id] == digest(RED)
        photos[event.sender.id] = digest(BLUE)
        with pytest.raises(TemporaryFailure, match="another picture"):
            await room.adapter.avatar(room.room, event.sender.id)
        assert wanda.room


async def test_an_ordinary_account_finds_them_too(room):
    await room.server.register("plain", "secret")
    network = Adapter.NetworkConfig(
        jid=f"plain@{room.server.domain}", password="secret", server="127.0.0.1", port=room.server.port,
        tls="none",
    )  # fmt: skip
    adapter = Adapter("jabber", network, "I am a bridge.")
    async with (
        someone(room.server, room.room, "wanda", RED),
        running(adapter, {room.room: Adapter.RoomConfig()}, joined=False) as ears,
    ):
        await ears.until_joined(room.room)
        (user,) = [user for user, photo in adapter._memory.session.photos.items() if photo]
        assert await adapter.avatar(room.room, UserId(user)) == RED


# What comes, without a server


def came(nick, photo=None, occupant="", kind="available"):
    return Presence(ROOM, nick, kind, "", frozenset(), "", "", occupant=occupant, photo=photo)


def told(presences, *, ids):
    """Of whom there is news, after these presences."""
    place, photos = Place(ROOM, "hubbub", occupant_ids=ids, joined=True), {}
    place.speakers["puppet"] = "irc/puppet"
    found = []
    for presence in presences:
        news = vcards.seen(place, presence, photos)
        members.seen(place, presence)
        found += [news.sender.name] if news is not None else []
    return found, photos


A, B = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("presences", "news"),
    [
        ([came("ada", A)], 0),
        ([came("ada", A)] * 3, 0),
        ([came("ada", A), came("ada"), came("ada", A)], 0),
        ([came("ada"), came("ada", A)], 1),
        ([came("ada", A), came("ada", B), came("ada", B)], 1),
        ([came("ada", A), came("ada", "")], 1),
        ([came("puppet", A), came("puppet", B)], 0),
        ([came("hubbub", A), came("hubbub", B)], 0),
    ],
)
@pytest.mark.parametrize("ids", [True, False])
def test_there_is_news_when_a_picture_changes_and_no_other_time(presences, news, ids):
    presences = [replace(one, occupant=f"id of {one.nick}" if ids else "") for one in presences]
    assert told(presences, ids=ids)[0] == ["ada"] * news


def test_who_takes_the_nick_of_somebody_has_not_their_picture():
    taken = [came("ada", A), came("ada", kind="unavailable"), came("ada")]
    found, photos = told(taken, ids=False)
    assert found == ["ada"]
    assert list(photos.values()) == [""]
    taken = [replace(one, occupant=f"{number // 2}") for number, one in enumerate(taken)]
    found, photos = told(taken, ids=True)
    assert found == [], "they are somebody else"
    assert list(photos.values()) == [A, ""]


@pytest.mark.parametrize(
    ("text", "photo"),
    [(A, A), (A.upper(), A), (f" {A}\n", A), ("", ""), ("x" * 40, ""), (A[1:], ""), (A * 1000, "")],
)
def test_a_digest_is_one_or_none(text, photo):
    xml = (
        f"<presence xmlns='jabber:client' from='{ROOM}/ada'><x xmlns='vcard-temp:x:update'>"
        f"<photo>{text}</photo></x><x xmlns='http://jabber.org/protocol/muc#user'><item/></x></presence>"
    )
    assert muc_info.presence(ET.fromstring(xml)).photo == photo
    assert muc_info.presence(ET.fromstring(xml.replace("photo", "other"))).photo is None


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (base64.b64encode(RED).decode(), RED),
        ("\n".join(base64.b64encode(RED).decode()), RED),
        (base64.b64encode(BLUE).decode(), None),
        ("!!!", None),
        ("é", None),
        ("", None),
        (base64.b64encode(RED + bytes(2000)).decode(), None),
    ],
    ids=range(7),
)
def test_a_picture_is_what_was_told_of_or_none(inside, found):
    photo = f"<PHOTO><BINVAL>{inside}</BINVAL></PHOTO>"
    xml = f"<iq xmlns='jabber:client'><vCard xmlns='vcard-temp'>{photo}</vCard></iq>"
    assert vcards.photo(ET.fromstring(xml), digest(RED), 1000) == found
