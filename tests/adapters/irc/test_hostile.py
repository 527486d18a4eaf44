"""Whatever comes from a server or through it: the connection lives, and nobody speaks for another."""

import random
import time
from collections.abc import Callable

import pytest

from adapters.irc.history.state import stamp
from adapters.irc.wire.line import Line
from bridge import MessageCreated, Receipt, RoomId, Txn

from .harness import ScriptedServer, running

CAPS = "message-tags server-time batch echo-message labeled-response draft/chathistory"
BATCHES, EACH = 50, 2_500
ME = "hubbub!hub@host.example"

_WORDS = [
    *(
        "#lobby",
        "#Lobby",
        "#other",
        "#nowhere",
        "hubbub",
        "HUBBUB",
        "bob",
        "*",
        "",
        ":",
        "::",
        "@",
        "h1",
        "h2",
    ),
    *(
        "+x",
        "-x",
        "+H",
        "-H+H",
        "5:1h",
        "chathistory",
        "labeled-response",
        "\x01",
        "\x01ACTION",
        "\x01ACTION x\x01",
    ),
    *(
        "\x01VERSION\x01",
        "\x01PING " + "9" * 400 + "\x01",
        "\x02\x03\x04\x0f\x16",
        "\x0399,99",
        "caf\xe9",
        "\u2028",
    ),
    *(
        "\x00",
        "1" * 30,
        "-1",
        "1e999",
        "é" * 200,
        "\U0001f600",
        "a,b,c",
        "=",
        ";",
        "#" + "x" * 300,
        "mIRC\x0310n",
    ),
]
_TAGS = [
    *(
        "msgid=id1",
        "msgid=",
        "msgid",
        "label=h1",
        "label=h7",
        "label=",
        "batch=x",
        "batch=x1",
        "batch=nope",
        "time=",
    ),
    *(
        "time=2027-11-22T07:20:18.653Z",
        "time=2025-11-22T07:20:18.653Z",
        "time=9999-99-99T99:99:99Z",
        "time=now",
    ),
    *(
        "time=0001-01-01T00:00:00.000Z",
        "time=-1",
        "+hubbub/txn=1.abc",
        "+hubbub/txn=",
        "+hubbub/txn=\\:\\s\\\\",
    ),
    *(
        "=",
        ";;;",
        "a" * 4000,
        "+typing=active",
        "account=*",
        "inspircd.org/echo",
        "\\",
        "x=\\",
        "label=h1;label=h2",
    ),
]
_BY_PEOPLE = [
    "PRIVMSG",
    "NOTICE",
    "TAGMSG",
    "JOIN",
    "PART",
    "QUIT",
    "KICK",
    "MODE",
    "TOPIC",
    "INVITE",
    "NICK",
]
_BY_SERVERS = [
    "BATCH",
    "CAP",
    "FAIL",
    "WARN",
    "NOTE",
    "PING",
    "PONG",
    "AUTHENTICATE",
    "CHGHOST",
    "ACCOUNT",
    "SETNAME",
]
_NUMERICS = [
    "005",
    "324",
    "329",
    "353",
    "366",
    "396",
    "401",
    "404",
    "421",
    "433",
    "473",
    "715",
    "900",
    "908",
    "999",
]
_PEOPLE = [
    "bob!b@h",
    "eve!e@h",
    "eve!" + "e" * 500,
    "eve!@",
    "eve",
    "hubbub_!h@h",
    "HUBBUB2!x@y",
    "e!e@h extra",
]


def _garbage(dice: random.Random) -> bytes:
    """A line that resembles nothing much."""
    match dice.randrange(4):
        case 0:
            return dice.randbytes(dice.randrange(200)).replace(b"\n", b"")
        case 1 if dice.random() < 0.002:
            return b"x" * 100_000
        case 2:
            return " ".join(dice.choices(_WORDS, k=dice.randrange(6))).encode("latin-1", "replace")
        case _:
            return b"@" + ";".join(dice.choices(_TAGS, k=dice.randrange(4))).encode()


def _line(dice: random.Random) -> bytes:
    """A line by somebody, with what makes sense and what does not."""
    source = dice.choice([*_PEOPLE, "s", "", "services.", "eve!e@h"])
    commands = _BY_PEOPLE if source and dice.random() < 0.6 else [*_BY_SERVERS, *_NUMERICS]
    command = dice.choice(commands)
    words = dice.choices(_WORDS, k=dice.randrange(5))
    if command == "KICK" or (
        source in {"", "s"} and command in {"CAP", "PONG", "AUTHENTICATE", "900", "908"}
    ):
        # a server has a right to throw us out or to say that we are in
        source = "eve!e@h" if command != "KICK" else source
        words = [word for word in words if word.lower() != "hubbub"]
    tags = f"@{';'.join(dice.choices(_TAGS, k=dice.randrange(1, 4)))} " if dice.random() < 0.5 else ""
    prefix = f":{source} " if source else ""
    target = f"{dice.choice(['#lobby', '#LOBBY', 'hubbub', '#other'])} " if dice.random() < 0.5 else ""
    text = f"{tags}{prefix}{command} {target}{' '.join(words)} :{dice.choice(_WORDS)}"
    raw = text.encode("utf-8" if dice.random() < 0.7 else "latin-1", "replace").replace(b"\n", b"")
    if dice.random() < 0.1:
        at = dice.randrange(len(raw))
        raw = raw[:at] + dice.randbytes(2).replace(b"\n", b"") + raw[at + dice.randrange(3) :]
    return raw


def _safe(raw: bytes) -> bool:
    """Not one of the lines by which a server may end a connection or take our nick or room away."""
    head = raw.split(b" :", 1)[0] if raw[:1] not in b"@:" else raw
    return not any(word in head for word in (b"ERROR", b":hubbub ", b":hubbub!", b":HUBBUB "))


async def test_a_hundred_thousand_hostile_lines() -> None:
    """After each batch a normal line is heard, and one of ours arrives; nothing piles up."""
    dice = random.Random(20261122)
    lines = 0
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        for number in range(BATCHES):
            feed = [_garbage(dice) if dice.random() < 0.2 else _line(dice) for _ in range(EACH)]
            feed = [raw for raw in feed if _safe(raw)]
            lines += len(feed)
            server.say(b"\r\n".join(feed), f":bob!b@h PRIVMSG #lobby :after {number}")
            while (await run.emitted.message()).content.text != f"after {number}":
                pass
            receipt = await (await run.send("#lobby", f"ours {number}"))
            assert receipt.part is not None
        dispatcher, session = run.adapter._connection.dispatcher, run.adapter._session
        assert len(session.batches) <= 1000
        assert len(session._seen) <= 10_000
        assert not dispatcher.history.readings
        assert len(dispatcher.history.moved) <= 1
        assert session.nick == "hubbub"
    assert lines > 100_000


# -- nobody confirms, refuses, delays or hides what another says


def _by(who: str) -> list[str]:
    """All that a person could try in order to speak for the server or for us."""
    mine = [f":{who} {command} #lobby :hello" for command in ("PRIVMSG", "NOTICE")]
    return [
        *mine,
        *[f"@label=h{n};msgid=evil;+hubbub/txn=1.abc {text}" for n in range(1, 9) for text in mine],
        *[f":{who} PONG s :h{n}" for n in range(1, 9)],
        *[f":{who} {numeric} hubbub #lobby :No" for numeric in ("404", "442", "263", "412", "417")],
        f":{who} FAIL PRIVMSG SOME_CODE #lobby :No",
        f":{who} BATCH +h chathistory #lobby",
        f":{who} BATCH +l labeled-response",
        f":{who} 005 hubbub CLIENTTAGDENY=* CASEMAPPING=rfc1459 :are supported",
        f":{who} CAP hubbub DEL :echo-message message-tags",
        f":{who} 396 hubbub {'x' * 200} :is now your displayed host",
        f":{who} ERROR :Closing link",
        f":{who} 001 {who.split('!', maxsplit=1)[0]} :Welcome",
    ]


@pytest.mark.parametrize("who", ["eve!e@h", "hubbub_!hub@host.example", "hubbub2!hub@host.example"])
async def test_nobody_else_confirms_or_refuses(who: str) -> None:
    """Only the server's own echo and PONG count, whatever a person says in between."""
    withheld: list[str] = []

    def keep(answer: Callable[[Line], list[str]]) -> Callable[[Line], list[str]]:
        return lambda got: withheld.extend(answer(got)) or []

    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.replies = {"PRIVMSG": keep(server._usual), "PING": keep(server._usual)}
        landed = await run.send("#lobby", "ours")
        await server.heard("^PING", times=3)
        server.say(*_by(who), ":bob!b@h PRIVMSG #lobby :heard")
        while (await run.emitted.message()).content.text != "heard":
            pass
        assert not landed.done()
        assert {"echo-message", "message-tags"} <= run.adapter._session.caps
        server.replies = {}
        server.say(*withheld)
        receipt = await landed
        assert receipt.part is not None
        assert receipt.part.id != "evil"
        await (await run.send("#lobby", "and on"))


async def test_nobody_is_taken_for_us() -> None:
    """Nicks that resemble ours, also with our mark, are heard as what they are."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        said = [f":{nick}!x@y" for nick in ("hubbub_", "hubbub2", "hubbu", "hubbubb", "ubbub", "Нubbub")]
        server.say(*[f"{source} PRIVMSG #lobby :{source}" for source in said])
        assert [(await run.emitted.message()).content.text for _ in said] == said
        server.say("@+hubbub/txn=1.abc :eve!e@h PRIVMSG #lobby :with a mark")
        assert (await run.emitted.message()).mark == "1.abc"


async def test_one_room_does_not_hide_what_is_said_in_another() -> None:
    """A batch of history in one room, left open, and ids that are used twice."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby", "#other") as run:
        for _ in range(2):
            await run.joined()
        server.say(
            ":s BATCH +x chathistory #other",
            "@msgid=same :bob!b@h PRIVMSG #lobby :one",
            "@msgid=same :eve!e@h PRIVMSG #other :two",
            "@time=2027-01-01T00:00:00.000Z;msgid=n1 :bob!b@h PRIVMSG #lobby :in a year",
            "@time=2001-01-01T00:00:00.000Z;msgid=n2 :bob!b@h PRIVMSG #lobby :long ago",
            "@batch=y;msgid=n3 :bob!b@h PRIVMSG #lobby :of a batch that nobody opened",
        )
        heard: list[MessageCreated] = [await run.emitted.message() for _ in range(5)]
        assert [event.content.text for event in heard[:2]] == ["one", "two"]
        assert not any(event.replayed for event in heard)


async def test_a_clock_that_was_wrong() -> None:
    """A position in the future is no position: what is kept since we came first is read."""
    async with (
        ScriptedServer(caps="message-tags server-time batch") as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        await run.stop()
        first, lately = (stamp(time.time() - ago) for ago in (3600, 60))
        run.emitted.positions["#lobby"] = f"2077-01-01T00:00:00.000Z {first} - "
        server.replies["JOIN"] = lambda got: [
            f":{ME} JOIN #lobby",
            ":s BATCH +x chathistory #lobby",
            "@batch=x;time=2026-01-01T00:00:00.000Z;msgid=id1 :bob!b@h PRIVMSG #lobby :long ago",
            f"@batch=x;time={lately};msgid=id2 :bob!b@h PRIVMSG #lobby :lately",
            ":s BATCH -x",
        ]
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert ([event.content.text for event in said], joined.caught_up) == (["lately"], True)


async def test_a_mark_that_somebody_says_again() -> None:
    """Who has seen a mark may repeat it; our own message is the one that counts."""

    def page(_: Line) -> list[str]:
        stamps = ["2001-01-01T00:00:00.000Z", *[f"2026-01-01T00:00:0{n}.000Z" for n in range(3)]]
        sources = ["bob!b@h", "eve!e@h", ME, "eve!e@h"]
        return [
            ":s BATCH +x chathistory #lobby",
            *[
                f"@batch=x;time={at};msgid=id{n};+hubbub/txn=1.abc :{source} PRIVMSG #lobby :x"
                for n, (at, source) in enumerate(zip(stamps, sources, strict=True))
            ],
            ":s BATCH -x",
        ]

    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.replies["CHATHISTORY"] = page
        found = await run.adapter.find_sent(RoomId("#lobby"), 1e9, [Txn("1.abc")])
        receipt = found[Txn("1.abc")]
        assert isinstance(receipt, Receipt)
        assert receipt.part is not None
        assert receipt.part.id == "id2"
