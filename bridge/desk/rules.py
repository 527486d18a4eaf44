"""The rules of a desk, as its owner writes them."""

import functools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.config import Around, Duration, Idle, Model, nobody_of
from bridge.config.words import quoted
from bridge.errors import ConfigError
from bridge.kit import fits_glob

from .hours import DeskHours
from .saved import read_answers

__all__ = ["DeskRules"]


def _saved(path: Path | None) -> Path | None:
    """Check a file that is there: one that is not is told of elsewhere."""
    if path is not None and path.exists():
        try:
            read_answers(path)
        except ConfigError as error:
            first, *others = error.problems
            raise ValueError(f"{first}{f' (and {len(others)} more)' if others else ''}") from None
    return path


class DeskRules(Model):
    """The block of the map for one desk."""

    mode: Annotated[
        Literal["lobby", "rooms"],
        Field(
            description="Where agents see visitors: all in the `lobby`, each line with the chat's number, or "
            "each in a room of its own (`rooms`)."
        ),
    ] = "lobby"
    rooms: Annotated[
        tuple[str, ...] | None,
        Field(
            description="The networks that make rooms for chats (`mode: rooms`). By default all that are "
            "joined with the desk and can.",
            examples=[["NETWORK"]],
        ),
    ] = None
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
    bots: Annotated[
        tuple[str, ...],
        Field(
            description="Who of them is a program, written likewise: it answers visitors who wait for a "
            "person, and is given none.",
            examples=[["bots/*"]],
        ),
    ] = ()
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
    keep: Annotated[
        Duration,
        Field(
            gt=0,
            description="How long after its end the desk knows a chat: then words, names, files and where it "
            "came from go, and what figures need stays.",
        ),
    ] = 30 * 86_400.0
    hours: Annotated[
        DeskHours | None, Field(description="When agents answer. By default the desk is always open.")
    ] = None
    saved: Annotated[
        Path | None,
        AfterValidator(_saved),
        Field(
            description="A file of saved answers, which agents say with `!c KEY`: YAML, or a table (`.csv`) "
            "with the columns `key`, `text` and `language`; relative to this file. It is read again when it "
            "changes."
        ),
    ] = None
    suggest: Annotated[
        Literal["off", "agents", "visitors"],
        Field(
            description="Who is told of a saved answer that fits what a visitor says: `agents`, or also "
            "`visitors` who wait."
        ),
    ] = "agents"

    def does_nothing(self, around: Around) -> Idle:
        for key, patterns in (("agents", self.agents), ("bots", self.bots)):
            for sentence in nobody_of(patterns, around.joined):
                yield (key,), sentence
        if self.suggest != "off" and self.saved is None and "suggest" in self.model_fields_set:
            yield ("suggest",), "there are no saved answers: name their file with `saved:`"
        if self.mode == "lobby":
            if self.rooms is not None:
                yield ("rooms",), "does nothing without `mode: rooms`: write that, or take this line out"
            return
        for network in self.rooms or ():
            if network not in around.joined:
                yield ("rooms",), f"{quoted(network)} has no room in this conversation"
            elif not around.makes_rooms(network):
                yield ("rooms",), f"{quoted(network)} can make none: who is there answers in the lobby"
        if self.rooms is None and not any(map(around.makes_rooms, around.joined)):
            yield ("mode",), "no network here can make rooms: agents answer in the lobby"

    def may_answer(self, key: str) -> bool:
        """Whether somebody (`network/id`) may answer visitors, if they are in the lobby."""
        return _fits(self.agents, key)

    def is_bot(self, key: str) -> bool:
        """Whether somebody (`network/id`) is a program."""
        return _fits(self.bots, key)


@functools.lru_cache(10_000)  # it is asked of everybody in the lobby, each second
def _fits(globs: tuple[str, ...], key: str) -> bool:
    return any(fits_glob(glob, key) for glob in globs)
