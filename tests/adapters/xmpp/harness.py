"""An XMPP server that says what the test wants, and somebody who listens to the adapter."""

import asyncio
import contextlib
import xml.etree.ElementTree as ET
from collections.abc import Callable

from adapters.xmpp import Adapter
from bridge import (
    Authorship,
    Receipt,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Speaker,
    TalkEvent,
    Txn,
    plain,
)

HELLO = (
    "<?xml version='1.0'?><stream:stream from='example.org' id='s1' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
PLAIN_FEATURES = (
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
    "</mechanisms></stream:features>"
)
FEATURES = (
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>"
    "</stream:features>"
)
MUC = "http://jabber.org/protocol/muc"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ROOM = "room@muc.example.org"
JID = "hubbub@example.org/hubbub"
ALICE = Speaker(Authorship.PREFIX, "alice")


def disco(*features, room=ROOM):
    inside = "".join(f"<feature var='{feature}'/>" for feature in (MUC, *features))
    return f"<query xmlns='http://jabber.org/protocol/disco#info'>{inside}</query>"


def presence(
    nick="hubbub", *codes, room=ROOM, kind="", inside="", item="affiliation='none' role='participant'"
):
    statuses = "".join(f"<status code='{code}'/>" for code in codes)
    type_ = f"type='{kind}'" if kind else ""
    return (
        f"<presence from='{room}/{nick}' to='{JID}' {type_}><x xmlns='{MUC}#user'><item {item}/>{statuses}"
        f"{inside}</x></presence>"
    )


def error(condition, kind="cancel"):
    return f"<error type='{kind}'><{condition} xmlns='{STANZAS}'/></error>"


def message(nick, text, *, stanza_id=None, by=ROOM, more="", name="m1", room=ROOM):
    known = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{stanza_id}'/>" if stanza_id else ""
    return (
        f"<message from='{room}/{nick}' to='{JID}' type='groupchat' id='{name}'><body>{text}</body>{known}"
        f"{more}</message>"
    )


def subject(room=ROOM):
    """What ends a room's history (XEP-0045 section 7.2.15)."""
    return f"<message from='{room}' to='{JID}' type='groupchat'><subject/></message>"


class Server:
    """Takes any login and any join, unless `answer` says something else to a stanza."""

    def __init__(self):
        self.answer: Callable[[ET.Element], str | None] = lambda element: None
        self.heard: asyncio.Queue[ET.Element] = asyncio.Queue()
        self.features = ("urn:xmpp:sid:0", f"{MUC}#stable_id")
        self.raw: bytes | None = None
        """What to say instead of speaking XMPP."""
        self.port = 0
        self._writer = None
        self._server = None
        self._tasks = set()
        self._online = False

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def say(self, text):
        self._writer.write(text.encode())

    def cut(self):
        """Let the connection go without a word."""
        self._writer.transport.abort()

    async def hears(self, tag, matches=lambda element: True):
        """The next stanza of a kind."""
        async with asyncio.timeout(25):
            while True:
                element = await self.heard.get()
                if element.tag.endswith(f"}}{tag}") and matches(element):
                    return element

    async def _talk(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self._writer = writer
        try:
            if self.raw is not None:
                await reader.read(10)
                writer.write(self.raw)
                await reader.read()
                return
            self._online = False
            while await self._stream(reader):
                pass
        except (OSError, ET.ParseError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._tasks.discard(asyncio.current_task())

    async def _stream(self, reader):
        """One stream; True when it starts anew after the login."""
        parser = ET.XMLPullParser(("start", "end"))
        depth = 0
        while data := await reader.read(65536):
            parser.feed(data)
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    self.say(HELLO + (FEATURES if self._online else PLAIN_FEATURES))
                elif event == "end" and depth == 1:
                    self.heard.put_nowait(element)
                    reply = self.answer(element)
                    self.say(self._usual(element) if reply is None else reply)
                    if element.tag.endswith("}auth") and reply is None:
                        self._online = True
                        return True
        return False

    def _usual(self, element):
        tag = element.tag.rpartition("}")[2]
        to, id_ = element.get("to") or "", element.get("id")
        if tag == "auth":
            return "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
        if tag == "enable":
            return "<enabled xmlns='urn:xmpp:sm:3' id='sm1' resume='true'/>"
        if tag == "iq":
            return self._request(element, to, id_)
        if tag == "presence" and element.get("type") is None and "/" in to:
            room, _, nick = to.partition("/")
            return presence(nick, 110, room=room) + subject(room)
        if tag == "message" and element.get("type") == "groupchat":
            return message("hubbub", "x", stanza_id=f"q-{id_}", name=id_, room=to, by=to)
        return ""

    def _request(self, element, to, id_):
        inside = element[0].tag if len(element) else ""
        reply = f"<iq from='{to}' to='{JID}' id='{id_}' type='{{}}'>{{}}</iq>"
        if "xmpp-bind" in inside:
            return (
                f"<iq id='{id_}' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                f"<jid>{JID}</jid></bind></iq>"
            )
        if "disco#info" in inside:
            return reply.format("result", disco(*self.features))
        if "disco#items" in inside:
            return reply.format("result", "<query xmlns='http://jabber.org/protocol/disco#items'/>")
        if "muc#owner" in inside or "ping" in inside:
            return reply.format("result", "")
        if "mam" in inside or "register" in inside:
            return reply.format("error", error("service-unavailable"))
        return ""


class Ears:
    """Stands in for the core."""

    def __init__(self, positions=None):
        self.events = asyncio.Queue()
        self.batches = []
        self.positions = {} if positions is None else positions

    def __call__(self, events, *positions):
        self.batches.append(list(events))
        self.positions.update({position.scope: position.token for position in positions})
        for event in events:
            self.events.put_nowait(event)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope=""):
        return self.positions.get(scope)

    async def state(self, state, room=ROOM):
        """The next time that a room is in this state; its reason."""
        async with asyncio.timeout(25):
            while True:
                event = await self.events.get()
                if isinstance(event, RoomStateChanged) and (event.state, event.room) == (state, room):
                    return event.reason

    async def until_joined(self, room=ROOM):
        """What was said until a room is joined, and whether that is all of it."""
        said = []
        async with asyncio.timeout(25):
            while True:
                event = await self.events.get()
                if not isinstance(event, RoomStateChanged):
                    said.append(event)
                elif (event.state, event.room) == (RoomState.JOINED, room):
                    self.left_out = event.left_out
                    return said, event.caught_up and event.left_out == 0

    async def said(self):
        """What is said next."""
        return await self.hears(TalkEvent)

    async def hears(self, kind):
        """The next event of a kind."""
        async with asyncio.timeout(25):
            while True:
                event = await self.events.get()
                if isinstance(event, kind):
                    return event


def settings(port, **more):
    return Adapter.NetworkConfig(
        **{
            "jid": "hubbub@example.org",
            "password": "s3cret",
            "server": "127.0.0.1",
            "port": port,
            "tls": "none",
            **more,
        }
    )


def adapter(port, **more):
    return Adapter("work", settings(port, **more), "I am a bridge.")


@contextlib.asynccontextmanager
async def running(made, rooms=None, *, joined=True, positions=None):
    """The adapter, connected and in its rooms."""
    ears = Ears(positions)
    await made.serve(rooms if rooms is not None else {ROOM: made.RoomConfig()})
    task = asyncio.ensure_future(made.run(ears))
    ears.task = task
    try:
        if joined:
            waiting = asyncio.ensure_future(ears.state(RoomState.JOINED))
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                waiting.cancel()
                task.result()
            await waiting
        yield ears
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()


def command(text="hello", txn="1.ab", room=ROOM, **more):
    return SendMessage(room=room, speaker=ALICE, txn=Txn(txn), content=plain(text), **more)


def give(made, asked):
    """Give the adapter a command; the future is its receipt or its refusal."""
    future = asyncio.get_running_loop().create_future()

    def settle(outcome):
        assert not future.done(), "a command is settled once"
        if isinstance(outcome, Receipt):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    assert made.send_now(asked, settle)
    return future


async def failure(future, patience=25):
    """What a receipt or a run ends with."""
    await asyncio.wait({future}, timeout=patience)
    assert future.done(), "it goes on"
    return future.exception()


async def unstored_both_ways(made, ears, alice, room):
    """In a room with an archive: what bears the wish passes, and is not kept."""
    assert made.history_is_open(room) is True
    for hint in ("no-store", "no-permanent-store"):
        more = f"<body>{hint}</body><{hint} xmlns='urn:xmpp:hints'/>"
        alice._send(f"<message to='{room}' type='groupchat' id='{hint}'>{more}</message>")
        said = await ears.said()
        assert (said.content, said.unstored) == (plain(hint), True)
    await give(made, command("between us", "3.ab", room, unstored=True))
    assert (await alice.heard.get()).content == plain("between us")
    await give(made, command("kept", "4.ab", room))
    await alice.say(plain("kept too"))
    assert not (await ears.said()).unstored
    kept = [event.content.text for event in await made.past(room, 0.0)]
    assert [text for text in kept if "no-" in text or text == "kept too"] == ["kept too"]
    found = await made.find_sent(room, 0.0, [Txn("3.ab"), Txn("4.ab")])
    assert found[Txn("4.ab")] is not None
