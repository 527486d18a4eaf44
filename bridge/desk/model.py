"""The records of a desk: its chats, what was said in them, and the people who are there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import msgspec

from bridge.model import MessageId

__all__ = [
    "Chat",
    "ChatFile",
    "ChatLine",
    "ChatState",
    "Denial",
    "Denied",
    "FeedRow",
    "LineBody",
    "NewChat",
    "OpenedChat",
    "Person",
    "SaidBy",
    "chat_of",
    "final",
    "own_chat",
]


class ChatState(StrEnum):
    """The state of a chat."""

    WAITING = "waiting"
    OFFERED = "offered"
    """To one agent, who has not answered yet; its visitor waits."""
    TALKING = "talking"
    CLOSED = "closed"


class SaidBy(StrEnum):
    """The side whose line it is."""

    VISITOR = "visitor"
    AGENT = "agent"
    DESK = "desk"


@dataclass(slots=True)
class Chat:
    """One visitor's talk with a desk. All times are in seconds since 1970."""

    number: int
    desk: str
    opened_at: float
    name: str = ""
    """Safe to show; empty: they gave none."""
    mail: str = ""
    customer: str = ""
    """Who they are by the shop's signed word; empty: nobody vouches for them."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What they put into the form besides."""
    page: str = ""
    title: str = ""
    language: str = "en"
    """As their browser says, by BCP 47."""
    address: str = ""
    """A keyed hash of their address."""
    state: ChatState = ChatState.WAITING
    agent: str = ""
    """Who has it, or is offered it, by their key."""
    agent_name: str = ""
    waits_since: float = 0.0
    """Since when it has been in line: who waits longest is first."""
    offered_at: float | None = None
    taken_at: float | None = None
    """When an agent took it first."""
    answered_at: float | None = None
    """When an agent answered first."""
    closed_at: float | None = None
    closed_by: str = ""
    """`visitor`, `desk`, or an agent's key."""
    last_at: float = 0.0
    rating: int | None = None
    rating_words: str = ""
    missed: bool = False
    """Whether it was closed before anybody answered."""
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The rooms that are its own, by their networks; none: it is in the lobby."""
    mail_to: str = ""
    """Where its transcript is wanted."""
    last: int = 0
    """The number of its last line."""
    passed: set[str] = field(default_factory=set)
    """Agents who were offered it and did not answer; not kept over a restart."""
    place: int = 0
    """The place in line that its visitor was told last; 0: none, since the start."""

    @property
    def label(self) -> str:
        """What agents call it: its number, and the visitor's name."""
        return f"{self.number} {self.name}".rstrip()

    @property
    def room(self) -> str:
        """The room where its visitor is heard: its own, or the desk's."""
        return f"{self.desk}/{self.number}" if self.rooms else self.desk

    @property
    def known_by(self) -> str:
        """What tells its visitor in all their chats: `customer:` and the id that the shop has signed, else
        `mail:` and the address that they gave; empty: nothing.
        """
        if self.customer:
            return f"customer:{self.customer}"
        return f"mail:{self.mail.casefold()}" if self.mail else ""


class ChatFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file in a chat."""

    name: str
    type: str = ""
    size: int | None = None
    """In bytes."""
    address: str = ""
    """Where whoever serves the chat keeps it: not for the browser."""


class LineBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a line, by its kind."""

    text: str = ""
    """Of `state`: in the visitor's language, as they are told it."""
    file: ChatFile | None = None
    of: int | None = None
    """Of `edited` and `gone`: the line that it is about."""
    answers: int | None = None
    """Of what an agent said: the line that they answer."""
    state: str = ""
    position: int | None = None
    """In the queue, from 1."""
    agent: str = ""
    """The name of who is talked to."""
    own: str = ""
    """The words as its visitor wrote them, for them alone, where everybody else gets others (`text`)."""


class ChatLine(NamedTuple):
    """One line of a chat, which its visitor's browser follows by their numbers."""

    chat: int
    n: int
    at: float
    kind: str
    """`said`, `edited`, `gone` or `state`."""
    by: SaidBy
    name: str
    key: str
    """The browser's own id of what its visitor said."""
    body: LineBody


def final(lines: Sequence[ChatLine]) -> Iterator[tuple[ChatLine, str]]:
    """Yield the lines that were said and not taken back, each with its words as they were last."""
    gone = {line.body.of for line in lines if line.kind == "gone"}
    edits = {line.body.of: line.body.text for line in lines if line.kind == "edited"}
    for line in lines:
        if line.kind == "said" and line.n not in gone:
            yield line, edits.get(line.n, line.body.text)


class FeedRow(NamedTuple):
    """One thing that a desk says into its lobby, or a chat's room."""

    number: int
    """Greater than those before it, of all rooms."""
    room: str
    at: float
    kind: str
    """`said`."""
    chat: int
    """0: it is about no chat."""
    n: int
    """The line of the chat; 0: the desk's own words."""
    sender: str
    sender_name: str
    body: LineBody

    @property
    def id(self) -> MessageId:
        """The message's name on the network, from which its chat is found again."""
        return MessageId(f"{self.chat}.{self.n}" if self.n else f"{self.chat}.f{self.number}")


def chat_of(message: str) -> int | None:
    """Return the number of the chat that a message's name tells of; 0: of none. None: it is not ours."""
    number, dot, _ = message.partition(".")
    return int(number) if dot and number.isascii() and number.isdigit() else None


def own_chat(room: str) -> int | None:
    """Return the number of the chat whose own room it is; None: it is the desk's."""
    _, slash, number = room.partition("/")
    return int(number) if slash and number.isdecimal() else None


@dataclass(frozen=True, slots=True)
class NewChat:
    """A visitor who comes, and what they say first. Checked by whoever lets them in."""

    text: str
    own: str = ""
    """As the visitor wrote it, where that is not what everybody else gets."""
    key: str = ""
    """The browser's own id of the first line. One that nobody else finds (16 characters at least) is also
    that of the chat, so that a browser that got no answer can ask again."""
    name: str = ""
    mail: str = ""
    customer: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    title: str = ""
    language: str = "en"
    address: str = ""
    file: ChatFile | None = None


@dataclass(frozen=True, slots=True)
class OpenedChat:
    """A visitor's chat, and 128 bits (`token`) that are theirs alone and are kept nowhere."""

    number: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is in the lobby now."""

    key: str
    name: str
    network: str
    away: bool | None = None
    """None: their network does not tell."""


class Denial(StrEnum):
    """Why something is not done for a visitor."""

    BANNED = "banned"
    GONE = "gone"
    """There is no such chat any more."""


class Denied(Exception):
    """A visitor is refused something; the text is a sentence for them, in their language."""

    def __init__(self, denial: Denial, sentence: str) -> None:
        super().__init__(sentence)
        self.denial = denial
