"""Makes events of what a desk says to agents. Pure."""

from bridge import (
    Attachment,
    Content,
    Event,
    FileKind,
    Kind,
    MessageCreated,
    RoomId,
    Sender,
    TypingChanged,
    UserId,
    plain,
)
from bridge.desk import Chat, ChatFile, FeedRow

__all__ = ["KEPT", "event", "writing"]

KEPT = "kept:"
"""What the address of a file begins with that is kept here."""
_DESK = "desk"
"""Who says what no visitor said."""


def event(row: FeedRow, chat: Chat | None, *, replayed: bool) -> Event:
    """Return what was said. `chat` is the one that it is from, of which nobody else's word is the proof."""
    room, proof = RoomId(row.room), chat.known_by if chat is not None else ""
    is_desk = row.sender == _DESK
    sender = Sender(UserId(row.sender), row.sender_name, proof="" if is_desk else proof)
    at = row.at if replayed else None
    files = () if row.body.file is None else (_attachment(row.chat, row.body.file),)
    return MessageCreated(
        id=row.id,
        room=room,
        sender=sender,
        content=Content(plain(row.body.text).spans if row.body.text else (), files),
        kind=Kind.NOTICE if is_desk else Kind.TEXT,
        at=at,
        replayed=replayed,
    )


def writing(chat: Chat, typing: bool) -> Event:
    """Return that a visitor writes, or does no more."""
    return TypingChanged(
        room=RoomId(chat.room), sender=Sender(UserId(f"{chat.number}"), chat.label), typing=typing
    )


def _attachment(chat: int, file: ChatFile) -> Attachment:
    major = file.type.partition("/")[0]
    kind = FileKind(major) if major in set(FileKind) else FileKind.FILE
    kept = file.address.rpartition("/")[2]  # of an agent's file the whole path is known
    return Attachment(f"{KEPT}{chat}/{kept}", file.name, kind, file.type, file.size)
