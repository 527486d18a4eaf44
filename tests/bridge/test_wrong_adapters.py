"""Whatever an adapter does wrong costs its own network or one message, and leaves a line in the log.

Three networks share a conversation; the adapter of the third misbehaves in one way. The other two go on as
if nothing were, nothing comes twice unmarked, and once it behaves it is as good as any.
"""

import asyncio
import contextlib
import re
from collections import Counter
from dataclasses import replace

import pytest

from bridge import app
from bridge.adapter import Position
from bridge.errors import ConnectionLost, RateLimited, Rejected, RoomUnavailable, TemporaryFailure
from bridge.model import (
    Attachment,
    Capabilities,
    Change,
    Content,
    FileKind,
    MemberChanged,
    MessageId,
    Part,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    Span,
    Support,
    TypingChanged,
    UserId,
    plain,
)
from bridge.testing import ScriptedNetwork
from tests.bridge import wrong
from tests.bridge.relay.shelf import Shelf, media
from tests.bridge.world import config, opened
from tests.bridge.wrong import Wrong

BUG = KeyError("oh dear")


class Untold(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def state(how, room="three"):
    return lambda _: [RoomStateChanged(room=RoomId(room), state=how, reason="so")] * 1000


def loses(network):
    """What it has sent may or may not have arrived."""
    network.lose(ConnectionLost("cut"))
    network.drop()


def with_file(network):
    network.say("three", "carol", Content((), (Attachment("scripted://x", "cat.png", FileKind.IMAGE),)))


def takes_files(network):
    network.capabilities = replace(network.capabilities, file=Support.FULL)


def shows_typing(network):
    network.capabilities = replace(network.capabilities, typing=Support.FULL)


def many_at_once(network):
    network.capabilities = replace(network.capabilities, window=16)


def on(method, how, line, **more):
    name = more.pop("name", getattr(how, "__name__", "how"))
    return Wrong(f"{method} {name}", line, {method: how}, **more)


def event(name, change, line, *said):
    return Wrong(f"event {name}", line, {"hear": wrong.changes(change)}, said or ("good", "better"))


def text(said, name="carol"):
    return lambda event: replace(event, content=plain(said), sender=replace(event.sender, name=name))


def extra(name, give, line, **more):
    return Wrong(f"emits {name}", line, {"hear": wrong.hands_over(give)}, **more)


REFUSED = "wrong three: a MessageCreated of its adapter is refused: "
CLEANED = "wrong three: of a MessageCreated, {} holds half a character, or NUL"
GIVEN_UP = "a message to wrong three is given up: a bug in its adapter: "
LOST = ConnectionLost("cut")
SENDER = Sender(UserId("carol"), "carol")
PICTURED = ("good", "bad", "better", "[picture cat.png]")

WRONG = [
    # It cannot be made, or does not run
    on(
        "__init__", wrong.raises(BUG), r"wrong: a bug in its adapter: run raised KeyError: 'oh dear'", said=()
    ),
    on(
        "__init__",
        wrong.raises(SystemExit),
        "wrong: its adapter wanted to end the process",
        said=(),
        name="exits",
    ),
    on("serve", wrong.raises(BUG), "wrong: a bug in its adapter: serve raised KeyError", said=()),
    on("serve", wrong.hangs, "wrong: a bug in its adapter: serve did not answer within", said=()),
    on("serve", wrong.is_deaf_at_first, "wrong: a bug in its adapter: serve did not answer within", said=()),
    on("run", wrong.raises(BUG), "wrong: a bug in its adapter: run raised KeyError: 'oh dear'", said=()),
    on(
        "run", wrong.raises(SystemExit), "wrong: its adapter wanted to end the process", said=(), name="exits"
    ),
    on(
        "run",
        wrong.raises(OSError(104, "reset")),
        r"wrong: \[Errno 104\] reset; trying again",
        said=(),
        name="OSError",
    ),
    on("run", wrong.raises(Untold), "wrong: a bug in its adapter: run raised Untold", said=(), name="Untold"),
    on("run", wrong.raises(asyncio.CancelledError), "wrong: the connection ended", said=(), name="cancels"),
    on(
        "run",
        wrong.raises(ExceptionGroup("two", [BUG, BUG])),
        "run raised ExceptionGroup",
        said=(),
        name="group",
    ),
    on("run", wrong.awaited(wrong.gives(None)), "wrong: the connection ended; trying again", said=()),
    on("run", wrong.breaks, "wrong: a bug in its adapter: run raised KeyError: 'lost'", said=()),
    on(
        "run",
        wrong.emits_too_late,
        "wrong: its adapter emits after the end of its connection",
        said=(),
    ),
    Wrong(
        "run does not end, and nothing is confirmed",
        "wrong: its adapter does not end its connection",
        {"run": wrong.stays, "send_now": wrong.settles()},
    ),
    # What it hands over is none
    extra("None", lambda _: [None], "wrong: a NoneType of its adapter is refused: that is no event"),
    extra(
        "a dict", lambda _: [{"room": "three"}], "wrong: a dict of its adapter is refused: that is no event"
    ),
    extra(
        "no list",
        lambda a: a._server.saying("three", "carol", "x"),
        "a MessageCreated of its adapter is refused",
    ),
    extra("nothing at all", lambda _: None, "wrong: a NoneType of its adapter is refused"),
    extra(
        "what breaks",
        lambda _: (1 / 0 for _ in "x"),
        "wrong: a generator of its adapter is refused: division by",
    ),
    event(
        "with a number for an id",
        lambda e: replace(e, id=5),
        REFUSED + r"Expected `str`, got `int` - at `\$.id`",
    ),
    event(
        "by nobody",
        lambda e: replace(e, sender=None),
        REFUSED + r"Expected `object`, got `null` - at `\$.sender`",
    ),
    event("by no name", lambda e: replace(e, sender=Sender("x", 5)), REFUSED + r".*`\$.sender.name`"),
    event("that says nothing", lambda e: replace(e, content=None), REFUSED + r".*`\$.content`"),
    event("of words", lambda e: replace(e, content="bad"), REFUSED + r".*`\$.content`"),
    event(
        "of broken spans", lambda e: replace(e, content=Content((5,))), REFUSED + r".*`\$.content.spans\[0\]`"
    ),
    event("of no kind", lambda e: replace(e, kind="loud"), REFUSED + ".*Invalid enum value 'loud'"),
    event("at noon", lambda e: replace(e, at="noon"), REFUSED + r".*`\$.at`"),
    event(
        "with an alias that is none", lambda e: replace(e, aliases=(None,)), REFUSED + r".*`\$.aliases\[0\]`"
    ),
    event(
        "elsewhere",
        lambda e: replace(e, room=RoomId("cellar")),
        "wrong cellar: a MessageCreated .* refused: the map",
    ),
    event(
        "with a broken room", lambda e: replace(e, room=RoomId("\ud800")), "refused: the map has no such room"
    ),
    # What can be taken of it is taken
    event(
        "with half a character",
        text("bad\ud800"),
        CLEANED.format(r"content.spans\[0\].text"),
        "good",
        "bad\ufffd",
        "better",
    ),
    event(
        "with NUL", text("b\0ad"), CLEANED.format(r"content.spans\[0\].text"), "good", "b\ufffdad", "better"
    ),
    event(
        "with half a name", text("bad", "car\udc00ol"), CLEANED.format("sender.name"), "good", "bad", "better"
    ),
    event(
        "with half an id", lambda e: replace(e, id="\ud800"), CLEANED.format("id"), "good", "bad", "better"
    ),
    event(
        "that answers half",
        lambda e: replace(e, reply_to="\ud800"),
        CLEANED.format("reply_to"),
        "good",
        "bad",
        "better",
    ),
    event(
        "at no time",
        lambda e: replace(e, at=float("nan")),
        "of a MessageCreated, at is nan",
        "good",
        "bad",
        "better",
    ),
    # Where it stands is nowhere
    Wrong("position that is a text", "wrong: a str of its adapter is refused", {"hear": wrong.reaches("5")}),
    Wrong(
        "position that is a number",
        "a Position of its adapter is refused",
        {"hear": wrong.reaches(Position(5))},
    ),
    Wrong(
        "position in no room",
        "a Position of its adapter is refused: its scope is 'sent lobby', which is no room",
        {"hear": wrong.reaches(Position("5", "sent lobby"))},
    ),
    extra(
        "a state of no room",
        state(RoomState.JOINED, "cellar"),
        "wrong cellar: a RoomStateChanged .* is refused",
    ),
    extra(
        "a state that is none",
        lambda _: [RoomStateChanged(room="three", state="?")],
        "Invalid enum value '?'",
    ),
    extra("that it is joined, a thousand times", state(RoomState.JOINED), ""),
    extra(
        "that it is refused, a thousand times", state(RoomState.REFUSED), "wrong three cannot be joined: so"
    ),
    extra(
        "typing of nobody",
        lambda _: [TypingChanged(room="three", sender=None, typing=True)],
        "a TypingChanged .* refused",
    ),
    extra(
        "a member without a name",
        lambda _: [MemberChanged(room="three", sender=SENDER, change=Change.RENAMED, name=5)],
        "a MemberChanged of its adapter is refused",
    ),
    # It sends what is said otherwise
    on("send_now", wrong.raises(BUG), GIVEN_UP + "send_now raised KeyError"),
    on("send_now", wrong.raises_later(BUG), GIVEN_UP + "send_now raised KeyError"),
    on("send_now", wrong.raises(SystemExit), GIVEN_UP + "send_now raised SystemExit", name="exits"),
    on(
        "send_now",
        wrong.raises(OSError(104, "reset")),
        "wrong: its adapter says that the connection has ended",
        name="OSError",
    ),
    on("send_now", wrong.raises(LOST), "wrong: its adapter says that the connection has ended", name="lost"),
    on(
        "send_now",
        wrong.raises(Rejected("\ud800" * 5000)),
        "a message to wrong three is given up: \ufffd",
        name="words",
    ),
    on("send_now", wrong.raises(RateLimited("slow", float("nan"))), "", name="never"),
    on("send_now", wrong.raises(RateLimited("slow", 0)), "", name="at once"),
    on("send_now", wrong.raises(RoomUnavailable("shut", "soon")), "", name="soon"),
    on("send_now", wrong.raises(TemporaryFailure("")), "", name="wordless"),
    on("send_now", wrong.gives_later(None), GIVEN_UP + "send_now returned None"),
    on("send_now", wrong.settles(), "wrong: a confirmation is overdue"),
    on("send_now", wrong.settles(None), GIVEN_UP + "it was confirmed with None", name="None"),
    on("send_now", wrong.settles("fine"), GIVEN_UP + "it was confirmed with 'fine'", name="words"),
    on("send_now", wrong.settles(BUG), GIVEN_UP + "send raised KeyError", name="KeyError"),
    on("send_now", wrong.settles(Receipt(5)), GIVEN_UP + r"it was confirmed with Receipt", name="a number"),
    on(
        "send_now",
        wrong.settles(Receipt(Part(MessageId("\ud800")))),
        GIVEN_UP + "it was confirmed with",
        name="half",
    ),
    on(
        "send_now",
        wrong.settles(Receipt(Part(MessageId("x"), (5,)))),
        GIVEN_UP + "it was confirmed with",
        name="alias",
    ),
    on(
        "send_now",
        wrong.settles(Receipt(Part(MessageId("x"), (), 5))),
        GIVEN_UP + "it was confirmed with",
        name="speaker",
    ),
    on("send_now", wrong.settles(*[Receipt(None)] * 3), "", name="thrice"),
    on("send_now", wrong.settles(Receipt(None), LOST), "", name="both ways"),
    on("send_now", wrong.settles_and_raises, ""),
    on("send_now", wrong.blocks, "nothing has gone on for 0.2 s because of this:(?s:.*)in send_now"),
    on("send_now", wrong.turns_around, "", begin=many_at_once),
    on("send_now", wrong.echoes, "echo repeats in three on wrong what Hubbub says"),
]


def later(method, line, name):
    return Wrong(f"send {name}", line, {"send_now": wrong.waits, "send": method})


WRONG += [
    later(wrong.raises(BUG), GIVEN_UP + "send raised KeyError", "raises"),
    later(wrong.raises(TimeoutError()), "wrong: its adapter says that the connection has ended", "times out"),
    later(
        wrong.raises(asyncio.CancelledError),
        "wrong: its adapter says that the connection has ended",
        "cancels",
    ),
    later(wrong.hangs, "wrong: a place for a message is overdue", "hangs"),
    later(wrong.is_deaf, "wrong: a place for a message is overdue", "is deaf"),
    later(
        wrong.awaited(wrong.gives(None)),
        GIVEN_UP + "send returned None in place of a future",
        "gives nothing",
    ),
    later(wrong.future(), "wrong: its adapter says that the connection has ended", "gives up"),
    later(wrong.future(error=BUG), GIVEN_UP + "send raised KeyError", "fails"),
    later(wrong.future(result="fine"), GIVEN_UP + "it was confirmed with 'fine'", "lies"),
]


def doubt(how, line, name):
    return Wrong(f"find_sent {name}", line, {"find_sent": how}, begin=loses)


FIND = "wrong three: a bug in its adapter, in find_sent: "
WRONG += [
    doubt(wrong.raises(BUG), FIND + ".*KeyError", "raises"),
    doubt(wrong.raises(SystemExit), FIND + ".*SystemExit", "exits"),
    doubt(wrong.raises(asyncio.CancelledError), "", "cancels"),
    doubt(wrong.hangs, FIND + ".*find_sent did not answer within", "hangs"),
    doubt(wrong.is_deaf, FIND + ".*find_sent did not answer within", "is deaf"),
    doubt(wrong.gives({}), FIND, "does not wait"),
    doubt(wrong.awaited(wrong.gives(None)), FIND + ".*NoneType", "gives nothing"),
    doubt(
        wrong.awaited(lambda a, r, room, since, txns: dict.fromkeys(txns, "yes")), FIND + ".*'yes'", "lies"
    ),
    # It does not know what it can, or what it cannot
    on("capabilities", wrong.raises(BUG), "wrong three: a bug in its adapter, in capabilities: KeyError"),
    on("capabilities", wrong.raises(SystemExit), "in capabilities: SystemExit", name="exits"),
    on("capabilities", wrong.gives(None), "in capabilities: TypeError"),
    on(
        "capabilities", wrong.gives(Capabilities(text_limit=0)), "in capabilities: ValueError", name="no room"
    ),
    on(
        "capabilities",
        wrong.gives(Capabilities(text_limit=100, window="x")),
        "in capabilities: .*window",
        name="window",
    ),
    on("capabilities", wrong.blocks, "nothing has gone on for 0.2 s because of this:(?s:.*)in capabilities"),
    on("present", wrong.raises(BUG), "wrong three: a bug in its adapter, in present: KeyError"),
    on(
        "present",
        wrong.gives(7),
        "wrong three: a bug in its adapter, in present: TypeError",
        name="no answer",
    ),
    on("hint", wrong.raises(BUG), "wrong three: a bug in its adapter, in hint: KeyError", begin=shows_typing),
    on(
        "source",
        wrong.raises(BUG),
        "wrong: a bug in its adapter, in source: KeyError",
        begin=with_file,
        said=PICTURED,
    ),
    on(
        "source",
        wrong.gives(None),
        "wrong: a bug in its adapter, in source: TypeError",
        begin=with_file,
        said=PICTURED,
    ),
    on("upload", wrong.raises(BUG), "wrong: .*upload raised KeyError", begin=takes_files),
    on("upload", wrong.raises(OSError(104, "reset")), "", begin=takes_files, name="OSError"),
    on(
        "upload",
        wrong.raises(PermissionError(13, "denied", "x")),
        "a file cannot be read: denied",
        begin=takes_files,
        name="file",
    ),
    on(
        "upload",
        wrong.hangs,
        "wrong did not take a file, trying again: its adapter did not upload",
        begin=takes_files,
    ),
]


@pytest.fixture
async def shelf():
    shelf = Shelf()
    await shelf.open()
    yield shelf
    await shelf.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hours are moments."""
    moments = {
        "bridge.boundary.guarded": {"_SERVE": 0.1, "_FIND": 0.1, "_UPLOAD": 0.1},
        "bridge.boundary.answers": {"_LEAST_PAUSE": 0.02, "_LONGEST_PAUSE": 0.05},
        "bridge.supervisor": {"_FIRST": 0.01, "_LONGEST": 0.05, "_LEAVE": 0.1},
        "bridge.relay.flights": {"_CONFIRMATION": 0.4, "_PLACE": 0.4},
        "bridge.relay.retry": {"_LONGEST_PAUSE": 0.05, "_REFUSED": 0.02, "_LONGEST_REFUSAL": 0.05},
        "bridge.relay.recovery": {"_PAUSE": 0.01},
        "bridge.app": {"_PATROL": 0.05},
        "bridge.watchdog": {"_EVERY": 0.01, "_LIMIT": 0.2},
    }
    for module, values in moments.items():
        for name, value in values.items():
            monkeypatch.setattr(f"{module}.{name}", value)
    monkeypatch.setattr("bridge.media.uploads._PAUSES", (0.01, 0.01, 0.01))


async def eventually(true, what):
    async with asyncio.timeout(15):
        while not true():
            await asyncio.sleep(0.01)
    assert true(), what


@contextlib.asynccontextmanager
async def relaying(there, bad):
    bridge = app.Bridge(there)
    task = asyncio.ensure_future(bridge.run())
    try:
        yield task
    finally:
        bad.released.set()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def dead(there):
    with opened(there.journal) as database:
        return {reason for (reason,) in database.execute("SELECT reason FROM dead")}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
async def test_it_costs_its_own_network_or_one_message(case, tmp_path, monkeypatch, caplog, shelf):
    caplog.set_level("INFO")
    left, right, bad = ScriptedNetwork("left"), ScriptedNetwork("right"), wrong.Network("wrong")
    monkeypatch.setattr(wrong, "Current", case.adapter())
    there = config(tmp_path, {"lobby": ["left one", "right two", "wrong three"]}, media=media(tmp_path))
    strange = replace(there.networks["wrong"], protocol="tests.bridge.wrong:Current")
    there = replace(there, networks={**there.networks, "wrong": strange})
    async with relaying(there, bad) as task:
        await eventually(lambda: left.connected and right.connected, "the others are connected")
        if case.said:
            await eventually(lambda: bad.connected, "it is connected")
            bad.happen(*[bad.saying("three", "carol", words) for words in ("good", "bad", "better")])
        left.say("one", "alice", "from the left")
        if "upload" in case.does:
            left.say("one", "alice", Content((Span("look"),), (shelf.put("x.png"),)))
        case.begin(bad)
        left.announce(TypingChanged(room=RoomId("one"), sender=SENDER, typing=True))
        for n in range(6):
            left.say("one", "alice", f"left {n}")
            right.say("two", "bob", f"right {n}")
        await eventually(lambda: "<alice> left 5" in right.texts("two"), "the others go on")
        await eventually(lambda: "<bob> right 5" in left.texts("one"), "the others go on")
        if case.line:
            await eventually(lambda: re.search(case.line, caplog.text), f"a line says {case.line}")
        bad.faulty = False
        bad.release()
        bad.released.set()
        bad.drop()
        left.say("one", "alice", "at last")
        await eventually(lambda: "<alice> at last" in bad.texts("three"), "it is as good as any")
        assert not task.done()
        await asyncio.sleep(0.1)
    names = {"left": "alice", "right": "bob"}
    talk = [words for words in heard(right, "two", "alice") if not words.startswith("look")]
    assert talk == ["from the left", *[f"left {n}" for n in range(6)], "at last"]
    assert heard(left, "one", "bob") == [f"right {n}" for n in range(6)]
    for network, room in ((left, "one"), (right, "two")):
        assert [words for words in heard(network, room, "car�*ol") if words] == list(case.said)
    sent = Counter(bad.texts("three"))
    assert max(sent.values()) == 1, "nothing comes twice unmarked"
    there_too = [words.removeprefix("[again?] ") for words in bad.texts("three")]
    missing = {f"<{names[side]}> {side} {n}" for side in names for n in range(6)} - set(there_too)
    assert not missing or dead(there), "what is not delivered is told"
    lines = Counter(record.getMessage() for record in caplog.records if record.levelno >= 30)
    assert sum(lines.values()) < 60, lines
    assert not re.search("a bug(?! in its adapter)", caplog.text)


def heard(network, room, name):
    found = [re.fullmatch(rf"<{name}> (.*)", words) for words in network.texts(room)]
    return [match[1] for match in found if match]
