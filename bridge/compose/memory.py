"""What is remembered of one room from one delivery to the next."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from bridge.journal import Delivery
from bridge.model import Author, Capabilities, Content, MessageEdited, MessageId, Sender, Span, UserId

from .mentions import People
from .namesakes import HUBBUB, Namesakes
from .prefix import Prefix, safe_name
from .view import RoomView

__all__ = ["RoomMemory", "Speaker", "keep"]

_LAST_FEW = 3
"""A reply to one of so many messages that were shown last needs no quotation."""
_KEPT = 200
"""So much is remembered of each kind."""

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody from another room, as this one has to do with them."""

    author: Author
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
            view.adapter.network, partial(_voices, view), partial(view.adapter.is_present, view.id)
        )
        self.namesakes.unique = view.unique
        self.speakers: dict[tuple[int, UserId, str], Speaker] = {}
        """By room, id and name."""
        self.degraded: tuple[Delivery, Content, Capabilities, tuple[Span, ...]] | None = None
        """The words that are being said in parts, as the room can show them."""
        self.split: tuple[int, dict[int, int]] = (0, {})
        """Of the message that is being said in parts: which part begins where."""
        self.corrections: dict[int, tuple[int, MessageEdited, MessageEdited]] = {}
        """Of messages that were edited: by which delivery last, to what, and what was said of it."""
        self.reactions: dict[MessageId, tuple[str, ...]] = {}
        """What we react to messages of the room with, as far as we know."""
        self.fileless: dict[int, None] = {}
        """Messages whose files the room refused."""
        self.unsaid: dict[int, None] = {}
        """Messages that were taken back before they were said here."""
        self.topics = True
        """Whether we may set the room's topic, as far as we know."""

    def speaker(self, view: RoomView, source: int, sender: Sender) -> Speaker:
        """Find who speaks."""
        known = self.speakers.get((source, sender.id, sender.name))
        if known is None:
            network, prefix = view.origin(source, view.number)
            author = Author(network, sender.id, safe_name(sender.name))
            known = Speaker(author, prefix, sender == HUBBUB)
            keep(self.speakers, (source, sender.id, sender.name), known)
        return known

    def called(self, view: RoomView, source: int, sender: Sender) -> str:
        """Name somebody from another room as they are called here."""
        return self.namesakes.called(view.network(source), sender)

    def follow(self) -> None:
        """Forget what may be otherwise by a new map."""
        self.degraded = None
        self.speakers.clear()


def keep(kept: dict[_K, _V], key: _K, value: _V) -> None:
    """Remember something, and forget the oldest where there is too much."""
    kept[key] = value
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]


def _voices(view: RoomView, seconds: float) -> Iterable[tuple[str | None, Sender]]:
    for room, sender in view.facts.voices(seconds):
        yield view.network(room) if room != view.number else None, sender
