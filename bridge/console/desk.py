"""The page of the desks: what was, how they stand now, and what staffing they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from bridge.config import Config
from bridge.control.abilities import Abilities
from bridge.control.desk_requests import DeskFiguresRequest, DeskPlanRequest
from bridge.desk.figures import DeskFigures
from bridge.desk.located import MappedDesk, desks
from bridge.desk.plan import DeskPlan
from bridge.errors import HubbubError

from .doorman import Visitor
from .frame import Frame
from .pages import by
from .speech import zone_of

__all__ = ["DeskPages"]

_WEEK = 7 * 86400.0
_WEEKS = (1, 4, 12)
_SHADES = 5
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Cell:
    """An hour of the week in a table."""

    text: str
    shade: int
    """0 to 5: how much it is, beside the others."""
    waits: float | None = None
    """How long visitors wait then, in seconds."""


_NOT_COUNTED = _Cell("?", 0)


class DeskPages:
    """Shows desks, where the map has any."""

    def __init__(self, frame: Frame, abilities: Abilities) -> None:
        self._frame = frame
        self._abilities = abilities
        self._known: tuple[Config | None, Sequence[MappedDesk]] = None, ()
        frame.has_desk = lambda: bool(self._desks())
        frame.add("/desk", self._desk)

    def _desks(self) -> Sequence[MappedDesk]:
        config = self._abilities.bridge.config
        if self._known[0] is not config:
            self._known = config, desks(config)
        return self._known[1]

    async def _desk(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        query, there = request.query, self._desks()
        named = {f"{one.network} {one.name}": one for one in there}
        desk = named.get(query.get("desk", next(iter(named), "")))
        if desk is None:
            return self._frame.page(request, visitor, "refused", {"why": "unknown"}, status=404)
        name, weeks = f"{desk.network} {desk.name}", _chosen(query.get("weeks", ""))
        since = self._abilities.now() - weeks * _WEEK
        zone = zone_of(request).key if desk.rules.hours is None else ""
        asked = DeskFiguresRequest(desk=name, since=since, time_zone=zone)
        (shown,) = (await self._abilities.do(asked, by(visitor))).desks
        plan, mistake = None, ""
        try:
            plan = (await self._abilities.do(_plan(query, name, since, zone), by(visitor))).plan
        except HubbubError as error:
            mistake = str(error)
        values = {
            "desks": named,
            "name": name,
            "weeks": weeks,
            "choices": _WEEKS,
            "shown": shown,
            "curve": _curve(shown.figures) if shown.figures else (),
            "hours": _load(shown.figures) if shown.figures else {},
            "plan": plan,
            "mistake": mistake,
            "staffed": _staffed(plan) if plan else {},
            "times": query.get("times", "")[:20],
            "within": query.get("within", "")[:20],
            "share": query.get("share", "")[:20],
        }
        return self._frame.page(request, visitor, "desk", values)


def _chosen(text: str) -> int:
    return next((weeks for weeks in _WEEKS if str(weeks) == text), 4)


def _plan(query: Mapping[str, str], desk: str, since: float, zone: str) -> DeskPlanRequest:
    """Return what somebody wants planned; what is no number, or none that can be, is as usual."""
    return DeskPlanRequest(
        desk=desk,
        since=since,
        time_zone=zone,
        times=_number(query.get("times", ""), 1.0, 0.01, 1e5),
        within=_number(query.get("within", ""), 60.0, 0.0, 86400.0),
        share=_number(query.get("share", ""), 80.0, 1.0, 99.0) / 100,
    )


def _number(text: str, usual: float, least: float, most: float) -> float:
    try:
        found = float(text[:20])
    except ValueError:
        return usual
    return found if least <= found <= most else usual


def _curve(found: DeskFigures) -> Sequence[float]:
    """Return the load of each hour of the week, from Monday on, of that of the busiest: 0 to 1."""
    rates = {(one.day, one.hour): one.chats / one.times for one in found.hours if one.times}
    most = max(rates.values(), default=0.0)
    return [rates.get(divmod(hour, 24), 0.0) / most if most else 0.0 for hour in range(168)]


def _load(found: DeskFigures) -> Mapping[int, Sequence[_Cell | None]]:
    """Return how many chats are opened in each hour, by the hour, from Monday on."""
    rates = {
        (one.day, one.hour): (one.chats / one.times, one.first_response)
        for one in found.hours
        if one.times and one.chats
    }
    most = max((rate for rate, _ in rates.values()), default=1.0)
    return _by_hour(
        {hour: _Cell(f"{rate:.1f}", _shade(rate / most), waits) for hour, (rate, waits) in rates.items()}
    )


def _staffed(plan: DeskPlan) -> Mapping[int, Sequence[_Cell | None]]:
    """Return how many agents each hour asks for, by the hour, from Monday on."""
    most = max((one.agents for one in plan.hours), default=1)
    cells = {
        (one.day, one.hour): _Cell(
            f"{one.agents}" if one.agents == one.agents_high else f"{one.agents}–{one.agents_high}",
            _shade(one.agents / most),
        )
        for one in plan.hours
        if one.agents
    }
    return _by_hour(cells | {(one.day, one.hour): _NOT_COUNTED for one in plan.not_counted})


def _by_hour(cells: Mapping[tuple[int, int], _T]) -> Mapping[int, Sequence[_T | None]]:
    hours = [hour for _, hour in cells]
    return {
        hour: [cells.get((day, hour)) for day in range(7)]
        for hour in range(min(hours, default=0), max(hours, default=-1) + 1)
    }


def _shade(share: float) -> int:
    return min(max(round(share * _SHADES), 1), _SHADES)
