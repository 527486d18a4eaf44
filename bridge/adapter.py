"""What speaks one protocol: wire to events, commands to wire."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from .avatars import AVATAR_LIMIT, Avatar, Avatars
from .clock import SYSTEM, Clock
from .config import CatchUp, Model
from .config.mail import Mail
from .conversations import AnnouncedLists, Conversations, Member
from .endpoints import Endpoint, Source
from .errors import AdapterError, Unsupported
from .keepsake import Keepsake
from .looks import Present
from .model import (
    Capabilities,
    Command,
    Event,
    File,
    FleetingCommand,
    Receipt,
    RoomId,
    Sender,
    Speaker,
    TalkEvent,
    Txn,
    UserId,
)

__all__ = [
    "AVATAR_LIMIT",
    "Adapter",
    "AnnouncedLists",
    "Avatar",
    "Avatars",
    "Conversations",
    "Emit",
    "Endpoint",
    "Member",
    "Position",
    "Source",
]

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a network's history has been read: a token that the network gave."""

    token: str
    scope: str = ""
    """What the token is for: a room, or "" for the whole network."""


class Emit(Protocol):
    """Takes what an adapter heard."""

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        """Hand over events, in order, and the positions that are reached with them: one transaction.

        Called once for all that was read in one go; events may be empty. Never waits and never
        raises. The future is done when all of it is durable, which is at once unless the journal
        cannot be written: whoever acknowledges upstream waits for it, and whoever reads a socket
        reads no further until then.
        """

    def position(self, scope: str = "") -> str | None:
        """Return the last durable token of this scope; None: never been here, so start at now."""


class Settle(Protocol):
    """What to do with a command's confirmation."""

    def __call__(self, outcome: Receipt | AdapterError, /) -> None:
        """Take the receipt of the command, or the error that it ended with."""


class Adapter(ABC):
    """One network. It lives as long as its configuration; `run` is called on it again and again.

    What can be resumed by the next `run` (a stream, a device) stays on the object.
    """

    NetworkConfig: ClassVar[type[Model]]
    """What stands under `networks: NAME:`, besides `protocol` and what every network has."""
    RoomConfig: ClassVar[type[Model]]
    """What may stand in a room's mapping, besides `room` and `direction`."""
    names_are_unique: bool = False
    """Whether no two in one room can have the same name at a time: `present` knows them all then."""
    instructed: bool = True
    """Whether what is said in its rooms can be an instruction (`!who`): not where anybody may come in, of
    whose words elsewhere each line is named.
    """

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        """`config` is a NetworkConfig; `introduction` is what strangers are told: that this is a bridge, and
        who owns it.
        """
        self.network = network
        self.config = config
        self.rooms: Mapping[RoomId, Any] = {}
        self.introduction = introduction
        self.catch_up = CatchUp()
        """How much of what was said while we were away the owner wants to have read."""
        self.only_read: Collection[RoomId] = frozenset()
        """Rooms in which nobody minds that we may not speak: for `look`."""
        self.keepsake: Keepsake | None = None
        """Where to keep what the network gave us to come back with, if anywhere."""
        self.conversations: Conversations | None = None
        """Where to open conversations at run time, while something relays."""
        self.lists: AnnouncedLists | None = None
        """What people of the network can be asked about, while something relays."""
        self.avatars: Avatars | None = None
        """Whom to ask for the pictures of people from elsewhere, while something relays."""
        self.mail: Mail | None = None
        """The server by which the owner has mail sent (`mail:` of the map), for adapters whose people want
        some: one block for all that Hubbub sends, so none of an adapter's own.
        """
        self.clock: Clock = SYSTEM
        """What to tell the time by, and to wait with. Set before `run` is called."""
        self._introduced: dict[str, float] = {}

    @classmethod
    @abstractmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a room as a person wrote it, normalised without asking the network.

        Raises ValueError with a sentence for the owner when it cannot be a room of this protocol.
        """

    @abstractmethod
    async def run(self, emit: Emit) -> None:
        """Make one connection: log in, join the rooms of `serve`, emit what happens in them.

        Emits `RoomStateChanged(JOINED)` for each room once commands to it can flow and what was said since
        its position has been emitted, marked as replayed, as far as `catch_up` goes. What is said by the
        bridge's own account, or one of its speakers', is never emitted. A room without a position starts at
        now. While a room's history is read, what is heard there waits. Returns or raises an AdapterError when
        the connection ends. Cancelled: disconnect politely, within a second.
        """

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        """Give a command its place in the network's order.

        Returns once it has its place (pacing happens before); the future is the network's
        confirmation, or one of the AdapterErrors. Both may raise. Called for one command of a room
        at a time, and only while `run` runs and the room is joined. An adapter has this, `send_now`
        or both.
        """
        landed, settle = landing()
        if not self.send_now(command, settle):
            raise Unsupported(f"{self.network} can neither send at once nor wait")
        return landed

    def send_now(self, command: Command, settle: Settle) -> bool:
        """Give a command its place at once; False: it has to wait for one, with `send`.

        `settle` is called with the receipt, or with one of the AdapterErrors, as soon as it is known.
        A future and a task for each message cost more than most messages do: a protocol with many
        messages overrides this. Raises as `send` does.
        """
        return False

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Look for commands that may have reached the room before a crash or the end of a connection, whoever
        spoke.

        None: it is surely not there, or safe to be sent again; a txn that is left out: nobody can
        tell. `since` is when the first of them may have been sent, in seconds since 1970 by our own
        clock. Called while the room is joined. Raises an AdapterError when the answer did not come.
        """
        return {}

    def hint(self, command: FleetingCommand) -> None:  # noqa: B027 - most networks can do one of the two
        """Do this at once, or leave it. Never waits and never raises; the core keeps it rare. Called
        only where the record has it, and while the room is joined.
        """

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        """Return what others said in a room since then, in seconds since 1970, in order, marked as replayed:
        as far as the network has it and gives it the names that it had live, by which it is known.

        Called when the owner asks for it. Raises an AdapterError; Unsupported where nothing can be read.
        """
        raise Unsupported(f"{self.network} does not show what was said before")

    def heard(self, room: RoomId) -> float:
        """Return until when all that was said in the room was surely heard, in seconds since 1970.

        What was read last is no proof: it may have waited in a socket. A question that was answered is one,
        for what was said before it was asked. Of a room that we are in, as far as the connection goes: this
        is noted every few seconds, and asked again when the room or its connection is lost, which is noticed
        later than it happens.
        """
        return self.clock.now()

    def peer(self) -> Endpoint | None:
        """Return who is at the other end of the connection that stands; None: there is none, or nobody can
        tell. No I/O.
        """
        return None

    def retention(self, room: RoomId) -> float | None:
        """Return for how many seconds the network wants what is said in the room kept at most; None: nothing
        is known of such a wish. As of now: it can change any time. No I/O.
        """
        return None

    def history_is_open(self, room: RoomId) -> bool | None:
        """Whether the network shows who comes into the room what was said before they came; None: nobody can
        tell. As of now. No I/O.
        """
        return None

    def present(self, room: RoomId) -> Present | None:
        """Return who is in the room itself, as far as the network has told; None where that is not known. The
        bridge's own account is nobody, and so are its speakers'. No I/O, and cheap: asked for every message.
        """
        return None

    def is_present(self, room: RoomId, name: str) -> bool:
        """Whether somebody of the room itself is known to bear a name that looks like this."""
        present = self.present(room)
        return present is not None and name in present

    def members(self, room: RoomId) -> Collection[str]:
        """Return the names of who is in the room, as `present` knows them."""
        present = self.present(room)
        return present.names.values() if present is not None else ()

    def reaches(self, room: RoomId, user: UserId) -> bool:
        """Whether a `Whisper` would find somebody now, as far as can be told. What is not known yet may be
        asked of the network, for the next time.
        """
        present = self.present(room)
        return present is None or user in present.ids

    def people(self, room: RoomId) -> Collection[Sender]:
        """Return who is in the room, with their ids, as far as `present` knows these."""
        present = self.present(room)
        return (
            [Sender(UserId(user), name) for user, name in present.ids.items()] if present is not None else ()
        )

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        """Whether somebody in the room is known not to look, or not to want to be disturbed; None: nobody can
        tell. As of now, and as the network has told by itself: nothing is asked for it. No I/O.
        """
        return None

    def answers(self, room: RoomId) -> Mapping[str, str]:
        """Return the instructions that are this room's own affair, in it and in the rooms that it hears: for
        each name the sentence for `!help`, marked for translation. The adapter reads them in what is said to
        the room, and the core leaves them to it. No I/O.
        """
        return {}

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        """Make a room that these people alone can enter and others do not see, be in it, and invite them.

        `name` is a word that it should be known by (`desk-12`): where that is taken it is given another.
        Called while `run` runs; `serve` names the room soon after, and at each start from then on. Until then
        what is said there waits, or is not heard. Raises an AdapterError, and has made nothing.
        """
        raise Unsupported(f"{self.network} makes no rooms")

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        """Let these people into a room that was made; who is there is no mistake. Raises an AdapterError."""
        raise Unsupported(f"{self.network} makes no rooms")

    async def unmake(self, room: RoomId) -> None:
        """Take a room down that was made, when `serve` names it no more: as far as the network allows, people
        are out of it, and it is gone. Raises an AdapterError.
        """
        raise Unsupported(f"{self.network} makes no rooms")

    async def forget(self, user: UserId) -> int:
        """Forget what you keep of somebody (`Sender.id`, `proof`), and say how many talks that were."""
        return 0

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        """Return the room in which somebody, known from a room of the map, and a speaker from elsewhere talk
        alone; None: that cannot be. The same for the same two, whether the network has it yet or not: `serve`
        makes it. No I/O.
        """
        return None

    def puppets(self) -> int:
        """Return how many people from elsewhere are in rooms by accounts or connections of their own. No I/O:
        asked whenever the owner looks.
        """
        return 0

    async def avatar(self, room: RoomId, user: UserId) -> bytes | None:
        """Return the picture of somebody in a room, as the network has it; None: they have none.

        Reads no more than `AVATAR_LIMIT`. Raises an AdapterError: Unsupported where people have no pictures
        that we could see, Rejected where this one cannot be had.
        """
        raise Unsupported(f"{self.network} shows no pictures of people")

    def renamed(self, room: RoomId, key: str, new_key: str, name: str) -> None:  # noqa: B027
        """Note that somebody who is heard in a room has another `Speaker.key` now, and this name. Never
        waits and never raises.
        """

    def pictured(self, room: RoomId, key: str) -> None:  # noqa: B027 - where people can be there as themselves
        """Note that somebody from elsewhere (`Speaker.key`), who is heard in this room, has another picture
        now, or none: `avatars` tells. Never waits and never raises.
        """

    def source(self, address: str) -> Source:
        """Return where the file of an attachment can be fetched. Raises Rejected when that is nowhere, and
        TemporaryFailure as long as it is not known.
        """
        return Source(address)

    async def upload(self, file: File) -> None:  # noqa: B027 - where `send` has nothing to upload
        """Put a file where the network keeps files, for `send` to find it there without waiting.

        Beside what is sent, and only where the record has `file`. Raises Rejected where the network does
        not want it, and ConnectionLost while there is no connection.
        """

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return typical records for the documentation, each under the name of what has it."""
        return {}

    @abstractmethod
    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        """Return the record of what can be done in this room now: by the bridge's own account, or by a
        speaker. No I/O, and cheap: asked for every message.

        Where nobody has an account or a name of their own, one record is the same for all. Else the record of
        the bridge's own account has the best `authorship` that anybody can have here, and a record for a
        speaker has that speaker's, which may be less: they may have no account yet, or one that cannot be
        used now. Then nothing is asked of that account until the record says otherwise.
        """

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        """Be in these rooms, each with its RoomConfig. Called before `run`, and anew at a reload."""
        self.rooms = dict(rooms)

    def follow(self, config: Any) -> None:
        """Follow settings that changed: those that are `Live`, and no others. Called at a reload, whether
        `run` runs or not; never waits and never raises.
        """
        self.config = config

    def parting(self, room: RoomId) -> str:
        """Say what the owner should know before a room of `serve` is taken out of the map; empty: nothing."""
        return ""

    @abstractmethod
    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        """Log in and look at each room without relaying and without disturbing a running service.

        Uses another resource or nick, or the session of `keepsake`, which is made and kept when there is
        none; with no rooms it does no more than that. Returns for each room None when all is well, or a
        sentence for the owner: what keeps us out, or from speaking; under "" what is wrong with the network
        itself, though it lets us in. What is only worth knowing is logged as a warning. Raises an
        AdapterError when there is no getting in.
        """

    def introduce(self, person: str) -> str | None:
        """Return the answer to somebody who writes to the bot itself; None: they had it within the hour."""
        now = self.clock.monotonic()
        self._introduced = {who: at for who, at in self._introduced.items() if now - at < _HOUR}
        if person in self._introduced or len(self._introduced) >= 1000:
            return None
        self._introduced[person] = now
        return self.introduction


def landing() -> "tuple[asyncio.Future[Receipt], Callable[[Receipt | Exception], None]]":
    """Return a confirmation as a future, and what settles it."""
    landed: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()

    def settle(outcome: Receipt | Exception, /) -> None:
        if landed.done():
            return
        if isinstance(outcome, Receipt):
            landed.set_result(outcome)
        else:
            landed.set_exception(outcome)
            landed.exception()  # nobody has to look: who waited may be gone

    return landed, settle
