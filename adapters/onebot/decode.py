"""OneBot v11 events to ours. Pure.

Nothing that an implementation sends is believed to be of the right type: what is not is left out.
"""

import json
from collections.abc import Callable, Mapping

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
from .wire import Frame, Segment, identity, segments, word

__all__ = ["WANTED", "at", "event", "room_of", "sender_of"]

WANTED = "onebot"
"""The scheme of the address of a file whose real one has to be asked for: room and file id follow."""
_FILES = {
    "image": (FileKind.IMAGE, ours("[picture]")),
    "mface": (FileKind.IMAGE, ours("[sticker]")),
    "record": (FileKind.AUDIO, ours("[sound]")),
    "video": (FileKind.VIDEO, ours("[video]")),
    "file": (FileKind.FILE, ours("[file]")),
}
"""What a file is, and what stands in its place where it has no address."""
_NAMELESS = {"face": ours("[sticker]"), "location": ours("[location]")}
_CHANGES = {
    "group_increase": Change.JOINED,
    "group_decrease leave": Change.LEFT,
    "group_decrease kick": Change.KICKED,
    "group_card": Change.RENAMED,
}
_MILLISECONDS = 1e11


def at(frame: Frame) -> float | None:
    """Return when it happened, in seconds since 1970: some tell it in milliseconds where they do not know."""
    value = frame.get("time")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return None
    return value / 1000 if value > _MILLISECONDS else float(value)


def room_of(frame: Frame, own: str) -> RoomId | None:
    """Return the room that a message or a notice belongs to: the group, or the person on the other side."""
    group = identity(frame.get("group_id"))
    if group and frame.get("message_type") != "private":
        return RoomId(f"group:{group}")
    user = identity(frame.get("user_id"))
    if user == own:
        user = identity(frame.get("target_id"))
    return RoomId(f"private:{user}") if user else None


def sender_of(frame: Frame, names: Mapping[str, str]) -> Sender | None:
    """Return who said or did something, by the name that they have in the group."""
    user, said, hidden = identity(frame.get("user_id")), frame.get("sender"), frame.get("anonymous")
    if isinstance(hidden, Mapping) and word(hidden, "name"):
        return Sender(UserId(f"anonymous:{word(hidden, 'flag')}"), word(hidden, "name"))
    if user is None:
        return None
    said = said if isinstance(said, Mapping) else {}
    return Sender(UserId(user), word(said, "card") or word(said, "nickname") or names.get(user, user))


def event(
    frame: Frame, room: RoomId, own: str, names: Mapping[str, str], *, replayed: bool = False
) -> TalkEvent | MemberChanged | None:
    """Return what others said or did; None: nothing that crosses.

    What changes our own standing in a group is not told here.
    """
    if frame.get("post_type") == "notice":
        return _notice(frame, room, own, names)
    sender, message = sender_of(frame, names), identity(frame.get("message_id"))
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
    frame: Frame, room: RoomId, own: str, names: Mapping[str, str]
) -> TalkEvent | MemberChanged | None:
    kind = word(frame, "notice_type")
    message, by = identity(frame.get("message_id")), _by(frame, names)
    who, name = sender_of(frame, names), word(frame, "name_new")
    if kind in ("group_recall", "friend_recall") and message and by is not None and by.id != own:
        return Removed(
            id=MessageId(f"recall:{message}"),
            room=room,
            sender=by,
            target=MessageId(message),
            by_moderator=who is None or by.id != who.id,
            at=at(frame),
        )
    if who is None:
        return None
    if kind == "notify" and word(frame, "sub_type") == "group_name" and name:
        number = MessageId(f"name:{frame.get('time')}:{name}")
        return NameChanged(id=number, room=room, sender=who, name=name, at=at(frame))
    return _membership(frame, room, who, by)


def _membership(frame: Frame, room: RoomId, who: Sender, by: Sender | None) -> MemberChanged | None:
    kind, name = word(frame, "notice_type"), word(frame, "card_new")
    match _CHANGES.get(kind) or _CHANGES.get(f"{kind} {word(frame, 'sub_type')}"):
        case Change.JOINED if "sender" not in frame:  # nobody has asked yet what they are called
            return None
        case Change.RENAMED if name in ("", who.name):
            return None
        case Change.RENAMED:
            return MemberChanged(room=room, sender=who, change=Change.RENAMED, name=name)
        case Change.KICKED if by is not None and by.id != who.id:
            return MemberChanged(room=room, sender=who, change=Change.KICKED, by=by)
        case change:
            return None if change is None else MemberChanged(room=room, sender=who, change=change)


def _by(frame: Frame, names: Mapping[str, str]) -> Sender | None:
    """Return who did what happened to somebody, or they themselves."""
    by = identity(frame.get("operator_id")) or identity(frame.get("user_id"))
    return None if by is None else Sender(UserId(by), names.get(by, by))


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
    if segment.type not in _FILES:
        return None
    kind, data = _FILES[segment.type][0], segment.data
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
    if kind == "at":
        return [_mention(data, own, names)]
    words = _WORDS[kind](data) if kind in _WORDS else ""
    _, shown = _FILES.get(kind, (None, _NAMELESS.get(kind, Span(f"[{kind}]"))))
    if kind == "location" and words:
        return [shown, Span(f" {words}")]
    return [Span(words) if words or kind == "text" else shown]


def _mention(data: Mapping[str, str], own: str, names: Mapping[str, str]) -> Span:
    who = identity(data.get("qq"))
    if who is None or who == "all":
        return Span("@all")
    name = names.get(who) or data.get("name", "").removeprefix("@") or who
    return Span(f"@{name}", mention=US if who == own else UserId(who))


def _face(data: Mapping[str, str]) -> str:
    text = _inside(data, "raw", "faceText").removeprefix("/")
    return FACES.get(data.get("id", "")) or (f"[{text}]" if text else "")


def _card(data: Mapping[str, str]) -> str:
    return " ".join(data[key] for key in ("title", "content", "url") if data.get(key))


def _inside(data: Mapping[str, str], field: str, key: str) -> str:
    """Return a text of an object that a field holds as JSON."""
    try:
        found = json.loads(data.get(field, ""))
    except (ValueError, RecursionError):
        return ""
    return word(found, key) if isinstance(found, dict) else ""


_WORDS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "text": lambda data: data.get("text", "").replace("\r\n", "\n").replace("\r", "\n"),
    "face": _face,
    "dice": lambda data: f"🎲 {data.get('result', '')}".rstrip(),
    "markdown": lambda data: data.get("content", ""),
    "json": lambda data: _inside(data, "data", "prompt"),
    "share": _card,
    "music": _card,
    "location": _card,
}
"""By type, the words of a piece of a message; empty where it has none."""
