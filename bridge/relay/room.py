"""Rooms, as the relay knows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.adapter import Adapter
from bridge.clock import Clock
from bridge.config import DeliveryRules
from bridge.journal import Delivery
from bridge.model import RoomId
from bridge.whose import about

from .tally import Tally

__all__ = ["Room", "RoomStatus"]


@dataclass(slots=True)
class Room:
    """A room that is delivered to."""

    number: int
    id: RoomId
    adapter: Adapter
    rules: DeliveryRules
    """They may change with the map."""
    tally: Tally
    """The network's."""
    private: bool = False
    """Whether it is that of two people."""

    @property
    def clock(self) -> Clock:
        """The clock of the room's network."""
        return self.adapter.clock

    @property
    def title(self) -> str:
        """The room's name in the log."""
        return f"{self.adapter.network} {_shown(self.id, self.number, private=self.private)}"

    def about(self, delivery: int | None = None) -> Mapping[str, str | int]:
        """Return the keys of a log line about the room, and a delivery to it."""
        return about(self.adapter.network, _shown(self.id, self.number, private=self.private), delivery)

    def logged(self, reason: object) -> str:
        """Return a reason as the log may have it: in that of a room of two people stands who they are."""
        return "(not logged)" if self.private else str(reason)


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """How a room stands at one moment, for who looks on."""

    number: int
    network: str
    id: RoomId
    rules: DeliveryRules
    joined: bool
    reason: str
    """Why it took nothing last; empty: it is not known, or all is well."""
    closed: bool
    """Whether it takes no messages at all now."""
    away_since: float
    """Since when it cannot be spoken in, in seconds since 1970; 0: it can, or could never."""
    delivered: int
    """How many deliveries arrived, whole, since the start."""
    oldest: Delivery | None
    """The delivery that has been waiting longest; None: nothing waits."""
    private: bool = False
    """Whether it is that of two people."""

    @property
    def title(self) -> str:
        """The room's name in the log."""
        return f"{self.network} {_shown(self.id, self.number, private=self.private)}"

    def about(self) -> Mapping[str, str | int]:
        """Return the keys of a log line about the room."""
        return about(self.network, _shown(self.id, self.number, private=self.private))


def _shown(room: RoomId, number: int, *, private: bool) -> str:
    """Name a room; that of two people without them."""
    return f"private room {number}" if private else room
