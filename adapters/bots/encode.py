"""Commands to what bots read: segments, and events of OneBot v11. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.onebot.wire import Segment, text
from bridge import File, FileKind, Kind, SendMessage

from .kept import KeptMessage

__all__ = ["Frames", "segments_of"]

_FILES = {FileKind.IMAGE: "image", FileKind.AUDIO: "record", FileKind.VIDEO: "video", FileKind.FILE: "file"}
"""`file` is none of the specification's: NapCat and LLOneBot send it so."""


def segments_of(command: SendMessage, answers: int | None, url: str = "") -> list[Segment]:
    """Return a message: what it answers, its words, its file, which is at `url`.

    People are called by their numbers, which are what they are called in mentions.
    """
    found: list[Segment] = []
    if answers is not None:
        found.append(Segment("reply", {"id": str(answers)}))
    words = "/me " if command.kind is Kind.EMOTE else ""
    spans = command.content.spans
    if len(spans) > 1 and spans[0].mention:  # "bot: hello", as people call it on IRC
        spans = (spans[0], replace(spans[1], text=spans[1].text.lstrip(":,")), *spans[2:])
    for span in spans:
        if not span.mention:
            words += span.text
            continue
        if words:
            found.append(text(words))
        found.append(Segment("at", {"qq": span.mention, "name": span.text.removeprefix("@")}))
        words = ""
    if words:
        found.append(text(words))
    if command.file is not None:
        found.append(_file(command.file, url))
    return found


def _file(file: File, url: str) -> Segment:
    data = {"file": file.name, "url": url}
    if file.kind is FileKind.FILE:
        data["file_size"] = str(file.size)
    return Segment(_FILES[file.kind], data)


@dataclass(frozen=True, slots=True)
class Frames:
    """The events that one bot, by its number, is told of."""

    self_id: int

    def message(
        self, kept: KeptMessage, group: int, body: Sequence[Mapping[str, Any]], raw: str
    ) -> dict[str, Any]:
        """Return a group message (OneBot v11, "event/message"), with every field that it can have."""
        return {
            "time": kept.at,
            "self_id": self.self_id,
            "post_type": "message",
            "message_type": "group",
            "sub_type": "normal",
            "message_id": kept.id,
            "group_id": group,
            "user_id": kept.person,
            "anonymous": None,
            "message": body,
            "raw_message": raw,
            "font": 0,
            "sender": sender(kept.person, kept.name),
        }

    def recalled(self, *, number: int, group: int, person: int, operator: int, at: int) -> dict[str, Any]:
        """Return that a message was taken back (OneBot v11, "event/notice", group_recall)."""
        return {
            "time": at,
            "self_id": self.self_id,
            "post_type": "notice",
            "notice_type": "group_recall",
            "group_id": group,
            "user_id": person,
            "operator_id": operator,
            "message_id": number,
        }

    def lifecycle(self, sub_type: str, at: int) -> dict[str, Any]:
        """Return that a connection was made, or posting began (OneBot v11, "event/meta")."""
        return {
            "time": at,
            "self_id": self.self_id,
            "post_type": "meta_event",
            "meta_event_type": "lifecycle",
            "sub_type": sub_type,
        }

    def heartbeat(self, interval: float, at: int) -> dict[str, Any]:
        """Return a sign of life; the interval is in seconds here and in milliseconds there."""
        return {
            "time": at,
            "self_id": self.self_id,
            "post_type": "meta_event",
            "meta_event_type": "heartbeat",
            "status": {"online": True, "good": True},
            "interval": int(interval * 1000),
        }


def sender(person: int, name: str) -> dict[str, Any]:
    """Return who said something, as an event or `get_msg` has it."""
    return {
        "user_id": person,
        "nickname": name,
        "card": name,
        "sex": "unknown",
        "age": 0,
        "area": "",
        "level": "",
        "role": "member",
        "title": "",
    }
