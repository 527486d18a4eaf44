"""Names of things. All are opaque to the core: only the network that made one knows what it means."""

from dataclasses import dataclass, field
from typing import NewType

__all__ = ["MessageId", "Part", "RoomId", "Sender", "Txn", "UserId", "by_author"]

RoomId = NewType("RoomId", str)
"""A room as written in the configuration, normalised by its adapter."""

MessageId = NewType("MessageId", str)
"""A name that a network has for a message, unique within its room."""

UserId = NewType("UserId", str)
"""The network's own stable word for a person: an IRC mask, an occupant id, a Matrix user id."""

Txn = NewType("Txn", str)
"""A delivery part's id: a number and an HMAC; unguessable, ours wherever it is seen. [0-9a-f.] only."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message as one network keeps it, with every name it goes by there."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    speaker: str | None = None
    """Which account said it for the bridge (`Speaker.account`), as its adapter says with the receipt. None:
    the bridge's own, in a text that names the author; empty: the bridge's own, under the author's name.
    """


@dataclass(frozen=True, slots=True)
class Sender:
    """Who said something. `id` is for recognising, `name` for showing: what people chose, unsafe."""

    id: UserId
    name: str
    account: UserId | None = None
    """The account that says it for them, where one speaks for several people; None: their own."""
    proof: str = field(default="", compare=False)
    """What the network itself vouches for beyond `id`: the account that its services know, a real address;
    empty: nothing. For the owner's eyes alone, never for a room's."""

    @property
    def author(self) -> UserId:
        """Whose word it is: who may change it, and take it back."""
        return self.account or self.id

    @property
    def speaking(self) -> "Sender":
        """The account itself, under the name that it has now: what it wants counts for all of them."""
        return self if self.account is None else Sender(self.account, self.name)


def by_author(sender: UserId, name: str) -> MessageId:
    """Return a message name that its author chose, bound to the author: it never names another's message."""
    return MessageId(f"{name}\n{sender}")
