"""Rooms, as the relay knows them."""

from dataclasses import dataclass, field

from bridge.adapter import Adapter
from bridge.config import DeliveryRules, ShowRules
from bridge.model import RoomId

__all__ = ["Room"]


@dataclass(slots=True)
class Room:
    """A room that is delivered to."""

    number: int
    id: RoomId
    adapter: Adapter
    rules: DeliveryRules
    """They may change with the map."""
    show: ShowRules = field(default_factory=ShowRules)

    @property
    def title(self) -> str:
        """What to call it in the log."""
        return f"{self.adapter.network} {self.id}"
