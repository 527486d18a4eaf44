"""Adapters that misbehave, each in one way and at one place, as long as their network is `faulty`."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bridge.adapter import Position
from bridge.errors import ConnectionLost
from bridge.model import Receipt
from bridge.testing import ScriptedAdapter, ScriptedNetwork

How = Callable[..., Any]
"""What an adapter does in place of something: it gets itself, what is right, and the arguments."""


class Network(ScriptedNetwork):
    """The server of an adapter that misbehaves."""

    def __init__(self, name):
        super().__init__(name)
        self.faulty = True
        self.released = asyncio.Event()
        """Set at the end of a test: lets go what does not listen."""


class Faulty(ScriptedAdapter):
    """Does what is right, but for one thing."""

    wrong: ClassVar[dict[str, How]] = {}

    def __init__(self, network, config, introduction):
        super().__init__(network, config, introduction)
        self._do("__init__", lambda: None)

    def _do(self, name, right, *args):
        how = self.wrong.get(name) if self._server.faulty else None
        return right(*args) if how is None else how(self, right, *args)

    async def serve(self, rooms):
        await self._do("serve", super().serve, rooms)

    async def run(self, emit):
        await self._do("run", super().run, emit)

    def hear(self, events, position):
        self._do("hear", super().hear, events, position)

    async def send(self, command):
        return await self._do("send", super().send, command)

    def send_now(self, command, settle):
        return self._do("send_now", super().send_now, command, settle)

    async def find_sent(self, room, since, txns):
        return await self._do("find_sent", super().find_sent, room, since, txns)

    async def upload(self, file):
        await self._do("upload", super().upload, file)

    def hint(self, command):
        self._do("hint", super().hint, command)

    def source(self, address):
        return self._do("source", super().source, address)

    def members(self, room):
        return self._do("members", super().members, room)

    def people(self, room):
        return self._do("people", super().people, room)

    def private_room(self, room, person, speaker):
        return self._do("private_room", super().private_room, room, person, speaker)

    def present(self, room):
        return self._do("present", super().present, room)

    def capabilities(self, room, author=None):
        return self._do("capabilities", super().capabilities, room, author)


Current: type[Faulty] = Faulty
"""The one that a test is about: its configuration names it by this."""


@dataclass(frozen=True)
class Wrong:
    """One way to misbehave."""

    name: str
    line: str
    """What stands in the log, as a pattern; empty: nothing, since it does no harm."""
    does: dict[str, How] = field(default_factory=dict)
    said: tuple[str, ...] = ("good", "bad", "better")
    """What of what is said on its network at once arrives elsewhere."""
    begin: Callable[[Network], object] = lambda _: None
    """What is to happen so that it comes to that."""

    def adapter(self):
        return type("Wrong", (Faulty,), {"wrong": self.does})


# How


def raises(error):
    def how(adapter, right, *args):
        raise error() if isinstance(error, type) else error

    return how


def raises_later(error):
    """It has done it, and raises then."""

    def how(adapter, right, *args):
        right(*args)
        raise error

    return how


def blocks(adapter, right, *args):
    """Keeps everybody waiting, and does what is right then."""
    time.sleep(0.5)
    return right(*args)


def gives(value):
    def how(adapter, right, *args):
        return value

    return how


def gives_later(value):
    def how(adapter, right, *args):
        right(*args)
        return value

    return how


def awaited(how):
    async def later(*args):
        return how(*args)

    return later


async def hangs(adapter, right, *args):
    await adapter._server.released.wait()
    return await right(*args)


async def is_deaf(adapter, right, *args):
    """Goes on whoever cancels it."""
    while not adapter._server.released.is_set():
        with contextlib.suppress(asyncio.CancelledError):
            await adapter._server.released.wait()


async def is_deaf_at_first(adapter, right, *args):
    """Goes on whoever cancels it, and does what is right in the end."""
    await is_deaf(adapter, right)
    return await right(*args)


async def stays(adapter, right, *args):
    """Does it, and does not end when it has to."""
    try:
        await right(*args)
    except BaseException:
        await is_deaf(adapter, right)
        raise


async def breaks(adapter, right, emit):
    """Ends a moment after it was joined."""
    running = asyncio.ensure_future(right(emit))
    await asyncio.sleep(0.05)
    running.cancel()
    raise KeyError("lost")


def settles(*outcomes):
    """What was sent is confirmed with these."""

    def how(adapter, right, command, settle):
        right(command, lambda _: [settle(outcome) for outcome in outcomes])
        return True

    return how


def settles_and_raises(adapter, right, command, settle):
    """It is confirmed, and fails then."""
    right(command, lambda _: None)
    settle(Receipt(None))
    raise KeyError("oh dear")


def turns_around(adapter, right, command, settle):
    """Confirms every two in reverse."""
    if not hasattr(adapter, "held"):
        adapter.held = []

    def hold(outcome):
        adapter.held.append((settle, outcome))
        if len(adapter.held) == 2:
            for one, what in reversed(adapter.held):
                one(what)
            adapter.held.clear()

    return right(command, hold)


def echoes(adapter, right, command, settle):
    """Takes what we say for what somebody says."""
    adapter.hear([adapter._server.saying(command.room, "echo", command.content)], 0)
    return right(command, settle)


def waits(adapter, right, command, settle):
    return False


def future(**what):
    """`send` returns one that ends so."""

    async def how(adapter, right, command):
        found = asyncio.get_running_loop().create_future()
        if "error" in what:
            found.set_exception(what["error"])
        elif "result" in what:
            found.set_result(what["result"])
        else:
            found.cancel()
        return found

    return how


def changes(change):
    """What is called bad is handed over otherwise."""

    def how(adapter, right, events, position):
        right([change(event) if event.content.text == "bad" else event for event in events], position)

    return how


def hands_over(give, *positions):
    """Before what happened, it hands this over."""

    def how(adapter, right, events, position):
        adapter._emit(give(adapter), *positions)
        right(events, position)

    return how


def reaches(position):
    def how(adapter, right, events, _):
        adapter._emit(events, position)

    return how


async def emits_too_late(adapter, right, emit):
    late = adapter._server.saying("three", "carol", "too late")
    asyncio.get_running_loop().call_later(0.1, emit, [late], Position("9"))
    raise ConnectionLost("over")
