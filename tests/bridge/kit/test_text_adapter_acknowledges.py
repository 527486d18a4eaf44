"""What is acknowledged upstream is durable: over a wire that a test holds in its hand."""

import asyncio
import contextlib

import pytest

from bridge import (
    Batch,
    Capabilities,
    Change,
    MemberChanged,
    MessageCreated,
    MessageId,
    Missed,
    Position,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    TextAdapter,
    TypingChanged,
    UserId,
    plain,
)

LOBBY, HALL = RoomId("lobby"), RoomId("hall")
ADA = Sender(UserId("ada"), "ada")


def said(text, room=LOBBY):
    return MessageCreated(id=MessageId(text), room=room, sender=ADA, content=plain(text))


class WireAdapter(TextAdapter):
    """A wire: what a test puts in is read."""

    record = Capabilities(text_limit=100)

    def __init__(self):
        super().__init__("wire", None, "")
        self.wire = asyncio.Queue()
        self.entered = asyncio.Event()
        self.missed = None
        self.acknowledged = []

    @classmethod
    def room_id(cls, text):
        return RoomId(text)

    @contextlib.asynccontextmanager
    async def connect(self):
        yield

    async def enter(self, room, config, since):
        await self.entered.wait()
        return self.missed

    async def read(self):
        return await self.wire.get()

    async def post(self, command):
        return Receipt(None)

    def hear(self, *events):
        """Let these be read in one go, to be acknowledged by their names."""

        async def acknowledge():
            self.acknowledged.append([event.id for event in events])

        self.wire.put_nowait(Batch(events, acknowledge))


class PushingAdapter(WireAdapter):
    """One that is sent the past as it enters."""

    pushes_past = True


class Core:
    """Takes what is emitted; durable when a test says so."""

    def __init__(self):
        self.taken = []
        self.positions = {}
        self.durable = asyncio.get_running_loop().create_future()
        self.durable.set_result(None)

    def __call__(self, events, *positions):
        self.taken += events
        self.positions |= {position.scope: position.token for position in positions}
        return self.durable

    def position(self, scope=""):
        return self.positions.get(scope)

    def texts(self):
        """What was emitted, with how we stood."""
        return [
            event.state if isinstance(event, RoomStateChanged) else event.content.text for event in self.taken
        ]


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def core():
    return Core()


@contextlib.asynccontextmanager
async def running(kind, core, *rooms):
    adapter = kind()
    await adapter.serve(dict.fromkeys(rooms or (LOBBY,)))
    run = asyncio.ensure_future(adapter.run(core))
    await settled()
    yield adapter
    run.cancel()
    await asyncio.wait({run})


async def test_nothing_is_acknowledged_nor_read_on_before_it_is_durable(core):
    async with running(WireAdapter, core) as adapter:
        adapter.entered.set()
        await settled()
        core.durable = asyncio.get_running_loop().create_future()
        adapter.hear(said("a"), said("b"))
        adapter.hear(said("c"))
        await settled()
        assert core.texts()[-2:] == ["a", "b"]
        assert adapter.acknowledged == []
        assert adapter.wire.qsize() == 1
        core.durable.set_result(None)
        await settled()
        assert adapter.acknowledged == [["a", "b"], ["c"]]


async def test_a_position_is_reached_by_what_is_no_event(core):
    async with running(WireAdapter, core) as adapter:
        adapter.entered.set()
        adapter.wire.put_nowait(Batch(positions=[Position("7", LOBBY)]))
        await settled()
        assert core.positions == {LOBBY: "7"}


async def test_what_is_never_durable_is_never_acknowledged(core):
    async with running(WireAdapter, core) as adapter:
        adapter.entered.set()
        await settled()
        core.durable = asyncio.get_running_loop().create_future()
        adapter.hear(said("a"))
        await settled()
    assert adapter.acknowledged == []


async def test_what_waits_for_the_past_is_acknowledged_behind_it(core):
    core.positions[LOBBY] = "1"
    async with running(WireAdapter, core) as adapter:
        adapter.missed = Missed([said("a"), said("b")], position="b", whole=True)
        adapter.hear(said("b"), said("c"))
        await settled()
        assert adapter.acknowledged == []
        adapter.entered.set()
        await settled()
        assert core.texts() == ["a", "b", RoomState.JOINED, "c"]
        assert adapter.acknowledged == [["b", "c"]]


async def test_what_is_heard_later_is_not_acknowledged_with_what_waited(core):
    first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
    async with running(WireAdapter, core) as adapter:
        adapter.hear(said("a"))
        await settled()
        core.durable = first
        adapter.entered.set()
        await settled()
        core.durable = second
        adapter.hear(said("b"))
        await settled()
        first.set_result(None)
        await settled()
        assert adapter.acknowledged == [["a"]]
        second.set_result(None)
        await settled()
        assert adapter.acknowledged == [["a"], ["b"]]


async def test_what_waited_for_a_room_that_we_did_not_get_into_is_heard(core):
    async with running(WireAdapter, core) as adapter:
        adapter.hear(said("a"))
        await settled()
        adapter.lost(LOBBY, "kicked while we came in")
        adapter.entered.set()
        await settled()
        assert core.texts() == ["a", RoomState.REFUSED]
        adapter.hear(said("b"))
        await settled()
        assert adapter.acknowledged == [["a"], ["b"]]


async def test_a_past_that_is_pushed_is_emitted_as_it_comes(core):
    """So that a network which waits for acknowledgements goes on."""
    core.positions[LOBBY] = "been here"
    async with running(PushingAdapter, core) as adapter:
        adapter.missed = Missed(whole=True)
        adapter.hear(said("a"))
        adapter.hear(said("b"))
        await settled()
        assert adapter.acknowledged == [["a"], ["b"]]
        assert [event.replayed for event in core.taken] == [True, True]
        adapter.entered.set()
        await settled()
        adapter.hear(said("c"))
        await settled()
    assert core.texts() == ["a", "b", RoomState.JOINED, "c"]
    assert not core.taken[-1].replayed
    assert core.taken[-2].caught_up


async def test_at_a_first_visit_a_pushed_past_is_nobodys(core):
    async with running(PushingAdapter, core) as adapter:
        adapter.hear(said("a"))
        await settled()
        assert adapter.acknowledged == [["a"]]
        adapter.entered.set()
        adapter.missed = Missed(whole=True)
        await settled()
        assert core.texts() == [RoomState.JOINED]
        assert not core.taken[-1].caught_up


async def test_what_counts_only_now_does_not_wait(core):
    typing = TypingChanged(room=LOBBY, sender=ADA, typing=True)
    async with running(WireAdapter, core) as adapter:
        adapter.wire.put_nowait(Batch([typing]))
        await settled()
        adapter.entered.set()
        await settled()
        assert typing not in core.taken
        adapter.wire.put_nowait(Batch([typing]))
        await settled()
        assert typing in core.taken


async def test_who_comes_meanwhile_is_told_behind_the_past(core):
    core.positions[LOBBY] = "1"
    came = MemberChanged(room=LOBBY, sender=ADA, change=Change.JOINED)
    async with running(WireAdapter, core) as adapter:
        adapter.missed = Missed([said("a")], position="a")
        adapter.wire.put_nowait(Batch([came, said("a"), said("b")]))
        await settled()
        adapter.entered.set()
        await settled()
        past, joined, *rest = core.taken
        assert (past.id, joined.state, rest) == ("a", RoomState.JOINED, [came, said("b")])


@pytest.mark.parametrize("kind", [WireAdapter, PushingAdapter])
async def test_who_comes_to_a_room_that_we_do_not_get_into_is_nobodys(core, kind):
    core.positions[LOBBY] = "1"
    async with running(kind, core) as adapter:
        adapter.wire.put_nowait(Batch([MemberChanged(room=LOBBY, sender=ADA, change=Change.JOINED)]))
        await settled()
        adapter.lost(LOBBY, "kicked while we came in")
        adapter.entered.set()
        await settled()
        assert [event.state for event in core.taken] == [RoomState.REFUSED]


async def test_what_is_said_elsewhere_is_nobodys(core):
    async with running(WireAdapter, core) as adapter:
        adapter.entered.set()
        elsewhere = TypingChanged(room=RoomId("elsewhere"), sender=ADA, typing=True)
        adapter.wire.put_nowait(Batch([elsewhere]))
        await settled()
        assert elsewhere not in core.taken


class TurnAdapter(WireAdapter):
    """One room is entered at a time, and the network tells of all at once; what is said bears a position."""

    at_once = 1

    async def enter(self, room, config, since):
        await super().enter(room, config, since)
        return Missed([said(f"since {since}", room)], position="now", whole=True)

    def token(self, event):
        return event.id


async def test_what_is_said_before_a_room_has_its_turn_waits_for_its_past(core):
    core.positions = {LOBBY: "1", HALL: "2"}
    async with running(TurnAdapter, core, LOBBY, HALL) as adapter:
        adapter.hear(said("a", HALL))
        await settled()
        assert (core.taken, core.positions[HALL], adapter.acknowledged) == ([], "2", [])
        adapter.entered.set()
        await settled()
        assert core.texts() == ["since 1", RoomState.JOINED, "since 2", RoomState.JOINED, "a"]
        assert (core.positions[HALL], adapter.acknowledged) == ("a", [["a"]])


async def test_a_room_that_leaves_the_map_before_its_turn_holds_nothing_up(core):
    async with running(TurnAdapter, core, LOBBY, HALL) as adapter:
        adapter.hear(said("a", HALL))
        await settled()
        await adapter.serve({LOBBY: None})
        adapter.entered.set()
        await settled()
        assert adapter.acknowledged == [["a"]]


async def test_what_is_said_while_we_are_out_moves_no_position(core):
    core.positions = {LOBBY: "1"}
    async with running(TurnAdapter, core) as adapter:
        adapter.entered.set()
        await settled()
        adapter.lost(LOBBY, "kicked")
        await settled()
        adapter.hear(said("a"))
        await settled()
        assert core.positions[LOBBY] == "now"
        adapter.again(LOBBY)
        adapter.hear(said("b"))
        await settled()
        assert core.texts()[-4:] == [RoomState.REFUSED, "since now", RoomState.JOINED, "b"]


class Deaf(WireAdapter):
    """One that takes the end of its wire for a line, as who reads with `readline` does."""

    async def read(self):
        return Batch()


async def test_one_that_reads_nothing_for_ever_holds_nobody_up(core):
    adapter = Deaf()
    await adapter.serve({LOBBY: None})
    run = asyncio.ensure_future(adapter.run(core))
    await settled()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


class Leaving(TurnAdapter):
    """One that is sent out right behind what was said."""

    async def read(self):
        batch = await super().read()
        self.lost(LOBBY, "kicked")
        return batch


async def test_what_was_heard_before_we_were_sent_out_is_emitted(core):
    async with running(Leaving, core) as adapter:
        adapter.entered.set()
        await settled()
        adapter.hear(said("a"))
        await settled()
        assert core.texts()[-2:] == ["a", RoomState.REFUSED]
