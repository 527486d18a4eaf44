"""IRCv3 draft/chathistory, against a scripted server that keeps a history as Ergo does."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.irc.decode import seconds
from adapters.irc.history import requests
from adapters.irc.history.state import stamp
from adapters.irc.wire.line import Line
from bridge import CatchUp, Holdback, MessageId, Part, Receipt, RoomId, TemporaryFailure, Txn

from .harness import Running, ScriptedServer, running

CAPS = "message-tags server-time batch echo-message labeled-response draft/chathistory"
LOBBY = RoomId("#lobby")
BOB = ":bob!b@h"


class Archive(ScriptedServer):
    """Keeps what was said in #lobby, and shows pages of it."""

    def __init__(self, limit: int = 50) -> None:
        super().__init__(caps=CAPS, isupport=f"CASEMAPPING=ascii CHATHISTORY={limit}")
        self.limit = limit
        self.kept: list[tuple[float, str]] = []
        self.meanwhile: list[str] = []
        """What is said while somebody reads, one line at each page."""
        self.asked: list[list[str]] = []
        self.replies = {"CHATHISTORY": self._page, "JOIN": self._came}

    def keep(self, text: str, ago: float = 0.0, source: str = BOB, tags: str = "") -> str:
        """Something was said. Returns the line as it goes out live."""
        at = time.time() - ago
        said = f"time={stamp(at)};msgid=id{len(self.kept)}{tags} {source} PRIVMSG #lobby :{text}"
        self.kept.append((seconds(stamp(at)) or 0, said))
        return f"@{said}"

    def _came(self, got: Line) -> list[str]:
        me = f":{self.nick}!hub@host.example"
        return [f"@time={stamp(time.time())} {me} JOIN {room}" for room in got.params[0].split(",")]

    def _page(self, got: Line) -> list[str]:
        self.asked.append(got.params)
        which, room, bound, limit = got.params
        assert int(limit) <= self.limit
        before = seconds(bound.removeprefix("timestamp=")) if which == "BEFORE" else None
        found = [said for at, said in self.kept if before is None or at < before][-int(limit) :]
        live = [self.keep(self.meanwhile.pop(0))] if self.meanwhile else []
        page = [f"@batch=x;{said}" for said in found]
        return [*live, f":s BATCH +x chathistory {room}", *page, ":s BATCH -x"]


@asynccontextmanager
async def away(server: Archive, catch_up: CatchUp | None = None) -> AsyncIterator[Running]:
    """An adapter that was there, heard a line and left."""
    server.keep("before anybody came", ago=7200)
    async with running(server.port, "#lobby") as run:
        if catch_up:
            run.adapter.catch_up = catch_up
        said, joined = await run.emitted.upto_joined("#lobby")
        assert (said, joined.caught_up, server.asked) == ([], False, [])
        await run.stop()
        at = stamp(time.time() - 3600)
        run.emitted.positions["#lobby"] = f"{at} {at} - "
        yield run


@pytest.mark.parametrize(
    ("most", "pages", "left_out"), [(500, 6, 0), (240, 6, 10), (100, 5, None), (40, 2, None), (0, 0, 0)]
)
async def test_pages(most: int, pages: int, left_out: int | None) -> None:
    """The newest `max_messages`, in order, as history, before the room counts as joined; as much again is
    read to be counted.
    """
    async with Archive() as server, away(server, CatchUp(max_messages=most)) as run:
        for number in range(250):
            server.keep(f"away {number}", ago=1000 - number)
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert [event.content.text for event in said] == [f"away {n}" for n in range(250)][
            250 - min(most, 250) :
        ]
        assert all(event.replayed and event.at for event in said)
        assert (joined.caught_up, joined.left_out) == (most > 0, left_out)
        assert len(server.asked) == pages


async def test_nothing_that_is_too_old() -> None:
    """`max_age`, by the server's clock; what is left out on purpose is no gap."""
    async with Archive() as server, away(server, CatchUp(max_age="10m")) as run:
        for ago in (1200, 700, 500):
            server.keep(f"{ago} s ago", ago)
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert [event.content.text for event in said] == ["500 s ago"]
        assert joined.caught_up


async def test_live_lines_wait_for_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said while the past is read comes after it, once; with too much of it, it is read again."""
    for most in (1000, 3):
        monkeypatch.setattr(Holdback, "most", most)
        async with Archive(limit=10) as server, away(server) as run:
            for number in range(60):
                server.keep(f"away {number}", ago=100 - number)
            server.meanwhile = [f"meanwhile {number}" for number in range(5)]
            await run.again()
            said, joined = await run.emitted.upto_joined("#lobby")
            texts = [event.content.text for event in said]
            assert texts == [*[f"away {n}" for n in range(60)], *[f"meanwhile {n}" for n in range(5)]]
            assert len({event.id for event in said}) == 65
            assert joined.caught_up
            server.say(server.keep("live"))
            assert not (await run.emitted.message()).replayed


async def test_a_history_that_does_not_reach_back() -> None:
    """All that is there is read, and nobody says that it is everything."""
    async with Archive() as server, away(server) as run:
        server.kept.clear()
        server.keep("away", ago=5)
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert ([event.content.text for event in said], joined.caught_up) == (["away"], False)


async def test_many_lines_in_one_millisecond() -> None:
    """A page that shows nothing older ends the reading; lines on two pages come once."""
    async with Archive(limit=10) as server, away(server) as run:
        for number in range(5):
            server.keep(f"{number}", ago=100 - number)
        at, _ = server.kept[-1]
        for number in range(5, 14):
            server.keep(f"{number}")
            server.kept[-1] = (at, server.kept[-1][1].replace(server.kept[-1][1][5:29], stamp(at)))
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert [event.content.text for event in said] == [f"{number}" for number in range(4, 14)]
        assert not joined.caught_up


@pytest.mark.parametrize(
    "answer",
    [
        ["FAIL CHATHISTORY MESSAGE_ERROR LATEST #lobby :Messages could not be retrieved"],
        ["FAIL CHATHISTORY INVALID_TARGET LATEST #lobby :No"],
        [":s 421 hubbub CHATHISTORY :Unknown command"],
        [":s BATCH +x chathistory #lobby", ":s BATCH -x"],
        [],
    ],
)
async def test_no_history_after_all(answer: list[str]) -> None:
    """IRCv3 standard replies, or nothing: joined, and nobody says that nothing is missing."""
    async with Archive() as server, away(server) as run:
        server.replies["CHATHISTORY"] = lambda _: answer
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert (said, joined.caught_up) == ([], False)


async def test_kicked_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2812 section 3.2.8: whoever is out reads no further, and starts again when back."""
    async with Archive(limit=10) as server, away(server) as run:
        for number in range(15):
            server.keep(f"away {number}", ago=100 - number)
        monkeypatch.setattr("adapters.irc.rooms.channels._KICKED", (0.05, 0.1))
        page = server.replies["CHATHISTORY"]

        def kick(got: Line) -> list[str] | None:
            server.replies["CHATHISTORY"] = page
            return [*(page(got) or []), ":op!o@h KICK #lobby hubbub"]

        server.replies["CHATHISTORY"] = kick
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert [event.content.text for event in said] == [f"away {number}" for number in range(15)]
        assert joined.caught_up


# -- what became of our messages


def ours(server: Archive, text: str, ago: float, mark: str, nick: str = "hubbub") -> None:
    server.keep(text, ago, f":{nick}!hub@host.example", f";+hubbub/txn={mark}" if mark else "")


async def test_what_is_in_doubt_is_found_by_its_mark() -> None:
    """Also when it was said under another nick; what history would show and does not is not there."""
    async with Archive(limit=10) as server, away(server) as run:
        ours(server, "an old version of ours marked nothing", 3000, "")
        for number in range(30):
            ours(server, f"{number}", 1000 - number, f"{number}.abc", "hubbub_" if number % 2 else "hubbub")
        await run.again()
        said, _ = await run.emitted.upto_joined("#lobby")
        assert said == []
        txns = [Txn("3.abc"), Txn("28.abc"), Txn("99.abc")]
        found = await run.adapter.find_sent(LOBBY, time.time() - 1100, txns)
        assert found == {
            txns[0]: Receipt(Part(MessageId("id5"))),
            txns[1]: Receipt(Part(MessageId("id30"))),
            txns[2]: None,
        }
        # a page or two go back further than was asked for, because of the clocks
        assert len(server.asked) < 2 * 5
        # from before the oldest line, nobody knows
        assert txns[2] not in await run.adapter.find_sent(LOBBY, time.time() - 8000, txns)


async def test_a_history_that_keeps_no_marks() -> None:
    """Our own lines without marks show that nothing can be told from their absence."""
    async with Archive() as server, away(server) as run:
        ours(server, "it arrived", 100, "", "hubbub_")
        await run.again()
        await run.joined()
        assert await run.adapter.find_sent(LOBBY, time.time() - 200, [Txn("1.abc")]) == {}


async def test_an_old_session_may_still_talk() -> None:
    """While somebody else has our nick, what is not there may still come."""
    async with Archive() as server, away(server) as run:
        server.replies["NICK"] = lambda got: (
            [":s 433 * hubbub :Nickname is already in use"] if got.params[0] == "hubbub" else None
        )
        await run.again()
        await run.joined()
        assert server.nick == "hubbub_"
        assert await run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc")]) == {}


async def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given up after a while; the core asks again."""
    monkeypatch.setattr(requests, "_PATIENCE", 0.2)
    async with Archive() as server, away(server) as run:
        await run.again()
        await run.joined()
        server.replies["PING"] = lambda _: []
        with pytest.raises(TemporaryFailure, match="does not show"):
            await run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc")])


async def test_the_connection_ends_while_looking() -> None:
    """Nobody waits for ever."""
    async with Archive() as server, away(server) as run:
        await run.again()
        await run.joined()
        server.replies["CHATHISTORY"] = lambda _: server.hang_up() or []
        async with asyncio.timeout(25):
            with pytest.raises(Exception, match="lost"):
                await run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc")])


# -- servers that have none


async def test_a_quiet_room_is_heard_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its position moves on while the server answers, and once more at the end."""
    monkeypatch.setattr("adapters.irc.connection.connection._REST", 0.05)
    async with (
        ScriptedServer(caps="server-time") as server,
        running(server.port, "#lobby", ping={"after": 0.1, "timeout": 5}) as run,
    ):
        await run.joined()
        positions = [run.emitted.positions["#lobby"]]
        for _ in range(3):
            # each is asked for after some silence
            pings = sum(text.startswith("PING") for text in server.received)
            await server.heard("^PING", times=pings + 1)
            positions.append(run.emitted.positions["#lobby"])
        await run.stop()
        positions.append(run.emitted.positions["#lobby"])
        assert positions == sorted(positions)
        assert len(set(positions)) > 2
        assert len({position.split(" ")[1] for position in positions}) == 1


async def test_too_much_is_said_while_we_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an archive to read it from, nothing is let go: the room counts as joined at once."""
    monkeypatch.setattr(Holdback, "most", 3)
    now = f"@time={stamp(time.time())}"
    lines = [f"{now} {BOB} PRIVMSG #lobby :{number}" for number in range(6)]
    join = {"JOIN": lambda _: [f"{now} :hubbub!hub@host.example JOIN #lobby", *lines]}
    async with (
        ScriptedServer(caps="server-time", replies=join) as server,
        running(server.port, "#lobby") as run,
    ):
        said, _ = await run.emitted.upto_joined("#lobby")
        assert [event.content.text for event in said] == ["0", "1", "2"]
        assert [(await run.emitted.message()).content.text for _ in range(3)] == ["3", "4", "5"]
        await (await run.send("#lobby", "and we are in"))
