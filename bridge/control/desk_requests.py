"""Requests of an owner about desks: what was, and what staffing it asks for."""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Meta

from bridge.desk.figures import DeskFigures
from bridge.desk.plan import DeskPlan

from .answers import Answer
from .requests import Request

__all__ = [
    "AnyDeskRequest",
    "DeskFiguresAnswer",
    "DeskFiguresRequest",
    "DeskMailAnswer",
    "DeskMailRequest",
    "DeskPlanAnswer",
    "DeskPlanRequest",
    "DeskShown",
    "MailStuck",
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


class MailStuck(Answer, frozen=True, kw_only=True):
    """A mail of a desk that did not go."""

    number: int
    network: str
    desk: str
    kind: Annotated[
        str,
        Meta(
            description="`transcript` for a visitor, `copy` of one, `message` that was left, `unseen` words."
        ),
    ]
    chat: Annotated[int, Meta(description="0: it is about no chat.")]
    to: str
    at: Annotated[float, Meta(description="When it was asked for.")]
    given_up: Annotated[float | None, Meta(description="When; null: it is tried again by itself.")]
    reason: str


class DeskMailAnswer(Answer, frozen=True, kw_only=True):
    """Which mail did not go."""

    done: Annotated[int, Meta(description="With how many that was done which was asked for.")]
    mails: Annotated[list[MailStuck], Meta(description="What is left that did not go, the oldest first.")]


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


class DeskMailRequest(Request[DeskMailAnswer], tag="desk/mail", frozen=True, kw_only=True):
    """Say which mail of desks did not go, or have it sent again, or forgotten."""

    answer: ClassVar[Any] = DeskMailAnswer
    needs_token: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    desk: _Desk = ""
    do: Annotated[
        Literal["", "retry", "forget"],
        Meta(description="What is done with it: `retry`, `forget`; empty: it is listed."),
    ] = ""
    numbers: Annotated[
        list[Annotated[int, Meta(ge=0, lt=2**62)]], Meta(description="Of these alone; empty: of all.")
    ] = msgspec.field(default_factory=list)


AnyDeskRequest: TypeAlias = DeskFiguresRequest | DeskPlanRequest | DeskMailRequest
