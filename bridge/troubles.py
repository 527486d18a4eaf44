"""What is wrong with the service, and what its owner can do about it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from .config.words import counted
from .reloads import MapReport
from .status import MailReport, NetworkReport, RoomCondition, Status
from .supervisor import NetworkState

__all__ = ["Trouble", "troubles"]

_JOURNAL = "the journal cannot be written: nothing is taken", "make room on its disk: it goes on by itself"
_MAP = "correct it (`hubbub check` names all of them), then `hubbub reload`"
_AGAIN = "it is tried again by itself"
_OBSERVERS = {
    "archive": ("nothing is archived", "it is tried again by itself, and what is missing is made up for"),
    "evidence": ("the archive is not signed, stamped or told to its witness as it should be", _AGAIN),
}
"""Of those whose name says too little."""
_NETWORKS = {
    NetworkState.STOPPED: (
        "is not connected any more",
        "it is not tried again: see that nobody else uses its account, then restart the service",
    ),
    NetworkState.WAITING: (
        "cannot be reached",
        "it is tried again by itself; `hubbub check --online` looks at the map",
    ),
    NetworkState.CONNECTING: ("is being connected", "look again in a minute; the log tells more"),
}
_ROOMS = {
    RoomCondition.AWAY: ("cannot be joined", "let the bridge in, or change the map and `hubbub reload`"),
    RoomCondition.CLOSED: ("cannot be spoken in", "let the bridge speak there: what waits follows"),
    RoomCondition.SLOW: ("cannot keep up with what is said", "nothing, unless it lasts: what waits follows"),
}


_MAIL = {
    True: (
        "has mail that did not go",
        "`hubbub desk mail` says which and why: --retry sends it again, --forget forgets it",
    ),
    False: ("has mail that cannot go yet", "see to the server of `mail:`: it is tried again by itself"),
}
"""Mail of desks, by whether it is given up."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong."""

    network: str
    """Empty: it concerns all."""
    rooms: tuple[str, ...]
    """Those of the network that it concerns; empty: the network itself."""
    what: str
    """What is wrong with these, as the end of a sentence."""
    since: float | None
    """In seconds since 1970; None: nobody knows."""
    reason: str
    """Empty: nobody knows."""
    owed: int
    """How many messages wait for these."""
    todo: str

    @property
    def sentence(self) -> str:
        """All of it in one line: who, what, why, and what to do."""
        who = " ".join(filter(None, (self.network, ", ".join(self.rooms))))
        reason = f" ({self.reason})" if self.reason else ""
        return f"{who + ' ' if who else ''}{self.what}{reason}: {self.todo}"


def troubles(status: Status) -> list[Trouble]:
    """Return what is wrong, the worst first; rooms with the same trouble are one."""
    found = [Trouble("", (), _JOURNAL[0], None, "", 0, _JOURNAL[1])] if not status.taking else []
    networks: list[tuple[int, Trouble]] = []
    rooms: list[tuple[int, Trouble]] = []
    for name, network in status.networks.items():
        if network.state is NetworkState.CONNECTED:
            rooms += _of_rooms(name, network)
        else:
            networks.append(_of_network(name, network))
    for some in (networks, rooms):
        found += [trouble for _, trouble in sorted(some, key=lambda one: (one[0], -one[1].owed))]
    if status.map.refused is not None:
        found.append(_of_map(status.map, status.map.refused))
    for observer in status.observers:
        if observer.reason:
            known = f"{observer.name} cannot take note of what is said", _AGAIN
            what, todo = _OBSERVERS.get(observer.name, known)
            found.append(Trouble("", (), what, observer.since, observer.reason, observer.behind, todo))
    found += map(_of_mail, status.mail)
    for what, todo in status.archive.wrong if status.archive is not None else ():
        found.append(Trouble("", (), what, None, "", 0, todo))
    return found


def _of_map(report: MapReport, refused: float) -> Trouble:
    read = time.strftime("%Y-%m-%d %H:%M", time.localtime(report.since))
    what = f"the file has mistakes: the service still follows the one of {read}"
    first, more = next(iter(report.reasons), ""), len(report.reasons) - 1
    reason = f"{first} (and {more:,} more)" if more > 0 else first
    return Trouble("", (), what, refused, reason, 0, _MAP)


def _of_mail(mail: MailReport) -> Trouble:
    what, todo = _MAIL[mail.given_up]
    reason = f"{counted(mail.count, 'mail')}, the last: {mail.reason}"
    return Trouble(mail.network, (mail.desk,), what, mail.since, reason, 0, todo)


def _of_network(name: str, network: NetworkReport) -> tuple[int, Trouble]:
    owed = sum(room.owed for room in network.rooms.values())
    what, todo = _NETWORKS[network.steady]
    rank = list(_NETWORKS).index(network.steady)
    return rank, Trouble(name, (), what, network.since, network.reason, owed, todo)


def _of_rooms(name: str, network: NetworkReport) -> Iterator[tuple[int, Trouble]]:
    for rank, (condition, (what, todo)) in enumerate(_ROOMS.items()):
        reasons: dict[str, list[str]] = {}
        for room, report in network.rooms.items():
            if report.condition is condition:
                reasons.setdefault(report.reason, []).append(room)
        for reason, rooms in reasons.items():
            reports = [network.rooms[room] for room in rooms]
            since = [report.away_since or report.since for report in reports]
            first = min((one for one in since if one is not None), default=None)
            owed = sum(report.owed for report in reports)
            yield rank, Trouble(name, tuple(rooms), what, first, reason, owed, todo)
