"""The rooms of the map, as they are told to an owner."""

from dataclasses import fields

from bridge.adapter import Adapter
from bridge.app import Bridge
from bridge.aside import in_steps
from bridge.model import Capabilities, RoomId, Support
from bridge.status import RoomReport

from .answers import RoomAnswer, RoomsAnswer
from .choosing import chosen
from .requests import RoomsRequest

__all__ = ["rooms"]

_SUPPORTS = [field.name for field in fields(Capabilities) if field.type is Support]


async def rooms(bridge: Bridge, request: RoomsRequest) -> RoomsAnswer:
    """Tell of the rooms that are meant. Raises HubbubError for names that the map does not have."""
    meant = chosen(bridge.config, request.network, request.room, request.conversation)
    networks = (await bridge.status()).networks
    found: list[RoomAnswer] = []

    def tell(place: tuple[str, RoomId]) -> None:
        network, room = place
        report = networks[network].rooms.get(room) if network in networks else None
        if report is not None:  # else the map has changed meanwhile
            found.append(_told(bridge.adapter(network), room, report, dict(meant[place])))

    await in_steps(tell, meant)
    return RoomsAnswer(rooms=found)


def _told(adapter: Adapter, room: RoomId, report: RoomReport, conversations: dict[str, str]) -> RoomAnswer:
    record = adapter.capabilities(room)
    people = adapter.members(room) if report.joined else ()
    return RoomAnswer(
        network=adapter.network,
        room=room,
        conversations=conversations,
        joined=report.joined,
        condition=report.condition,
        reason=report.reason,
        owed=report.owed,
        oldest=report.since,
        can=[name for name in _SUPPORTS if getattr(record, name) is not Support.NO],
        authorship=record.authorship,
        members=len(people) or None,
    )
