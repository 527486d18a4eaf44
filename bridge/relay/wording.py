"""An event as the words that a room gets: named, dated, degraded, addressed, cut into parts."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bridge.compose.fit import Fitted, degrade, first_words, next_part
from bridge.compose.forging import unbracketed
from bridge.compose.mentions import People, meant, mentioning
from bridge.compose.namesakes import HUBBUB, Namesakes
from bridge.compose.prefix import Prefix, one_line, safe_name
from bridge.compose.snippets import gist
from bridge.config import ShowRules
from bridge.errors import Rejected
from bridge.journal import Delivery, Journal, Progress
from bridge.language import N_, Locale, locale
from bridge.model import (
    US,
    Answered,
    Author,
    Capabilities,
    Change,
    Command,
    Content,
    Kind,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    Sender,
    SendMessage,
    Span,
    Support,
    TalkEvent,
    UserId,
    plain,
)

from .room import Room

__all__ = ["HUBBUB", "LAST_FEW", "OLD", "Belongs", "Origin", "Step", "Wording"]

log = logging.getLogger(__name__)

OLD = 120.0
"""Seconds after which a message says when it was said, and is part of a backlog."""
_AGAIN = N_("[again?]")
"""Stands before what may have arrived before."""
_MOMENT = 1.0
"""Seconds that a correction waits for the next one, since nobody can take it back."""
_KEPT = 200
"""So many messages are remembered whose files the room refused."""
LAST_FEW = 3
"""An answer to one of so many messages that were shown last needs no quotation."""

Origin = Callable[[int, int], tuple[str, Prefix]]
"""Gives, for a source and a destination, the source's network and how to name its people."""
Words = MessageCreated | MessageEdited
Belongs = tuple[Answered | None, Part | None]
"""What a message answers, and the root of its thread, as the room names them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a delivery."""

    command: Command
    then: Progress | None
    """How far the delivery has come with it; None: it is done."""


class Wording:
    """Finds the words for one room."""

    show: ShowRules
    """What the room is shown of what it cannot do."""
    locale: Locale

    def __init__(self, room: Room, journal: Journal, origin: Origin) -> None:
        self.room = room.id
        self.number = room.number
        self.adapter = room.adapter
        self.journal = journal
        self._origin = origin
        self.shown: deque[int] = deque(maxlen=LAST_FEW)
        """What people in the room saw last."""
        self.heard: Sequence[int] = ()
        """The rooms that it hears."""
        self.people = People(lambda: journal.speakers(room.number))
        self.namesakes = Namesakes(
            room.adapter.network, self._voices, partial(room.adapter.is_present, room.id)
        )
        self.follow(room.show)
        self._degraded: tuple[Delivery, Content, Capabilities, tuple[Span, ...]] | None = None
        self._fileless: dict[int, None] = {}
        """Messages whose files the room refused."""

    def follow(self, show: ShowRules) -> None:
        """From now on show the room this of what it cannot do itself, and speak to it so."""
        self.show = show
        self.locale = locale(show.language, show.time_zone)
        self._degraded = None

    def record(self, seq: int) -> Capabilities:
        """What the room can do now for this message."""
        record = self.adapter.capabilities(self.room)
        return replace(record, file=Support.NO) if seq in self._fileless else record

    def goes_without_file(self, seq: int, command: Command, error: BaseException) -> bool:
        """Whether the room may have refused this command for its file alone, of which it is told instead."""
        if not (isinstance(error, Rejected) and isinstance(command, SendMessage) and command.file):
            return False
        log.warning("a file is not sent to %s on %s: %s", self.room, self.adapter.network, error)
        self._fileless[seq] = None
        if len(self._fileless) > _KEPT:
            del self._fileless[next(iter(self._fileless))]
        return True

    def fit(self, delivery: Delivery, event: Words, note: str, capabilities: Capabilities) -> Fitted | None:
        """The next part of what is said, with who says it; None: there is nothing more to say."""
        known = self._degraded
        if known is not None and known[0] is delivery and known[1:3] == (event.content, capabilities):
            spans = known[3]
        else:
            spans = self._spans(delivery, event, capabilities)
            self._degraded = (delivery, event.content, capabilities, spans)
        before = self.before(delivery, event, capabilities) + note
        return next_part(spans, delivery.progress.chars, before, capabilities)

    def _spans(self, delivery: Delivery, event: Words, capabilities: Capabilities) -> tuple[Span, ...]:
        spans = degrade(event.content, capabilities, self.locale)
        if US in [span.mention for span in spans]:
            spans = meant(spans, self._answered(delivery, event))
        network, prefix = self._origin(delivery.source, self.number)
        if capabilities.lines:
            spans = prefix.guarded(spans)
        if is_old(delivery) or event.replayed:
            return _without_mentions(spans)
        if capabilities.mention and event.sender != HUBBUB:
            find = partial(self._meant, network)
            return mentioning(spans, find, same=network == self.adapter.network)
        return spans

    def _meant(self, network: str, name: str) -> UserId | None:
        """Find who of the room itself is called by a name that somebody on a network says."""
        found = self.people.find(name)
        return found if found and not self.namesakes.means_another(network, name) else None

    def before(self, delivery: Delivery, event: Words, capabilities: Capabilities) -> str:
        """What stands before the words: whose they are, from when, and whether they may have come before."""
        before, (network, prefix) = "", self._origin(delivery.source, self.number)
        if event.sender != HUBBUB:
            name = self.namesakes.speaking(network, event.sender, told=prefix.tells_network(event.kind))
            before = prefix.render(name, event.kind, pings=capabilities.name_pings)
        elif delivery.progress.chars or prefix.claims(event.content.text):
            before = prefix.render(HUBBUB.name, event.kind, pings=False)
        if is_old(delivery) and not capabilities.times:
            before = f"[{self.locale.clock(delivery.said_at, time.time())}] {before}"
        return f"{self.locale.gettext(_AGAIN)} {before}" if delivery.again else before

    def message(
        self,
        delivery: Delivery,
        event: Words,
        fitted: Fitted,
        capabilities: Capabilities,
        belongs: Belongs = (None, None),
    ) -> SendMessage:
        """The command that says a part."""
        answered, thread = belongs
        return SendMessage(
            room=self.room,
            author=self.author(delivery),
            txn=self.journal.txn(delivery),
            content=fitted.content,
            kind=kind_of(event),
            answered=answered,
            thread=thread,
            at=delivery.said_at if capabilities.times and is_old(delivery) else None,
        )

    def note(self, delivery: Delivery, text: str, capabilities: Capabilities) -> Step | None:
        """Hubbub's own words about what happened, in one message."""
        event = delivery.event
        words = MessageCreated(
            id=event.id, room=event.room, sender=HUBBUB, content=plain(one_line(text)), kind=Kind.NOTICE
        )
        fitted = self.fit(delivery, words, "", capabilities)
        if fitted is None:
            return None
        return Step(self.message(delivery, words, fitted, capabilities), None)

    def answered(
        self, delivery: Delivery, name: MessageId, quoted: str, capabilities: Capabilities
    ) -> tuple[str, Answered | None]:
        """Show that a message answers another: by words before it, or what the network has for that.
        `quoted` is what it says itself of the other.
        """
        seq, target = self.about(delivery, name)
        if seq is None:
            return self._note_of("", first_words(plain(quoted))), None
        if not (target is None or isinstance(target, MessageCreated)):
            return "", None
        author = target.sender if target is not None else self.journal.sender(seq)
        source = self.journal.taken_in(seq)
        if author is None or source is None:
            return "", None
        who = self.called(source, author)
        said = self.journal.words(seq, delivery.seq)
        words = gist(self.locale, said) if said is not None else ""
        parts = self.journal.parts(seq, self.number) if capabilities.reply else []
        if parts:
            here = source == self.number
            return "", Answered(parts[0], who, words, author.id if here else None)
        return "" if seq in self.shown else self._note_of(who, words), None

    def _note_of(self, who: str, words: str) -> str:
        """Say before an answer whose words it answers, as far as that is known."""
        who, words = unbracketed(who), unbracketed(words)
        match bool(who), bool(words):
            case True, True:
                return self.locale.gettext("[re {name}: {words}]", name=who, words=words) + " "
            case True, False:
                return self.locale.gettext("[re {name}]", name=who) + " "
            case False, True:
                return self.locale.gettext("[re: {words}]", words=words) + " "
        return ""

    def _answered(self, delivery: Delivery, event: Words) -> tuple[str, UserId | None] | None:
        """Whose words something answers that the bridge said for them: their name, and who that is here."""
        said = event if isinstance(event, MessageCreated) else self.about(delivery, event.target)[1]
        if not isinstance(said, MessageCreated) or said.reply_to is None:
            return None
        seq, target = self.about(delivery, said.reply_to)
        source = self.journal.taken_in(seq) if seq is not None else None
        if seq is None or source is None or source == delivery.source:
            return None
        author = target.sender if target is not None else self.journal.sender(seq)
        if author is None or author == HUBBUB:
            return None
        return self.called(source, author), author.id if source == self.number else None

    def target(self, delivery: Delivery, name: MessageId) -> tuple[int | None, TalkEvent | None]:
        """The event that a name stands for where it was used, and what it says, as far as that is known."""
        seq = self.journal.origin(delivery.source, name)
        return seq, self.journal.event(seq) if seq is not None else None

    def about(self, delivery: Delivery, name: MessageId) -> tuple[int | None, TalkEvent | None]:
        """The same; of an edit, what it edits."""
        seq = self.journal.about(delivery.source, name)
        return seq, self.journal.event(seq) if seq is not None else None

    def author(self, delivery: Delivery) -> Author:
        """Whom a command speaks for."""
        sender = delivery.event.sender
        return Author(self.network(delivery.source), sender.id, safe_name(sender.name))

    def spoke(self, sender: Sender) -> None:
        """Somebody says something in this very room."""
        self.people.spoke(sender.name, sender.id)
        self.namesakes.spoke(sender)

    def gone(self, network: str, event: MemberChanged) -> None:
        """Somebody is there no more, or no more by that name."""
        self.namesakes.left(network, event.sender.id)
        if event.change is Change.RENAMED and network == self.adapter.network:
            self.people.renamed(event.sender.id)

    def called(self, source: int, sender: Sender) -> str:
        """Name somebody from a room as they are called here."""
        return self.namesakes.called(self.network(source), sender)

    def _voices(self, seconds: float) -> list[tuple[str | None, Sender]]:
        voices = self.journal.voices((self.number, *self.heard), time.time() - seconds)
        return [(self.network(room) if room != self.number else None, who) for room, who in voices]

    def network(self, source: int) -> str:
        """The network of a room."""
        return self._origin(source, self.number)[0]


def lull(delivery: Delivery) -> float | None:
    """Until when others like it may follow, by the monotonic clock; None: that time is over."""
    left = delivery.said_at + _MOMENT - time.time()
    return time.monotonic() + left if 0 < left <= _MOMENT else None


def is_old(delivery: Delivery) -> bool:
    """Whether it was said so long ago that the time matters."""
    return time.time() - delivery.said_at > OLD


def kind_of(event: Words) -> Kind:
    """An emote is told in words that name who does it."""
    return Kind.TEXT if event.kind is Kind.EMOTE else event.kind


def _without_mentions(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """History alerts nobody."""
    if not any(span.mention for span in spans):
        return spans
    return tuple([replace(span, mention=None) for span in spans])
