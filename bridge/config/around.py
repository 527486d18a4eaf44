"""The rest of the map, as far as settings of a room may need it to do anything. Pure."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from .words import quoted

__all__ = ["Around", "Idle", "nobody_of"]

Idle = Iterator[tuple[tuple[str, ...], str]]
"""Keys, the outer first, each with a sentence."""
_NETWORK = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Around:
    """The things besides themselves that a room's settings may need."""

    network: Any
    """The settings of its network."""
    joined: Collection[str]
    """The networks of its conversation, but for its own where that has no other room there."""
    lists: Collection[str]
    mail: bool
    """Whether mail can be sent."""
    links: bool
    """Whether mails can have links to pages of ours."""
    makes_rooms: Callable[[str], bool]
    """Whether a network can make rooms."""


def nobody_of(patterns: Collection[str], joined: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each of these patterns of people, written `network/id`, whose network has no room
    in a conversation.
    """
    for pattern in patterns:
        network, slash, _ = pattern.partition("/")
        if slash and _NETWORK.fullmatch(network) and network not in joined:
            yield f"{quoted(pattern)} is nobody: {quoted(network)} has no room in this conversation"
