"""Requests of an owner about desks: what was, and what staffing it asks for."""

from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import Meta

from bridge.desk.figures import DeskFigures
from bridge.desk.plan import DeskPlan

from .answers import Answer
from .requests import Request

__all__ = [
    "AnyDeskRequest",
    "DeskFiguresAnswer",
    "DeskFiguresRequest",
    "DeskPlanAnswer",
    "DeskPlanRequest",
    "DeskShown",
]

_Desk = Annotated[
    str, Meta(max_length=1000, description="A desk's name, after its network where two have it.")
]
_Zone = Annotated[
    str,
    Meta(
        max_length=100, description="Whose clock the hours are of, such as Europe/Berlin; empty: the desk's."
    ),
]
_Since = Annotated[float | None, Meta(description="Of chats that were opened from then on.")]
_Until = Annotated[float | None, Meta(description="Of chats that were opened before then.")]


class DeskShown(Answer, frozen=True, kw_only=True):
    """One desk."""

    network: str
    name: str
    figures: Annotated[DeskFigures | None, Meta(description="Null: nobody has come yet.")]
    problem: Annotated[str, Meta(description="Why there are no figures; empty: there are.")] = ""


class DeskFiguresAnswer(Answer, frozen=True, kw_only=True):
    """What was at the desks of the map."""

    desks: list[DeskShown]


class DeskPlanAnswer(Answer, frozen=True, kw_only=True):
    """What staffing a desk asks for."""

    plan: DeskPlan


class DeskFiguresRequest(Request[DeskFiguresAnswer], tag="desk/figures", frozen=True, kw_only=True):
    """Say how soon visitors were answered, how long that took, by whom and when: of one desk, or of all."""

    answer: ClassVar[Any] = DeskFiguresAnswer
    desk: _Desk = ""
    since: _Since = None
    until: _Until = None
    time_zone: _Zone = ""


class DeskPlanRequest(Request[DeskPlanAnswer], tag="desk/plan", frozen=True, kw_only=True):
    """Say how many agents each hour of the week asks for (Erlang C), by the chats that were counted."""

    answer: ClassVar[Any] = DeskPlanAnswer
    desk: _Desk = ""
    since: _Since = None
    until: _Until = None
    time_zone: _Zone = ""
    times: Annotated[float, Meta(gt=0, le=1e6, description="So many times the chats that were counted.")] = (
        1.0
    )
    chats_per_day: Annotated[
        Annotated[float, Meta(gt=0, le=1e6)] | None,
        Meta(description="Instead: so many on a day on which the desk is open, on the average."),
    ] = None
    season: Annotated[float, Meta(gt=0, le=1000, description="So many times as many again.")] = 1.0
    within: Annotated[
        float, Meta(ge=0, le=86400, description="Seconds in which visitors shall be answered.")
    ] = 60.0
    share: Annotated[float, Meta(gt=0, lt=1, description="The share of them that shall be, 0 to 1.")] = 0.8
    at_once: Annotated[
        Annotated[float, Meta(ge=1, le=100)] | None,
        Meta(description="How many chats an agent has at a time; null: as the desk has it."),
    ] = None


AnyDeskRequest: TypeAlias = DeskFiguresRequest | DeskPlanRequest
