"""One connection to the core: the bot, its groups, and the way of what it says."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from adapters.onebot.wire import to_array, to_cq
from bridge import (
    Clock,
    DeleteMessage,
    Emit,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    Rejected,
    Removed,
    RoomId,
    Sender,
    SendMessage,
    Settle,
    TalkEvent,
    TemporaryFailure,
    UserId,
)

from .audience import Audience
from .decode import Said
from .encode import Frames, segments_of
from .kept import KeptFile, KeptMessage
from .numbers import read_number
from .store import MessageStore

__all__ = ["Session"]

_DAY = 86_400


class Session:
    """A bot and its groups, from when the port is open until it is closed."""

    def __init__(
        self,
        me: tuple[int, str],
        store: MessageStore,
        emit: Emit,
        clock: Clock,
        home: str,
    ) -> None:
        """`me` is the bot's number and name; `home` is where bots find files, without the slash."""
        self.number, self.name = me
        self.store = store
        self.clock = clock
        self.frames = Frames(self.number)
        self.groups: Mapping[int, RoomId] = {}
        self.numbers: Mapping[RoomId, int] = {}
        self.audience: Audience
        self._emit = emit
        self._home = home
        self._done: list[tuple[TalkEvent, KeptMessage | None, asyncio.Future[None]]] = []
        """The deeds of bots that the core hears of with the next turn of the loop."""
        self.doubtful: dict[str, int] = {}
        """The numbers of messages of which nobody knows whether they were read, by txn."""

    def serve(self, numbers: Mapping[RoomId, int]) -> None:
        """Have these groups."""
        self.numbers = numbers
        self.groups = {number: room for room, number in numbers.items()}

    # From the core to bots

    def send(self, command: SendMessage, settle: Settle) -> None:
        """Tell bots of a message. Raises AdapterErrors."""
        store, speaker = self.store, command.speaker
        number = self.doubtful.pop(command.txn, 0) or store.next()
        now = int(self.clock.now())
        person, name = store.person(speaker.key, speaker.name), speaker.name
        url, file = "", command.file
        if file is not None:
            kept = KeptFile(file.name, file.type, path=str(file.path))
            url = self.url_of(store.put_file(kept, now), file.name)
        answered = self.number_of(command.answered.part.id) if command.answered is not None else None
        segments = segments_of(command, answered, url)
        body = to_array(segments)
        at = int(command.at) if command.at is not None else now
        group = self.numbers[command.room]
        message = KeptMessage(number, command.txn, command.room, person, name, at, written(body))
        frame = self.frames.message(message, group, body, to_cq(segments))
        receipt = Receipt(Part(self.id_of(number), speaker=speaker.account))
        self.audience.say(written(frame), settle, receipt, message)

    def recall(self, command: DeleteMessage, settle: Settle) -> None:
        """Tell bots that a message was taken back. Raises AdapterErrors."""
        if (number := self.number_of(command.target.id)) is None:
            raise Rejected("bots know nothing of the message any more: their file is another one", alone=True)
        operator = self.store.person(command.speaker.key, command.speaker.name)
        kept = self.store.message(number)
        self.store.empty(number)
        frame = self.frames.recalled(
            number=number,
            group=self.numbers[command.room],
            person=operator if kept is None else kept.person,
            operator=operator,
            at=int(self.clock.now()),
        )
        self.audience.say(written(frame), settle, Receipt(None))

    # From bots to the core

    async def say(self, room: RoomId, said: Said, body: str) -> int:
        """Let the bot say this. Returns the message's number, once it is taken."""
        number, now = self.store.next(), self.clock.now()
        if (answers := read_number(said.answers)) is not None:
            self.audience.named(answers)
        message = KeptMessage(number, None, room, self.number, self.name, int(now), body, heard=True)
        event = MessageCreated(
            id=self.id_of(number),
            room=room,
            sender=self._sender,
            content=said.content,
            kind=said.kind,
            reply_to=self.id_of(answers) if answers is not None else None,
            at=now,
        )
        await self._did(event, message)
        return number

    async def take_back(self, message: KeptMessage) -> None:
        """Let the bot take back what it said; returns once that is taken."""
        self.store.empty(message.id)
        name = self.id_of(message.id)
        event = Removed(
            id=MessageId(f"{name}.removed"),
            room=RoomId(message.room),
            sender=self._sender,
            target=name,
            at=self.clock.now(),
        )
        await self._did(event)

    def _did(self, event: TalkEvent, message: KeptMessage | None = None) -> "asyncio.Future[None]":
        """Let the core hear of something, with all that bots do in this turn of the loop. The future is done
        when it is taken.
        """
        loop = asyncio.get_running_loop()
        if not self._done:
            loop.call_soon(self._take)
        taken: asyncio.Future[None] = loop.create_future()
        self._done.append((event, message, taken))
        return taken

    def _take(self) -> None:
        done, self._done = self._done, []
        try:
            self.store.keep(message for _, message, _ in done if message is not None)
        except TemporaryFailure as error:
            _settle(done, error)
            return
        durable = self._emit([event for event, _, _ in done])
        durable.add_done_callback(lambda _: _settle(done, durable.exception()))

    @property
    def _sender(self) -> Sender:
        return Sender(UserId(str(self.number)), self.name)

    # Names

    def id_of(self, number: int) -> MessageId:
        """Return what the core calls a message."""
        return MessageId(f"{self.store.tag}.{number}")

    def number_of(self, name: str) -> int | None:
        """Return the number of a message by what the core calls it; None: it is not of this file."""
        tag, _, number = name.partition(".")
        return read_number(number) if tag == self.store.tag else None

    def url_of(self, secret: str, name: str) -> str:
        """Return the address of a file."""
        return f"{self._home}/file/{secret}/{quoted(name)}"

    def own_file(self, address: str) -> str | None:
        """Return what is secret in an address of ours; None: it is another's."""
        begin = f"{self._home}/file/"
        return address.removeprefix(begin).partition("/")[0] if address.startswith(begin) else None

    def forget(self, days: int) -> None:
        """Forget what is older."""
        self.store.forget(int(self.clock.now()) - days * _DAY)


def _settle(
    done: Iterable[tuple[TalkEvent, object, "asyncio.Future[None]"]], error: BaseException | None
) -> None:
    for _, _, taken in done:
        if taken.done():
            continue
        if error is None:
            taken.set_result(None)
        else:
            taken.set_exception(error)


def written(what: Any) -> str:
    """Return something as JSON."""
    return msgspec.json.encode(what).decode()


def quoted(name: str) -> str:
    """Return a file's name as a part of an address."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name
    )
