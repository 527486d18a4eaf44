"""The server side of a fake network."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from bridge.adapter import Endpoint, Settle
from bridge.errors import AdapterError, ConnectionLost, Rejected
from bridge.looks import Present
from bridge.model import (
    Capabilities,
    Command,
    Content,
    Feature,
    File,
    FleetingCommand,
    FleetingEvent,
    Mark,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    RoomId,
    RoomStateChanged,
    Sender,
    SendMessage,
    Support,
    TalkEvent,
    Txn,
    UserId,
    plain,
)

from .files import ScriptedFiles
from .rooms import Premises
from .seen import SeenLine, SeenLines
from .speakers import Speakers

__all__ = ["ScriptedNetwork"]


class Connected(Protocol):
    """An adapter that is logged in."""

    lost: asyncio.Event

    def hear(self, events: Sequence[TalkEvent], position: int) -> None:
        """Hear of what happens."""

    def announce(self, event: RoomStateChanged | FleetingEvent) -> None:
        """Hear that its standing changed, or of something fleeting."""

    async def flushed(self) -> None:
        """Wait until everything heard is durable."""

    def die(self) -> None:
        """Say and hear nothing any more."""


@dataclass
class Nature:
    """What a network says of itself."""

    peer: Endpoint | None = None
    """Who seems to be at the other end of a connection to it."""
    retention: dict[RoomId, float] = field(default_factory=dict)
    """For how many seconds its rooms want to be kept."""
    open: dict[RoomId, bool] = field(default_factory=dict)
    """Whether its rooms show newcomers what was said."""
    premises: Premises = field(default_factory=Premises)
    """The rooms that are made on it, and who of its people is away."""


class ScriptedNetwork:
    """The server side of a fake network: it keeps what was said, and does what a test tells it."""

    private = True
    """Off: nobody can be written to alone."""
    names_messages = True
    """Off: nobody can refer to what was said."""
    _by_name: ClassVar[dict[str, "ScriptedNetwork"]] = {}

    def __init__(self, name: str) -> None:
        self.said: list[SendMessage] = []
        """Every message that the network took, in its order, doubles included."""
        self.done: list[Command] = []
        """Every other command."""
        self.hints: list[FleetingCommand] = []
        self.present: dict[RoomId, Present] = {}
        """Who is in its rooms, whether they speak or not, where it tells."""
        self.nature = Nature()
        """What it says of itself."""
        self.refusals: dict[RoomId, str] = {}
        """Rooms that cannot be joined, and why."""
        self.errors: deque[AdapterError] = deque()
        """What happens to the next commands in place of being taken, one each."""
        self.up = True
        self.connections = 0
        """How often an adapter logged in."""
        self.remembers = True
        """Off: nobody can ask it what was said before."""
        self.left_out: int | None = 0
        """How much of what was said before is too much to be read."""
        self.silent_for = 0.0
        """Seconds between the last word from it and the end of a connection."""
        self.confirming = True
        """Off: commands are taken and their confirmations withheld until it is `released`."""
        self.capabilities = Capabilities(
            text_limit=60_000,
            marks=frozenset(Mark),
            features=frozenset(Feature),
            reply=Support.FULL,
            edit=Support.FULL,
            delete=Support.FULL,
            reaction=Support.FULL,
            window=1,
        )
        self.speakers = Speakers()
        """What is different for those who speak by themselves."""
        self.gate = asyncio.Event()
        """Clear: commands have to wait for their place, as where a network limits how fast one may talk."""
        self.gate.set()
        self.uploading = asyncio.Event()
        """Clear: uploads hang."""
        self.uploading.set()
        self.uploads: list[File] = []
        """Every file that somebody wanted to upload."""
        self.upload_errors: deque[AdapterError] = deque()
        """What becomes of the next uploads, one each."""
        self.carries_marks = True
        """Off: nothing tells a copy from what a person says."""
        self.neighbours: list[ScriptedNetwork] = []
        """Networks of other bridges that show the same rooms."""
        self._lost: deque[AdapterError] = deque()
        self._forgotten: set[int] = set()
        self._withheld: list[tuple[Settle, Receipt]] = []
        self._seen = SeenLines()
        self._changed = asyncio.Event()
        self._adapter: Connected | None = None
        self._history: list[tuple[int, TalkEvent]] = []
        self._ids = itertools.count(1)
        ScriptedNetwork._by_name[name] = self

    @classmethod
    def named(cls, name: str) -> "ScriptedNetwork":
        """Return the network of this name, which a test has made."""
        return cls._by_name[name]

    @property
    def premises(self) -> Premises:
        """The rooms that are made on it, and who of its people is away."""
        return self.nature.premises

    @property
    def files(self) -> ScriptedFiles:
        """Its files."""
        return self._seen.files

    def say(self, room: str, name: str, content: Content | str, **fields: Any) -> MessageCreated:
        """Let somebody say something. While no adapter is connected, it waits in the network's history."""
        event = self.saying(room, name, content, **fields)
        self.happen(event)
        return event

    def saying(self, room: str, name: str, content: Content | str, **fields: Any) -> MessageCreated:
        """Return the event of somebody saying something, which does not happen yet."""
        return MessageCreated(
            id=MessageId(f"m{next(self._ids)}"),
            room=RoomId(room),
            sender=Sender(UserId(f"{name}!user@host"), name),
            content=plain(content) if isinstance(content, str) else content,
            **fields,
        )

    def happen(self, *events: TalkEvent) -> None:
        """Let these things happen, of which the adapter reads in one go."""
        for network in (self, *self.neighbours):
            network.show(events)

    def beside(self, other: "ScriptedNetwork") -> None:
        """Let another bridge, on a network object of its own, be in the same rooms."""
        self.neighbours.append(other)
        other.neighbours.append(self)

    def show(self, events: Sequence[TalkEvent]) -> None:
        """Note that these things happened in a network beside, which calls this."""
        count = len(self._history)
        self._history += enumerate(events, count + 1)
        if self._adapter is not None:
            self._adapter.hear(events, count + len(events))

    def hint(self, command: FleetingCommand) -> None:
        """Show that somebody writes, or has read."""
        self.hints.append(command)
        for told in self._seen.hinted:
            told(command)

    def announce(self, event: RoomStateChanged | FleetingEvent) -> None:
        """Tell the adapter that its standing in a room changed, or what counts only now."""
        if self._adapter is not None:
            self._adapter.announce(event)

    def since(self, token: str | None) -> list[TalkEvent]:
        """Return what happened after a position; None: the adapter was never here."""
        if token is None or not self.remembers:
            return []
        return [event for number, event in self._history if number > int(token)]

    def sent(self, txns: Collection[Txn]) -> dict[Txn, Receipt | None]:
        """Return what became of these commands; None: it did not arrive."""
        if not self.remembers:
            return {}
        kept = [(number, command) for number, command in enumerate(self.said, 1) if not command.unstored]
        numbers = {command.txn: number for number, command in kept}
        numbers |= {command.txn: 0 for command in self.done}
        found = {txn: self._receipt(numbers[txn]) if txn in numbers else None for txn in txns}
        return {txn: receipt for txn, receipt in found.items() if numbers.get(txn) not in self._forgotten}

    def forget(self, number: int) -> None:
        """Forget what became of this command, by its place in `said`: nobody can ask any more."""
        self._forgotten.add(number)

    def lose(self, error: AdapterError) -> None:
        """Take the next command, but let this stand in place of its confirmation."""
        self._lost.append(error)

    def texts(self, room: str) -> list[str]:
        """Return what was said in a room by commands, as text."""
        return [command.content.text for command in self.said if command.room == room]

    def seen(self, room: str) -> list[SeenLine]:
        """Return the lines that people in a room see of all that was done there by commands, in order."""
        return self._seen.lines(RoomId(room))

    def tell(
        self, person: Callable[[TalkEvent], None], hinted: Callable[[FleetingCommand], None] | None = None
    ) -> None:
        """Tell a person of all that is done here by commands, and of what counts only now."""
        self._seen.listeners.append(person)
        if hinted is not None:
            self._seen.hinted.append(hinted)

    @property
    def connected(self) -> bool:
        """Whether an adapter is logged in."""
        return self._adapter is not None

    async def settled(self) -> None:
        """Wait until everything that happened here is durable with the bridge."""
        if self._adapter is not None:
            await self._adapter.flushed()
        for _ in range(20):
            await asyncio.sleep(0)

    def happened(self) -> list[TalkEvent]:
        """Return everything that people did here."""
        return [event for _, event in self._history]

    async def until(self, count: int) -> None:
        """Wait until so many messages were taken."""
        while len(self.said) < count:
            self._changed.clear()
            await self._changed.wait()

    async def until_done(self, count: int) -> None:
        """Wait until so many other commands were taken."""
        while len(self.done) < count:
            self._changed.clear()
            await self._changed.wait()

    def release(self) -> None:
        """Confirm what was withheld, and from now on everything."""
        self.confirming = True
        self._confirm()

    def _confirm(self) -> None:
        withheld, self._withheld = self._withheld, []
        for settle, receipt in withheld:
            settle(receipt)

    def drop(self) -> None:
        """Break the connection."""
        if self._adapter is not None:
            self._adapter.lost.set()

    def die(self) -> None:
        """Kill the adapter's process: what it does from now on reaches nobody."""
        if self._adapter is not None:
            self._adapter.die()
        self._adapter = None

    # What the adapter calls

    def connect(self, adapter: Connected) -> int:
        """Log in. Returns how much has happened so far."""
        if not self.up:
            raise ConnectionLost("the scripted network is down: set it up again")
        self._adapter = adapter
        self.connections += 1
        return len(self._history)

    def disconnect(self) -> None:
        """Log out."""
        self._adapter = None
        for settle, _ in self._withheld:
            settle(ConnectionLost("the connection ended"))
        self._withheld.clear()

    def perform(self, command: Command, settle: Settle) -> None:
        """Take a command when it arrives, or let happen to it what the test wants."""
        account, speakers = command.speaker.account or "", self.speakers
        if self.errors:
            settle(self.errors.popleft())
        elif account in speakers.broken:
            settle(speakers.broken[account])
        elif speakers.delay is None:
            self._take(command, settle)
        else:
            asyncio.get_running_loop().call_at(speakers.arrival(account), self._take, command, settle)

    def _take(self, command: Command, settle: Settle) -> None:
        self._changed.set()
        account = command.speaker.account or ""
        name = MessageId(f"c{len(self.said) + 1}")
        if why := self._seen.refusal(command, name):
            settle(Rejected(why))
            return
        if not isinstance(command, SendMessage):
            self.done.append(command)
            settle(Receipt(None))
            return
        self.said.append(command)
        mark = command.txn if self.carries_marks else ""
        who = command.speaker.name if command.speaker.key else f"bot{id(self)}"
        copy = self.saying(command.room, who, command.content, mark=mark)
        copy = replace(copy, sender=Sender(UserId(f"{account}@{id(self)}"), who))
        for network in self.neighbours:
            network.show([copy])
        if self._lost:
            settle(self._lost.popleft())
            return
        receipt = self._receipt(len(self.said)) if self.names_messages else Receipt(None)
        self._withheld.append((settle, receipt))
        if self.confirming and len(self._withheld) == 1:
            asyncio.get_running_loop().call_soon(self._confirm)

    def _receipt(self, number: int) -> Receipt:
        speaker = self.said[number - 1].speaker.account if number else None
        return Receipt(Part(MessageId(f"c{number}"), (), speaker))
