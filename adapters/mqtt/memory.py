"""The memory of a topic across connections and restarts: its position in the journal."""

import json
from collections import deque
from dataclasses import dataclass, field

from bridge import BoundedDict, Txn

from .decode import Stamp

__all__ = ["WINDOW", "TopicMemory"]

WINDOW = 16
_OWN = 4 * WINDOW
_ON_ITS_WAY = 1000
_TAKEN = 64
"""More than a broker hands over before we acknowledge it."""


@dataclass(slots=True)
class TopicMemory:
    """One topic. What came back to us was published, whatever its confirmation says."""

    number: int = 0
    """That of our last message."""
    own: dict[Txn, str | None] = field(default_factory=lambda: BoundedDict(_OWN))
    """The newest messages of ours that came back, with the account that spoke."""
    taken: deque[str] = field(default_factory=lambda: deque(maxlen=_TAKEN))
    """The newest messages, by packet and content: the broker may hand them over again."""
    fleeting: bool = False
    """Whether somebody publishes with QoS 0: nobody keeps that for us."""
    on_its_way: dict[int, bool] = field(default_factory=lambda: BoundedDict(_ON_ITS_WAY))
    """Our messages that have not come back, and whether the broker confirmed them; not kept. Where the broker
    never shows us what we say, none does.
    """

    @classmethod
    def read(cls, token: str) -> "TopicMemory":
        """Return what a token holds."""
        number, own, taken, fleeting = json.loads(token)
        memory = cls(number, taken=deque(taken, _TAKEN), fleeting=fleeting)
        memory.own.update(own)
        return memory

    def token(self) -> str:
        """Return all that is to be kept."""
        return json.dumps([self.number, self.own, [*self.taken], self.fleeting])

    def came_back(self, mark: Stamp, account: str | None) -> bool:
        """Note a message of ours. Returns whether one before it is lost."""
        self.number = max(self.number, mark.number)
        self.own[mark.txn] = account
        return self.missing(mark.number)

    def missing(self, before: int) -> bool:
        """Whether something that the broker confirmed did not come back, and what was said after it did."""
        self.on_its_way.pop(before, None)
        late = [self.on_its_way.pop(number) for number in sorted(self.on_its_way) if number < before]
        return any(late)
