"""The core, as an adapter meets it."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence

from bridge.adapter import Position
from bridge.boundary.gate import Gate
from bridge.complaints import Complaints
from bridge.errors import AdapterError
from bridge.model import Event, MessageId, RoomId, TalkEvent

__all__ = ["Core", "NotKept", "only_adapter_errors"]

log = logging.getLogger(__name__)


class NotKept(AssertionError):
    """Something that has to come did not."""


class _Noted(Complaints):
    """Keeps every complaint."""

    def __init__(self) -> None:
        super().__init__(log)
        self.sentences: list[str] = []

    def tell(
        self,
        what: str,
        sentence: str,
        error: BaseException | None = None,
        level: int = logging.ERROR,
        keys: Mapping[str, object] | None = None,
    ) -> None:
        self.sentences.append(sentence)


class Core:
    """Takes what an adapter emits, once, by the rules of the real one: what that refuses is a complaint here.

    All is durable at once, unless a test holds it.
    """

    def __init__(self, network: str) -> None:
        self._network = network
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        """The events that were taken, in order: of those that came twice, the first."""
        self._complaints = _Noted()
        self._positions: dict[str, str] = {}
        self._taken: set[tuple[RoomId, MessageId]] = set()
        self._held: list[
            tuple[asyncio.Future[None], Sequence[tuple[RoomId, MessageId]], Sequence[Position]]
        ] = []
        self._holding = False

    def gate(self, known: Collection[RoomId]) -> Gate:
        """Return the way in for one connection."""
        return Gate(self._network, known, self._complaints, self)

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        new: list[tuple[RoomId, MessageId]] = []
        for event in events:
            if isinstance(event, TalkEvent):
                if (name := (event.room, event.id)) in self._taken:
                    continue
                self._taken.add(name)
                new.append(name)
            self.events.put_nowait(event)
        self._held.append((done, new, positions))
        if not self._holding:
            self.release()
        return done

    def position(self, scope: str = "") -> str | None:
        return self._positions.get(scope)

    def hold(self) -> None:
        """Let nothing become durable, as where the disk is full."""
        self._holding = True

    def release(self) -> None:
        """Make durable what was held, and from now on everything."""
        self._holding = False
        held, self._held = self._held, []
        for done, _, positions in held:
            self._positions.update({position.scope: position.token for position in positions})
            if not done.done():
                done.set_result(None)

    def crash(self) -> None:
        """Forget what is not durable, as at the end of a process."""
        for _, names, _ in self._held:
            self._taken.difference_update(names)
        self._held.clear()
        self._holding = False
        while not self.events.empty():
            self.events.get_nowait()

    def forget(self) -> None:
        """Be as one who was never here."""
        self._positions.clear()
        self._taken.clear()

    def check(self) -> None:
        """Raise AssertionError when something was refused."""
        if self._complaints.sentences:
            raise AssertionError(
                f"the core does not take everything that this adapter emits: {self._complaints.sentences[0]}"
            )


@contextlib.contextmanager
def only_adapter_errors(method: str) -> Iterator[None]:
    """Raise AssertionError in place of what an adapter must not raise."""
    try:
        yield
    except (AdapterError, NotKept):
        raise
    except Exception as error:
        raise AssertionError(
            f"{method} raised {error!r}: the core can do nothing with that; raise the one of bridge.errors"
            " that says what to do next (ConnectionLost where the connection is gone)"
        ) from error
