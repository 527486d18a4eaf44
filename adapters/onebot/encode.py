"""Commands to actions of OneBot v11. Pure."""

import hashlib
from collections.abc import Iterable
from typing import Any

from bridge import Command, DeleteMessage, FileKind, Kind, RoomId, SendMessage, Span, Unsupported

from .wire import Segment, number, text, to_array

__all__ = ["action", "address", "digest", "digest_of"]


def address(room: RoomId) -> tuple[str, dict[str, Any]]:
    """Return which kind of room this is, and the parameter that names it."""
    kind, _, id_ = room.partition(":")
    return kind, {"group_id" if kind == "group" else "user_id": number(id_)}


def action(command: Command, data: str) -> tuple[str, dict[str, Any]]:
    """Return the action that does a command, and its parameters; `data` is its file, in base64.

    Raises Unsupported where there is none.
    """
    kind, where = address(command.room)
    if isinstance(command, DeleteMessage):
        return "delete_msg", {"message_id": number(command.target.id)}
    if not isinstance(command, SendMessage):
        raise Unsupported(f"QQ cannot do {type(command).__name__}")
    file = command.file
    if file is not None and file.kind is not FileKind.IMAGE:
        return f"upload_{kind}_file", {**where, "file": f"base64://{data}", "name": file.name}
    message = to_array(_said(command))
    if file is not None:
        message.append({"type": "image", "data": {"file": f"base64://{data}", "name": file.name}})
    return f"send_{kind}_msg", {**where, "message": message}


def _said(command: SendMessage) -> list[Segment]:
    """Return the words of a message: what it answers first, runs of words in one piece."""
    found = [] if command.answered is None else [Segment("reply", {"id": command.answered.part.id})]
    words = "* " if command.kind is Kind.EMOTE else ""
    for span in command.content.spans:
        if not span.mention:
            words += _written(span)
            continue
        found += [text(words)] if words else []
        found.append(Segment("at", {"qq": span.mention}))
        words = ""
    return [*found, text(words)] if words else found


def _written(span: Span) -> str:
    return f"{span.text} ({span.href})" if span.href and span.href != span.text else span.text


def digest_of(command: SendMessage) -> str:
    """Return by what a message is known again in a history (see `digest`)."""
    file = command.file
    if file is None:
        return digest(_said(command))
    return digest([*_said(command), Segment("image" if file.kind is FileKind.IMAGE else "file")])


def digest(message: Iterable[Segment]) -> str:
    """Return by what a message of ours is known again in a history: its words without the spaces, which QQ
    may change, and what else it holds.
    """
    parts = [
        "".join(segment.data.get("text", "").split()) if segment.type == "text" else f"[{segment.type}]"
        for segment in message
        if segment.type not in ("reply", "at")
    ]
    return hashlib.sha256("".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
