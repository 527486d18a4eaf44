"""What the journal knows that a delivery to one room needs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bridge.filters import Rewriting
from bridge.journal import Delivery
from bridge.journal.api import Recall
from bridge.model import Content, MessageId, Part, Sender, TalkEvent, Txn, UserId

__all__ = ["Facts"]


class Facts:
    """Answers for one room. Names of messages are understood where they were used."""

    def __init__(
        self,
        journal: Recall,
        room: int,
        heard: Sequence[int] = (),
        rewritings: Mapping[int, Rewriting] = MappingProxyType({}),
    ) -> None:
        self._journal = journal
        self._room = room
        self.heard = heard
        """The rooms whose talk comes to this one."""
        self.rewritings = rewritings
        """How what is said in some of them is told here; the rest as it is."""

    def rewriting(self, source: int) -> Rewriting | None:
        """Return how what is said in a room is told here; None: as it is."""
        return self.rewritings.get(source)

    def _rewriting_of(self, seq: int) -> Rewriting | None:
        """Return how something that was said before is told here."""
        source = self._journal.taken_in(seq) if self.rewritings else None
        return self.rewriting(source) if source is not None else None

    def txn(self, delivery: Delivery) -> Txn:
        """Return the id of a delivery's next part."""
        return self._journal.txn(delivery)

    def is_withdrawn(self, delivery: Delivery) -> bool:
        """Whether a message was taken back before it was delivered."""
        return self._journal.is_withdrawn(self._room, delivery.seq)

    def is_removed(self, seq: int) -> bool:
        """Whether a message was taken back, so that nothing more is said of it here."""
        return self._journal.is_removed(self._room, seq)

    def named(self, delivery: Delivery, name: MessageId) -> int | None:
        """Find the event that a delivery's event names."""
        return self._journal.origin(delivery.source, name)

    def about(self, delivery: Delivery, name: MessageId) -> int | None:
        """Find the same; of an edit, what it edits."""
        return self._journal.about(delivery.source, name)

    def event(self, seq: int | None) -> TalkEvent | None:
        """Return an event, as far as it is known."""
        if seq is None or (event := self._journal.event(seq)) is None:
            return None
        told = self._rewriting_of(seq)
        return told.event(event) if told is not None else event

    def words(self, seq: int, delivery: Delivery) -> Content | None:
        """Return what a message said when a delivery's event happened."""
        said, told = self._journal.words(seq, delivery.seq), self._rewriting_of(seq)
        return told.content(said) if told is not None and said is not None else said

    def said_by(self, seq: int) -> tuple[int, Sender] | None:
        """Return who did something, and in which room, as far as that is known."""
        room, sender = self._journal.taken_in(seq), self._journal.sender(seq)
        return (room, self.named_here(room, sender)) if room is not None and sender is not None else None

    def named_here(self, source: int, sender: Sender) -> Sender:
        """Return somebody of another room under the name that the owner wants them to have here."""
        told = self.rewriting(source)
        return told.sender(sender) if told is not None else sender

    def is_from_here(self, seq: int) -> bool:
        """Whether something was said in this very room."""
        return self._journal.taken_in(seq) == self._room

    def is_by(self, delivery: Delivery, seq: int) -> bool:
        """Whether the author of what is delivered had done that too."""
        return self._journal.is_by(seq, delivery.source, delivery.event)

    def parts(self, seq: int, *, files: bool = True) -> list[Part]:
        """Return what a message is called here, part by part; with or without files behind its words."""
        return self._journal.parts(seq, self._room, files=files)

    def reactions(self, seq: int) -> list[tuple[int, UserId, str]]:
        """List the reactions to a message, but for this room's: room, person and emoji, in order."""
        return self._journal.reactions(seq, self._room)

    def lately(self, count: int) -> list[int]:
        """Return the messages that people here saw last."""
        return self._journal.lately(self._room, self.heard, count)

    def speakers(self) -> Mapping[str, UserId]:
        """Return the people who spoke here not long ago, by name."""
        return self._journal.speakers(self._room)

    def voices(self, since: float) -> list[tuple[int, Sender]]:
        """List the people who were heard here since then, each with the room they spoke in, in order."""
        voices = self._journal.voices((self._room, *self.heard), since)
        return [(room, self.named_here(room, sender)) for room, sender in voices]
