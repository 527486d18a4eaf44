"""The wire to events. Pure, given the session."""

import re
from collections.abc import Mapping
from datetime import datetime

from bridge import (
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    Span,
    TalkEvent,
    UserId,
    normal,
    plain,
)

from .colours import PALETTE
from .session import Session
from .wire import MARK, REPLY, Line, nick_of

__all__ = ["REDACTION", "content", "ctcp", "event", "message", "reaction", "removal", "seconds"]

REDACTION = "draft/message-redaction"
"""The capability to take messages back."""

_ACTION = "\x01ACTION"
_REPLY = "+reply"
_LONGEST_MARK = 64
_LONGEST_REACTION = 64
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CODE = re.compile(
    r"\x03(?:(?P<fore>[0-9]{1,2})(?:,(?P<back>[0-9]{1,2}))?)?"
    r"|\x04(?:(?P<hexfore>[0-9A-Fa-f]{6})(?:,(?P<hexback>[0-9A-Fa-f]{6}))?)?"
    r"|[\x00-\x08\x0a-\x1f\x7f]"
)
_TOGGLES = {
    "\x02": Mark.BOLD,
    "\x1d": Mark.ITALIC,
    "\x1f": Mark.UNDERLINE,
    "\x1e": Mark.STRIKE,
    "\x11": Mark.CODE,
}


def event(line: Line, session: Session) -> TalkEvent | None:
    """What somebody did in one of our rooms (PRIVMSG, NOTICE, TAGMSG, REDACT); None: nothing that counts."""
    if line.command == "TAGMSG":
        return reaction(line, session)
    if line.command == "REDACT":
        return removal(line, session)
    return message(line, session)


def message(line: Line, session: Session) -> MessageCreated | None:
    """What somebody said in one of our rooms; None when it is our own, no talk, or no room of ours.

    History is marked as replayed.
    """
    source, params = line.source, line.params
    room = session.room(params[0])
    if room is None:
        return None
    name = nick_of(source)
    if name == session.nick or "!" not in source:
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
    msgid = tags.get("msgid")
    return MessageCreated(
        id=MessageId(msgid) if msgid else session.fresh_id(),
        room=room,
        sender=Sender(UserId(source), name),
        content=said,
        kind=kind,
        reply_to=_answered(tags) if REPLY in tags or _REPLY in tags else None,
        at=seconds(tags["time"]) if "time" in tags else None,
        mark=tags[MARK][:_LONGEST_MARK] if MARK in tags else "",
        replayed=bool(session.entering or session.batches) and session.is_history(line, room),
    )


def reaction(line: Line, session: Session) -> ReactionsChanged | None:
    """A reaction given or taken back (IRCv3 draft/react); None when it is our own, or another TAGMSG."""
    source, tags = line.source, line.tags
    room = session.room(line.params[0])
    target = _answered(tags)
    given, taken = (_emoji(tags, name) for name in ("react", "unreact"))
    if room is None or target is None or bool(given) == bool(taken):
        return None
    name = nick_of(source)
    if name == session.nick or "!" not in source:
        return None
    return ReactionsChanged(
        id=_name(tags, session),
        room=room,
        sender=Sender(UserId(source), name),
        target=target,
        added=given,
        removed=taken,
        at=seconds(tags.get("time", "")),
        replayed=_replayed(line, session, room),
    )


def removal(line: Line, session: Session) -> Removed | None:
    """A REDACT (IRCv3 draft/message-redaction); None when it is our own, or about no room of ours.

    A server forwards only what it authorised, so it vouches for all of them: for authors who take their
    own words back, perhaps under another nick by now, and for those who moderate the channel.
    """
    source, params = line.source, line.params
    room = session.room(params[0])
    name = nick_of(source)
    if room is None or not source or not params[1] or name == session.nick or REDACTION not in session.caps:
        return None
    return Removed(
        id=_name(line.tags, session),
        room=room,
        sender=Sender(UserId(source), name),
        target=MessageId(params[1]),
        reason=content(params[2]).text if len(params) > 2 else "",
        by_moderator=True,
        at=seconds(line.tags.get("time", "")),
        replayed=_replayed(line, session, room),
    )


def _name(tags: Mapping[str, str], session: Session) -> MessageId:
    msgid = tags.get("msgid")
    return MessageId(msgid) if msgid else session.fresh_id()


def _answered(tags: Mapping[str, str]) -> MessageId | None:
    """Which message is answered or reacted to (IRCv3 reply client tag, also under its name as a draft)."""
    msgid = tags.get(REPLY) or tags.get(_REPLY)
    return MessageId(msgid) if msgid else None


def _emoji(tags: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The reaction that a tag holds, also under its name as a draft; none where nobody could show it."""
    emoji = content(tags.get(f"+draft/{name}") or tags.get(f"+{name}", "")).text.strip()
    return (emoji,) if 0 < len(emoji) <= _LONGEST_REACTION else ()


def _replayed(line: Line, session: Session, room: RoomId) -> bool:
    return bool(session.entering or session.batches) and session.is_history(line, room)


def ctcp(text: str) -> tuple[str, str]:
    """The command and argument of a CTCP message that fills the whole line; "" where it is none."""
    if text[:1] != "\x01":
        return "", ""
    command, _, argument = text[1:].removesuffix("\x01").partition(" ")
    return command, argument


def seconds(text: str) -> float | None:
    """A server-time in seconds since 1970; None when it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def content(text: str) -> Content:
    """Text with formatting codes (modern.ircdocs.horse/formatting) in normal form.

    Background colours are left out, but for text on its own colour, which hides it: a spoiler.
    Reverse and unknown control characters are left out too.
    """
    if not _CONTROL.search(text):
        return plain(text) if text else Content()
    pen = _Pen()
    out: list[Span] = []
    at = 0
    for code in _CODE.finditer(text):
        if code.start() > at:
            out.append(pen.span(text[at : code.start()]))
        pen.take(code)
        at = code.end()
    out.append(pen.span(text[at:]))
    return Content(normal(out))


class _Pen:
    """The marks and colour that hold from here on."""

    def __init__(self) -> None:
        self.marks: set[Mark] = set()
        self.fore: int | None = None
        self.back: int | None = None

    def take(self, code: re.Match[str]) -> None:
        """A formatting code changes the pen."""
        sign = code[0][0]
        if sign == "\x03":
            self._colour(_palette(code["fore"]), _palette(code["back"]), bare=code["fore"] is None)
        elif sign == "\x04":
            self._colour(_hex(code["hexfore"]), _hex(code["hexback"]), bare=code["hexfore"] is None)
        elif sign == "\x0f":
            self.marks.clear()
            self.fore = self.back = None
        elif sign in _TOGGLES:
            self.marks ^= {_TOGGLES[sign]}

    def _colour(self, fore: int | None, back: int | None, *, bare: bool) -> None:
        self.fore = fore
        if bare or back is not None:
            self.back = back

    def span(self, text: str) -> Span:
        """Text written with this pen."""
        if self.fore is not None and self.fore == self.back:
            return Span(text, frozenset(self.marks | {Mark.SPOILER}))
        return Span(text, frozenset(self.marks), colour=self.fore)


def _palette(number: str | None) -> int | None:
    return PALETTE[int(number)] if number is not None and int(number) < len(PALETTE) else None


def _hex(digits: str | None) -> int | None:
    return int(digits, 16) if digits is not None else None
