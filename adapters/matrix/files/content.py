"""Files in the content of messages (client-server API, "m.image" and the like, "Media captions"). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.matrix.untrusted import count, mapping, text_of
from bridge import Attachment, BoundedDict, File, FileKind

__all__ = ["FILES", "MXC", "SentFiles", "Uploaded", "attachment", "fields", "fields_of"]

FILES = {
    "m.image": FileKind.IMAGE,
    "m.sticker": FileKind.IMAGE,
    "m.file": FileKind.FILE,
    "m.audio": FileKind.AUDIO,
    "m.video": FileKind.VIDEO,
}
"""Types of messages that are files; a sticker is a type of event."""

MXC = re.compile(
    r"mxc://((?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,230})(?::[0-9]{1,5})?)/([A-Za-z0-9_-]{1,255})"
)
"""Where a file is ("Matrix Content (mxc://) URIs"): a server and the name that it gave, in the signs that
the section on security allows."""

_TYPES = {
    FileKind.IMAGE: "m.image",
    FileKind.FILE: "m.file",
    FileKind.AUDIO: "m.audio",
    FileKind.VIDEO: "m.video",
}
_VOICE = "org.matrix.msc3245.voice"
"""The key that clients know a voice message by; they know no stable name yet."""
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")
_LARGEST = 2**50
_MOST_MESSAGES = 1000
_WIDEST = 1_000_000
_LONGEST = 10**10
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file in our homeserver's store, and its thumbnail."""

    url: str
    thumbnail: str | None = None


def attachment(kind: str, name: str, content: Mapping[str, Any]) -> Attachment | None:
    """Decode a file; None when nobody can fetch it, as an encrypted one."""
    address = content.get("url")
    if not isinstance(address, str) or not MXC.fullmatch(address):
        return None
    info = mapping(content.get("info"))
    duration = count(info.get("duration"), _LONGEST)
    type_ = text_of(info.get("mimetype"), 200)
    return Attachment(
        address,
        name=name,
        kind=FILES[kind],
        type=type_.lower() if _MEDIA_TYPE.fullmatch(type_) else "",
        size=count(info.get("size"), _LARGEST),
        width=count(info.get("w"), _WIDEST),
        height=count(info.get("h"), _WIDEST),
        duration=None if duration is None else duration / 1000,
        voice=_VOICE in content or "m.voice" in content,
    )


def fields(file: File, uploaded: Uploaded) -> dict[str, Any]:
    """Return the fields that make a message one of this file, beside the words."""
    info: dict[str, Any] = {"mimetype": file.type, "size": file.size}
    info |= _measures(w=file.width, h=file.height)
    if file.duration is not None:
        info["duration"] = round(file.duration * 1000)
    if uploaded.thumbnail is not None and (small := file.thumbnail) is not None:
        info["thumbnail_url"] = uploaded.thumbnail
        info["thumbnail_info"] = {
            "mimetype": small.type,
            "size": small.size,
            "w": small.width,
            "h": small.height,
        }
    return {
        "msgtype": _TYPES[file.kind],
        "filename": file.name,
        "url": uploaded.url,
        "info": info,
        **({_VOICE: {}} if file.voice else {}),
    }


def fields_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the same fields of a message that exists; empty when it is none of a file."""
    if text_of(content.get("msgtype")) not in FILES:
        return {}
    return {name: content[name] for name in ("msgtype", "filename", "url", "info", _VOICE) if name in content}


@dataclass(slots=True)
class SentFiles:
    """Remembers which of our newest messages are files: an edit of one repeats the file."""

    _of: BoundedDict[str, Mapping[str, Any]] = field(default_factory=lambda: BoundedDict(_MOST_MESSAGES))

    def said(self, event: str, file: Mapping[str, Any]) -> None:
        """Remember a message of ours, with a file or without."""
        self._of[event] = file

    def of(self, event: str) -> Mapping[str, Any] | None:
        """Return the fields of its file; empty when it is none of a file, None when that is not known."""
        return self._of.get(event)


def _measures(**measures: int | None) -> dict[str, int]:
    return {name: value for name, value in measures.items() if value is not None}
