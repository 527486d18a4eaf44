"""What `hubbub status --watch` shows at one moment, as the lines of a screen."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bridge.config.words import printable

from .terminal import Cell, widths_of
from .words import place_of, verdict

__all__ = ["Rates", "View", "screen"]

_SPAN = 60.0
"""Over so many seconds rates are measured."""
_UNITS = (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0))
_STATES = {"connected": "green", "connecting": "yellow", "waiting": "red", "stopped": "red"}
_CONDITIONS = {"well": "green", "slow": "yellow", "closed": "red", "away": "red"}
_TROUBLES = 0.4
"""The part of the screen's height that troubles take at most, beside networks or rooms."""
_VIEWS = ("networks", "rooms", "troubles")

_Answer: TypeAlias = Mapping[str, Any]
_T = TypeVar("_T")


class Rates:
    """How many messages a minute there are, from what was counted at several moments."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float, _Answer]] = deque()

    def see(self, answer: _Answer, now: float) -> None:
        """Note what was counted now, in seconds of a clock that never goes back."""
        if self._seen and self._seen[-1][1] != answer["since"]:
            self._seen.clear()  # the service has begun anew, and so have its counts
        self._seen.append((now, answer["since"], answer["counts"]))
        while now - self._seen[1][0] >= _SPAN if len(self._seen) > 1 else False:
            self._seen.popleft()

    def per_minute(self, what: str, network: str | None = None) -> float | None:
        """Return how many were `taken` or `delivered` a minute, of a network or all; None: not known yet."""
        if len(self._seen) < 2:
            return None
        (begin, _, first), (end, _, last) = self._seen[0], self._seen[-1]
        grown = _number(last[what], network) - _number(first[what], network)
        return max(grown, 0) * 60.0 / max(end - begin, 0.001)


def _number(counts: Mapping[str, int], network: str | None) -> int:
    return sum(counts.values()) if network is None else counts.get(network, 0)


@dataclass(slots=True)
class View:
    """What somebody looks at."""

    what: str = "networks"
    first: int = 0
    """The number of the first row that is shown."""
    rows: int = 0
    """How many there are, as of the last screen."""
    shown: int = 0
    """How many of them the last screen showed."""
    problem: str = ""
    """Why there is no answer now; what is shown is the last one."""
    rates: Rates = field(default_factory=Rates)

    def press(self, key: str) -> bool:
        """Follow a key. Returns whether there is more to see; else the end is wanted."""
        page = max(self.shown - 1, 1)
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -page, "pagedown": page, " ": page,
                 "home": -self.rows, "end": self.rows}  # fmt: skip
        if key in {"q", "Q", "escape", "\x04"}:
            return False
        if key in {"\t", "right", "left"}:
            step = -1 if key == "left" else 1
            self.what, self.first = _VIEWS[(_VIEWS.index(self.what) + step) % len(_VIEWS)], 0
        elif key in {"n", "r", "t"}:
            self.what, self.first = next(name for name in _VIEWS if name.startswith(key)), 0
        elif key in steps:
            self.first += steps[key]
        self.first = max(0, min(self.first, self.rows - self.shown))
        return True


def screen(answer: _Answer | None, view: View, now: float, width: int, height: int) -> list[Text]:
    """Return exactly `height` lines of at most `width` columns. `now` is in seconds since 1970; `answer` is
    what the service says; None: nothing yet.
    """
    if answer is None:
        words = printable(view.problem) or "asking the service ..."
        lines = [Text("Hubbub", "bold"), Text(), *(Text(line, "yellow") for line in _wrapped(words, width))]
    else:
        lines = list(_head(answer, view, now))
        room = max(height - len(lines) - 1, 0)
        lines += _body(answer, view, now, width, room)
    lines = lines[: max(height - 1, 0)]
    lines += [Text()] * (height - 1 - len(lines))
    return [_cut(line, width) for line in (*lines, _foot(view, width))][-height:]


def _cut(line: Text, width: int) -> Text:
    line = line.copy()
    line.truncate(width, overflow="ellipsis")
    return line


def _head(answer: _Answer, view: View, now: float) -> Iterator[Text]:
    """Yield how it stands, and what comes and goes."""
    begin = Text(f"Hubbub {answer['version']}", "bold").append(
        f"  up {_long(now - answer['since'])}  ", "dim"
    )
    yield begin.append(*verdict(len(answer["wrong"])))
    rooms = [room for network in answer["networks"].values() for room in network["rooms"].values()]
    owed = sum(room["owed"] for room in rooms)
    oldest = min((room["since"] for room in rooms if room["since"] is not None), default=None)
    facts = [
        f"in {_rate(view.rates.per_minute('taken'))}/min",
        f"out {_rate(view.rates.per_minute('delivered'))}/min",
        f"waiting {owed:,}" + (f", oldest {_long(now - oldest)}" if oldest is not None else ""),
        f"undelivered {answer['undelivered']:,}",
    ]
    yield Text("   ".join(facts))
    yield Text(printable(view.problem), "bold yellow")


def _foot(view: View, width: int) -> Text:
    keys = "q quit  n networks  r rooms  t troubles  ↑↓ scroll"
    last = min(view.first + view.shown, view.rows)
    what = "lines" if view.what == "troubles" else view.what
    place = f"{what} {view.first + 1:,}–{last:,} of {view.rows:,}" if view.rows else f"no {what}"
    gap = width - cell_len(keys) - cell_len(place)
    return Text(set_cell_size(keys + " " * gap + place if gap > 1 else place, width), "reverse")


def _body(answer: _Answer, view: View, now: float, width: int, height: int) -> Iterator[Text]:
    """Yield the rows that are looked at, and above them the worst of what is wrong."""
    if view.what == "troubles":
        lines = [line for trouble in answer["wrong"] for line in _trouble(trouble, now, width)]
        yield from _rows(view, lines or [Text("nothing is wrong", "green")], height)
        return
    most = int(height * _TROUBLES)
    above = _worst(answer["wrong"], now, width, most)
    yield from above
    rows = _networks(answer, view, now) if view.what == "networks" else _rooms(answer, now)
    cells = [[(printable(text), style) for text, style in row] for row in rows]
    widths = _widths(cells, width)
    yield _row(cells[0], cells[0], widths)
    for row in _rows(view, cells[1:], height - len(above) - 1):
        yield _row(row, cells[0], widths)


def _rows(view: View, rows: Sequence[_T], height: int) -> Sequence[_T]:
    """Return the rows that find room."""
    view.rows, view.shown = len(rows), max(min(height, len(rows)), 0)
    view.first = max(0, min(view.first, view.rows - view.shown))
    return rows[view.first : view.first + view.shown]


def _worst(wrong: Sequence[_Answer], now: float, width: int, most: int) -> list[Text]:
    """Return as many troubles as find room, whole, and how many more there are."""
    lines: list[Text] = []
    for number, trouble in enumerate(wrong):
        more = list(_trouble(trouble, now, width))
        last = number == len(wrong) - 1
        if len(lines) + len(more) + (not last) + 1 > most:
            lines.append(
                Text(
                    f"and {len(wrong) - number:,} more: t shows {'them' if number else 'what is wrong'}",
                    "red",
                )
            )
            break
        lines += more
    return [*lines, Text()] if lines else []


def _trouble(trouble: _Answer, now: float, width: int) -> Iterator[Text]:
    """Yield what is wrong, why, and what to do."""
    facts = [_long(now - trouble["since"])] if trouble["since"] is not None else []
    facts += [f"{trouble['owed']:,} waiting"] if trouble["owed"] else []
    line = Text(f"{place_of(trouble)} {printable(trouble['what'])}".lstrip(), "bold red")
    yield line.append(f"  {', '.join(facts)}" if facts else "", "dim")
    words = f"{trouble['reason']} → {trouble['todo']}" if trouble["reason"] else f"→ {trouble['todo']}"
    for part in _wrapped(printable(words), width - 2):
        yield Text("  ").append(part, "yellow")


def _wrapped(words: str, width: int) -> Iterator[str]:
    line = ""
    for word in words.split():
        if line and cell_len(f"{line} {word}") > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _networks(answer: _Answer, view: View, now: float) -> Iterator[list[Cell]]:
    """Yield a title and a row for each network, those with trouble first."""
    yield [
        (one, "dim")
        for one in (
            "network",
            "protocol",
            "state",
            "since",
            "rooms",
            "waiting",
            "oldest",
            "in/min",
            "out/min",
        )
    ]
    rows = []
    for name, network in answer["networks"].items():
        rooms = network["rooms"].values()
        joined, owed = sum(room["joined"] for room in rooms), sum(room["owed"] for room in rooms)
        oldest = min((room["since"] for room in rooms if room["since"] is not None), default=None)
        away = network["state"] != "connected"
        row = [
            (name, "bold"),
            (network["protocol"], "dim"),
            (network["state"], _STATES.get(network["state"], "")),
            (_long(now - network["since"]), ""),
            (f"{joined:,}/{len(rooms):,}", "" if joined == len(rooms) else "red"),
            (f"{owed:,}" if owed else "", "yellow"),
            (_long(now - oldest) if oldest is not None else "", "yellow"),
            (_rate(view.rates.per_minute("taken", name)), ""),
            (_rate(view.rates.per_minute("delivered", name)), ""),
        ]
        rows.append(((not away, joined == len(rooms), -owed, name), row))
    yield from (row for _, row in sorted(rows, key=lambda one: one[0]))


def _rooms(answer: _Answer, now: float) -> Iterator[list[Cell]]:
    """Yield a title and a row for each room, those with trouble first."""
    yield [(one, "dim") for one in ("room", "network", "state", "waiting", "oldest", "why")]
    rows = []
    for name, network in answer["networks"].items():
        for place, room in network["rooms"].items():
            condition = room["condition"]
            row = [
                (place, "bold"),
                (name, "dim"),
                (condition, _CONDITIONS.get(condition, "")),
                (f"{room['owed']:,}" if room["owed"] else "", "yellow"),
                (_long(now - room["since"]) if room["since"] is not None else "", "yellow"),
                (room["reason"] or (network["reason"] if not room["joined"] else ""), ""),
            ]
            rows.append(((condition == "well", -room["owed"], name, place), row))
    yield from (row for _, row in sorted(rows, key=lambda one: one[0]))


_NUMBERS = {"since", "rooms", "waiting", "oldest", "in/min", "out/min"}
"""Titles of columns that end below each other."""
_NARROWEST = 8
"""Columns that are narrower are never cut."""


def _widths(cells: Sequence[Sequence[Cell]], width: int) -> list[int]:
    """Return the columns' widths, the widest cut where the screen is narrow."""
    widths = widths_of(cells)
    room = width - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(row: Sequence[Cell], titles: Sequence[Cell], widths: Sequence[int]) -> Text:
    line = Text()
    for (text, style), (title, _), space in zip(row, titles, widths, strict=True):
        shown = text if cell_len(text) <= space else set_cell_size(text, max(space - 1, 0)) + "…"
        before = " " * (space - cell_len(shown)) if title in _NUMBERS else ""
        line.append(set_cell_size(before + shown, space), style).append("  ")
    line.rstrip()
    return line


def _rate(per_minute: float | None) -> str:
    if per_minute is None:
        return "–"
    return f"{per_minute:,.0f}" if per_minute >= 10 or per_minute == 0 else f"{per_minute:.1f}"


def _long(seconds: float) -> str:
    """Return a length of time in as few letters as say it: 3d, 2h, 40s."""
    seconds = max(seconds, 0.0)
    unit, size = next((one for one in _UNITS if seconds >= 2 * one[1]), _UNITS[-1])
    return f"{seconds / size:.0f}{unit}"
