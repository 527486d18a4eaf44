"""One thing that can be asked of Hubbub itself."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from bridge.language import Locale
from bridge.model import MessageId, RoomId, Sender

__all__ = ["Asked", "Instruction"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks, and where."""

    network: str
    room: RoomId
    """Where it was asked; of what was asked alone, what the adapter can whisper to."""
    number: int | None
    """The room's, in the journal; None: no conversation has it."""
    sender: Sender
    words: str
    """What stands behind the instruction's name, with no space around it."""
    locale: Locale
    """How the room's people are spoken to."""
    alone: bool
    """Whether nobody else saw it."""
    seq: int = 0
    """The journal's number of what asks; 0: it is in no journal."""
    reply_to: MessageId | None = None
    """The message that it is said as an answer to."""


class Instruction(ABC):
    """Something that can be asked by its name behind a sign: `!who`."""

    name: str
    """One word in lower case."""
    help: str
    """What it does, marked for translation: the name, what belongs behind it, and a sentence."""

    def here(self, network: str) -> bool:
        """Whether it can be asked on a network at all."""
        return True

    @abstractmethod
    async def follow(self, asked: Asked) -> str:
        """Do what is asked. Returns the answer, in lines; empty: there is none. Whoever asks is told it alone
        where the network can do that, and else the room is.
        """
