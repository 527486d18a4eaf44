"""What `hubbub desk` prints."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich.text import Text

from bridge.config.words import counted, lasting, printable
from bridge.desk.figures import DeskFigures, Ratings, Times
from bridge.desk.plan import DeskPlan, Doubt

from .terminal import Cell, Terminal, widths_of

__all__ = ["show_figures", "show_plan"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_T = TypeVar("_T")
_BARS = " ▁▂▃▄▅▆▇█"
_NOT_COUNTED = "?"
_DOUBTS = {
    Doubt.PART_OF_A_WEEK: "{missing} of the {all} hours of a week in which the desk is open were not counted "
    "yet ({mark}), and nothing is planned for them: count a whole week",
    Doubt.FEW_WEEKS: "fewer than three whole weeks were counted, which cannot tell how much weeks differ",
    Doubt.FEW_CHATS: "fewer than a hundred chats were counted: go by the larger numbers",
    Doubt.BUSIER: "agents had {before:.1f} chats at a time, and with {at_once:g} each takes longer than it "
    "took: see what a smaller --at-once says",
    Doubt.SLOW: "agents who are free answer {best:.0%} within {within}, so that no number of agents answers "
    "{share:.0%}: these have one free for them in that time",
}


def show_figures(found: DeskFigures, by: str | None) -> None:
    """Print all of it, or what is said of each agent or hour alone."""
    screen = _Figures(found)
    screen.head()
    if by is None:
        screen.whole()
    if by != "hour":
        screen.agents()
    if by != "agent":
        screen.hours()


class _Figures(Terminal):
    """Prints what was."""

    def __init__(self, found: DeskFigures) -> None:
        super().__init__()
        self._found = found

    def head(self) -> None:
        found = self._found
        self.line(_title(found.desk, found.since, found.until, found.zone))
        self.say()

    def whole(self) -> None:
        found, now = self._found, self._found.now
        waiting = now.waiting + now.offered
        waits = f"{counted(waiting, 'visitor')} {'waits' if waiting == 1 else 'wait'}"
        self.line(Text(f"now: {waits}, {now.talking:,} talk"))
        self.say()
        days = max((found.until - found.since) / 86400, 1)
        _facts(
            self,
            [
                _row("chats", f"{found.chats:,}", f"{found.chats / days:,.1f} on a day"),
                _row("answered", f"{found.answered:,}", _share(found.answered, found.chats)),
                _row("missed", f"{found.missed:,}", _share(found.missed, found.chats)),
                _row("still open", f"{found.still_open:,}", ""),
                _row("passed on", f"{found.transfers:,}", "to another agent or desk"),
                _row("ratings", f"{found.ratings.count:,}", _stars(found.ratings)),
                _row("at a time", f"{found.at_once:.1f}", "chats of an agent who has any"),
            ],
        )
        self.say()
        rows = [_heads("", "half within", "nine in ten", "on average")]
        rows += [
            [(name, ""), *((_long(one) if one is not None else "–", "") for one in _three(times))]
            for name, times in (
                ("first response", found.first_response),
                ("until taken", found.waiting),
                ("with an agent", found.handling),
                ("until closed", found.resolution),
            )
        ]
        self._aligned(rows)
        self.say()

    def agents(self) -> None:
        found = self._found.agents
        if not found:
            self.say("no agent has had a chat")
            return
        rows = [
            _heads(
                "agent", "chats", "open", "first response", "nine in ten", "with them", "at a time", "rated"
            )
        ]
        for one in found:
            first, rating = one.first_response, one.ratings
            rows.append(
                [
                    (printable(one.name or one.agent), "bold"),
                    (f"{one.chats:,}", ""),
                    (f"{one.still_open:,}" if one.still_open else "", ""),
                    (_long(first.median) if first else "–", ""),
                    (_long(first.p90) if first else "–", ""),
                    (_long(one.handling.mean) if one.handling else "–", ""),
                    (f"{one.at_once:.1f}", ""),
                    (f"{rating.mean:.1f} ({rating.count:,})" if rating.mean is not None else "", ""),
                ]
            )
        self._aligned(rows)
        self.say()

    def hours(self) -> None:
        """Print how many chats come in each hour of the week."""
        rates = {(one.day, one.hour): one.chats / one.times for one in self._found.hours if one.times}
        if not any(rates.values()):
            return
        most = max(rates.values())
        self.say(f"chats opened in an hour, on the average (by the clock of {self._found.zone}):")
        self._aligned(
            _week({hour: rate for hour, rate in rates.items() if rate}, lambda rate: _bar(rate, most))
        )

    def _aligned(self, rows: Sequence[Sequence[Cell]]) -> None:
        _aligned(self, rows)


def show_plan(found: DeskPlan) -> None:
    """Print what staffing a desk asks for."""
    _Planned(found).show()


class _Planned(Terminal):
    def __init__(self, found: DeskPlan) -> None:
        super().__init__()
        self._found = found

    def show(self) -> None:
        found = self._found
        reaction = _long(found.reaction or 0.0)
        self.line(_title(found.desk, found.since, found.until, found.zone))
        self.say()
        _facts(
            self,
            [
                _row(
                    "counted",
                    f"{found.counted:,}",
                    f"chat{'s' * (found.counted != 1)} in {found.weeks:.1f} weeks",
                ),
                _row("planned", f"{found.chats_a_week:,.0f}", self._chats()),
                _row(
                    "an agent",
                    f"{found.at_once:g}",
                    f"at a time, {_long(found.seconds)} each, of which {reaction} until they answer",
                ),
                _row("target", f"{found.share:.0%}", f"answered within {_long(found.within)}"),
            ],
        )
        self.say()
        self.say("agents who have to be there, and how many if more come than expected:")
        most = max((one.agents for one in found.hours), default=1)
        cells: dict[tuple[int, int], Cell] = {
            (one.day, one.hour): (_between(one.agents, one.agents_high), _heat(one.agents / most))
            for one in found.hours
            if one.agents
        }
        cells |= {(one.day, one.hour): (_NOT_COUNTED, "yellow") for one in found.not_counted}
        _aligned(self, _week(cells, lambda cell: cell))
        self.say()
        high = f", up to {found.agent_hours_high:,}" if found.agent_hours_high > found.agent_hours else ""
        hours = counted(found.agent_hours, "hour of agents", "hours of agents")
        self.line(Text(f"{hours} {self._in()}{high}; breaks come on top", "bold"))
        self._doubts()

    def _chats(self) -> str:
        found = self._found
        low, high = (f"{number:,.0f}" for number in (found.chats_a_week_low, found.chats_a_week_high))
        sure = f" ({low} to {high} in nine of ten cases)" if low != high else ""
        return f"chats {self._in()}{sure}: {found.factor:,.4g} times as many"

    def _in(self) -> str:
        return "in the hours that were counted" if self._found.not_counted else "a week"

    def _doubts(self) -> None:
        found = self._found
        for doubt in found.doubts:
            said = _DOUBTS[doubt].format(
                before=found.at_once_before,
                at_once=found.at_once,
                best=found.at_best,
                within=lasting(found.within),
                share=found.share,
                missing=len(found.not_counted),
                all=len(found.not_counted) + len(found.hours),
                mark=_NOT_COUNTED,
            )
            self.say(said, "yellow", head=Text("! ", "yellow"))
        if found.spread > 1.5:
            self.say(
                "Weeks differed by more than chance: the larger numbers allow for that.",
                head=Text("! ", "yellow"),
            )


def _title(desk: str, since: float, until: float, zone: str) -> Text:
    begin, end = (f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in (since, until))
    return Text(printable(desk), "bold").append(f"  {begin} to {end}  {zone}", "dim")


def _row(name: str, number: str, about: str) -> list[Cell]:
    return [(name, ""), (number, "bold"), (about, "dim")]


def _heads(*names: str) -> list[Cell]:
    return [(name, "dim") for name in names]


def _three(times: Times | None) -> tuple[float | None, float | None, float | None]:
    return (times.median, times.p90, times.mean) if times is not None else (None, None, None)


def _share(some: int, of: int) -> str:
    if not of:
        return ""
    return f"{some / of:.1%}" if 0 < min(some, of - some) < of / 100 else f"{some / of:.0%}"


def _stars(ratings: Ratings) -> str:
    if ratings.mean is None:
        return ""
    each = "  ".join(f"{stars}★ {count:,}" for stars, count in reversed([*enumerate(ratings.stars, 1)]))
    return f"{ratings.mean:.1f} of 5:  {each}"


def _long(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 5970:
        return f"{seconds / 60:.1f} min" if seconds < 600 else f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86400:.1f} d"


def _bar(rate: float, most: float) -> Cell:
    share = rate / most
    return f"{_BARS[max(round(share * 8), 1)]} {rate:.1f}", _heat(share)


def _between(usual: int, high: int) -> str:
    return f"{usual}" if usual == high else f"{usual}–{high}"


def _heat(share: float) -> str:
    return "bold red" if share > 0.85 else "yellow" if share > 0.5 else "green" if share > 0.15 else "dim"


def _week(found: Mapping[tuple[int, int], _T], cell: Callable[[_T], Cell]) -> list[list[Cell]]:
    """Return a row for each hour in which there is anything, with a column for each day."""
    hours = [hour for _, hour in found]
    rows = [_heads("", *_DAYS)]
    for hour in range(min(hours, default=0), max(hours, default=-1) + 1):
        row: list[Cell] = [(f"{hour:02}:00", "dim")]
        row += [cell(found[day, hour]) if (day, hour) in found else ("·", "dim") for day in range(7)]
        rows.append(row)
    return rows


def _facts(screen: Terminal, rows: Sequence[Sequence[Cell]]) -> None:
    """Print a name, a number and what it is in each line."""
    width = widths_of(rows)[1]
    aligned = [[name, (f"{number:>{width}}", style), about] for name, (number, style), about in rows]
    for row in aligned:
        screen.row(row, widths_of(aligned))


def _aligned(screen: Terminal, rows: Sequence[Sequence[Cell]]) -> None:
    """Print columns; all but the first end below each other."""
    widths = widths_of(rows)
    for row in rows:
        cells = [
            row[0],
            *((f"{text:>{width}}", style) for (text, style), width in zip(row[1:], widths[1:], strict=True)),
        ]
        screen.row(cells, widths)
