"""The map as a picture: networks are the warp, conversations the weft, rooms the knots.

A few conversations have room for the names of their rooms, and are as wide as the window: their places are
parts of it, in percent. Many stand close together in blocks of a size of their own. Whatever is not well has
a shape as well as a colour.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from .view import ConversationView, NetworkView, RoomShown, Sign, clipped, worst

__all__ = ["FEW", "MOST", "Knot", "Panel", "Thread", "picture"]

FEW = 12
"""Up to so many have room for names."""
MOST = 600
"""So many are drawn; the list has them all."""
_WIDE = 6
"""Up to so many networks stand beside each other over the whole width."""
_HEAD, _STEP, _MARGIN = 64, 78, 12
"""Pixels, and percent of the width for names."""
_DENSE_HEAD, _DENSE_STEP, _GUTTER, _COLUMN = 80, 17, 160, 24
_ROWS = 36
_BLOCKS = 3
_NAME = 24
_LEVELS = (0, 5, 50, 500)
"""Messages in the last hour, from which on a thread is thicker."""


@dataclass(frozen=True, slots=True)
class Knot:
    """The rooms of a conversation on one network."""

    x: str
    mark: Sign
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation."""

    name: str
    short: str
    y: int
    start: str
    """Where it begins."""
    pieces: Sequence[tuple[str, str, bool]]
    """From where to where it goes, and whether talk flows there."""
    level: int
    mark: Sign
    knots: Sequence[Knot]


@dataclass(frozen=True, slots=True)
class Warp:
    """A network."""

    name: str
    short: str
    x: str
    mark: Sign
    state: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture, of all conversations or of some of many."""

    height: int
    width: str
    warps: Sequence[Warp]
    threads: Sequence[Thread]
    wefts: Mapping[str, str] = field(default_factory=dict)
    """All threads of a dense block, as one path for each way in which they are drawn."""
    dots: str = ""
    """The knots of a dense block that are well, as one path."""
    odd: Sequence[tuple[str, int, Sign]] = field(default_factory=list)
    """Those that are not."""


def picture(networks: Sequence[NetworkView], conversations: Sequence[ConversationView]) -> Sequence[Panel]:
    """Lay out the map. One block that is as wide as the window, or several of a width of their own."""
    if len(conversations) <= FEW and len(networks) <= _WIDE:
        return [_wide(networks, conversations)]
    shown = conversations[:MOST]
    rows = max(_ROWS, ceil(len(shown) / _BLOCKS))
    return [_dense(networks, shown[start : start + rows]) for start in range(0, len(shown), rows)]


def _wide(networks: Sequence[NetworkView], conversations: Sequence[ConversationView]) -> Panel:
    places = {
        one.name: f"{_MARGIN + (index + 0.5) * (100 - _MARGIN) / len(networks):.4g}%"
        for index, one in enumerate(networks)
    }
    warps = [Warp(one.name, clipped(one.name, 16), places[one.name], one.mark, one.state) for one in networks]
    threads = [
        _thread(one, _HEAD + _STEP * index + _STEP // 2, places, _NAME * 2)
        for index, one in enumerate(conversations)
    ]
    return Panel(_HEAD + _STEP * len(conversations) + 12, "100%", warps, threads)


def _dense(networks: Sequence[NetworkView], conversations: Sequence[ConversationView]) -> Panel:
    columns = {one.name: _GUTTER + _COLUMN * index + _COLUMN // 2 for index, one in enumerate(networks)}
    places = {name: str(x) for name, x in columns.items()}
    warps = [Warp(one.name, clipped(one.name, 14), places[one.name], one.mark, one.state) for one in networks]
    threads = [
        _thread(one, _DENSE_HEAD + _DENSE_STEP * index + _DENSE_STEP // 2, places, _NAME)
        for index, one in enumerate(conversations)
    ]
    knots = [(knot.x, thread.y, knot.mark) for thread in threads for knot in thread.knots]
    wefts = defaultdict[str, str](str)
    for thread in threads:
        for start, end, flows in thread.pieces:
            wefts[f"well l{thread.level}" if flows else "away"] += f"M{start} {thread.y}H{end}"
    width = _GUTTER + _COLUMN * len(networks) + 36
    return Panel(
        _DENSE_HEAD + _DENSE_STEP * len(conversations) + 6,
        str(width),
        warps,
        threads,
        wefts,
        "".join(f"M{x} {y}h0" for x, y, mark in knots if mark is Sign.WELL),
        [knot for knot in knots if knot[2] is not Sign.WELL],
    )


def _thread(conversation: ConversationView, y: int, places: dict[str, str], longest: int) -> Thread:
    by_network = defaultdict[str, list[RoomShown]](list)
    for room in conversation.rooms:
        by_network[room.network].append(room)
    knots = []
    for network, x in places.items():
        if rooms := by_network.get(network):
            more = f" +{len(rooms) - 1}" if len(rooms) > 1 else ""
            title = ", ".join(f"{network} {room.room}" for room in rooms)
            knots.append(Knot(x, worst(room.mark for room in rooms), rooms[0].short + more, title))
    level = sum(conversation.traffic.hour > bound for bound in _LEVELS)
    start = knots[0].x if knots else "0"
    name = conversation.name
    return Thread(name, clipped(name, longest), y, start, _pieces(knots), level, conversation.mark, knots)


def _pieces(knots: Sequence[Knot]) -> list[tuple[str, str, bool]]:
    """Return the thread between knots: talk flows between the first and the last that take part in it."""
    places = [knot.x for knot in knots]
    flowing = [index for index, knot in enumerate(knots) if knot.mark in (Sign.WELL, Sign.SLOW)]
    if len(flowing) < 2:
        return [(places[0], places[-1], False)] if len(knots) > 1 else []
    first, last = flowing[0], flowing[-1]
    pieces = [(places[0], places[first], False), (places[first], places[last], True)]
    return [piece for piece in (*pieces, (places[last], places[-1], False)) if piece[0] != piece[1]]
