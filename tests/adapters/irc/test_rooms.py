"""Getting into rooms, staying there, and what one room may do to others; against a scripted server."""

import asyncio
import re

import pytest

from adapters.irc.rooms import channels
from adapters.irc.wire.line import Line
from bridge import AuthenticationFailed, RoomId, RoomState, RoomStateChanged

from .harness import ScriptedServer, running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience in hundredths of seconds."""
    monkeypatch.setattr(channels, "_REFUSED", (0.05, 0.2))
    monkeypatch.setattr(channels, "_KICKED", (0.05, 0.2))


@pytest.mark.parametrize(
    ("numeric", "params", "sentence"),
    [
        ("403", "", "no channel #bad"),
        ("405", "", "allows hubbub no more channels"),
        ("470", " #elsewhere", "forwards to #elsewhere"),
        ("471", "", "is full"),
        ("473", "", "/invite hubbub #bad"),
        ("474", "", "banned from #bad"),
        ("475", "", "write it as key:"),
        ("476", "", "check its name"),
        ("477", "", "give hubbub an account"),
        ("489", "", "set tls: true"),
    ],
)
async def test_a_room_that_refuses_disturbs_no_other(
    numeric: str, params: str, sentence: str, impatient: None
) -> None:
    """RFC 2812 section 3.2.1 and modern.ircdocs.horse: a refusal tells what to do, and is tried again."""
    bad = True

    def join(got: Line) -> list[str] | None:
        rooms = got.params[0].split(",")
        return [
            text
            for room in rooms
            for text in (
                [f":s {numeric} hubbub {room}{params} :Cannot join"]
                if room == "#bad" and bad
                else [f":hubbub!hub@host JOIN {room}"]
            )
        ]

    async with (
        ScriptedServer(replies={"JOIN": join}) as server,
        running(server.port, "#bad", "#good") as run,
    ):
        refused = await run.emitted.state(RoomState.REFUSED)
        assert refused.room == "#bad"
        assert sentence in refused.reason
        await run.joined("#good")
        await (await run.send("#good", "still here"))
        await server.heard("^JOIN #bad$", times=1)
        bad = False
        await run.joined("#bad")


async def test_the_server_does_not_answer_a_join(impatient: None) -> None:
    """Neither JOIN nor an error before the PONG: refused, and tried again."""
    answers = iter([[], [":hubbub!hub@host JOIN #lobby"]])
    async with (
        ScriptedServer(replies={"JOIN": lambda _: next(answers)}) as server,
        running(server.port, "#lobby") as run,
    ):
        refused = await run.emitted.state(RoomState.REFUSED)
        assert "did not answer" in refused.reason
        await run.joined()


async def test_two_hundred_rooms_in_few_lines() -> None:
    """modern.ircdocs.horse TARGMAX: several channels to a line, within its length; keys first."""
    rooms = [f"#room-{number:03}" for number in range(200)]
    async with (
        ScriptedServer(isupport="TARGMAX=JOIN:,PRIVMSG:4") as server,
        running(server.port, *rooms, keys={"#room-150": "k1", "#room-151": "k2"}) as run,
    ):
        for _ in rooms:
            await run.joined()
        joins = [text for text in server.received if text.startswith("JOIN")]
        assert len(joins) <= 8
        assert all(len(text.encode()) <= 510 for text in joins)
        assert re.match(r"JOIN #room-150,#room-151,.* k1,k2$", joins[0])
        told = [len(batch) for batch in run.emitted.batches]
        assert max(told) > 10


async def test_target_limits_are_kept() -> None:
    """modern.ircdocs.horse MAXTARGETS."""
    async with (
        ScriptedServer(isupport="MAXTARGETS=3") as server,
        running(server.port, *[f"#r{number}" for number in range(7)]) as run,
    ):
        for _ in range(7):
            await run.joined()
        assert [text.count(",") + 1 for text in server.received if text.startswith("JOIN")] == [3, 3, 1]


async def test_kicked(impatient: None) -> None:
    """RFC 2812 section 3.2.8: back after a while."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        for _ in range(2):
            await run.joined()
            server.say(":op!o@h KICK #lobby hubbub :too loud")
            refused = await run.emitted.state(RoomState.REFUSED)
            assert "op removed hubbub from #lobby (too loud)" in refused.reason
        await run.joined()


async def test_others_are_kicked_and_leave() -> None:
    """RFC 2812 sections 3.2.2 and 3.2.8: what happens to others changes nothing for us."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(
            ":op!o@h KICK #lobby bob :out", ":bob!b@h PART #lobby", ":bob!b@h JOIN #lobby", ":x!y@z QUIT"
        )
        await (await run.send("#lobby", "x"))
        events = [event for batch in run.emitted.batches for event in batch]
        assert [e.state for e in events if isinstance(e, RoomStateChanged)] == [
            RoomState.JOINING,
            RoomState.JOINED,
        ]


async def test_made_to_part(impatient: None) -> None:
    """An operator's SAPART counts as a kick."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(":hubbub!hub@host PART #lobby :go")
        assert "the network removed hubbub" in (await run.emitted.state(RoomState.REFUSED)).reason
        await run.joined()


async def test_an_invitation_ends_the_waiting() -> None:
    """RFC 2812 section 3.2.7: INVITE to a room of ours; others are ignored."""
    invited = False

    def join(got: Line) -> list[str] | None:
        return None if invited else [f":s 473 hubbub {got.params[0]} :Cannot join channel (+i)"]

    async with ScriptedServer(replies={"JOIN": join}) as server, running(server.port, "#lobby") as run:
        await run.emitted.state(RoomState.REFUSED)
        invited = True
        server.say(":op!o@h INVITE hubbub #other", ":op!o@h INVITE hubbub :#Lobby")
        async with asyncio.timeout(5):
            await run.joined()
        assert not any("#other" in text for text in server.received)


async def test_let_in_by_an_operator() -> None:
    """An operator's SAJOIN while we wait after a refusal: we are in, and need not try again."""
    refusing = {"JOIN": lambda _: [":s 473 hubbub #lobby :Cannot join channel (+i)"]}
    async with ScriptedServer(replies=refusing) as server, running(server.port, "#lobby") as run:
        await run.emitted.state(RoomState.REFUSED)
        server.say(":hubbub!hub@host JOIN #lobby")
        async with asyncio.timeout(5):
            await run.joined()
        assert run.adapter._connection.dispatcher.channels.next_due() is None


async def test_a_room_that_is_not_ours_is_left() -> None:
    """Forwarded or made to join: we leave, and relay nothing from there."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(
            ":hubbub!hub@host JOIN #elsewhere", ":bob!b@h PRIVMSG #elsewhere :x", ":bob!b@h PRIVMSG #lobby :y"
        )
        await server.heard("^PART #elsewhere$")
        assert (await run.emitted.message()).content.text == "y"


async def test_reload_joins_and_leaves_the_difference() -> None:
    """`serve` while the run runs."""
    async with ScriptedServer() as server, running(server.port, "#old", "#kept") as run:
        await run.joined("#old")
        kinds = run.adapter.RoomConfig
        await run.adapter.serve({RoomId("#kept"): kinds(), RoomId("#new"): kinds()})
        await run.joined("#new")
        await server.heard("^PART #old$")
        assert sum("#kept" in text for text in server.received if text.startswith("JOIN")) == 1
        server.say(":bob!b@h PRIVMSG #old :no", ":bob!b@h PRIVMSG #kept :yes")
        assert (await run.emitted.message()).room == "#kept"


async def test_two_names_for_one_channel() -> None:
    """modern.ircdocs.horse CASEMAPPING: what the server takes for one room is joined once."""
    async with (
        ScriptedServer(isupport="CASEMAPPING=rfc1459") as server,
        running(server.port, "#a[1]", "#a{1}") as run,
    ):
        refused = await run.emitted.state(RoomState.REFUSED)
        assert "are the same channel" in refused.reason
        await run.joined("#a[1]")
        assert [text for text in server.received if text.startswith("JOIN")] == ["JOIN #a[1]"]


async def test_history_is_not_taken_for_talk() -> None:
    """IRCv3 batch and server-time: InspIRCd's channel mode H replays what was said before we came."""

    def join(got: Line) -> list[str]:
        old, new = "@time=2026-01-01T00:00:00.000Z", "@time=2026-01-01T09:00:00.500Z"
        return [
            f"{new} :hubbub!hub@host JOIN #lobby",
            ":s 366 hubbub #lobby :End",
            ":s BATCH +r chathistory #lobby",
            f"@batch=r;time={old[6:]} :bob!b@h PRIVMSG #lobby :in the batch",
            ":s BATCH -r",
            f"{old} :bob!b@h PRIVMSG #lobby :without a batch",
            f"{new} :bob!b@h PRIVMSG #lobby :live",
        ]

    async with (
        ScriptedServer(caps="batch server-time", replies={"JOIN": join}) as server,
        running(server.port, "#lobby") as run,
    ):
        assert (await run.emitted.message()).content.text == "live"
        await run.joined()
        server.say(":bob!b@h PRIVMSG #lobby :and without a time, later")
        assert (await run.emitted.message()).content.text == "and without a time, later"


async def test_look_without_rooms() -> None:
    """Logging in is all there is to see."""
    async with ScriptedServer() as server, running(server.port) as run, asyncio.timeout(5):
        assert await run.adapter.look({}) == {}


async def test_look_without_rooms_where_there_is_no_getting_in() -> None:
    """A network in no conversation is looked at as others are."""
    refusing = {"USER": lambda _: [":s 464 * :Password incorrect"]}
    async with ScriptedServer(replies=refusing) as server, running(server.port) as run:
        with pytest.raises(AuthenticationFailed, match="check password"):
            await run.adapter.look({})


async def test_a_double_is_joined_once_its_twin_is_gone() -> None:
    """A reload that takes one of two names away."""
    async with (
        ScriptedServer(isupport="CASEMAPPING=rfc1459") as server,
        running(server.port, "#a[1]", "#a{1}") as run,
    ):
        await run.joined("#a[1]")
        await run.adapter.serve({RoomId("#a{1}"): run.adapter.RoomConfig()})
        await run.joined("#a{1}")


async def test_look(impatient: None) -> None:
    """`hubbub check --online`: another nick, each room looked at, and gone."""

    def join(got: Line) -> list[str]:
        return [
            f":s 475 x {room} :Cannot join (+k)"
            if room == "#locked"
            else f":{server.nick}!hub@host JOIN {room}"
            for room in got.params[0].split(",")
        ]

    async with ScriptedServer(replies={"JOIN": join}) as server, running(server.port) as run:
        await server.heard("^PING")
        kinds = run.adapter.RoomConfig
        found = await run.adapter.look({RoomId("#open"): kinds(), RoomId("#locked"): kinds()})
        assert found["#open"] is None
        assert "key:" in (found["#locked"] or "")
        assert "NICK hub-check" in server.received
        assert not run.task.done()
