"""What every adapter does, tested the same way for each, against a real server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from bridge.adapter import Adapter, Position
from bridge.errors import AdapterError, ConnectionLost
from bridge.model import (
    Authorship,
    Block,
    Capabilities,
    Content,
    DeleteMessage,
    EditMessage,
    Event,
    Feature,
    Kind,
    MessageCreated,
    MessageEdited,
    Receipt,
    Removed,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Span,
    Speaker,
    TalkEvent,
    Txn,
    normal,
    plain,
)

from .person import Heard, Person
from .server import Demo

__all__ = ["AdapterContract", "Place"]

_PATIENCE = 15.0
_BY_THEMSELVES = (Authorship.PUPPET, Authorship.MASQUERADE)
T = TypeVar("T", bound=TalkEvent)
_ALICE = Speaker(Authorship.PREFIX, "alice")


@dataclass
class Place:
    """An adapter that serves one room of a running server, and somebody there."""

    adapter: Adapter
    room: RoomId
    demo: Demo
    person: Person
    events: "asyncio.Queue[Event]" = field(default_factory=asyncio.Queue)
    positions: dict[str, str] = field(default_factory=dict)
    past: list[MessageCreated] = field(default_factory=list)
    """What the adapter emitted before the room was joined."""
    caught_up: bool = False
    """Whether it vouched that this was all that had been missed."""
    _sent: int = 0

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        """Stand in for the core: keep what the adapter emits."""
        for event in events:
            self.events.put_nowait(event)
        self.positions.update({position.scope: position.token for position in positions})
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope: str = "") -> str | None:
        """Return the last token of a scope."""
        return self.positions.get(scope)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Run the adapter while in this context, connected and in the room."""
        task = asyncio.ensure_future(self.adapter.run(self))
        self.past.clear()
        try:
            while True:
                event = await self._event(task)
                if isinstance(event, MessageCreated):
                    self.past.append(event)
                if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                    self.caught_up = event.caught_up
                    break
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, AdapterError, ExceptionGroup):
                await task

    async def _event(self, task: "asyncio.Task[None]") -> Event:
        get = asyncio.ensure_future(self.events.get())
        await asyncio.wait({get, task}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not get.done():
            get.cancel()
            if task.done():
                task.result()
            raise TimeoutError(f"{self.adapter.network}: nothing happened")
        return get.result()

    async def said(self) -> MessageCreated:
        """Return the next message that the adapter emits."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                event = await self.events.get()
                if isinstance(event, MessageCreated):
                    return event

    async def heard(self) -> Heard:
        """Return the next message that the person hears."""
        return await asyncio.wait_for(self.person.heard.get(), _PATIENCE)

    async def send(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> "asyncio.Future[Receipt]":
        """Give the adapter a command."""
        txn = self.next_txn()
        who = speaker or _ALICE
        return await self.adapter.send(
            SendMessage(room=self.room, speaker=who, txn=txn, content=content, kind=kind)
        )

    def next_txn(self) -> Txn:
        """Return a txn for a command."""
        self._sent += 1
        return self.last_txn

    @property
    def last_txn(self) -> Txn:
        """The txn of the last command."""
        return Txn(f"{self._sent:x}.0.0.00000000c0ffee00")

    async def deliver(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> Receipt:
        """Give the adapter a command, and wait for the confirmation."""
        return await asyncio.wait_for(await self.send(content, kind, speaker), _PATIENCE)

    def speaker(self) -> tuple[Speaker, Capabilities] | None:
        """Find the best speaker for somebody, as the core does, and their record; None: it is the bridge."""
        own = self.adapter.capabilities(self.room)
        for how in _BY_THEMSELVES[list(Authorship).index(own.authorship) :]:
            speaker = Speaker(how, "ada", "elsewhere/ada")
            record = self.adapter.capabilities(self.room, speaker)
            if record.authorship is how:
                assert not record.own_connection or own.own_connection
                assert not record.own_connection or record.window <= own.window
                return speaker, record
        return None

    async def did(self, kind: type[T]) -> T:
        """Return the next thing of a kind that the person sees others do."""
        async with asyncio.timeout(_PATIENCE):
            while not isinstance(event := await self.person.seen.get(), kind):
                pass
            return event


class AdapterContract:
    """Subclass it in a test module, with two fixtures that give a Place.

    Each test has a `place` of its own, with a room that nobody else uses; the server may be shared.
    The server of `doomed` is stopped by its test.
    """

    async def test_what_people_say_is_emitted(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("hello there"))
            await place.person.say(plain("和你好 👋"))
            first, second = await place.said(), await place.said()
        assert (first.content, second.content) == (plain("hello there"), plain("和你好 👋"))
        assert first.room == second.room == place.room
        assert first.sender == second.sender
        assert first.sender.name == place.person.name
        assert first.id != second.id, "names are unique in their room"
        assert not first.replayed

    async def test_an_emote_is_emitted_as_one(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("waves"), Kind.EMOTE)
            event = await place.said()
        assert (event.kind, event.content) == (Kind.EMOTE, plain("waves"))

    async def test_what_is_sent_is_confirmed_and_heard_and_not_emitted(self, place: Place) -> None:
        async with place.running():
            receipt = await place.deliver(plain("<alice> hello"))
            assert receipt.part is None or receipt.part.id
            heard = await place.heard()
            await place.person.say(plain("after"))
            event = await place.said()
        assert heard.content == plain("<alice> hello")
        assert event.content == plain("after"), "the adapter's own words are no event"

    async def test_a_first_visit_starts_at_now(self, place: Place) -> None:
        async with place.running():  # so that there is a room, and the person is known to be in it
            await place.person.say(plain("early"))
            await place.said()
        place.positions.clear()
        async with place.running():
            assert not place.past
            await place.person.say(plain("hello"))
            event = await place.said()
        assert (event.content, event.replayed) == (plain("hello"), False)

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("before"))
            before = await place.said()
        for n in range(3):
            await place.person.say(plain(f"meanwhile {n}"))
        async with place.running():
            await place.person.say(plain("after"))
            after = await place.said()
        assert (after.content, after.replayed) == (plain("after"), False)
        missed = [event for event in place.past if event.id != before.id]
        assert all(event.replayed and event.at is not None for event in place.past)
        texts = [event.content.text for event in missed]
        assert texts == [f"meanwhile {n}" for n in range(3)] or (not place.caught_up and not texts)

    async def test_what_was_sent_is_found_and_nothing_else(self, place: Place) -> None:
        """No adapter says None of what arrived, or gives a receipt of what was never sent."""
        before = time.time()
        async with place.running():
            await place.deliver(plain("<alice> hello"))
            sent, never = place.last_txn, Txn("fff.0.0.00000000c0ffee00")
        async with place.running():
            found = await place.adapter.find_sent(place.room, before, [sent, never])
        assert found.get(sent, True)
        assert found.get(never) is None

    async def test_order_is_kept(self, place: Place) -> None:
        async with place.running():
            for n in range(20):
                await place.deliver(plain(f"<alice> {n}"))
            heard = [(await place.heard()).content.text for _ in range(20)]
        assert heard == [f"<alice> {n}" for n in range(20)]

    async def test_every_mark_that_is_claimed_arrives(self, place: Place) -> None:
        async with place.running():
            for mark in sorted(place.adapter.capabilities(place.room).marks):
                content = Content((Span("<alice> "), Span("word", frozenset({mark})), Span(" end")))
                await place.deliver(content)
                assert normal((await place.heard()).content.spans) == content.spans, mark

    async def test_every_feature_that_is_claimed_arrives(self, place: Place) -> None:
        samples = {
            Feature.LINK: Span("site", href="https://example.org/"),
            Feature.COLOUR: Span("red", colour=0xFF0000),
            Feature.QUOTE: Span("said", block=Block(quote=1)),
            Feature.CODE_BLOCK: Span("x = 1", block=Block(code="")),
            Feature.LIST: Span("item", block=Block(item=0)),
        }
        async with place.running():
            for feature in sorted(place.adapter.capabilities(place.room).features):
                sample = samples[feature]
                await place.deliver(Content((Span("<alice>\n"), sample)))
                assert sample in (await place.heard()).content.spans, feature

    async def test_the_longest_text_arrives_whole(self, place: Place) -> None:
        async with place.running():
            for sample in ("x", "é", "&", "😀"):
                limit = place.adapter.capabilities(place.room).text_limit
                text = sample * (limit // len(sample.encode()))
                await place.deliver(plain(text))
                assert (await place.heard()).content.text == text

    async def test_user_text_is_only_text(self, place: Place) -> None:
        awkward = (
            "<b>&amp; *a* _b_ `c` ~d~ > e @room \N{ZERO WIDTH SPACE} 'x' \"y\" ]]> ${HOME} {name} %s \\n"
        )
        async with place.running():
            await place.deliver(plain(f"<alice> {awkward}"))
            heard = (await place.heard()).content
        assert heard.text.replace("\u2060", "") == f"<alice> {awkward}"
        assert not any(span.marks or span.href for span in heard.spans)

    async def test_a_cancelled_run_ends_soon_and_can_be_followed_by_another(self, place: Place) -> None:
        for _ in range(2):
            async with place.running() as run:
                run.cancel()
                done, _ = await asyncio.wait({run}, timeout=2)
                assert done, "still running two seconds after it was cancelled"
        async with place.running():
            await place.deliver(plain("<alice> still here"))

    async def test_nothing_is_sent_without_a_connection(self, place: Place) -> None:
        await place.adapter.serve({})
        try:
            future = await place.send(plain("<alice> hello"))
            await asyncio.wait_for(future, _PATIENCE)
        except AdapterError:
            return
        raise AssertionError("a command without a connection must fail")

    async def test_the_end_of_the_server_ends_the_run(self, doomed: Place) -> None:
        async with doomed.running() as run:
            await doomed.demo.stop()
            done, _ = await asyncio.wait({run}, timeout=_PATIENCE)
            assert done, "the run goes on without a server"
            error = run.exception()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, ConnectionLost), repr(error)

    async def test_who_goes_by_another_name_is_not_present_by_the_old_one(self, place: Place) -> None:
        """An adapter claims nothing that the network has not told, and the bridge's own account is nobody."""
        is_present, old = partial(place.adapter.is_present, place.room), place.person.name
        async with place.running():
            await place.deliver(plain("<alice> hello"))
            assert not is_present("somebody who was never there")
            told = [name for name in (old, old.upper()) if is_present(name)]
            assert told in ([], [old, old.upper()])
            assert told or not place.adapter.names_are_unique
            await place.person.rename(f"{old}x")
            await place.person.say(plain("it is me"))
            while (await place.said()).sender.name == old:  # a new name may take a moment
                await place.person.say(plain("it is me"))
            assert not is_present(old)
            assert not told or is_present(f"{old}x")

    async def test_looking_disturbs_nobody(self, place: Place) -> None:
        async with place.running():
            found = await place.adapter.look(place.adapter.rooms)
            assert found == {place.room: None}
            await place.deliver(plain("<alice> undisturbed"))

    async def test_who_speaks_by_themselves_has_their_name_and_no_event_is_made_of_it(
        self, place: Place
    ) -> None:
        async with place.running():
            if (found := place.speaker()) is None:
                return
            speaker, _ = found
            receipt = await place.deliver(plain("hello"), speaker=speaker)
            heard = await place.heard()
            assert heard.sender.startswith(speaker.name)
            assert heard.content == plain("hello")
            assert receipt.part is None or receipt.part.speaker == speaker.account
            await place.deliver(plain("waves"), Kind.EMOTE, speaker)
            assert (await place.heard()).kind is Kind.EMOTE
            await place.deliver(plain("<alice> hello"))
            assert not (await place.heard()).sender.startswith(speaker.name), "the bridge is nobody else"
            await place.person.say(plain("after"))
            assert (await place.said()).content == plain("after"), "what a speaker says is no event"
            assert not place.adapter.is_present(place.room, speaker.name), "nor is a speaker somebody there"

    async def test_who_said_what_was_sent_is_found_too(self, place: Place) -> None:
        before = time.time()
        async with place.running():
            if (found := place.speaker()) is None:
                return
            await place.deliver(plain("hello"), speaker=found[0])
        async with place.running():
            txn = place.last_txn
            sent = (await place.adapter.find_sent(place.room, before, [txn])).get(txn)
        assert sent is None or sent.part is None or sent.part.speaker == found[0].account

    async def test_who_speaks_by_themselves_changes_what_they_said(self, place: Place) -> None:
        async with place.running():
            if (found := place.speaker()) is None:
                return
            speaker, record = found
            receipt = await place.deliver(plain("helo"), speaker=speaker)
            if record.edit and receipt.part is not None:
                edit = EditMessage(
                    room=place.room,
                    speaker=speaker,
                    txn=place.next_txn(),
                    target=receipt.part,
                    content=plain("hello"),
                )
                await asyncio.wait_for(await place.adapter.send(edit), _PATIENCE)
                edited = await place.did(MessageEdited)
                assert edited.sender.name.startswith(speaker.name)
                assert edited.content == plain("hello")
            if record.delete and receipt.part is not None:
                delete = DeleteMessage(
                    room=place.room, speaker=speaker, txn=place.next_txn(), target=receipt.part
                )
                await asyncio.wait_for(await place.adapter.send(delete), _PATIENCE)
                assert (await place.did(Removed)).sender.name.startswith(speaker.name)

    async def test_what_cannot_be_a_room_is_refused_with_a_sentence(self, place: Place) -> None:
        for text in ("", " ", "a b c", "x" * 5000):
            assert _refusal(place.adapter, text), f"{text[:20]!r} is no room"


def _refusal(adapter: Adapter, text: str) -> str:
    try:
        adapter.room_id(text)
    except ValueError as error:
        return str(error)
    return ""
