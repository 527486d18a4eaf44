"""One command of an agent, with all that it needs to be followed."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.desk.answering import Answering
from bridge.desk.floor import Floor, NotDone
from bridge.desk.lines import leading_number
from bridge.desk.model import Chat, ChatState, Person
from bridge.desk.reception import Reception
from bridge.desk.seams import Seams
from bridge.language import Locale

__all__ = ["AgentAsks", "DeskInstruction"]


@dataclass(slots=True)
class AgentAsks:
    """A command that was given: by an agent, somewhere, about a chat."""

    floor: Floor
    seams: Seams
    answering: Answering
    reception: Reception
    agent: Person
    words: str
    """What stands behind the command's name."""
    number: int | None
    """The chat that is answered or addressed, or whose room it is; None: none."""
    room: str
    """The room in which it is asked."""
    about: int = 0
    """The chat that the answer tells of; 0: none, or several."""

    @property
    def locale(self) -> Locale:
        return self.floor.locale

    def tell_all(self, chat: Chat, answer: str) -> str:
        """Give an answer that tells how a chat stands from now on, which is news wherever it is talked of.
        Returns that there is no other.
        """
        self.floor.chats.tell_all(answer, chat, self.room)
        return ""

    def named(self, *, loosely: bool = False) -> tuple[Chat | None, str]:
        """Return the chat that is meant, and the words behind its number: the one that they name, else the
        one that is answered, else the one that the agent talks to; None: no chat is named.

        Raises NotDone when there is none of that number; `loosely`, where any words may stand there, it is
        one of them then.
        """
        number, rest = leading_number(self.words)
        if number is None or (loosely and self.floor.chats.get(number) is None):
            current = self.floor.chats.agent(self.agent.key, self.agent.name).current
            number, rest = self.number if self.number is not None else current, self.words
        if number is None:
            return None, rest
        self.about = number
        return self.floor.find(number), rest

    def chat(self, usage: str, *, loosely: bool = False) -> tuple[Chat, str]:
        """Return the chat that is meant, as `named`. Raises NotDone, with what to write, when none is."""
        chat, rest = self.named(loosely=loosely)
        if chat is None:
            raise NotDone(self.locale.gettext("Which chat? {usage}", usage=usage))
        return chat, rest

    def own(self, usage: str, *, loosely: bool = False) -> tuple[Chat, str]:
        """Return the chat that is meant, which is open and nobody else's. Raises NotDone otherwise."""
        chat, rest = self.chat(usage, loosely=loosely)
        if chat.state is ChatState.CLOSED:
            raise NotDone(self.locale.gettext("{number} is closed.", number=chat.number))
        if chat.state is ChatState.TALKING and chat.agent != self.agent.key:
            raise NotDone(self.floor.not_theirs(chat))
        return chat, rest


@dataclass(frozen=True, slots=True)
class DeskInstruction:
    """One thing that agents can ask."""

    help: str
    """What it does, marked for translation: the name, what belongs behind it, and a sentence."""
    follow: Callable[[AgentAsks], str]
    """Does it. Returns the answer; empty: there is none. Raises NotDone."""
