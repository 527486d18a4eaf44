"""The past of a room."""

import asyncio
import time

from bridge.boundary.events import sound
from bridge.errors import Unsupported
from bridge.model import MessageCreated, plain

from .core import only_adapter_errors
from .place import Place, same

__all__ = ["HistoryContract"]

_A_MOMENT = 60.0
"""Seconds by which the clocks of a network and of this machine may differ."""


class HistoryContract:
    """Nothing that was said meanwhile is lost in silence."""

    async def test_a_first_visit_starts_at_now(self, place: Place) -> None:
        async with place.running():  # so that there is a room, and the person is known to be in it
            await place.person.say(plain("early"))
            await place.said()
        place.core.forget()
        async with place.running():
            assert not place.past, (
                "a room without a position starts at now, and what was said before is emitted:"
                f" {place.past!r}"
            )
            await place.person.say(plain("hello"))
            event = await place.said()
        same(
            (event.content, event.replayed), (plain("hello"), False), "what is said now is emitted otherwise"
        )

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
        for n in range(3):
            await place.person.say(plain(f"meanwhile {n}"))
        async with place.running():
            await place.person.say(plain("after"))
            after = await place.said()
        same(
            (after.content, after.replayed), (plain("after"), False), "what is said live is emitted otherwise"
        )
        assert all(event.replayed and event.at is not None for event in place.past), (
            f"what is read from the past is replayed=True, and says when it was said (at): {place.past!r}"
        )
        texts = [event.content.text for event in place.past]
        if texts or place.caught_up:
            same(
                texts,
                [f"meanwhile {n}" for n in range(3)],
                "of what was said while the adapter was away: JOINED has caught_up=True only where all of it"
                " was emitted, in order, under the ids that it had live",
            )

    async def test_what_was_not_durable_comes_again_or_is_said_to_be_missing(self, place: Place) -> None:
        """The process ends before the journal had it: nobody may have told the network that it was taken."""
        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
            place.core.hold()
            saying = asyncio.ensure_future(place.person.say(plain("taken too early")))
            lost = await place.said()
        saying.cancel()  # a network may make people wait until it is taken
        await asyncio.wait([saying])
        await place.restarted()
        async with place.running():
            await place.person.say(plain("after"))
            await place.said()
        again = [event for event in place.past if event.content == lost.content]
        assert again or not place.caught_up, (
            "a message was emitted, the process ended before the future of emit was done, and the next run"
            " says that nothing was missed: acknowledge nothing to the network before that future is done,"
            " and remember no position but what emit.position() says"
        )
        assert len(again) <= 1, "a message that comes again has one id"
        if again:
            same(
                again[0].id, lost.id, "a message that is emitted again has the id that it had the first time"
            )

    async def test_what_the_owner_wants_to_have_read_is_what_was_said(self, place: Place) -> None:
        since = time.time() - _A_MOMENT
        async with place.running():
            await place.person.say(plain("hello"))
            said = await place.said()
            await place.deliver(plain("<alice> not this"))
            try:
                with only_adapter_errors("past"):
                    found = await place.within(place.adapter.past(place.room, since), "past does not return")
            except Unsupported:
                return
        for event in found:
            sound(event)
        same(
            [
                (event.id, event.content, event.replayed)
                for event in found
                if isinstance(event, MessageCreated)
            ],
            [(said.id, said.content, True)],
            "past returns what others said, under the ids that it had live, replayed=True, and nothing of"
            " our own",
        )
