"""What bouncers do, scripted: they answer JOIN and PING themselves, and are in rooms before we are."""

import asyncio
import re
import time

import pytest

from adapters.irc.connection import connection
from adapters.irc.history.state import stamp
from adapters.irc.wire.line import Line
from bridge import ConnectionLost, Content, Mark, RoomState, RoomUnavailable, Span

from .harness import Reply, Running, ScriptedServer, running

ZNC = "batch server-time echo-message znc.in/server-time-iso"


def bouncer(replies: dict[str, Reply] | None = None, online: float = 0.0) -> ScriptedServer:
    """It came to the network at `online`."""
    told = [
        ":s 311 hubbub hubbub user long.host.example * :x",
        f":s 317 hubbub hubbub 1 {online:.0f} :seconds idle, signon time",
        ":s 318 hubbub hubbub :End",
    ]
    return ScriptedServer(caps=ZNC, replies={"WHOIS": lambda _: told, **(replies or {})})


async def test_a_join_that_comes_after_the_pong() -> None:
    """Its PONG says nothing about the network: no refusal is told before the JOIN or an error is here."""
    async with bouncer({"JOIN": lambda _: []}) as server, running(server.port, "#a", "#b") as run:
        await server.heard("^JOIN #a,#b")
        await server.heard("^PING", times=2)
        server.say(f"@time={stamp(time.time())} :hubbub!hub@h JOIN #a", ":s 474 hubbub #b :banned")
        states = []
        while len(states) < 4:
            event = await run.emitted.events.get()
            states.append((event.room, event.state))
        assert states[:2] == [("#a", RoomState.JOINING), ("#b", RoomState.JOINING)]
        assert sorted(states[2:]) == [("#a", RoomState.JOINED), ("#b", RoomState.REFUSED)]


async def test_it_is_in_the_room_already() -> None:
    """The JOIN at the attach is enough, and counts once; soju's bears no time and not the network's mask."""

    def welcome(got: Line) -> list[str] | None:
        server.nick = "hubbub"
        return [*server.welcome(), ":hubbub!hub@bouncer JOIN #lobby"] if got.params == ["END"] else None

    async with bouncer({"CAP": welcome}) as server, running(server.port, "#lobby") as run:
        said, _ = await run.emitted.upto_joined("#lobby")
        server.say(f"@time={stamp(time.time())} :bob!b@h PRIVMSG #lobby :live")
        assert not (await run.emitted.message()).replayed
        assert not [text for text in server.received if text.startswith("JOIN")]
        session = run.adapter._session
        assert (said, session.user, session.host) == ([], "user", "long.host.example")
        assert session.is_mask("hubbub!user@long.host.example")


async def test_its_nick_has_changed_since_it_came() -> None:
    """RPL_WELCOME (RFC 2812 section 5.1): ZNC repeats the words that it was welcomed with itself, which may
    name an older nick; whom the line is for is who we are.
    """

    def welcome(got: Line) -> list[str] | None:
        server.nick = "hubbub"
        told = [":s 001 hubbub :Welcome to the network hubbub_!hub@host.example", *server.welcome()[1:]]
        return told if got.params == ["END"] else None

    async with bouncer({"CAP": welcome}) as server, running(server.port, "#lobby") as run:
        await asyncio.wait_for(run.joined(), 25)


async def test_it_stays_in_rooms_that_are_not_ours() -> None:
    """A bouncer tells at the attach of all the rooms that its owner is in: they stay there."""
    async with bouncer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(":hubbub!hub@bouncer JOIN #owners", ":bob!b@h PRIVMSG #lobby :later")
        await run.emitted.message()
        server.say("PING :last")
        await server.heard("^PONG :?last")
        assert not [text for text in server.received if text.startswith("PART")]


@pytest.mark.parametrize("whole_second", [False, True])
async def test_a_line_without_a_name_is_told(whole_second: bool) -> None:
    """One of a whole second may be another that was heard: it is left out, and that is a gap."""
    came = float(int(time.time())) - 3600
    first = came + 60 if whole_second else came + 60.5
    pages = {
        "LATEST": [(first, "first"), (first + 1.25, "second")],
        "BEFORE": [(came - 60.5, "known")],
    }

    def page(got: Line) -> list[str]:
        said = [
            f"@batch=x;time={stamp(at)} :bob!b@h PRIVMSG #lobby :{text}" for at, text in pages[got.params[0]]
        ]
        return [":s BATCH +x chathistory #lobby", *said, ":s BATCH -x"]

    async with bouncer({"CHATHISTORY": page}) as server, running(server.port, "#lobby") as run:
        server.caps += " draft/chathistory"
        await run.emitted.upto_joined("#lobby")
        await run.stop()
        run.emitted.positions["#lobby"] = f"{stamp(came)} {stamp(came - 900)} - "
        await run.again()
        events, joined = await run.emitted.upto_joined("#lobby")
    assert events[-1].content.text == "second"
    assert joined.caught_up is not whole_second


async def test_it_was_somewhere_else_before() -> None:
    """What we said from another host is ours still, and what another said under our nick is not."""
    host = "old.example"

    def enter(got: Line) -> list[str]:
        said = ("hub@old.example", "ours of then"), ("hub@host.example", "ours"), ("m@old.example", "theirs")
        kept = [f"@batch=x;time={stamp(now)} :hubbub!{who} PRIVMSG #lobby :{text}" for who, text in said]
        came = f"@time={stamp(time.time())} :hubbub!hub@{host} JOIN #lobby"
        return [came, ":s BATCH +x znc.in/playback #lobby", *kept, ":s BATCH -x", ":s 366 hubbub #lobby :End"]

    told = ":s 317 hubbub hubbub 1 0 :seconds idle, signon time"
    replies: dict[str, Reply] = {"JOIN": enter, "WHOIS": lambda _: [told]}
    async with bouncer(replies) as server, running(server.port, "#lobby") as run:
        now = time.time() + 60
        await run.joined()
        await run.stop()
        host, now = "host.example", time.time()
        await run.again()
        said, _ = await run.emitted.upto_joined("#lobby")
    assert [event.content.text for event in said] == ["theirs"]


async def test_it_comes_back_to_the_network_while_we_are_there() -> None:
    """Another JOIN of ours: what was said in between nobody heard, whatever its buffer shows."""
    async with bouncer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        now = time.time()
        server.say(f"@time={stamp(now)} :bob!b@h PRIVMSG #lobby :heard")
        await run.emitted.message()
        told = [f":s 317 hubbub hubbub 1 {now + 2:.0f} :seconds idle, signon time"]
        server.replies["WHOIS"] = lambda _: told
        server.say(f"@time={stamp(now + 3)} :hubbub!hub@h JOIN #lobby")
        assert not (await run.emitted.state(RoomState.JOINED)).caught_up
        await server.heard("^WHOIS", times=2)


async def _answered(run: Running) -> None:
    """Wait until the bouncer has answered every PING."""
    while run.adapter._connection.dispatcher.confirmations.oldest is not None:
        await asyncio.sleep(0.01)


async def test_the_network_shows_a_message_after_the_pong() -> None:
    """The echo is the confirmation, or what the network says against it."""
    silent: dict[str, Reply] = {"PRIVMSG": lambda _: []}
    async with bouncer(silent) as server, running(server.port, "#lobby") as run:
        await run.joined()
        landing = await run.send("#lobby", "ours")
        await server.heard("^PRIVMSG #lobby :ours")
        await _answered(run)
        assert not landing.done(), "that was the bouncer's PONG"
        server.say(":hubbub!user@long.host.example PRIVMSG #lobby :ours")
        await landing
        refused = await run.send("#lobby", "again")
        await server.heard("^PRIVMSG #lobby :again")
        await _answered(run)
        server.say(":s 404 hubbub #lobby :Cannot send to channel")
        with pytest.raises(RoomUnavailable):
            await refused


async def test_its_owner_confirms_nothing() -> None:
    """Its owner's other client speaks under our nick: that is no echo of ours, also if it begins alike."""
    silent: dict[str, Reply] = {"PRIVMSG": lambda _: []}
    async with bouncer(silent) as server, running(server.port, "#lobby") as run:
        await run.joined()
        bold = Content((Span("bold", frozenset({Mark.BOLD})), Span(" and plain")))
        landings = [await run.send("#lobby", said) for said in ("ours", bold, "long " * 60)]
        server.say(
            *[f":hubbub!user@h PRIVMSG #lobby :{text}" for text in ("theirs", "our", "ours too", "long")]
        )
        server.say(":bob!b@h PRIVMSG #lobby :behind them")
        await run.emitted.message()
        assert not any(landing.done() for landing in landings)
        server.say(
            *[f":hubbub!user@h PRIVMSG #lobby :{text}" for text in ("ours", "bold and plain", "long " * 50)]
        )
        await asyncio.wait_for(asyncio.gather(*landings), 25)


async def test_the_network_never_shows_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody knows whether it has it."""
    monkeypatch.setattr(connection, "_UNSHOWN", 0.2)
    silent: dict[str, Reply] = {"PRIVMSG": lambda _: []}
    ping = {"ping": {"after": 1, "timeout": 1}}
    async with bouncer(silent) as server, running(server.port, "#lobby", **ping) as run:
        await run.joined()
        landing = await run.send("#lobby", "ours")
        with pytest.raises(ConnectionLost, match="has not shown"):
            await run.task
        with pytest.raises(ConnectionLost):
            await landing


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        (":s 366 hubbub #hubbub-{} :End of /NAMES list.", True),
        (":s 403 hubbub #hubbub-{} :No such channel", True),
        (":s 366 hubbub #hubbub-0 :End of /NAMES list.", False),
        (
            ":*status!znc@znc.in PRIVMSG hubbub :Your message to #other got lost, you are not connected!",
            False,
        ),
        (":*status!znc@znc.in PRIVMSG hubbub :#lobby", False),
    ],
)
async def test_only_the_network_confirms(told: str, settled: bool) -> None:
    """Where the PONG bears another name than the welcome, an echo and a PONG are the bouncer's own."""

    def pong(got: Line) -> list[str]:
        return [f":znc PONG znc :{got.params[0]}"]

    async with bouncer({"PING": pong}) as server, running(server.port, "#lobby") as run:
        await run.joined()
        landing = await run.send("#lobby", "ours")
        names = await server.heard("^NAMES #hubbub-")
        server.say(told.format(names.rpartition("-")[2]), "PING :behind")
        await server.heard("^PONG :?behind")
        assert landing.done() is settled


async def test_a_bouncer_that_lost_a_line_says_so() -> None:
    """ZNC without a network: the line waits, and is in no doubt. The room waits until it is back."""

    def pong(got: Line) -> list[str]:
        return [f":znc PONG znc :{got.params[0]}"]

    async with bouncer({"PING": pong}) as server, running(server.port, "#lobby") as run:
        await run.joined()
        landing = await run.send("#lobby", "ours")
        await server.heard("^NAMES #hubbub-")
        lost = "Your message to #lobby got lost, you are not connected to IRC!"
        server.say(f":*status!znc@znc.in PRIVMSG hubbub :{lost}")
        with pytest.raises(RoomUnavailable) as caught:
            await landing
        assert caught.value.retry_after == 30
        assert "lost the network" in (await run.emitted.state(RoomState.REFUSED)).reason
        server.say(f"@time={stamp(time.time())} :hubbub!hub@h JOIN #lobby")
        await run.joined()


async def test_soju_has_no_network() -> None:
    """ERR_UNKNOWNERROR for a command of ours: the line waits, and is in no doubt."""
    told = [":s 400 hubbub PRIVMSG :Not connected to the network"]
    async with bouncer({"PRIVMSG": lambda _: told}) as server, running(server.port, "#lobby") as run:
        await run.joined()
        with pytest.raises(RoomUnavailable) as caught:
            await (await run.send("#lobby", "ours"))
        assert caught.value.retry_after == 30


async def test_its_people_get_no_answer() -> None:
    """*status and its like take every line for a command, and answer it."""
    async with bouncer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        for source in ("*status!znc@znc.in", "*buffextras!znc@znc.in", "BouncerServ!BouncerServ@BouncerServ"):
            server.say(f":{source} PRIVMSG hubbub :Disconnected from IRC. Reconnecting...")
        server.say(":bob!b@h PRIVMSG hubbub :who are you?")
        await server.heard("^NOTICE bob ")
        answers = [text for text in server.received if re.match("(NOTICE|PRIVMSG) ", text)]
        assert all(text.startswith("NOTICE bob ") for text in answers)
        assert run.emitted.texts == []
