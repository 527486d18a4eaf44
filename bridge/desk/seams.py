"""What a desk asks of others, each with a plain one to begin with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .model import Chat, NewChat, Person
from .rules import DeskRules

__all__ = ["SavedLines", "Seams"]


class SavedLines(Protocol):
    """The answers that a desk has ready."""

    def text(self, key: str, chat: Chat, agent: str) -> str:
        """Return what is said for a key, with its blanks filled. Raises NotDone, with what is meant."""

    def having(self, word: str, chat: Chat | None) -> Sequence[tuple[str, str]]:
        """Return keys and what they say, those with a word; all, when it is empty. Raises NotDone."""

    def problems(self) -> Sequence[str]:
        """Return what is wrong in the owner's file of them."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Whom a desk asks."""

    people: Callable[[], Sequence[Person]]
    """Who is in the lobby now."""
    is_agent: Callable[[str], bool] = lambda _: True
    """Whether somebody (`Speaker.key`) may answer visitors, whatever the rules say: visitors of any network
    may not.
    """
    saved: SavedLines | None = None
    hours: Callable[[str, str], str] | None = None
    """Does what an agent (by their name) says behind `!hours`. Returns the answer; raises NotDone."""
    left_message: Callable[[NewChat], None] | None = None
    """Is told what a visitor left while nobody was there, in the transaction that keeps it: for a mail."""
    ended: Callable[[Chat], None] | None = None
    """Is told that a chat was closed, in the transaction that does."""
    post: Callable[[Chat, str], bool] = lambda _chat, _to: False
    """Has what was said in a chat go to a mail address, in the transaction of whoever asks. Returns False
    where no mail can be sent.
    """

    def agents(self, rules: DeskRules) -> list[Person]:
        """Return who of those in the lobby may answer visitors."""
        return [one for one in self.people() if self.is_agent(one.key) and rules.may_answer(one.key)]
