"""What is remembered of one room from one delivery to the next."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from bridge.filters import Rewriting
from bridge.identity import Author, safe_name
from bridge.model import (
    Authorship,
    Capabilities,
    Content,
    MessageEdited,
    MessageId,
    Sender,
    Span,
    Speaker,
    UserId,
)

from .mentions import People
from .namesakes import HUBBUB, Namesakes
from .prefix import Prefix
from .view import RoomView

__all__ = ["Guest", "RoomMemory", "keep"]

_LAST_FEW = 3
"""A reply to one of so many messages that were shown last needs no quotation."""
_KEPT = 200
"""So much is remembered of each kind."""

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody from another room, as this one has to do with them."""

    author: Author
    key: str
    """The author's."""
    speaker: Speaker
    """Who speaks for them where they are named in the text."""
    prefix: Prefix
    """How people of their room are named here."""
    is_hubbub: bool


class RoomMemory:
    """All that changes while deliveries to a room are composed.

    It can be dropped at any time: what is missing is read from the journal, asked for once more, or done once
    more, which nobody sees. Two things are forgotten for good, as they are when the process ends: that the
    room refused a topic, and which messages were taken back before they were said.
    """

    def __init__(self, view: RoomView) -> None:
        facts = view.facts
        self.shown = deque(facts.lately(_LAST_FEW), maxlen=_LAST_FEW)
        """What people in the room saw last."""
        self.people = People(facts.speakers)
        """Who spoke in the room itself."""
        self.namesakes = Namesakes(
            view.adapter.network,
            partial(_voices, view),
            partial(view.adapter.is_present, view.id),
            view.clock,
        )
        self.namesakes.unique = view.unique
        self.namesakes.follow(view.networks, view.show.protect)
        self.guests: dict[tuple[int, UserId, str], Guest] = {}
        """By room, id and name."""
        self.degraded: tuple[int, Content, Capabilities, tuple[Span, ...]] | None = None
        """The words that are being said in parts, as the room can show them; of which event."""
        self.split: tuple[int, dict[int, int]] = (0, {})
        """Of the message that is being said in parts: which part begins where."""
        self.begun: dict[int, Rewriting | None] = {}
        """How messages are told of which a part is said: the rest is told so too, by whatever map."""
        self.corrections: dict[int, tuple[int, MessageEdited, MessageEdited]] = {}
        """Of messages that were edited: by which delivery last, to what, and what was said of it."""
        self.reactions: dict[tuple[MessageId, str], tuple[str, ...]] = {}
        """What speakers react to messages of the room with, by their keys, as far as we know."""
        self.fileless: dict[int, None] = {}
        """Messages whose files the room refused."""
        self.unsaid: dict[int, None] = {}
        """Messages that were taken back before they were said here."""
        self.topics: set[str] = set()
        """Whose topics the room refused, by the keys of speakers."""
        self.silenced: dict[str, float] = {}
        """Until when speakers do not speak by themselves, by their keys, and by the monotonic clock."""

    def guest(self, view: RoomView, source: int, sender: Sender) -> Guest:
        """Find who did something in another room."""
        known = self.guests.get((source, sender.id, sender.name))
        if known is None:
            network, prefix = view.origin(source, view.number)
            author = Author(network, sender.id, safe_name(sender.name))
            speaker = Speaker(Authorship.PREFIX, author.name)
            known = Guest(author, author.key, speaker, prefix, sender == HUBBUB)
            keep(self.guests, (source, sender.id, sender.name), known)
        return known

    def speaker(self, view: RoomView, source: int, sender: Sender) -> Speaker:
        """Find who speaks for somebody from another room."""
        return view.speaker or self.guest(view, source, sender).speaker

    def called(self, view: RoomView, source: int, sender: Sender) -> str:
        """Name somebody from another room as they are called here."""
        return self.namesakes.called(view.network(source), sender)

    def follow(self, view: RoomView) -> None:
        """Forget what may be otherwise by a new map, in which the room is like this."""
        self.namesakes.follow(view.networks, view.show.protect)
        self.namesakes.hear(lambda: {view.adapter.network, *map(view.network, view.facts.heard)})
        self.degraded = None
        self.guests.clear()


def keep(kept: dict[_K, _V], key: _K, value: _V) -> None:
    """Remember something, and forget the oldest where there is too much."""
    kept[key] = value
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]


def _voices(view: RoomView, seconds: float) -> Iterable[tuple[str | None, Sender]]:
    for room, sender in view.facts.voices(view.clock.now() - seconds):
        yield view.network(room) if room != view.number else None, sender
