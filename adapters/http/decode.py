"""Messages that programs post, as events."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bridge import (
    Attachment,
    Content,
    Event,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    Removed,
    RoomId,
    Sender,
    TypingChanged,
    UserId,
    by_author,
    plain,
)

__all__ = ["Upload", "event", "fields", "uploads"]

_LONGEST = 60_000
_NAME = 200
_KINDS = {"": Kind.TEXT, "user_action": Kind.EMOTE}
_MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came within a message."""

    name: str
    data: bytes
    url: str
    """The address where it is instead, if there are no bytes."""


def fields(body: bytes | str) -> Mapping[str, object]:
    """Read a JSON object; that of a webhook is its `data`, if it has that, with its `type`.

    Raises ValueError with a sentence.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 what a program did wrong
    inner = found.get("data")
    return {**inner, "type": found.get("type")} if isinstance(inner, dict) else found


def uploads(given: Mapping[str, object]) -> list[Upload]:
    """Return the files of a message. Raises ValueError with a sentence."""
    return [_upload(one) for one in _files(given)]


def _files(given: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return what is said of a message's files: matterbridge's `Extra`, which Go reads in any case too."""
    extra = given.get("Extra") or given.get("extra") or {}
    listed = extra.get("file") or [] if isinstance(extra, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ValueError('Extra is none: write {"file": [{"Name": …, "Data": base64}]}')
    return listed[:_MOST_FILES]


def _upload(given: Mapping[str, object]) -> Upload:
    try:
        data = base64.b64decode(_text(given, "Data"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("Data of a file is no base64") from None
    url = _text(given, "URL")
    if not data and not url.startswith(("https://", "http://")):
        raise ValueError("a file has neither Data nor URL")
    return Upload(_text(given, "Name") or "file", data, url)


def event(
    given: Mapping[str, object],
    room: RoomId,
    name: MessageId,
    files: tuple[Attachment, ...] = (),
    *,
    theirs: bool = False,
) -> Event:
    """Return what somebody did by a message that a program posted, which is called `name`. `theirs`: its `id`
    is a name of the program's own, as in a webhook; else one that we gave, and only a removal has one.

    Raises ValueError with a sentence.
    """
    text = _text(given, "text") or "\n".join(filter(None, [_text(file, "Comment") for file in _files(given)]))
    what, type_ = _text(given, "event"), _text(given, "type")
    username = _text(given, "username") or room
    sender = Sender(UserId(_text(given, "userid") or username), username)
    called = _text(given, "id")
    target = by_author(sender.id, called) if theirs else MessageId(called)
    if what == "msg_delete" or type_ == "message.removed":
        return Removed(id=name, room=room, sender=sender, target=target)
    if what == "user_typing":
        return TypingChanged(room=room, sender=sender, typing=True)
    if not text.strip() and not files:
        raise ValueError("there is no text")
    content, kind = Content(plain(text).spans if text else (), files), _KINDS.get(what, Kind.NOTICE)
    if type_ == "message.edited":
        return MessageEdited(id=name, room=room, sender=sender, target=target, content=content, kind=kind)
    return MessageCreated(
        id=name,
        aliases=(target,) if theirs and called else (),
        room=room,
        sender=sender,
        content=content,
        kind=kind,
        reply_to=MessageId(_text(given, "parent_id")) if given.get("parent_id") else None,
    )


def _text(given: Mapping[str, object], key: str) -> str:
    found = given.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ValueError(f"{key} is no text")  # noqa: TRY004 what a program did wrong
    if key not in ("Data", "URL") and len(found) > (_LONGEST if key in ("text", "Comment") else _NAME):
        raise ValueError(f"{key} is too long")
    return found
