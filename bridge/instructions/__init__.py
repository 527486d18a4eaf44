"""What people ask of Hubbub itself, in a room or alone: `!who`."""

from .instruction import Asked, Instruction
from .reader import Instructions
from .who import Who

__all__ = ["Asked", "Instruction", "Instructions", "Who"]
