"""The instructions of people about lists, by name."""

from collections.abc import Mapping
from typing import Protocol

from bridge.instructions import Asked, Instruction
from bridge.language import N_

__all__ = ["LIST_VERBS", "ListVerb"]

LIST_VERBS: Mapping[str, str] = {
    "subscribe": N_(
        "!subscribe LIST [ZONE] – you are told alone what is announced there, once you confirm it"
    ),
    "confirm": N_("!confirm CODE – confirms that; write it to me alone"),
    "unsubscribe": N_("!unsubscribe [LIST] – you are told nothing more; STOP to me alone does it too"),
    "stop": N_("!stop – the same, of all lists"),
    "announce": N_("!announce TEXT – tells all subscribers of this room's list; --dry-run says how many"),
    "approve": N_("!approve CODE – agrees to what somebody else announces"),
}


class FollowingLists(Protocol):
    """Follows the instructions."""

    def here(self, verb: str) -> bool:
        """Whether there is any list."""

    def do(self, verb: str, asked: Asked) -> str:
        """Do it. Returns the answer."""


class ListVerb(Instruction):
    """One instruction."""

    def __init__(self, doing: FollowingLists, name: str, text: str) -> None:
        self._doing = doing
        self.name, self.help = name, text

    def here(self, network: str) -> bool:
        return self._doing.here(self.name)

    async def follow(self, asked: Asked) -> str:
        return self._doing.do(self.name, asked)
