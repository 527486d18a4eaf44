"""Messages, and edits, reactions and redactions of them (client-server API, "Instant Messaging"). Pure.

Whatever an event holds comes from anybody on any server: every value is looked at before it is used.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.matrix.encode import MARK, is_key
from adapters.matrix.files.content import FILES, attachment
from adapters.matrix.html import USER, has_mute_image, parse
from adapters.matrix.profile import FALLBACK, profile_of, said_under
from adapters.matrix.untrusted import id_of, mapping, name_of, seconds, text_of
from bridge import (
    US,
    Content,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    Span,
    TalkEvent,
    UserId,
    addressing,
    normal,
    ours,
)

from .extensible import message_of, words_of

__all__ = ["decode", "is_talk", "said"]

_KINDS = {"m.emote": Kind.EMOTE, "m.notice": Kind.NOTICE}
_LONGEST_ID = 255
_LONGEST_NAME = 256
_LOCATION = re.compile(r"\A((user|my|live|shared) )?location\b:?\s*", re.IGNORECASE)
"""Words of clients before the name of a place; ours are in the language of the room."""
_LONGEST_REASON = 500
_NAMED = {
    "m.image": ours("[picture]"),
    "m.sticker": ours("[sticker]"),
    "m.file": ours("[file]"),
    "m.audio": ours("[sound]"),
    "m.video": ours("[video]"),
    "m.location": ours("[location]"),
}
_SECRET = {
    **_NAMED,
    "m.image": ours("[encrypted picture]"),
    "m.sticker": ours("[encrypted sticker]"),
    "m.file": ours("[encrypted file]"),
    "m.audio": ours("[encrypted sound]"),
    "m.video": ours("[encrypted video]"),
}
_MESSAGES = ("m.room.message", "m.sticker")
_DEEDS = ("m.reaction", "m.room.redaction")
_VERIFYING = "m.key.verification.request"
"""A type of message that is meant for clients, and not for people."""


def decode(
    event: object, room: RoomId, names: Mapping[str, str], own: str, *, replayed: bool = False
) -> TalkEvent | None:
    """Decode what somebody else said or did, or None. `names` are display names by user id.

    Content with our key is a copy: of another Hubbub, or of ours from when it had another account.
    """
    event = mapping(event)
    content = mapping(event.get("content"))
    sender, name = id_of(event.get("sender")), id_of(event.get("event_id"))
    if event.get("sender") == own or "state_key" in event or not name or not USER.fullmatch(sender):
        return None
    said_by = Sender(UserId(sender), name_of(sender, names))
    at, mark = seconds(event.get("origin_server_ts")), text_of(content.get(MARK), _LONGEST_ID)
    kind = id_of(event.get("type"))
    relation = mapping(content.get("m.relates_to"))
    target = id_of(relation.get("event_id"))
    if kind == "m.room.redaction":
        target, vouched = _redacted(event, content)
        return Removed(
            id=MessageId(name), room=room, sender=said_by, target=MessageId(target), at=at, replayed=replayed,
            mark=mark, by_moderator=vouched, reason=text_of(content.get("reason"), _LONGEST_REASON),
        ) if target else None  # fmt: skip
    if kind == "m.reaction":
        return ReactionsChanged(
            id=MessageId(name), room=room, sender=said_by, target=MessageId(target), at=at, replayed=replayed,
            mark=mark, added=(key,),
        ) if target and (key := _reaction(content)) else None  # fmt: skip
    content = _message(kind, content)
    if "body" not in content or content.get("msgtype") == _VERIFYING:
        return None
    relation = mapping(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace" and target:
        new = _replacement(content)
        said_by = said_under(profile_of(new) or profile_of(content), said_by)
        return MessageEdited(
            id=MessageId(name), room=room, sender=said_by, target=MessageId(target), at=at, replayed=replayed,
            mark=mark, kind=_kind(new), content=_naming_us(_named(said(new, kind), names), own),
        )  # fmt: skip
    words, reply_to = _naming_us(_named(said(content, kind), names), own), _reply_to(relation)
    if reply_to:
        words = addressing(words, name_of(own, names))
    said_by = said_under(profile_of(content), said_by)
    return MessageCreated(
        id=MessageId(name), room=room, sender=said_by, at=at, replayed=replayed, mark=mark,
        kind=_kind(content), content=words, reply_to=reply_to, quoted=_quoted(content) if reply_to else "",
        thread=MessageId(target) if target and relation.get("rel_type") == "m.thread" else None,
    )  # fmt: skip


def is_talk(event: object, own: str) -> bool:
    """Whether an event is a message of somebody else's."""
    event = mapping(event)
    if event.get("sender") == own or "state_key" in event:
        return False
    kind = id_of(event.get("type"))
    return kind not in _DEEDS and "body" in _message(kind, mapping(event.get("content")))


def _message(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of the message that an event is, or stands for."""
    return content if kind in _MESSAGES else message_of(kind, content)


def said(content: Mapping[str, Any], kind: str) -> Content:
    """Decode the words of a message, or its file with its caption ("m.room.message msgtypes")."""
    if kind not in _MESSAGES and (words := words_of(kind, content)):
        return Content(words)
    text = text_of(content.get("body"))
    if mapping(mapping(content.get("m.relates_to")).get("m.in_reply_to")):
        text = _unquoted(text)
    if (profile := profile_of(content)) is not None:
        text = profile.without_name(text)
    type_ = "m.sticker" if kind == "m.sticker" else text_of(content.get("msgtype"))
    if type_ in FILES or type_ == "m.location":
        return _with_file(type_, content, text)
    return Content(_words(content, text))


def _naming_us(content: Content, own: str) -> Content:
    """Return the content with pills of our account as mentions of us."""
    if not any(span.mention == own for span in content.spans):
        return content
    spans = [replace(span, mention=US) if span.mention == own else span for span in content.spans]
    return replace(content, spans=tuple(spans))


def _kind(content: Mapping[str, Any]) -> Kind:
    return _KINDS.get(text_of(content.get("msgtype")), Kind.TEXT)


def _words(content: Mapping[str, Any], text: str) -> tuple[Span, ...]:
    html = content.get("formatted_body")
    if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
        profile = profile_of(content)
        spans = parse(html, FALLBACK if profile is not None and profile.has_fallback else "")
        if Content(spans).text.strip() and not (text.strip() and has_mute_image(html)):
            return spans
    return normal([Span(text)])


def _replacement(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the new content of an edit ("Applying m.new_content"); the rest is for clients without edits."""
    new = mapping(content.get("m.new_content"))
    return new if "body" in new else {**content, "body": text_of(content.get("body")).removeprefix("* ")}


def _with_file(type_: str, content: Mapping[str, Any], text: str) -> Content:
    """Decode a file and its caption ("Media captions"); a file that nobody can fetch is named."""
    name = text_of(content.get("filename"), _LONGEST_NAME)
    caption = _words(content, text) if name and text != name else ()
    if type_ in FILES and (file := attachment(type_, name or text[:_LONGEST_NAME], content)):
        return Content(caption, (file,))
    label = " ".join((name or text).split())
    if type_ == "m.location":
        label = _place(content, label)
    what = (_SECRET if "file" in content else _NAMED)[type_]
    head = (what, Span(f" {label}")) if label else (what,)
    return Content(normal((*head, Span("\n"), *caption)) if caption else head)


def _place(content: Mapping[str, Any], label: str) -> str:
    """Return the name of a place and where it is ("m.location", MSC3488)."""
    where = text_of(content.get("geo_uri"), _LONGEST_NAME)
    place = mapping(content.get("m.location") or content.get("org.matrix.msc3488.location"))
    label = " ".join(text_of(place.get("description"), _LONGEST_NAME).split()) or _LOCATION.sub("", label)
    if not label:
        return where
    return label if not where or where.partition(";")[0] in label else f"{label} ({where})"


def _named(content: Content, names: Mapping[str, str]) -> Content:
    """Replace the words of mentions that are a user id by the name that people see."""
    if not any(span.mention is not None and span.text.startswith("@") for span in content.spans):
        return content
    spans = [
        replace(span, text=name_of(span.mention, names)) if span.text == span.mention else span
        for span in content.spans
    ]
    return replace(content, spans=normal(spans))


def _reply_to(relation: Mapping[str, Any]) -> MessageId | None:
    """Return what is replied to.

    In a thread most clients name just the last message, and say so ("Threading").
    """
    target = id_of(mapping(relation.get("m.in_reply_to")).get("event_id"))
    if relation.get("rel_type") == "m.thread" and relation.get("is_falling_back") is True:
        return None
    return MessageId(target) if target else None


def _quoted(content: Mapping[str, Any]) -> str:
    """Return what a reply's fallback quotes."""
    quotation, _ = _parted(text_of(content.get("body")))
    rows = [row.removeprefix(">").removeprefix(" ") for row in quotation]
    return "\n".join([rows[0].partition("> ")[2], *rows[1:]]) if rows else ""


def _unquoted(text: str) -> str:
    """Return a reply's words without its fallback."""
    quotation, rest = _parted(text)
    if not quotation:
        return text
    return "\n".join(rest[1:] if rest and not rest[0].strip() else rest)


def _parted(text: str) -> tuple[list[str], list[str]]:
    """Part the lines of a reply's fallback, which clients before v1.13 sent, from the others ("Rich
    replies").
    """
    rows = text.split("\n")
    who, closed, _ = rows[0].removeprefix("> ").removeprefix("* ").removeprefix("<").partition(">")
    if not (rows[0].startswith(("> <", "> * <")) and closed and USER.fullmatch(who)):
        return [], rows
    quoted = next((number for number, row in enumerate(rows) if not row.startswith(">")), len(rows))
    return rows[:quoted], rows[quoted:]


def _redacted(event: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the target of a redaction, and whether its sender surely may redact it ("Redactions").

    A server gives a redaction to its clients only when it has the redacted event too, and either the
    sender's power level is enough or the event is of the sender's own server, which answers for its users
    (room version 3, "Handling redactions"). What failed the rules of the room (soft failure) is given to
    nobody. So the server may be believed about what it looked at: `redacts` beside the content up to room
    version 10, within it from version 11 on. The other place holds whatever the sender wrote, unless
    the server put the same there, as it should. If both do not agree, nothing is vouched for, and
    people remove only what is theirs.
    """
    outer, inner = id_of(event.get("redacts")), id_of(content.get("redacts"))
    return outer or inner, outer == inner


def _reaction(content: Mapping[str, Any]) -> str:
    """Return the emoji or the word of a reaction; "" where it has none. An image goes by its name
    (MSC4027): its address means nothing elsewhere.
    """
    relation = mapping(content.get("m.relates_to"))
    key = relation.get("key")
    if isinstance(key, str) and key.startswith("mxc://"):
        key = content.get("shortcode") or content.get("com.beeper.reaction.shortcode")
    if relation.get("rel_type") != "m.annotation" or not isinstance(key, str) or not is_key(key):
        return ""
    return key
