"""Makes entries of what was taken."""

from typing import Any

from bridge.archive.process.parcels import Row
from bridge.journal import codec
from bridge.model import (
    Content,
    Kind,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    Sender,
    Span,
    TopicChanged,
)
from bridge.model.content import PLAIN
from bridge.model.registry import KINDS

from .entries import EntryKind, FiledFile, Header, Person, Words

__all__ = ["entered", "member", "person", "sender_of"]

FORGOTTEN = "forgotten"
_KINDS: dict[type[Any], EntryKind] = {
    MessageCreated: EntryKind.MESSAGE,
    MessageEdited: EntryKind.EDIT,
    Removed: EntryKind.REMOVAL,
    ReactionsChanged: EntryKind.REACTION,
    TopicChanged: EntryKind.TOPIC,
    NameChanged: EntryKind.NAME,
}


def sender_of(row: Row) -> Sender:
    """Return who did it."""
    return codec.sender(row[5], row[6] or b'{"id":"","name":""}')


def entered(row: Row) -> tuple[Header, Words]:
    """Return the entry of an event, with its words. What its author asks nobody to keep, and what the journal
    forgot before it came here, has none: the header says so.
    """
    seq, network, room, said_at, name, kind, body = row
    event = codec.event(kind, body)
    if event is None:
        header = Header(
            kind=EntryKind.MESSAGE,
            at=said_at,
            network=network,
            room=room,
            id=name,
            by=person(sender_of(row)),
            seq=seq,
            left_out=FORGOTTEN,
        )
        return header, Words()
    unstored = isinstance(event, MessageCreated | MessageEdited) and event.unstored
    reply_to = thread = style = target = ""
    if isinstance(event, MessageCreated):
        reply_to, thread = event.reply_to or "", event.thread or ""
    if isinstance(event, MessageEdited | Removed | ReactionsChanged):
        target = event.target
    if isinstance(event, MessageCreated | MessageEdited) and event.kind is not Kind.TEXT:
        style = str(event.kind)
    header = Header(
        kind=_KINDS.get(type(event), EntryKind.MESSAGE),
        at=said_at,
        network=network,
        room=room,
        id=event.id,
        aliases=event.aliases,
        by=person(event.sender),
        target=target,
        reply_to=reply_to,
        thread=thread,
        style=style,
        network_at=event.at,
        replayed=event.replayed,
        moderator=isinstance(event, Removed) and event.by_moderator,
        seq=seq,
        left_out="no-store" if unstored else "",
    )
    return header, Words() if unstored else _words(event)


def person(sender: Sender) -> Person:
    """Return somebody as the archive knows them."""
    return Person(id=sender.id, name=sender.name, account=sender.account or "", proof=sender.proof)


def member(network: str, event: MemberChanged, at: float) -> tuple[Header, Words]:
    """Return the entry of somebody coming, going, or having another name."""
    header = Header(
        kind=EntryKind.MEMBER,
        at=at,
        network=network,
        room=event.room,
        by=person(event.sender),
        other=person(event.by) if event.by is not None else None,
        aliases=(event.id,) if event.id else (),
        change=str(event.change),
    )
    return header, Words(text=event.name or event.reason)


def _words(event: Any) -> Words:
    match event:
        case MessageCreated() | MessageEdited():
            content = event.content
            return Words(
                text=content.text,
                spans=_spans(content),
                files=tuple(
                    FiledFile(name=one.name, type=one.type, size=one.size) for one in content.attachments
                ),
                quoted=event.quoted if isinstance(event, MessageCreated) else "",
            )
        case Removed():
            return Words(text=event.reason)
        case ReactionsChanged():
            return Words(emojis=event.emojis, added=event.added, removed=event.removed)
        case TopicChanged():
            return Words(text=event.topic)
        case NameChanged():
            return Words(text=event.name)
    return Words(text=KINDS[type(event)].summary(event))


def _spans(content: Content) -> list[dict[str, Any]] | None:
    """Return the formatting of a text; None: it has none."""
    if all(span.plain for span in content.spans):
        return None
    return [_span(span) for span in content.spans]


def _span(span: Span) -> dict[str, Any]:
    """Return what is not usual of a span, under the names of its fields."""
    found: dict[str, Any] = {"text": span.text}
    if span.marks:
        found["marks"] = sorted(span.marks)
    for name in ("href", "colour", "mention"):
        if (value := getattr(span, name)) is not None:
            found[name] = value
    if span.block != PLAIN:
        block = span.block
        found["block"] = {
            "quote": block.quote,
            "code": block.code,
            "item": block.item,
            "indent": block.indent,
        }
    if span.ours:
        found["ours"] = True
    return found
