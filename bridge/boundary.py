"""The boundary between the core and the adapters, guarded here and nowhere else.

An adapter may be anybody's, and what it hands over comes from strangers. Whatever it does wrong costs its
own network, or one message, and one line in the log that names the network, and what is wrong. What comes
in is checked; what is called has an answer for every exception, and a limit of time where it may hang.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NoReturn, TypeVar

import msgspec

from .adapter import Adapter, Emit, Position, Settle, Source
from .complaints import Complaints
from .errors import (
    AdapterError,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
    Unsupported,
)
from .model import (
    PLAIN,
    Author,
    Capabilities,
    Command,
    Content,
    Event,
    File,
    FleetingCommand,
    Kind,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    NameChanged,
    Part,
    ReactionsChanged,
    Receipt,
    Removed,
    RoomId,
    RoomStateChanged,
    Sender,
    Span,
    TopicChanged,
    Txn,
    TypingChanged,
)

__all__ = ["Guarded", "failure", "outcome", "sound"]

log = logging.getLogger(__name__)

_SERVE = 30.0
_FIND = 90.0
_UPLOAD = 900.0
"""How long the answer to a call may take, in seconds."""
_SLOW = 10_000.0
"""An upload has so much more time as it takes at so many bytes a second."""
_ANYTHING = (Exception, SystemExit)
"""What somebody else's code may raise."""
_LEAST_PAUSE = 0.1
_LONGEST_PAUSE = 3600.0
"""Bounds of what an adapter may ask the core to wait, in seconds."""
_LONGEST_REASON = 1000
_LEAST = Capabilities(text_limit=300)
"""What is taken for the record of a room that has none: words, and nothing else."""
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[type[Event], msgspec.json.Decoder[Event]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (
        MessageCreated,
        MessageEdited,
        Removed,
        ReactionsChanged,
        TopicChanged,
        NameChanged,
        MemberChanged,
        TypingChanged,
        RoomStateChanged,
    )
}

T = TypeVar("T")


class _Hung(TemporaryFailure):
    """A call did not end."""


class Guarded(Adapter):
    """An adapter as the core meets it."""

    def __init__(self, kind: type[Adapter], network: str, config: Any, introduction: str) -> None:
        self._adapter: Adapter | None = None
        super().__init__(network, config, introduction)
        self.complaints = Complaints(log)
        self.known: set[RoomId] = set()
        """Every room that was ever served: one that has left the map may be heard a little longer."""
        self._kind = kind
        self._gate: _Gate | None = None
        self._behind: set[asyncio.Future[Any]] = set()
        """Calls that did not end in time, and do not end."""
        self._records: dict[RoomId, Capabilities] = {}
        self._served = False

    @property
    def introduction(self) -> str:
        """What this bridge relays and who owns it."""
        return self._introduction

    @introduction.setter
    def introduction(self, text: str) -> None:
        self._introduction = text
        if self._adapter is not None:
            self._adapter.introduction = text

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        raise NotImplementedError("asked of the adapter's own class, when the configuration is read")

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await self._made().look(rooms)

    # What may take its time

    async def run(self, emit: Emit) -> None:
        """One connection. What the adapter emits after its end comes from nowhere, and is refused."""
        if self._gate is not None:  # its last connection did not end when it had to
            self._gate.close()
            self._adapter = None
        gate = self._gate = _Gate(self, emit)
        try:
            adapter = self._made()
            if not self._served:
                await self._ask("serve", lambda: adapter.serve(self.rooms), _SERVE)
                self._served = True
            await adapter.run(gate)
        except SystemExit as error:
            raise Unsupported(f"its adapter wanted to end the process ({error!r})") from error
        finally:
            gate.close()
            if self._gate is gate:
                self._gate = None

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        """The adapter is told when it runs; raises an AdapterError when it cannot follow while it does."""
        await super().serve(rooms)
        self.known.update(rooms)
        self._served = False
        adapter = self._adapter
        if self._gate is not None and adapter is not None:
            await self._ask("serve", lambda: adapter.serve(self.rooms), _SERVE)
            self._served = True

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        with _translating("send"):
            future = await self._made().send(command)
        if not asyncio.isfuture(future):
            raise Unsupported(f"a bug in its adapter: send returned {_shown(future)} in place of a future")
        return future

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        try:
            found = await self._ask("find_sent", lambda: self._made().find_sent(room, since, txns), _FIND)
            answers = {txn: found[txn] for txn in txns if txn in found}
        except AdapterError as error:
            if isinstance(error, Unsupported | _Hung):
                self._complain("find_sent", room, str(error), error.__cause__)
            raise
        except Exception as error:  # noqa: BLE001 what was found is no mapping
            self._complain("find_sent", room, _shown(error), error)
            return {}
        known = {txn: outcome(said) if said is not None else None for txn, said in answers.items()}
        if wrong := [said for said in known.values() if isinstance(said, AdapterError)]:
            self._complain("find_sent", room, str(wrong[0]))
        return {txn: said for txn, said in known.items() if not isinstance(said, AdapterError)}

    async def upload(self, file: File) -> None:
        limit = _UPLOAD + file.size / _SLOW
        try:
            async with asyncio.timeout(limit):
                with _translating("upload"):
                    await self._made().upload(file)
        except TimeoutError:
            raise TemporaryFailure(f"its adapter did not upload a file within {limit:.0f} s") from None

    async def _ask(self, method: str, call: Callable[[], Awaitable[T]], limit: float) -> T:
        """What a call answers. Raises AdapterErrors alone; whatever it does, it is over within the limit."""

        async def answer() -> T:
            with _translating(method):
                return await call()

        task = asyncio.ensure_future(answer())
        try:
            await asyncio.wait({task}, timeout=limit)
        finally:
            if not task.done():
                task.cancel()
                self._behind.add(task)
                task.add_done_callback(self._ended)
        if not task.done():
            raise _Hung(f"a bug in its adapter: {method} did not answer within {limit:g} s")
        return task.result()

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._behind.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more

    # What answers at once

    def send_now(self, command: Command, settle: Settle) -> bool:
        try:
            sent = self._made().send_now(command, settle)
        except _ANYTHING as error:
            _fail("send_now", error)
        if sent is not True and sent is not False:
            raise Unsupported(f"a bug in its adapter: send_now returned {_shown(sent)}")
        return sent

    def capabilities(self, room: RoomId, author: Author | None = None) -> Capabilities:
        try:
            record = self._made().capabilities(room, author)
            if record is None or record is not self._records.get(room):
                _see(record)
                self._records[room] = record
        except _ANYTHING as error:
            self._complain("capabilities", room, _shown(error), error)
            return self._records.get(room, _LEAST)
        return record

    def hint(self, command: FleetingCommand) -> None:
        try:
            self._made().hint(command)
        except _ANYTHING as error:
            self._complain("hint", command.room, _shown(error), error)

    def source(self, address: str) -> Source:
        try:
            source = self._made().source(address)
            if not isinstance(source, Source):
                raise TypeError(f"it returned {_shown(source)}")
        except AdapterError as error:
            _fail("source", error)
        except _ANYTHING as error:
            self._complain("source", "", _shown(error), error)
            _fail("source", error)
        return source

    def _made(self) -> Adapter:
        """The adapter, made if it could not be before."""
        if self._adapter is None:
            adapter = self._kind(self.network, self.config, self.introduction)
            adapter.catch_up = self.catch_up
            self._adapter, self._served = adapter, False
        return self._adapter

    def _complain(self, method: str, room: str, what: str, error: BaseException | None = None) -> None:
        where = f"{self.network} {room}" if room else self.network
        self.complaints.tell(method, f"{where}: a bug in its adapter, in {method}: {what}", error)


class _Gate:
    """The way in, for the time of one connection."""

    def __init__(self, adapter: Guarded, emit: Emit) -> None:
        self._adapter = adapter
        self._emit = emit
        self._open = True

    def close(self) -> None:
        """What comes later is refused."""
        self._open = False

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        if not self._open:
            return self._too_late()
        known, good = self._adapter.known, list[Event]()
        try:
            for event in events:
                try:
                    plain = _is_plain(event) and event.room in known
                    good.append(event if plain else self._cleaned(event))
                except Exception as error:  # noqa: BLE001 it may be anything
                    self._refuse(event, error)
        except Exception as error:  # noqa: BLE001 it is anything but a list
            self._refuse(events, error)
        return self._emit(good, *[position for position in positions if self._may_reach(position)])

    def position(self, scope: str = "") -> str | None:
        return self._emit.position(scope)

    def _cleaned(self, event: Event) -> Event:
        """What can be taken of an event. Raises TypeError and ValueError when that is nothing."""
        cleaned, why = sound(event)
        if cleaned.room not in self._adapter.known:
            raise ValueError("the map has no such room")
        if why:
            sentence = f"{self._where(event)}: of a {type(event).__name__}, {why}: it is taken without that"
            self._adapter.complaints.tell("a field is cleaned", sentence)
        return cleaned

    def _may_reach(self, position: Position) -> bool:
        if not (isinstance(position, Position) and _is_text(position.token) and _is_text(position.scope)):
            self._refuse(position, TypeError("it must be of two texts"))
            return False
        if position.scope and position.scope not in self._adapter.known:
            scope = _shown(position.scope)
            self._refuse(
                position, ValueError(f"its scope is {scope}, which is no room of the map, nor empty")
            )
            return False
        return True

    def _refuse(self, what: object, error: Exception) -> None:
        kind = type(what).__name__
        sentence = f"{self._where(what)}: a {kind} of its adapter is refused: {_words(error)}"
        self._adapter.complaints.tell(f"{kind} {type(error).__name__}", sentence)

    def _where(self, event: object) -> str:
        room = getattr(event, "room", None)
        if not (isinstance(room, str) and room.isprintable()):
            return f"{self._adapter.network} {_shown(room)}" if room is not None else self._adapter.network
        return f"{self._adapter.network} {room}"

    def _too_late(self) -> "asyncio.Future[None]":
        network = self._adapter.network
        sentence = f"{network}: its adapter emits after the end of its connection: that is refused"
        self._adapter.complaints.tell("emitted too late", sentence)
        never = asyncio.get_running_loop().create_future()
        never.set_exception(ConnectionLost("the connection has ended"))
        never.exception()
        return never


# What comes in


def _is_plain(event: Event) -> bool:  # noqa: PLR0911 the cheapest tests first, and no call more than needed
    """Whether it is a message as most are, plain words, with nothing wrong in it: this is asked of each, and
    costs a tenth of a look at everything.
    """
    if type(event) is not MessageCreated or type(event.replayed) is not bool or type(event.kind) is not Kind:
        return False
    sender, content = event.sender, event.content
    if type(sender) is not Sender or type(content) is not Content or content.attachments or event.aliases:
        return False
    if type(content.spans) is not tuple or len(content.spans) != 1 or type(content.spans[0]) is not Span:
        return False
    if event.at is not None or event.reply_to is not None or event.thread is not None:
        return False
    span = content.spans[0]
    if span.marks or span.block is not PLAIN:
        return False
    if span.href is not None or span.mention is not None or span.colour is not None:
        return False
    try:  # all at once, and nothing but text can be joined
        words = "".join((event.id, event.room, event.mark, sender.id, sender.name, span.text))  # noqa: FLY002
    except TypeError:
        return False
    return "\0" not in words and (words.isascii() or _is_text(words))


def _is_text(text: object) -> bool:
    """Whether it is text that can be written: without lone surrogates and NUL."""
    if not isinstance(text, str) or "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sound(event: Event) -> tuple[Event, str]:
    """The event with nothing in it that cannot be kept, and what was, if anything.

    Raises TypeError or ValueError that names what is wrong when it is no event.
    """
    if type(event) not in _DECODERS:
        raise TypeError("that is no event")
    why = ""
    try:
        body = _ENCODER.encode(event)
    except UnicodeEncodeError:
        body = b"\\u0000"
    if b"\\u0000" in body:
        why = next((f"{field} holds half a character, or NUL" for field in _wrong_texts(event)), "")
        body = _ENCODER.encode(_written(event))
    found = _DECODERS[type(event)].decode(body)
    at = getattr(event, "at", None)  # JSON has no word for what is no number
    if at is not None and not (isinstance(at, float | int) and 0 <= at < math.inf):
        known = {field.name: getattr(found, field.name) for field in fields(found)}
        found, why = type(found)(**{**known, "at": None}), f"at is {at}"
    return found, why


def _wrong_texts(value: object, path: str = "") -> Iterator[str]:
    """Where in it a text stands that cannot be written."""
    if type(value) is str and not _is_text(value):
        yield path
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _wrong_texts(item, f"{path}[{number}]")
    elif is_dataclass(value):
        for field in fields(value):
            inner = f"{path}.{field.name}" if path else field.name
            yield from _wrong_texts(getattr(value, field.name), inner)


def _written(value: Any) -> Any:
    """The same with texts that can be written: halves that belong together are joined, others replaced."""
    if type(value) is str:
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, tuple):
        return tuple([_written(item) for item in value])
    if is_dataclass(value) and not isinstance(value, type):
        known = {field.name: _written(getattr(value, field.name)) for field in fields(value)}
        return replace(value, **known)
    return value


# What is answered


@contextlib.contextmanager
def _translating(method: str) -> Iterator[None]:
    """While an adapter does something: only AdapterErrors get out, and being cancelled ourselves."""
    try:
        yield
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        raise ConnectionLost("its adapter gave up") from None
    except _ANYTHING as error:
        _fail(method, error)


def _see(record: Capabilities) -> None:
    """Raises TypeError or ValueError when a record makes no sense."""
    if type(record) is not Capabilities:
        raise TypeError(f"{_shown(record)} is no record")
    msgspec.json.decode(_ENCODER.encode(record), type=Capabilities)
    if record.text_limit < 1 or record.window < 1:
        raise ValueError("text_limit and window are at least 1")


def outcome(said: object) -> Receipt | AdapterError:
    """What became of a command, by what an adapter says of it."""
    if isinstance(said, Receipt):
        part = said.part
        if part is None or (
            isinstance(part, Part) and _is_text(part.id) and all(map(_is_text, part.aliases))
        ):
            return said
        return Unsupported(f"a bug in its adapter: it was confirmed with {_shown(said)}")
    if isinstance(said, BaseException):
        return failure("send", said)
    return Unsupported(f"a bug in its adapter: it was confirmed with {_shown(said)}")


def failure(method: str, error: BaseException) -> AdapterError:
    """What an exception of an adapter means, whatever it is."""
    if isinstance(error, AdapterError):
        return _worded(error)
    if isinstance(error, asyncio.CancelledError):
        return ConnectionLost("its adapter gave up")
    if isinstance(error, OSError) and error.filename is not None:
        return Rejected(f"a file cannot be read: {error.strerror}")
    if isinstance(error, OSError | EOFError):
        return ConnectionLost(_words(error))
    found = Unsupported(f"a bug in its adapter: {method} raised {type(error).__name__}: {_words(error)}")
    found.__cause__ = error
    return found


def _fail(method: str, error: BaseException) -> NoReturn:
    raise failure(method, error)


def _worded(error: AdapterError) -> AdapterError:
    """With words that can be written, and times that can be waited."""
    text = _words(error)
    if error.args != (text,):
        error.args = (text,)
    if isinstance(error, RateLimited | RoomUnavailable):
        never = isinstance(error, RoomUnavailable) and error.retry_after is None
        error.retry_after = None if never else _pause(error.retry_after)
    return error


def _pause(seconds: object) -> float:
    if not isinstance(seconds, int | float) or math.isnan(seconds):
        return _LONGEST_PAUSE
    return min(max(seconds, _LEAST_PAUSE), _LONGEST_PAUSE)


def _words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 an exception of anybody's
        text = ""
    text = text[:_LONGEST_REASON] or type(error).__name__
    return text if _is_text(text) else _written(text)


def _shown(value: object) -> str:
    """What it is, in a few words."""
    try:
        text = ascii(value)
    except Exception:  # noqa: BLE001 anything of anybody's
        text = type(value).__name__
    return text if len(text) <= 80 else f"{text[:80]}..."
