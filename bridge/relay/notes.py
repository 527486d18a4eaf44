"""What is said in words of what a room cannot show: one line for a person to read."""

from bridge.model import Attachment, Content, FileKind, NameChanged, TopicChanged

from .fit import clean, first_words
from .names import safe_name

__all__ = ["described", "file_name", "file_note", "gist", "late_file", "names", "removed", "size"]

_LONGEST_NAME = 80
_LONGEST_TOPIC = 390
_KINDS = {
    FileKind.FILE: "file",
    FileKind.IMAGE: "picture",
    FileKind.AUDIO: "sound",
    FileKind.VIDEO: "video",
}
_FEW = 10


def removed(by: str, of: str | None, *, moderator: bool) -> str:
    """Somebody took a message back; `of` is who had said it, as far as that is known."""
    if not moderator:
        return f"* {by} took a message back"
    return f"* {by} removed a message" + (f" of {of}" if of is not None else "")


def described(event: TopicChanged | NameChanged) -> str:
    """A room got another topic, or another name."""
    who = safe_name(event.sender.name)
    if isinstance(event, NameChanged):
        return f"* {who} gave the room the name: {_line(event.name)}"
    topic = _line(event.topic)
    return f"* {who} changed the topic to: {topic}" if topic else f"* {who} took the topic away"


def file_name(attachment: Attachment) -> str:
    """What a file is called, safe to show."""
    name = " ".join(clean(attachment.name).split())
    if len(name) > _LONGEST_NAME:
        half = _LONGEST_NAME // 2
        name = f"{name[:half]}…{name[-half:]}"
    return name or _KINDS[attachment.kind]


def file_note(attachment: Attachment, more: str = "") -> str:
    """A file that can only be told of; `more` follows its name."""
    kind = "voice message" if attachment.voice else _KINDS[attachment.kind]
    name = f" {file_name(attachment)}" if attachment.name else ""
    return f"[{kind}{name}{more}]"


def late_file(content: Content, number: int) -> str:
    """What file comes now, and what it was sent with, some time after that was said."""
    name = file_name(content.attachments[number])
    words = first_words(content)
    return f"{name}, sent with “{words}”:" if words else f"{name}:"


def size(count: int) -> str:
    """A number of bytes, for people."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}" if count < 10 * factor else f"{count / factor:.0f} {unit}"
    return f"{count} B"


def gist(content: Content) -> str:
    """What a message says, in a few words."""
    return first_words(content) or ", ".join([file_name(one) for one in content.attachments[:_FEW]])


def names(people: list[str]) -> str:
    """Some people, and how many more there are."""
    some = ", ".join(people[:_FEW])
    more = len(people) - _FEW
    return f"{some} and {more} more" if more > 0 else some


def _line(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= _LONGEST_TOPIC else line[: _LONGEST_TOPIC - 1].rstrip() + "…"
