"""How the service stands, as the console's pages show it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.config import Config
from bridge.control.answers import StatusAnswer
from bridge.status import RoomCondition, RoomReport
from bridge.supervisor import NetworkState

from .history import History, Period, Traffic

__all__ = ["ConversationView", "NetworkView", "Overview", "RoomShown", "Sign", "overview"]

_SHORT = 24
_SERVER = re.compile(r"(?<=.)[:@].*")


class Sign(StrEnum):
    """How something is shown: each has a colour and a shape of its own, the worst stands last."""

    WELL = "well"
    SLOW = "slow"
    CLOSED = "closed"
    AWAY = "away"


_RANKS = {sign: rank for rank, sign in enumerate(Sign)}
_CONDITIONS = {
    RoomCondition.WELL: Sign.WELL,
    RoomCondition.SLOW: Sign.SLOW,
    RoomCondition.CLOSED: Sign.CLOSED,
    RoomCondition.AWAY: Sign.AWAY,
}
_STATES = {
    NetworkState.CONNECTED: Sign.WELL,
    NetworkState.CONNECTING: Sign.SLOW,
    NetworkState.WAITING: Sign.AWAY,
    NetworkState.STOPPED: Sign.AWAY,
}


def worst(marks: Iterable[Sign]) -> Sign:
    """Return the worst of these."""
    return max(marks, key=_RANKS.__getitem__, default=Sign.WELL)


@dataclass(frozen=True, slots=True)
class RoomShown:
    """A room in a conversation."""

    network: str
    room: str
    direction: str
    report: RoomReport | None
    """None: it is about to be known."""

    @property
    def mark(self) -> Sign:
        return _CONDITIONS[self.report.condition] if self.report else Sign.AWAY

    @property
    def short(self) -> str:
        """Its name without its server, for where there is little room."""
        return clipped(_SERVER.sub("", self.room), _SHORT)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """Rooms that are joined."""

    name: str
    rooms: Sequence[RoomShown]
    traffic: Traffic

    @property
    def mark(self) -> Sign:
        return worst(room.mark for room in self.rooms)

    @property
    def owed(self) -> int:
        return sum(room.report.owed for room in self.rooms if room.report)

    @property
    def oldest(self) -> float | None:
        since = [room.report.since for room in self.rooms if room.report]
        return min((one for one in since if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network."""

    name: str
    protocol: str
    state: NetworkState
    reason: str
    since: float
    joined: int
    rooms: int
    owed: int
    todo: str
    """What its owner can do; empty: nothing is wrong with it."""
    periods: Sequence[Period] = ()
    """How it stood, the newest last."""

    @property
    def mark(self) -> Sign:
        return _STATES[self.state]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything, at one moment."""

    status: StatusAnswer
    networks: Sequence[NetworkView]
    conversations: Sequence[ConversationView]
    by_name: Mapping[str, ConversationView] = field(default_factory=dict)

    @property
    def mark(self) -> Sign:
        if not self.status.wrong:
            return Sign.WELL
        worst_one = worst((*(one.mark for one in self.networks), *(one.mark for one in self.conversations)))
        return Sign.AWAY if worst_one is Sign.WELL else worst_one


def overview(config: Config, status: StatusAnswer, history: History) -> Overview:
    """Put together what the pages show."""
    todo = {trouble.network: trouble.todo for trouble in status.wrong if not trouble.rooms}
    networks = []
    for name in config.networks:
        if (network := status.networks.get(name)) is None:
            continue  # in no conversation, or about to be started
        reports = network.rooms.values()
        networks.append(
            NetworkView(
                name,
                network.protocol.rpartition(":")[2],
                network.steady,
                network.reason,
                network.since,
                sum(report.joined for report in reports),
                len(reports),
                sum(report.owed for report in reports),
                todo.get(name, ""),
                history.periods(name),
            )
        )
    conversations = [
        ConversationView(
            name,
            [
                RoomShown(
                    one.network, str(one.room), str(one.direction), _report(status, one.network, one.room)
                )
                for one in conversation.rooms
            ],
            history.traffic([(one.network, str(one.room)) for one in conversation.rooms]),
        )
        for name, conversation in config.conversations.items()
    ]
    return Overview(status, networks, conversations, {one.name: one for one in conversations})


def _report(status: StatusAnswer, network: str, room: str) -> RoomReport | None:
    found = status.networks.get(network)
    return found.rooms.get(str(room)) if found else None


def clipped(text: str, length: int) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
