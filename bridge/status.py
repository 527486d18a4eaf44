"""How the service stands at one moment: the one source for whoever wants to know."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from .journal import Gap
from .journal.admin.inspect import Inventory, Owed, inventory, looking_into
from .media import HostFiles
from .relay.observers import ObserverStatus
from .relay.room import RoomStatus
from .reloads import MapReport
from .supervisor import NetworkState, Supervisor

__all__ = [
    "ArchiveReport",
    "MailReport",
    "NetworkReport",
    "RoomCondition",
    "RoomReport",
    "Status",
    "Unheard",
    "count",
    "network_report",
    "room_report",
]


class RoomCondition(StrEnum):
    """How a room takes what is said elsewhere."""

    WELL = "well"
    SLOW = "slow"
    """It takes messages, more slowly than they come: people were told."""
    CLOSED = "closed"
    """We are in it, and it takes none."""
    AWAY = "away"
    """We are not in it."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """The last time that a room was not heard, or not wholly."""

    until: float
    """In seconds since 1970."""
    seconds: float
    """For how long; negative: nobody knows."""


@dataclass(frozen=True, slots=True)
class RoomReport:
    """How one room stands. Points in time are in seconds since 1970."""

    joined: bool
    condition: RoomCondition
    reason: str
    """Why it took nothing last; empty: it is not known, or all is well."""
    away_since: float | None
    """Since when it is not heard; None: it is, or never was."""
    owed: int
    """How many messages wait for it."""
    since: float | None
    """When the oldest of these was said."""
    unheard: Unheard | None
    """None: it was heard all the time since the start."""


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """How a network stands."""

    protocol: str
    state: NetworkState
    reason: str
    """Why its last connection ended; empty: all is well."""
    since: float
    """Connected since then; or none of its rooms is heard since then, in seconds since 1970."""
    rooms: Mapping[str, RoomReport]
    private: int = 0
    """How many rooms of two people it has besides."""
    puppets: int = 0
    """How many people from elsewhere are there by accounts of their own."""

    @property
    def steady(self) -> NetworkState:
        """How it stands, whether it is being tried once more just now or not."""
        failing = self.state is NetworkState.CONNECTING and self.reason
        return NetworkState.WAITING if failing else self.state


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """How the archive stands; how far it is behind, its observer tells."""

    entries: int
    size: int
    """Of its file, in bytes."""
    checkpoint: float | None
    """When a checkpoint was signed last, in seconds since 1970; None: none was."""
    unstamped: int
    """How many checkpoints wait for their time stamp."""
    wrong: Sequence[tuple[str, str]]
    """What is wrong with it, and what to do."""


@dataclass(frozen=True, slots=True)
class MailReport:
    """Mail of a desk that did not go."""

    network: str
    desk: str
    count: int
    given_up: bool
    """False: it is tried again by itself."""
    since: float
    """In seconds since 1970."""
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the service stands."""

    version: str
    since: float
    """When it was started, in seconds since 1970."""
    taking: bool
    """Whether the journal can be written: else nothing is taken."""
    networks: Mapping[str, NetworkReport]
    undelivered: int
    """How many deliveries were given up."""
    files: Mapping[str, Sequence[HostFiles]]
    """Those that are on their way, or wait for their turn."""
    observers: Sequence[ObserverStatus]
    map: MapReport = field(default_factory=lambda: MapReport(0.0, None, ()))
    """Which map it follows."""
    archive: ArchiveReport | None = None
    """None: there is none."""
    mail: Sequence[MailReport] = ()
    """The desks whose mail does not go."""


async def count(journal: Path) -> Inventory:
    """Count what is in a journal: in a thread, since a long queue takes a while to count."""

    def look() -> Inventory:
        with looking_into(journal) as database:
            return inventory(database, journal)

    return await asyncio.to_thread(look)


def network_report(
    protocol: str, network: Supervisor, rooms: Sequence[RoomStatus], tell: Callable[[RoomStatus], RoomReport]
) -> NetworkReport:
    """Return how a network stands with its rooms; `tell` reports about each."""
    found = {str(room.id): tell(room) for room in rooms if not room.private}
    beside = len(rooms) - len(found), network.puppets()
    if _is_reached(network, rooms):
        return NetworkReport(protocol, NetworkState.CONNECTED, "", network.began, found, *beside)
    heard = max((room.away_since for room in rooms), default=0.0)
    since = heard or network.failing_since
    return NetworkReport(protocol, network.state, network.reason, since, found, *beside)


def _is_reached(network: Supervisor, rooms: Iterable[RoomStatus]) -> bool:
    """Whether there is a connection: a room of it is joined, or said why not."""
    if any(room.joined for room in rooms):
        return True
    connecting = network.state is NetworkState.CONNECTING
    return connecting and any(room.reason not in ("", network.reason) for room in rooms)


def room_report(room: RoomStatus, owed: Owed | None, gap: Gap | None, now: float) -> RoomReport:
    """Return how a room stands; `owed` is what waits for it, `gap` is when it was not heard, if ever."""
    return RoomReport(
        joined=room.joined,
        condition=_condition(room, now),
        reason=room.reason,
        away_since=room.away_since or None,
        owed=owed.count if owed else 0,
        since=owed.since if owed else None,
        unheard=Unheard(gap.until, gap.seconds) if gap else None,
    )


def _condition(room: RoomStatus, now: float) -> RoomCondition:
    if not room.joined:
        return RoomCondition.AWAY
    if room.closed:
        return RoomCondition.CLOSED
    waits = room.oldest is not None and now - room.oldest.said_at >= room.rules.tell_after
    return RoomCondition.SLOW if waits else RoomCondition.WELL
