"""What goes wrong with what comes in, and with connections."""

import asyncio
import contextlib
from dataclasses import replace

from bridge.adapter import Endpoint, Position
from bridge.errors import ConnectionLost
from bridge.model import (
    Kind,
    MessageCreated,
    MessageId,
    RoomId,
    RoomState,
    RoomStateChanged,
    plain,
)
from bridge.testing import ScriptedAdapter


class _Emit:
    """An emit that an adapter changes on the way."""

    def __init__(self, emit):
        self._emit = emit

    def __call__(self, events, *positions):
        return self._emit(events, *positions)

    def position(self, scope=""):
        return self._emit.position(scope)


def emitting(change):
    """An adapter whose events are changed on their way."""

    class Changed(_Emit):
        def __call__(self, events, *positions):
            return self._emit([change(event) for event in events], *positions)

    class Adapter(ScriptedAdapter):
        async def run(self, emit):
            await super().run(Changed(emit))

    return Adapter


class AcknowledgesEarly(ScriptedAdapter):
    """The network gives it what it did not acknowledge, and it does so before that is durable."""

    async def run(self, emit):
        network = self._server

        class Early(_Emit):
            def __call__(self, events, *positions):
                network.acknowledged = positions[-1].token if positions else self.position()
                return self._emit(events, *positions)

            def position(self, scope=""):
                return getattr(network, "acknowledged", None)

        await super().run(Early(emit))


class DropsWhenBusy(ScriptedAdapter):
    """It does not listen while the journal is slow."""

    _last = None

    def hear(self, events, position):
        if self._last is None or self._last.done():
            self._last = self._emit(events, Position(str(position)))


class TurnsAround(ScriptedAdapter):
    """What was said at once comes in reverse."""

    def hear(self, events, position):
        if not hasattr(self, "_waiting"):
            self._waiting = []
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush, position)
        self._waiting += events

    def _flush(self, position):
        waiting, self._waiting = self._waiting, []
        self._emit(waiting[::-1], Position(str(position)))


class EmitsItsEcho(ScriptedAdapter):
    def send_now(self, command, settle):
        self._emit([self._server.saying(command.room, "hubbub", command.content)])
        return super().send_now(command, settle)


def named(name):
    """Messages are called by this."""

    def change(event):
        return replace(event, id=MessageId(name(event))) if isinstance(event, MessageCreated) else event

    return emitting(change)


NamesByText = named(lambda event: f"{event.sender.name}: {event.content.text}")
NamesAnew = named(lambda event: f"{event.id} {event.replayed}")


def telling(**fields):
    """Messages have these fields."""

    def change(event):
        return replace(event, **fields) if isinstance(event, MessageCreated) else event

    return emitting(change)


PastIsLive = telling(replayed=False)
PastHasNoTime = telling(at=None)
EmotesAreText = telling(kind=Kind.TEXT)
HalfACharacter = telling(content=plain("\ud83d"))
OtherRoom = telling(room=RoomId("elsewhere"))


class ForgetsThePast(ScriptedAdapter):
    """It says that it read what was said meanwhile."""

    async def run(self, emit):
        class Now(_Emit):
            def position(self, scope=""):
                return None

        await super().run(Now(emit))


class BeginsAtTheBeginning(ScriptedAdapter):
    async def run(self, emit):
        class Early(_Emit):
            def position(self, scope=""):
                return self._emit.position() or "0"

        await super().run(Early(emit))


class WrongScope(ScriptedAdapter):
    def hear(self, events, position):
        self._emit(events, Position(str(position)), Position("1", "sent lobby"))


# -- runs


class JoinsOnce(ScriptedAdapter):
    """A reload means nothing to it."""

    async def serve(self, rooms):
        if self._emit is None:
            await super().serve(rooms)


class EmitsTooLate(ScriptedAdapter):
    """It goes on with what its first connection had."""

    async def run(self, emit):
        if not hasattr(self, "_first"):
            self._first = emit
        await super().run(self._first)


class NeverJoins(ScriptedAdapter):
    def _state(self, room):
        return RoomStateChanged(room=room, state=RoomState.JOINING)


class GivesUp(ScriptedAdapter):
    async def run(self, emit):
        raise ConnectionLost("the password has no letters")


class IsDeaf(ScriptedAdapter):
    """It goes on, whoever cancels it."""

    async def run(self, emit):
        with contextlib.suppress(asyncio.CancelledError):
            await super().run(emit)
        self._server.over = asyncio.Event()
        while not self._server.over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self._server.over.wait()


class Raises(ScriptedAdapter):
    """What its library raises is raised."""

    async def run(self, emit):
        try:
            await super().run(emit)
        except ConnectionLost:
            raise EOFError("stream closed") from None


class Returns(ScriptedAdapter):
    async def run(self, emit):
        with contextlib.suppress(ConnectionLost):
            await super().run(emit)


class LooksAtNothing(ScriptedAdapter):
    async def look(self, rooms):
        return dict.fromkeys(rooms)


class LooksIn(ScriptedAdapter):
    """It looks with the session of the one that runs."""

    async def look(self, rooms):
        self._server.drop()
        return dict.fromkeys(rooms)


class TakesAnyRoom(ScriptedAdapter):
    @classmethod
    def room_id(cls, text):
        return RoomId(text)


class Elsewhere(ScriptedAdapter):
    @classmethod
    def room_id(cls, text):
        return RoomId(f"#{ScriptedAdapter.room_id(text)}")


class StaysConnected(ScriptedAdapter):
    """Tells of a connection that is over."""

    def peer(self):
        return Endpoint("irc.example.org:6697", "TLSv1.3", "ab" * 32)


class NamesNoPort(ScriptedAdapter):
    def peer(self):
        return Endpoint("irc.example.org") if self._emit is not None else None


class ShowsNoCertificate(ScriptedAdapter):
    def peer(self):
        return Endpoint("irc.example.org:6697", "TLSv1.3") if self._emit is not None else None


class KeepsForAWhile(ScriptedAdapter):
    def retention(self, room):
        return "a while"


class IsHalfOpen(ScriptedAdapter):
    def history_is_open(self, room):
        return 1
