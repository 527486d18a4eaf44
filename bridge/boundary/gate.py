"""The way in."""

import asyncio
from collections.abc import Collection, Sequence

from bridge.adapter import Emit, Position
from bridge.complaints import Complaints
from bridge.errors import ConnectionLost
from bridge.model import Approached, Event, RoomId

from .answers import words_of
from .events import is_plain, sound
from .texts import is_text, shown

__all__ = ["Gate"]


class Gate:
    """The way in, for the time of one connection."""

    def __init__(self, network: str, known: Collection[RoomId], complaints: Complaints, emit: Emit) -> None:
        """`known` are the rooms that may be heard of."""
        self._network = network
        self._known = known
        self._complaints = complaints
        self._emit = emit
        self._open = True

    def close(self) -> None:
        """Refuse what comes later."""
        self._open = False

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        if not self._open:
            return self._too_late()
        known, good = self._known, list[Event]()
        try:
            for event in events:
                try:
                    plain = is_plain(event) and event.room in known
                    good.append(event if plain else self._cleaned(event))
                except Exception as error:  # noqa: BLE001 it may be anything
                    self._refuse(event, error)
        except Exception as error:  # noqa: BLE001 it is anything but a list
            self._refuse(events, error)
        return self._emit(good, *[position for position in positions if self._may_reach(position)])

    def position(self, scope: str = "") -> str | None:
        return self._emit.position(scope)

    def _cleaned(self, event: Event) -> Event:
        """Return what can be taken of an event. Raises TypeError and ValueError when that is nothing."""
        cleaned, why = sound(event)
        if cleaned.room not in self._known and not isinstance(cleaned, Approached):
            raise ValueError("the map has no such room")
        if why:
            sentence = f"{self._where(event)}: of a {type(event).__name__}, {why}: it is taken without that"
            self._complaints.tell("a field is cleaned", sentence)
        return cleaned

    def _may_reach(self, position: Position) -> bool:
        if not (isinstance(position, Position) and is_text(position.token) and is_text(position.scope)):
            self._refuse(position, TypeError("it must be of two texts"))
            return False
        if position.scope and position.scope not in self._known:
            scope = shown(position.scope)
            self._refuse(
                position, ValueError(f"its scope is {scope}, which is no room of the map, nor empty")
            )
            return False
        return True

    def _refuse(self, what: object, error: Exception) -> None:
        kind = type(what).__name__
        sentence = f"{self._where(what)}: a {kind} of its adapter is refused: {words_of(error)}"
        self._complaints.tell(f"{kind} {type(error).__name__}", sentence)

    def _where(self, event: object) -> str:
        room = getattr(event, "room", None)
        if not (isinstance(room, str) and room.isprintable()):
            return f"{self._network} {shown(room)}" if room is not None else self._network
        return f"{self._network} {room}"

    def _too_late(self) -> "asyncio.Future[None]":
        network = self._network
        sentence = f"{network}: its adapter emits after the end of its connection: that is refused"
        self._complaints.tell("emitted too late", sentence)
        never = asyncio.get_running_loop().create_future()
        never.set_exception(ConnectionLost("the connection has ended"))
        never.exception()
        return never
