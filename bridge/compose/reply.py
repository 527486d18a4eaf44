"""What a message belongs to: what it answers, and the thread that it is in."""

from typing import TypeAlias

from bridge.journal import Delivery
from bridge.language import Locale
from bridge.model import Answered, MessageCreated, MessageEdited, MessageId, Part, UserId, plain

from .fit import first_words
from .forging import unbracketed
from .memory import RoomMemory
from .namesakes import HUBBUB
from .snippets import gist
from .view import RoomView

__all__ = ["NOWHERE", "Belongs", "belonging", "whose_words"]

Belongs: TypeAlias = tuple[Answered | None, Part | None]
"""What a message answers, and the root of its thread, as the room names them."""
NOWHERE: Belongs = (None, None)


def belonging(
    delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory
) -> tuple[str, Belongs]:
    """Find what a message belongs to, and what has to be said of that before its words. Where there are no
    threads, it answers the message that the thread hangs on.
    """
    facts, answers = view.facts, event.reply_to
    root = facts.named(delivery, event.thread) if event.thread is not None else None
    thread = None
    if root == delivery.seq:
        root = None
    if root is not None:
        parts = facts.parts(root) if view.capabilities.thread else []
        thread = parts[0] if parts else None
        if thread is None and answers is None:
            answers = event.thread
    before, answered = "", None
    if answers is not None and not delivery.progress.chars:
        before, answered = _answered(delivery, answers, event.quoted, view, memory)
    if root is not None and thread is None:
        memory.shown.append(root)  # who follows it needs to be told only once
    return before, (answered, thread)


def _answered(
    delivery: Delivery, name: MessageId, quoted: str, view: RoomView, memory: RoomMemory
) -> tuple[str, Answered | None]:
    """Show that a message answers another: by words before it, or what the network has for that.
    `quoted` is what it says itself of the other.
    """
    facts, locale = view.facts, view.locale
    seq = facts.about(delivery, name)
    if seq is None:
        return _quotation(locale, "", first_words(plain(quoted))), None
    target, known = facts.event(seq), facts.said_by(seq)
    if known is None or not (target is None or isinstance(target, MessageCreated)):
        return "", None
    source, author = known
    who = memory.called(view, source, author)
    said = facts.words(seq, delivery)
    words = gist(locale, said) if said is not None else ""
    parts = facts.parts(seq) if view.capabilities.reply else []
    if parts:
        return "", Answered(parts[0], who, words, author.id if source == view.number else None)
    return "" if seq in memory.shown else _quotation(locale, who, words), None


def _quotation(locale: Locale, who: str, words: str) -> str:
    """Say before a reply whose words it answers, as far as that is known."""
    who, words = unbracketed(who), unbracketed(words)
    match bool(who), bool(words):
        case True, True:
            return locale.gettext("[re {name}: {words}]", name=who, words=words) + " "
        case True, False:
            return locale.gettext("[re {name}]", name=who) + " "
        case False, True:
            return locale.gettext("[re: {words}]", words=words) + " "
    return ""


def whose_words(
    delivery: Delivery, event: MessageCreated | MessageEdited, view: RoomView, memory: RoomMemory
) -> tuple[str, UserId | None] | None:
    """Find whose words a message answers that the bridge said for them: their name, and who that is here."""
    facts = view.facts
    said = event if isinstance(event, MessageCreated) else facts.event(facts.about(delivery, event.target))
    if not isinstance(said, MessageCreated) or said.reply_to is None:
        return None
    seq = facts.about(delivery, said.reply_to)
    known = facts.said_by(seq) if seq is not None else None
    if known is None or known[0] == delivery.source or known[1] == HUBBUB:
        return None
    source, author = known
    return memory.called(view, source, author), author.id if source == view.number else None
