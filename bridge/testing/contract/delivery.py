"""Commands, their order and their confirmations."""

import asyncio
import contextlib
import resource
import time
from collections import deque
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from bridge.errors import AdapterError
from bridge.model import DeleteMessage, EditMessage, MessageId, Part, Receipt, SetTopic, SetTyping, plain

from .core import only_adapter_errors
from .place import ALICE, Place, same

__all__ = ["DeliveryContract"]

T = TypeVar("T")
_MANY = 20
_LONGEST = 0.05
"""So many seconds the loop may stand still."""
_TRIES = 10
_OURS = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)


class DeliveryContract:
    """The adapter confirms what is sent, in order."""

    async def test_what_is_sent_is_confirmed_and_heard_and_not_emitted(self, place: Place) -> None:
        async with place.running():
            receipt = await place.deliver(plain("<alice> hello"))
            assert receipt.part is None or receipt.part.id, "an empty name is none: Receipt(None)"
            heard = await place.heard()
            await place.person.say(plain("after"))
            event = await place.said()
        same(heard.content, plain("<alice> hello"), "what was sent arrives in other words")
        assert event.content != heard.content, (
            "the adapter emits its own words: what the network shows us of what we said is no event; know it"
            " by our own account, or by the txn"
        )
        same(event.content, plain("after"), "what somebody said is emitted otherwise")

    async def test_many_at_once_both_ways_are_all_there_and_in_order(self, place: Place) -> None:
        """As many are on their way as the window allows, while the journal is slow and people talk."""
        window = place.record.window
        async with place.running():
            place.core.hold()
            talking = asyncio.ensure_future(_talk(place))  # a network may make people wait for that, too
            said = [(await place.said()).content.text]
            place.core.release()
            flights = deque(
                [await _kept(place.send(plain(f"<alice> {n}")), window) for n in range(min(window, _MANY))]
            )
            for n in range(len(flights), _MANY):
                await _kept(place.landed(flights.popleft()), window)
                flights.append(await _kept(place.send(plain(f"<alice> {n}")), window))
            for flight in flights:
                await _kept(place.landed(flight), window)
            heard = [(await place.heard()).content.text for _ in range(_MANY)]
            same(
                heard,
                [f"<alice> {n}" for n in range(_MANY)],
                f"what was sent arrives in another order, with {window} on the way at once (window)",
            )
            missing = (
                f"of {_MANY} messages that were said while the adapter was busy, some were not emitted: none"
                " may be dropped, whatever it waits for"
            )
            said += [(await place.said(missing)).content.text for _ in range(_MANY - 1)]
            await place.within(talking, "what people say is not taken")
        same(said, [f"{n}" for n in range(_MANY)], "what people said is emitted in another order, or not all")

    async def test_without_a_connection_nothing_is_sent_and_only_adapter_errors_are_raised(
        self, place: Place
    ) -> None:
        await place.adapter.serve({})
        found = await place.attempt(place.message(plain("<alice> hello")))
        assert isinstance(found, AdapterError), (
            "a command without a connection is confirmed: it fails with ConnectionLost"
        )
        adapter, room, target = place.adapter, place.room, Part(MessageId("nothing"))
        for command in (
            EditMessage(room=room, speaker=ALICE, txn=place.next_txn(), target=target, content=plain("x")),
            DeleteMessage(room=room, speaker=ALICE, txn=place.next_txn(), target=target),
            SetTopic(room=room, speaker=ALICE, txn=place.next_txn(), topic="x"),
        ):
            found = await place.attempt(command)
            assert not isinstance(found, Receipt), "a command without a connection is confirmed"
        for method, call in (
            ("find_sent", lambda: adapter.find_sent(room, time.time(), [place.last_txn])),
            ("past", lambda: adapter.past(room, time.time())),
        ):
            with contextlib.suppress(AdapterError), only_adapter_errors(method):
                await place.within(call(), f"{method} does not return without a connection")
        for method, ask in (
            ("capabilities", lambda: adapter.capabilities(room)),
            ("hint", lambda: adapter.hint(SetTyping(room=room, typing=True))),
            ("is_present", lambda: adapter.is_present(room, "ann")),
            ("heard", lambda: adapter.heard(room)),
            ("parting", lambda: adapter.parting(room)),
            ("source", lambda: adapter.source("https://example.org/cat.png")),
        ):
            with contextlib.suppress(AdapterError), only_adapter_errors(method):
                ask()

    async def test_nothing_holds_the_loop(self, place: Place) -> None:
        """Whoever blocks does so each time, and a busy machine does not: the best try counts."""

        async def sent() -> None:
            place.adapter.is_present(place.room, "alice")
            assert place.record
            await place.deliver(plain("<alice> hello"))

        async def heard() -> None:
            await place.person.say(plain("hello"))
            await place.said()

        async with place.running():
            for what, do in (("sent", sent), ("heard", heard)):
                stood = [await _stood_still(do())]
                while stood[-1] > _LONGEST and len(stood) < _TRIES:
                    stood.append(await _stood_still(do()))
                assert stood[-1] <= _LONGEST, (
                    f"nothing else goes on for {min(stood) * 1000:.0f} ms whenever a message is {what}, and"
                    " all networks share the loop: await what takes long, or put it into a thread"
                    " (asyncio.to_thread)"
                )


async def _talk(place: Place) -> None:
    for n in range(_MANY):
        await place.person.say(plain(f"{n}"))


async def _kept(doing: Awaitable[T], window: int) -> T:
    """Do a part of having many commands on the way."""
    try:
        return await doing
    except AdapterError as error:
        raise AssertionError(
            f"the record has a window of {window}, and with so many commands on the way one of them failed"
            f" ({type(error).__name__}: {error}): say a smaller window, or wait in send until there is place"
        ) from error


async def _stood_still(doing: Coroutine[Any, Any, None]) -> float:
    """Return for how long at most one turn of the loop took while this was done, in seconds.

    What another process took does not count: a turn that only computes is measured by the processor's time,
    and only one that waited for something by the clock.
    """
    longest, task, before = 0.0, asyncio.ensure_future(doing), _spent()
    while not task.done():
        await asyncio.sleep(0)
        now = _spent()
        clock, processor, waits = (new - old for new, old in zip(now, before, strict=True))
        longest, before = max(longest, clock if waits else processor), now
    await task
    return longest


def _spent() -> tuple[float, float, int]:
    """Return the time, the processor's time of this thread, and how often it waited for something."""
    return time.perf_counter(), time.thread_time(), resource.getrusage(_OURS).ru_nvcsw
