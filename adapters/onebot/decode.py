"""OneBot v11 events to ours. Pure.

Nothing that an implementation sends is believed to be of the right type: what is not is left out.
"""

import json
from collections.abc import Mapping
from typing import Any

from bridge import (
    US,
    Attachment,
    Change,
    Content,
    FileKind,
    MemberChanged,
    MessageCreated,
    MessageId,
    NameChanged,
    Removed,
    RoomId,
    Sender,
    Span,
    TalkEvent,
    UserId,
    normal,
    ours,
)

from .faces import FACES
from .wire import Segment, identity, segments

__all__ = ["WANTED", "at", "event", "room_of", "sender_of", "word"]

WANTED = "onebot"
"""The scheme of the address of a file whose real one has to be asked for: room and file id follow."""
_KINDS = {
    "image": FileKind.IMAGE,
    "mface": FileKind.IMAGE,
    "record": FileKind.AUDIO,
    "video": FileKind.VIDEO,
    "file": FileKind.FILE,
}
_WORDS = {
    "image": ours("[picture]"),
    "mface": ours("[sticker]"),
    "record": ours("[sound]"),
    "video": ours("[video]"),
    "file": ours("[file]"),
    "face": ours("[sticker]"),
    "location": ours("[location]"),
}
_GONE = {"leave": Change.LEFT, "kick": Change.KICKED}
_MILLISECONDS = 1e11


def word(frame: Mapping[str, Any], key: str) -> str:
    """Return a text of a frame; empty where there is none."""
    value = frame.get(key)
    return value if isinstance(value, str) else ""


def at(frame: Mapping[str, Any]) -> float | None:
    """Return when it happened, in seconds since 1970: some tell it in milliseconds where they do not know."""
    value = frame.get("time")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return value / 1000 if value > _MILLISECONDS else float(value)


def room_of(frame: Mapping[str, Any], own: str) -> RoomId | None:
    """Return the room that a message or a notice belongs to: the group, or the person on the other side."""
    group = identity(frame.get("group_id"))
    if group and frame.get("message_type") != "private":
        return RoomId(f"group:{group}")
    user = identity(frame.get("user_id"))
    if user == own:
        user = identity(frame.get("target_id"))
    return RoomId(f"private:{user}") if user else None


def sender_of(frame: Mapping[str, Any], names: Mapping[str, str]) -> Sender | None:
    """Return who said or did something, by the name that they have in the group."""
    user, said, hidden = identity(frame.get("user_id")), frame.get("sender"), frame.get("anonymous")
    if isinstance(hidden, Mapping) and word(hidden, "name"):
        return Sender(UserId(f"anonymous:{word(hidden, 'flag')}"), word(hidden, "name"))
    if user is None:
        return None
    said = said if isinstance(said, Mapping) else {}
    return Sender(UserId(user), word(said, "card") or word(said, "nickname") or names.get(user, user))


def event(
    frame: Mapping[str, Any], room: RoomId, own: str, names: Mapping[str, str], *, replayed: bool = False
) -> TalkEvent | MemberChanged | None:
    """Return what others said or did; None: nothing that crosses.

    What changes our own standing in a group is not told here.
    """
    sender = sender_of(frame, names)
    if frame.get("post_type") == "notice":
        return _notice(frame, room, own, names)
    message = identity(frame.get("message_id"))
    if frame.get("post_type") != "message" or sender is None or message is None or sender.id == own:
        return None
    content, answers = _content(frame.get("message"), room, own, names)
    if not content.spans and not content.attachments:
        return None
    return MessageCreated(
        id=MessageId(message),
        room=room,
        sender=sender,
        content=content,
        reply_to=answers,
        at=at(frame),
        replayed=replayed,
    )


def _notice(
    frame: Mapping[str, Any], room: RoomId, own: str, names: Mapping[str, str]
) -> TalkEvent | MemberChanged | None:
    kind, sub = word(frame, "notice_type"), word(frame, "sub_type")
    user = identity(frame.get("user_id")) or ""
    by = identity(frame.get("operator_id")) or user
    done, who = (Sender(UserId(id_), names.get(id_, id_)) for id_ in (by, user))
    message = identity(frame.get("message_id"))
    if kind in ("group_recall", "friend_recall") and message and by and by != own:
        return Removed(
            id=MessageId(f"recall:{message}"),
            room=room,
            sender=done,
            target=MessageId(message),
            by_moderator=by != user,
            at=at(frame),
        )
    if kind == "group_decrease" and sub in _GONE and user:
        return MemberChanged(
            room=room, sender=who, change=_GONE[sub], by=done if sub == "kick" and by != user else None
        )
    if kind == "group_card" and user and (name := word(frame, "card_new")) and name != who.name:
        return MemberChanged(room=room, sender=who, change=Change.RENAMED, name=name)
    if kind == "notify" and sub == "group_name" and user and (name := word(frame, "name_new")):
        number = MessageId(f"name:{frame.get('time')}:{name}")
        return NameChanged(id=number, room=room, sender=who, name=name, at=at(frame))
    return None


def _content(
    message: object, room: RoomId, own: str, names: Mapping[str, str]
) -> tuple[Content, MessageId | None]:
    """Return what a message says, and what it answers."""
    spans: list[Span] = []
    files: list[Attachment] = []
    answers: str | None = None
    for segment in segments(message):
        if segment.type == "reply":
            answers = identity(segment.data.get("id"))
        elif (file := _attachment(segment, room)) is not None:
            files.append(file)
        else:
            spans += _spans(segment, own, names)
    return Content(normal(spans), tuple(files)), MessageId(answers) if answers else None


def _attachment(segment: Segment, room: RoomId) -> Attachment | None:
    kind, data = _KINDS.get(segment.type), segment.data
    if kind is None:
        return None
    said = [data.get(key, "") for key in ("url", "file")]
    address = next((text for text in said if text.startswith(("http://", "https://"))), "")
    if not address and kind is FileKind.FILE and (file := data.get("file_id")):
        address = f"{WANTED}:{room}:{file}"
    if not address:
        return None
    name = data.get("name") or data.get("file_name") or data.get("file", "")
    size = data.get("file_size", "")
    return Attachment(
        address,
        name="" if name == address else name,
        kind=kind,
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 20 else None,
        voice=segment.type == "record",
    )


def _spans(segment: Segment, own: str, names: Mapping[str, str]) -> list[Span]:
    kind, data = segment.type, segment.data
    words = ""
    match kind:
        case "text":
            words = data.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
        case "at":
            return [_mention(data, own, names)]
        case "face":
            words = FACES.get(data.get("id", "")) or _face_text(data.get("raw", ""))
        case "dice":
            words = f"🎲 {data.get('result', '')}".rstrip()
        case "markdown":
            words = data.get("content", "")
        case "json":
            words = word(_object(data.get("data", "")), "prompt")
        case "share" | "music" | "location":
            words = " ".join(data[key] for key in ("title", "content", "url") if data.get(key))
    shown = _WORDS.get(kind, Span(f"[{kind}]"))
    if kind == "location" and words:
        return [shown, Span(f" {words}")]
    return [Span(words) if words or kind == "text" else shown]


def _mention(data: Mapping[str, str], own: str, names: Mapping[str, str]) -> Span:
    who = identity(data.get("qq"))
    if who is None or who == "all":
        return Span("@all")
    name = names.get(who) or data.get("name", "").removeprefix("@") or who
    return Span(f"@{name}", mention=US if who == own else UserId(who))


def _face_text(raw: str) -> str:
    text = word(_object(raw), "faceText").removeprefix("/")
    return f"[{text}]" if text else ""


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
