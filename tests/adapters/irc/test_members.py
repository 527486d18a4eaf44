"""Who comes and goes, on a scripted server and on real ones."""

import time
from pathlib import Path

from adapters.irc.testing import Demo
from bridge import Change, MemberChanged, MessageCreated, RoomId, RoomState, Sender, UserId
from tests.adapters.places import demo_server

from .harness import Client, Running, ScriptedServer, client, running
from .servers import Inspircd

BOB = ":bob!b@h"
ME = ":hubbub!hub@host.example"


async def told(run: Running, number: int) -> list[tuple[str, str, Change, str]]:
    """The next changes: room, name, what, and the reason or new name."""
    events = [await run.emitted.next(MemberChanged) for _ in range(number)]
    return [(event.room, event.sender.name, event.change, event.reason or event.name) for event in events]


async def nothing_more(run: Running, server: ScriptedServer) -> None:
    """The next thing that happens is what somebody says."""
    server.say(f"{BOB} PRIVMSG #lobby :next")
    assert isinstance(await run.emitted.events.get(), MessageCreated)


async def test_coming_and_going() -> None:
    """RFC 2812 sections 3.2.1, 3.2.2, 3.2.8: live, in rooms of ours, about others; reasons as they are."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(f"{BOB} JOIN :#Lobby", f"{BOB} PART #lobby :off to \x02bed", f"{BOB} JOIN #other")
        server.say(f"{BOB} JOIN #lobby", f"{BOB} CHGHOST b cloak", ":bob!b@h MODE #lobby +b *!*@x")
        server.say(":op!o@h KICK #lobby BOB :spam")
        assert await told(run, 4) == [
            ("#lobby", "bob", Change.JOINED, ""),
            ("#lobby", "bob", Change.LEFT, "off to bed"),
            ("#lobby", "bob", Change.JOINED, ""),
            ("#lobby", "bob", Change.KICKED, "spam"),
        ]
        kicked = run.emitted.batches[-1][-1]
        assert isinstance(kicked, MemberChanged)
        assert kicked.sender.id == "bob!b@cloak"
        assert kicked.by == Sender(UserId("op!o@h"), "op")
        server.say(f"{BOB} JOIN #lobby", ":op!o@h KICK #lobby bob :op")  # as it is where no reason was given
        assert (await told(run, 2))[1] == ("#lobby", "bob", Change.KICKED, "")
        server.say(f"{ME} MODE #lobby +v hubbub", f"{BOB} PART #other", f"{BOB} QUIT :gone")
        await nothing_more(run, server)


async def test_a_quit_and_a_new_nick_name_no_room() -> None:
    """RFC 2812 sections 3.1.2, 3.1.7: in the rooms where that person was, as NAMES told; a split as it is."""

    def names(room: str) -> list[str]:
        people = {"#one": "@bob +Ann[] hubbub", "#two": "~&@ann{} carl!c@h"}[room]
        return [f"{ME} JOIN {room}", f":s 353 hubbub = {room} :{people}", f":s 366 hubbub {room} :End"]

    async with ScriptedServer(isupport="CASEMAPPING=rfc1459") as server:
        server.replies["JOIN"] = lambda got: [
            text for room in got.params[0].split(",") for text in names(room)
        ]
        async with running(server.port, "#one", "#two") as run:
            await run.joined("#two")
            server.say(
                ":s 353 hubbub = #one :late!l@h",
                ":ANN{}!a@h NICK :Anna",
                ":Anna!a@h QUIT :irc.a irc.b",
                ":late!l@h NICK early",
                ":stranger!s@h QUIT :x",
                ":carl!c@h KICK #one late :x",
            )
            server.say(":carl!c@h KICK #two carl", ":irc.a KICK #one bob :services")
            assert sorted((await told(run, 4))[:4]) == [
                ("#one", "ANN{}", Change.RENAMED, "Anna"),
                ("#one", "Anna", Change.LEFT, "irc.a irc.b"),
                ("#two", "ANN{}", Change.RENAMED, "Anna"),
                ("#two", "Anna", Change.LEFT, "irc.a irc.b"),
            ]
            assert await told(run, 2) == [
                ("#one", "late", Change.RENAMED, "early"),
                ("#one", "late", Change.KICKED, "x"),
            ]
            assert await told(run, 1) == [("#two", "carl", Change.KICKED, "")]
            event = await run.emitted.next(MemberChanged)
            assert (event.sender, event.by) == (
                Sender(UserId("bob"), "bob"),
                Sender(UserId("irc.a"), "irc.a"),
            )
            places = run.adapter._connection.dispatcher.channels.places
            assert [list(place.members) for place in places.values()] == [["early"], []]


async def test_never_about_us_and_only_while_joined() -> None:
    """Our own JOIN, NICK, PART and KICK; who came before we were in; who is left once we are out."""
    async with ScriptedServer() as server:
        server.replies["JOIN"] = lambda _: [f"{ME} JOIN #lobby", ":ann!a@h JOIN #lobby"]
        async with running(server.port, "#lobby") as run:
            await run.joined()
            place = run.adapter._connection.dispatcher.channels.places["#lobby"]
            assert list(place.members) == ["ann"]
            server.say(f"{ME} NICK hubbub2", ":hubbub2!hub@host.example NICK hubbub")
            server.say(":hubbub_!hub@host.example JOIN #lobby", ":hubbub_!hub@host.example QUIT :timeout")
            await nothing_more(run, server)
            server.say(":op!o@h KICK #lobby hubbub :out", ":ann!a@h QUIT :bye")
            await run.emitted.state(RoomState.REFUSED)
            assert not place.members
            server.say(f"{ME} JOIN #lobby")
            await run.joined()
            server.say(":ann!a@h QUIT :bye")
            await nothing_more(run, server)


async def test_five_thousand_people() -> None:
    """A netsplit of a big channel takes little time and leaves nothing behind."""
    people = [f"person{number}" for number in range(5000)]
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        for at in range(0, 5000, 50):
            server.say(f":s 353 hubbub = #lobby :{' '.join(people[at : at + 50])}")
        server.say(*[f":{person}!p@h QUIT :irc.a irc.b" for person in people])
        start = time.process_time()
        changes = await told(run, 5000)
        assert time.process_time() - start < 5
        assert {change[2:] for change in changes} == {(Change.LEFT, "irc.a irc.b")}
        assert not run.adapter._connection.dispatcher.channels.places["#lobby"].members


async def script(bob: Client, port: int) -> None:
    """What is done on each real server."""
    async with client(port, "ann", "#lobby", "#side") as ann:
        ann.say("NICK anna")
        await ann.sync()
        ann.say("PART #side :enough")
        await ann.sync()
        bob.say("KICK #lobby anna :spam")
        await ann.heard("KICK #lobby anna")
        ann.say("JOIN #lobby")
        await ann.heard(" 366 ")
        ann.say("QUIT :bye")
        await ann.heard("ERROR")


TOLD = [
    ("#lobby", "ann", Change.JOINED, ""),
    ("#side", "ann", Change.JOINED, ""),
    ("#lobby", "ann", Change.RENAMED, "anna"),
    ("#side", "ann", Change.RENAMED, "anna"),
    ("#side", "anna", Change.LEFT, "enough"),
    ("#lobby", "anna", Change.KICKED, "spam"),
    ("#lobby", "anna", Change.JOINED, ""),
]


async def test_inspircd(inspircd: Inspircd) -> None:
    async with (
        client(inspircd.port, "bob", "#lobby") as bob,
        running(inspircd.port, "#lobby", "#side") as run,
    ):
        await run.joined("#side")
        await script(bob, inspircd.port)
        assert sorted(await told(run, 8)) == sorted([*TOLD, ("#lobby", "anna", Change.LEFT, "Quit: bye")])


async def test_ngircd(tmp_path: Path) -> None:
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with (
            client(demo.port, "bob", "#lobby") as bob,
            running(demo.port, "#lobby", "#side") as run,
        ):
            await run.joined("#side")
            await script(bob, demo.port)
            assert sorted(await told(run, 8)) == sorted([*TOLD, ("#lobby", "anna", Change.LEFT, '"bye"')])


async def test_a_mask_that_a_private_query_showed_counts_in_the_rooms_too() -> None:
    """NAMES shows nicks alone; USERHOST (RFC 2812 section 4.8) tells whose one is before anybody speaks."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(":irc.example 353 hubbub = #lobby :bob hubbub", ":irc.example 366 hubbub #lobby :End")
        server.say(":irc.example 302 hubbub :bob=+b@h", f"{BOB} PRIVMSG #lobby :next")
        await run.emitted.next(MessageCreated)
        assert [one.id for one in run.adapter.people(RoomId("#lobby"))] == ["bob!b@h"]
