"""How a desk works, as its owner writes it."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.config import Duration, Model

from .hours import DeskHours

__all__ = ["DeskRules"]


class DeskRules(Model):
    """What stands in the map for one desk."""

    mode: Annotated[
        Literal["lobby", "rooms"],
        Field(
            description="Where agents see visitors: all in the `lobby`, each line with the chat's number, or "
            "each in a room of its own (`rooms`)."
        ),
    ] = "lobby"
    capacity: Annotated[
        int, Field(ge=1, le=100, description="So many visitors at most one agent has at a time.")
    ] = 3
    assign: Annotated[
        Literal["first", "turns"],
        Field(
            description="Who gets a visitor: the `first` agent who takes the chat, or those who are there, "
            "in `turns`."
        ),
    ] = "first"
    agents: Annotated[
        tuple[str, ...],
        Field(
            description="Who may answer visitors, of those in the rooms that are joined with the desk, by "
            "their network and their id there; `*` is any characters.",
            examples=[["NETWORK/anna@shop.example", "NETWORK/*:shop.example"]],
        ),
    ] = ("*",)
    answer_within: Annotated[
        Duration,
        Field(gt=0, description="How long an agent who is given a visitor has to answer, before another is."),
    ] = 60.0
    back_within: Annotated[
        Duration,
        Field(gt=0, description="How long an agent may be gone before their visitors are given to others."),
    ] = 120.0
    close_after: Annotated[
        Duration, Field(gt=0, description="After how long without a word a chat is closed.")
    ] = 3600.0
    hours: Annotated[
        DeskHours | None, Field(description="When agents answer. By default the desk is always open.")
    ] = None
