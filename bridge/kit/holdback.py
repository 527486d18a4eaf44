"""Live talk that waits while a room's past is read, and who comes and goes meanwhile."""

from typing import Generic, TypeVar

from bridge.model import MemberChanged, MessageId, TalkEvent

__all__ = ["Holdback"]

E = TypeVar("E", bound=TalkEvent | MemberChanged)


class Holdback(Generic[E]):
    """The live talk of one room, held from when we enter it until its past is emitted and it is joined.

    So the order holds, and what stands in the past too is said once:

        waiting = Holdback()                                     as we enter
        if not waiting.hold(event): emit([event])                whatever is heard there
        emit(past), waiting.known.update(event.id for event in past)
        emit([JOINED, *waiting.release()])

    It is bounded: where the history can be read again, what is too much is let go (`spilled`) and read from
    there; where it cannot, whoever reads sees that it is `full`, and comes to an end.
    """

    most = 1000
    """The most events that may wait."""

    def __init__(self) -> None:
        self._held: list[E] = []
        self.holding = True
        self.spilled = False
        """Whether something was let go, so that the past has to be read once more."""
        self.known: set[MessageId] = set()
        """The ids of what the past had: that is not said again."""

    def begin(self) -> None:
        """Hold what is said from now on, and nothing that was held before: we enter anew."""
        self._held, self.holding, self.spilled, self.known = [], True, False, set()

    def again(self) -> None:
        """Hold what is said from now on once more, after a spill: the past is about to be read anew."""
        self.spilled = False

    def hold(self, event: E, *, readable: bool = False) -> bool:
        """Hold this back, if the past is being read. Returns whether it waits; else it is to be emitted now.

        `readable`: it stands in a history that can be read again.
        """
        if not self.holding:
            return False
        if self.full and readable:
            self._held.clear()
            self.spilled = True
        if not self.spilled:
            self._held.append(event)
        return True

    @property
    def full(self) -> bool:
        """Whether as much waits as should."""
        return len(self._held) >= self.most

    def release(self) -> list[E]:
        """Hold nothing any more. Returns what waited, in order, but for what the past had."""
        known = self.known
        held = [one for one in self._held if not (isinstance(one, TalkEvent) and one.id in known)]
        self.begin()
        self.holding = False
        return held
