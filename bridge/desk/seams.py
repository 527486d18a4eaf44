"""The seams of a desk: it asks others through these alone, and each does nothing unless it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .model import Chat, NewChat, Person
from .rules import DeskRules

__all__ = ["Seams"]


@dataclass(frozen=True, slots=True)
class Seams:
    """The others that a desk asks or tells, each as one function."""

    people: Callable[[], Sequence[Person]]
    """The people in the lobby now, of those networks that tell."""
    is_agent: Callable[[str], bool] = lambda _: True
    """Whether somebody (`Speaker.key`) may answer visitors, whatever the rules say: visitors of any network
    may not.
    """
    left_message: Callable[[NewChat], None] = lambda _: None
    """Is told what a visitor left while nobody was there, in the transaction that keeps it: for a mail."""
    ended: Callable[[Chat], None] = lambda _: None
    """Is told that a chat was closed, in the transaction that does."""
    said: Callable[[Chat, int], None] = lambda _chat, _n: None
    """Is told which line an agent who is a person said to a visitor, in the transaction that keeps it."""
    post: Callable[[Chat, str], bool] = lambda _chat, _to: False
    """Has what was said in a chat go to a mail address, in the transaction of whoever asks. Returns False
    where no mail can be sent.
    """

    def agents(self, rules: DeskRules) -> list[Person]:
        """Return who of those in the lobby may answer visitors."""
        return [one for one in self.people() if self.is_agent(one.key) and rules.may_answer(one.key)]
