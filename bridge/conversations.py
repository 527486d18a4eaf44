"""Conversations that an adapter opens and closes itself, who is in their rooms, and rooms made for them.

And the lists that people of a network can be asked about.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from .model import MessageId, RoomId, UserId

__all__ = ["AnnouncedLists", "Conversations", "Member"]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a room now, as far as its network has told."""

    key: str
    """Who it is, in all rooms and at all times: `Speaker.key` of what they say."""
    name: str
    network: str
    user: UserId
    """What their own network calls them (`Sender.id`)."""
    room: RoomId
    """The room of their network that they are in."""
    away: bool | None
    """Whether they are there and do not look; None: nobody can tell."""
    proof: str = ""
    """What their network vouches for of them beyond that (`Sender.proof`): by it they are known in another of
    its rooms, where that gives them another id.
    """


class Conversations(Protocol):
    """The conversations that an adapter opens and closes itself, beside those of the owner's map: a direct
    chat, a visitor's session.
    """

    def open(self, name: str, rooms: Sequence[tuple[str, RoomId]]) -> None:
        """Join these rooms, each with its network, of any that run: its own, which count as served from now
        on, and others, which their adapters are asked to `serve`. It stays so, across restarts, until it is
        closed; what bears the same name already is replaced: closed, but for the rooms that are in both.
        Rooms of other networks may be written as an owner writes them. Every room has what its network's
        block says, or the map where that has it too.

        Raises Rejected when there is no such network or room, or a single one, and JournalError when it
        cannot be kept; then nothing has changed.
        """

    def close(self, name: str) -> None:
        """Relay nothing more there. What is owed to its rooms is delivered, then their adapters `serve` them
        no more. What is not open is no mistake. Raises JournalError, and changes nothing.
        """

    def people(self, room: RoomId) -> Sequence[Member]:
        """Return who is in the rooms that are heard in a room of the adapter's own, and is heard from there.
        No I/O.
        """

    def language(self, room: RoomId) -> str:
        """Return the language in which the people of a room of the adapter's own are spoken to (BCP 47), as
        the map has it now. No I/O.
        """

    def archived(self, room: RoomId, language: str) -> str:
        """Return what somebody is told before they say anything in a room of the adapter's own: that it is
        archived, and for how long, in their language (BCP 47). Empty: it is not. No I/O.
        """

    async def make(self, network: str, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        """Make a room on a network for these people of its alone, and invite them (`Adapter.make_room`).
        Returns the room, which is to be opened in a conversation next.

        Raises an AdapterError: Unsupported where the network can make none, Rejected where there is no such
        network.
        """

    async def invite(self, network: str, room: RoomId, users: Collection[UserId]) -> None:
        """Let these people into a room that was made. Raises an AdapterError."""

    async def leave(self, network: str, room: RoomId) -> None:
        """Take a room down that was made, once no conversation has it: nobody can say anything there that
        anybody hears. What is gone already is no mistake. Raises an AdapterError.
        """

    async def forget(self, user: UserId, messages: Collection[tuple[RoomId, MessageId]]) -> bool:
        """Forget the talk of one of the adapter's own people, since they want that: what they said in it and
        what was said to them alone. `messages` are the names that all of it has in rooms of the adapter's
        network. It goes from the journal and the archive, and copies are taken back where networks permit.
        Returns whether something of it stays, since it must not go now. Raises a HubbubError when it cannot
        be done now: then it may be asked again.
        """


class AnnouncedLists(Protocol):
    """The lists of the map: who confirms that they want one is told what is announced there."""

    def by_mail(self) -> Collection[str]:
        """Return the lists that a mail address can be asked about."""

    def subscribe_by_mail(self, name: str, address: str, *, where: str, language: str) -> None:
        """Ask an address whether it wants a list, for somebody who asks for that elsewhere (`where`), such as
        on a web page. Raises HubbubError with a sentence for them, in their language.
        """
