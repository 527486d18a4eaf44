"""What people can ask about talking alone, by name."""

from collections.abc import Mapping
from typing import Protocol

from bridge.instructions import Asked, Instruction
from bridge.language import N_

__all__ = ["VERBS", "Verb"]

VERBS: Mapping[str, str] = {
    "msg": N_("!msg NAME TEXT – says something to one person elsewhere alone; write it to me alone"),
    "accept": N_("!accept NAME – lets somebody talk with you alone who asked for it"),
    "refuse": N_("!refuse NAME – does not let them"),
    "end": N_("!end NAME – ends a talk"),
    "ignore": N_("!ignore NAME – hears nothing more of somebody alone; without a name: who that is"),
    "heed": N_("!heed NAME – takes that back"),
}


class Doing(Protocol):
    """What follows them."""

    def here(self, network: str) -> bool: ...

    def do(self, verb: str, asked: Asked) -> str: ...


class Verb(Instruction):
    """One of them."""

    def __init__(self, doing: Doing, name: str, text: str) -> None:
        self._doing = doing
        self.name, self.help = name, text

    def here(self, network: str) -> bool:
        return self._doing.here(network)

    async def follow(self, asked: Asked) -> str:
        return self._doing.do(self.name, asked)
