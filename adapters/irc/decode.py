"""The wire to events. Pure, given the session."""

from collections.abc import Mapping
from datetime import datetime

from bridge import (
    Kind,
    MessageCreated,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    TalkEvent,
    TopicChanged,
    TypingChanged,
    UserId,
    addressing,
)

from .session import Session
from .wire.formatting import content
from .wire.line import MARK, REPLY, TYPING, Line, nick_of

__all__ = [
    "REDACTION",
    "content",
    "ctcp",
    "event",
    "message",
    "reaction",
    "removal",
    "seconds",
    "topic",
    "typing",
]

REDACTION = "draft/message-redaction"
"""The capability to take messages back."""

_ACTION = "\x01ACTION"
_REPLY = "+reply"
_LONGEST_MARK = 64
_LONGEST_REACTION = 64
_TYPING = {"active": True, "paused": False, "done": False}


def event(line: Line, session: Session) -> TalkEvent | None:
    """Decode what somebody did in a room of ours (PRIVMSG, NOTICE, TAGMSG, REDACT, TOPIC); None: nothing."""
    match line.command:
        case "TAGMSG":
            return reaction(line, session)
        case "REDACT":
            return removal(line, session)
        case "TOPIC":
            return topic(line, session)
        case _:
            return message(line, session)


def message(line: Line, session: Session) -> MessageCreated | None:
    """Decode a message in one of our rooms; None when it is our own, no talk, or in no room of ours.

    History is marked as replayed.
    """
    source, params = line.source, line.params
    room = session.room(params[0])
    if room is None:
        return None
    name = nick_of(source)
    if "!" not in source or session.was_me(source):
        return None
    text = params[1]
    kind = Kind.TEXT if line.command == "PRIVMSG" else Kind.NOTICE
    if text[:1] == "\x01":
        if ctcp(text)[0] != "ACTION":
            return None
        kind, text = Kind.EMOTE, text[len(_ACTION) :].removeprefix(" ").removesuffix("\x01")
    said = content(text)
    if not said.spans:
        return None
    tags = line.tags
    reply_to = _replied_to(tags) if REPLY in tags or _REPLY in tags else None
    if reply_to is not None:
        said = addressing(said, session.nick)
    msgid = tags.get("msgid")
    return MessageCreated(
        id=MessageId(msgid) if msgid else session.name(line),
        room=room,
        sender=Sender(UserId(source), name, proof=tags.get("account", "")),
        content=said,
        kind=kind,
        reply_to=reply_to,
        at=seconds(tags["time"]) if "time" in tags else None,
        mark=tags[MARK][:_LONGEST_MARK] if MARK in tags else "",
        replayed=bool(session.entering or session.batches) and session.is_history(line, room),
    )


def reaction(line: Line, session: Session) -> ReactionsChanged | None:
    """Decode a reaction given or taken back (IRCv3 draft/react); None: it is our own, or another TAGMSG."""
    source, tags = line.source, line.tags
    room = session.room(line.params[0])
    target = _replied_to(tags)
    given, taken = (_emoji(tags, name) for name in ("react", "unreact"))
    if room is None or target is None or bool(given) == bool(taken):
        return None
    name = nick_of(source)
    if "!" not in source or session.was_me(source):
        return None
    return ReactionsChanged(
        id=_name(line, session),
        room=room,
        sender=Sender(UserId(source), name, proof=line.tags.get("account", "")),
        target=target,
        added=given,
        removed=taken,
        at=seconds(tags.get("time", "")),
        replayed=_replayed(line, session, room),
    )


def removal(line: Line, session: Session) -> Removed | None:
    """Decode a REDACT (IRCv3 draft/message-redaction); None when it is our own, or in no room of ours.

    A server forwards only what it authorised, so all of them count as a moderator's: those of authors, who
    may bear another nick by now, and those of channel operators.
    """
    source, params = line.source, line.params
    room = session.room(params[0])
    name = nick_of(source)
    if room is None or not source or not params[1] or session.was_me(source) or REDACTION not in session.caps:
        return None
    return Removed(
        id=_name(line, session),
        room=room,
        sender=Sender(UserId(source), name, proof=line.tags.get("account", "")),
        target=MessageId(params[1]),
        reason=content(params[2]).text if len(params) > 2 else "",
        by_moderator=True,
        at=seconds(line.tags.get("time", "")),
        replayed=_replayed(line, session, room),
    )


def topic(line: Line, session: Session) -> TopicChanged | None:
    """Decode a TOPIC (RFC 2812 section 3.2.4); None when it is our own, or in no room of ours."""
    source, params = line.source, line.params
    room = session.room(params[0])
    name = nick_of(source)
    if room is None or not source or session.was_me(source):
        return None
    msgid = line.tags.get("msgid")
    return TopicChanged(
        id=MessageId(msgid) if msgid else session.own_id(),
        room=room,
        sender=Sender(UserId(source), name, proof=line.tags.get("account", "")),
        topic=content(params[1]).text,
        at=seconds(line.tags.get("time", "")),
        replayed=_replayed(line, session, room),
    )


def typing(line: Line, session: Session) -> TypingChanged | None:
    """Decode who types (IRCv3 typing client tag, also under its name as a draft)."""
    tags = line.tags
    state = _TYPING.get(tags.get(TYPING) or tags.get("+draft/typing", ""))
    room = session.room(line.params[0])
    if state is None or room is None or "!" not in line.source:
        return None
    return TypingChanged(room=room, sender=Sender(UserId(line.source), nick_of(line.source)), typing=state)


def _name(line: Line, session: Session) -> MessageId:
    msgid = line.tags.get("msgid")
    return MessageId(msgid) if msgid else session.name(line)


def _replied_to(tags: Mapping[str, str]) -> MessageId | None:
    """Return the message that is replied or reacted to (IRCv3 reply client tag, also as a draft)."""
    msgid = tags.get(REPLY) or tags.get(_REPLY)
    return MessageId(msgid) if msgid else None


def _emoji(tags: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the reaction in a tag, also under its name as a draft; nothing where nobody could show it."""
    emoji = content(tags.get(f"+draft/{name}") or tags.get(f"+{name}", "")).text.strip()
    return (emoji,) if 0 < len(emoji) <= _LONGEST_REACTION else ()


def _replayed(line: Line, session: Session, room: RoomId) -> bool:
    return bool(session.entering or session.batches) and session.is_history(line, room)


def ctcp(text: str) -> tuple[str, str]:
    """Return the command and argument of a CTCP message that fills the whole line; "" where it is none."""
    if text[:1] != "\x01":
        return "", ""
    command, _, argument = text[1:].removesuffix("\x01").partition(" ")
    return command, argument


def seconds(text: str) -> float | None:
    """Return a server-time in seconds since 1970; None when the text is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
