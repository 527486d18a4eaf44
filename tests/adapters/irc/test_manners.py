"""Flood control, private messages, injection, length, coming and going; against a scripted server."""

import asyncio
import logging
import time

import pytest

from adapters.irc.connection import connection
from bridge import ConnectionLost, Content, Kind, Mark, Rejected, RoomId, Span

from .harness import Running, ScriptedServer, running

# -- flood control


async def test_the_whole_burst_then_the_rate() -> None:
    """The bucket gives all it has at once; then the rate; messages cost two lines each."""
    flood = {"burst": 12, "per_second": 40}
    async with ScriptedServer() as server, running(server.port, "#lobby", flood=flood) as run:
        await run.joined()
        await asyncio.sleep(0.3)
        start = time.monotonic()
        for number in range(6):
            await run.send("#lobby", f"burst {number}")
        assert time.monotonic() - start < 0.04
        for number in range(4):
            await run.send("#lobby", f"paced {number}")
        assert 0.15 < time.monotonic() - start < 0.5
        await server.heard("paced 3")


async def test_another_speed_counts_at_once() -> None:
    """Also for what waits already: at the old speed it would wait for minutes."""
    async with (
        ScriptedServer() as server,
        running(server.port, "#lobby", flood={"burst": 2, "per_second": 0.001}) as run,
    ):
        await run.joined()
        waiting = asyncio.ensure_future(run.send("#lobby", "one"))
        await asyncio.sleep(0)
        assert not waiting.done()
        flood = run.adapter.config.flood.model_copy(update={"burst": 100, "per_second": 100})
        run.adapter.follow(run.adapter.config.model_copy(update={"flood": flood}))
        await waiting
        await server.heard("PRIVMSG #lobby :one")
        assert server.connections == 1


async def test_excess_flood_halves_the_rate(caplog: pytest.LogCaptureFixture) -> None:
    """The next connection talks at half speed, and the owner is told once."""
    async with (
        ScriptedServer() as server,
        running(server.port, "#lobby", flood={"burst": 10, "per_second": 8}) as run,
    ):
        await run.joined()
        with caplog.at_level(logging.WARNING):
            server.say("ERROR :Closing link: (hub@host) [Excess Flood]")
            with pytest.raises(ConnectionLost, match="Excess Flood"):
                await run.task
        assert caplog.text.count("half speed") == 1
        again = Running(run.adapter, run.emitted)
        await again.joined()
        assert run.adapter._connection.bucket._rate == 4
        await again.stop()


async def test_floods_in_a_row_are_learnt_from() -> None:
    """Half, a quarter, an eighth and no slower; once there is calm, as configured."""
    flood = {"burst": 16, "per_second": 8}
    async with ScriptedServer() as server, running(server.port, "#lobby", flood=flood) as run:
        for rate in (8, 4, 2, 1, 1):
            await run.joined()
            bucket = run.adapter._connection.bucket
            assert (bucket._rate, bucket._burst) == (rate, 2 * rate)
            server.say("ERROR :Closing link: (hub@host) [Excess Flood]")
            with pytest.raises(ConnectionLost):
                await run.task
            run.task = asyncio.create_task(run.adapter.run(run.emitted))
        await run.joined()
        run.adapter._slow_until = 0.0
        await run.again()
        await run.joined()
        assert run.adapter._connection.bucket._rate == 8


async def test_a_busy_room_does_not_starve_a_quiet_one() -> None:
    """One message of each room waits for its place; who comes first is served first."""
    flood = {"burst": 4, "per_second": 100}
    async with (
        ScriptedServer() as server,
        running(server.port, "#busy", "#quiet", "#other", flood=flood) as run,
    ):
        for _ in range(3):
            await run.joined()

        async def chatter(room: str) -> None:
            for number in range(12):
                await run.send(room, f"{number}")

        busy = [asyncio.create_task(chatter(room)) for room in ("#busy", "#other")]
        await server.heard("PRIVMSG #busy :3")
        before = sum(text.startswith("PRIVMSG") for text in server.received)
        await run.send("#quiet", "me too")
        await server.heard("PRIVMSG #quiet")
        after = [text for text in server.received if text.startswith("PRIVMSG")].index(
            "PRIVMSG #quiet :me too"
        )
        # one of each of the others may stand before it, and one that is on its way to the server
        assert after - before <= 3
        await asyncio.gather(*busy)


# -- private messages


async def test_who_writes_to_the_bot_is_told_what_it_is() -> None:
    """RFC 2812 section 3.3.2: the answer is a NOTICE, once; no NOTICE, server or service gets one."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(
            ":eve!e@h NOTICE hubbub :no answer",
            ":ChanServ!s@services.example PRIVMSG hubbub :no answer",
            ":s PRIVMSG hubbub :no answer",
            ":bob!b@h PRIVMSG hubbub :who are you?",
            ":bob!b@h PRIVMSG hubbub :again",
            ":carol!c@h PRIVMSG Hubbub :\x01VERSION\x01",
            ":carol!c@h PRIVMSG hubbub :\x01PING 12345\x01",
            ":carol!c@h PRIVMSG hubbub :\x01DCC SEND x\x01",
        )
        await server.heard("NOTICE carol :\x01PING 12345\x01")
        notices = [text for text in server.received if text.startswith("NOTICE")]
        assert notices[0] == "NOTICE bob :I relay this to elsewhere; ask root."
        assert [text.split(" ")[1] for text in notices] == ["bob", "carol", "carol"]
        assert "VERSION Hubbub" in notices[1]


async def test_a_flood_of_questions_is_not_answered_in_full() -> None:
    """CTCP replies wait for the flood control, and what is too much is dropped; the rooms are heard."""
    flood = {"burst": 4, "per_second": 5}
    async with ScriptedServer() as server, running(server.port, "#lobby", flood=flood) as run:
        await run.joined()
        server.say(*[f":eve{n}!e@h{n} PRIVMSG hubbub :\x01PING {n}\x01" for n in range(500)])
        server.say(":bob!b@h PRIVMSG #lobby :hello")
        assert (await run.emitted.message()).content.text == "hello"
        assert run.adapter._connection._posted.qsize() <= connection._MOST_POSTED


# -- injection


async def test_nothing_makes_a_second_command() -> None:
    """RFC 2812 section 2.3: CR, LF and NUL in text; formatting and CTCP of the text's own."""
    nasty = "x\rTOPIC #lobby :HACKED\nQUIT\0\x01VERSION\x01\x02bold\x0304red"
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        for kind in Kind:
            await (await run.send("#lobby", nasty, kind))
        sent = [text for text in server.received if "HACKED" in text]
        clean = "x TOPIC #lobby :HACKED QUITVERSIONbold04red"
        assert sent == [
            f"PRIVMSG #lobby :{clean}",
            f"PRIVMSG #lobby :\x01ACTION {clean}\x01",
            f"NOTICE #lobby :{clean}",
        ]
        assert not any(text.startswith(("TOPIC", "QUIT")) for text in server.received)


async def test_too_long_is_rejected_before_it_is_sent() -> None:
    """A line that the server would cut is never sent."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        limit = run.adapter.capabilities(RoomId("#lobby")).text_limit
        assert limit == 512 - 2 - len(":hubbub!hub@host.example PRIVMSG #lobby :") - 9
        await (await run.send("#lobby", "é" * (limit // 2), Kind.EMOTE))
        with pytest.raises(Rejected, match="longer than a line"):
            await run.send("#lobby", "x" * (limit + 10))


async def test_the_server_may_allow_longer_lines() -> None:
    """modern.ircdocs.horse LINELEN."""
    async with ScriptedServer(isupport="LINELEN=2048") as server, running(server.port, "#lobby") as run:
        before = run.adapter.capabilities(RoomId("#lobby")).text_limit
        assert before == 512 - 2 - (1 + 30 + 1 + 10 + 1 + 63 + 1) - len("PRIVMSG #lobby :") - 9
        await run.joined()
        assert run.adapter.capabilities(RoomId("#lobby")).text_limit > 1900


async def test_our_prefix_is_followed() -> None:
    """396, CHGHOST and NICK change what the server puts before our lines."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        limit = run.adapter.capabilities(RoomId("#lobby")).text_limit
        server.say(":s 396 hubbub cloak.example.org.long :is now your displayed host")
        await (await run.send("#lobby", "x"))
        assert run.adapter.capabilities(RoomId("#lobby")).text_limit == limit - len(
            "cloak.example.org.long"
        ) + len("host.example")
        server.say(":hubbub!hub@x CHGHOST u h")
        await (await run.send("#lobby", "x"))
        assert run.adapter.capabilities(RoomId("#lobby")).text_limit == limit + len("hub@host.example") - len(
            "u@h"
        )


async def test_marks_are_sent() -> None:
    """modern.ircdocs.horse/formatting."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        content = Content((Span("<alice> "), Span("bold", frozenset({Mark.BOLD}))))
        await (await run.send("#lobby", content))
        await server.heard("^PRIVMSG #lobby :<alice> \x02bold$")


async def test_a_cancelled_run_says_goodbye() -> None:
    """Politely, and within a second."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        start = time.monotonic()
        await run.stop()
        assert time.monotonic() - start < 1
        assert run.task.cancelled()
        await server.heard("^QUIT")


async def test_the_same_adapter_connects_again() -> None:
    """Each run is a connection of its own; the end of one never reaches into the next."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        for count in range(1, 4):
            await run.joined()
            assert server.connections == count
            server.hang_up()
            with pytest.raises(ConnectionLost):
                await run.task
            run.task = asyncio.create_task(run.adapter.run(run.emitted))
        await run.joined()
