"""A scripted network that keeps a million messages' worth of nothing, and judges what it gets at once."""

import asyncio
import itertools
import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace

from bridge.model import MessageCreated, MessageId, Part, Receipt
from bridge.testing import ScriptedNetwork

REMEMBERED = 20_000
"""What a network can be asked for: more than ever happens on it while the bridge is away."""
NUMBER = re.compile(r"<ann(?: \(\w+\))?> (\d+)$")


@dataclass(slots=True)
class Flow:
    """What is said in one room and arrives in another, as counters."""

    source: str
    target: str
    said: int = 0
    arrived: int = 0
    """The highest number that arrived."""
    skipped: set[int] = field(default_factory=set)
    """Lower ones that did not, yet."""
    given_up: set[int] = field(default_factory=set)
    """Those that stood among the dead letters."""

    def take(self, number: int) -> None:
        assert number not in self.skipped, f"{number} came after {self.arrived} from {self.source}"
        assert number > self.arrived, f"{number} came twice from {self.source}"
        self.skipped.update(range(self.arrived + 1, number))
        self.arrived = number

    @property
    def waiting(self) -> int:
        return self.said - self.arrived

    @property
    def lost(self) -> set[int]:
        return (self.skipped | set(range(self.arrived + 1, self.said + 1))) - self.given_up


class Network(ScriptedNetwork):
    """A scripted network that forgets what nobody can need, and judges what it gets at once."""

    def __init__(self, name: str, window: int, flows: dict[str, Flow]) -> None:
        super().__init__(name)
        self.capabilities = replace(self.capabilities, window=window)
        self.flows = flows
        """By the room that they lead to."""
        self.happened = 0
        self.trouble: AssertionError | None = None
        self.taken: OrderedDict[str, Receipt] = OrderedDict()
        self._past: deque[tuple[int, MessageCreated]] = deque(maxlen=REMEMBERED)
        self._places = itertools.count(1)

    def show(self, events):
        self._past.extend(enumerate(events, self.happened + 1))
        self.happened += len(events)
        if self._adapter is not None:
            self._adapter.hear(events, self.happened)

    def connect(self, adapter):
        super().connect(adapter)
        return self.happened

    def since(self, token):
        if token is None:
            return []
        assert not self._past or int(token) + 1 >= self._past[0][0], "the bridge was away for too long"
        return [event for number, event in self._past if number > int(token)]

    def sent(self, txns):
        return {txn: self.taken.get(txn) for txn in txns}

    def perform(self, command, settle):
        if self.errors:
            settle(self.errors.popleft())
            return
        if found := NUMBER.search(command.content.text):
            try:
                self.flows[command.room].take(int(found[1]))
            except AssertionError as error:
                self.trouble = self.trouble or error
        receipt = self.taken[command.txn] = Receipt(Part(MessageId(f"c{next(self._places)}")))
        if len(self.taken) > REMEMBERED:
            self.taken.popitem(last=False)
        if self._lost:
            settle(self._lost.popleft())
            return
        self._withheld.append((settle, receipt))
        if self.confirming and len(self._withheld) == 1:
            asyncio.get_running_loop().call_soon(self._confirm)
