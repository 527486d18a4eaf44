"""How a desk works, as its owner writes it."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.config import Model

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
        int, Field(ge=1, le=100, description="So many visitors at most are given to one agent at a time.")
    ] = 3
    assign: Annotated[
        Literal["first", "turns"],
        Field(
            description="Who gets a visitor: the `first` agent who takes the chat, or those who are there, "
            "in `turns`."
        ),
    ] = "first"
