"""The commands of agents, the same on every network: `!take 12`. Each module has a family."""

from collections.abc import Mapping

from . import answers, talk, visitors, work
from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS", "AgentAsks", "DeskInstruction"]

INSTRUCTIONS: Mapping[str, DeskInstruction] = {
    name: one for family in (talk, visitors, answers, work) for name, one in family.INSTRUCTIONS.items()
}
"""All of them, by their names."""
