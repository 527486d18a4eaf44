"""What passes, as it is told to an owner who looks on."""

from collections.abc import AsyncGenerator

from bridge.app import Bridge
from bridge.config import Config
from bridge.errors import HubbubError
from bridge.model import (
    Kind,
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    RoomId,
    TalkEvent,
    TopicChanged,
)
from bridge.model.registry import KINDS
from bridge.relay.onlookers import Buried, Passing, Settled

from .answers import DeliveryEnded, EventTaken, LiveAnswer, LiveBegun, LiveMissed, ManyGivenUp
from .choosing import Mapped, chosen
from .requests import TailRequest

__all__ = ["live"]

_MESSAGES = {Kind.TEXT: "message", Kind.EMOTE: "action", Kind.NOTICE: "notice"}
_KINDS: dict[type[TalkEvent], str] = {
    MessageEdited: "edit",
    ReactionsChanged: "reaction",
    Removed: "removal",
    TopicChanged: "topic",
    NameChanged: "name",
}


async def live(bridge: Bridge, request: TailRequest) -> AsyncGenerator[LiveAnswer, None]:
    """Yield what passes in the rooms that are meant, until closed. Raises HubbubError for unknown names."""
    chosen(bridge.config, request.network, request.room, request.conversation)
    view = _View(bridge, request)
    async with bridge.features.onlookers.look(view.wants) as sight:
        yield LiveBegun()
        while True:
            missed, found = await sight.next()
            if missed:
                yield LiveMissed(count=missed)
            for passing in found:
                yield view.told(passing)


class _View:
    """Tells what passes, by the map as it is at the time."""

    def __init__(self, bridge: Bridge, request: TailRequest) -> None:
        self._bridge = bridge
        self._asked = request
        self._all = not (request.network or request.room or request.conversation)
        self._config: Config | None = None
        self._rooms: Mapped = {}

    def wants(self, network: str, room: RoomId) -> bool:
        """Whether a room is meant."""
        if self._config is not self._bridge.config:
            self._follow(self._bridge.config)
        return self._all or (network, room) in self._rooms

    def _follow(self, config: Config) -> None:
        asked = self._asked
        self._config = config
        try:
            self._rooms = chosen(config, asked.network, asked.room, asked.conversation)
        except HubbubError:  # what is meant left the map, and may come back
            self._rooms = {}

    def told(self, passing: Passing) -> LiveAnswer:
        """Return what is said of it."""
        network, room = passing.network, passing.room
        conversations = list(self._rooms.get((network, room), ()))
        if isinstance(passing, Settled):
            return DeliveryEnded(
                number=passing.seq,
                network=network,
                room=room,
                conversations=conversations,
                outcome=passing.outcome,
                reason=passing.reason,
                at=passing.at,
                seconds=round(passing.seconds, 3),
            )
        if isinstance(passing, Buried):
            return ManyGivenUp(
                network=network,
                room=room,
                conversations=conversations,
                count=passing.count,
                reason=passing.reason,
                at=passing.at,
            )
        event = passing.event
        assert event is not None  # others are not shown
        kind = _MESSAGES[event.kind] if isinstance(event, MessageCreated) else _KINDS[type(event)]
        return EventTaken(
            number=passing.seq,
            network=network,
            room=room,
            conversations=conversations,
            kind=kind,
            author=event.sender.name,
            text=KINDS[type(event)].summary(event) if self._asked.text else None,
            at=passing.said_at,
        )
