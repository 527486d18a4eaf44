"""The wire to events. Pure, given the session."""

import re
from datetime import datetime

from bridge import Content, Kind, Mark, MessageCreated, MessageId, Sender, Span, UserId, normal, plain

from .colours import PALETTE
from .session import Session
from .wire import MARK, Line, nick_of

__all__ = ["content", "ctcp", "message", "seconds"]

_ACTION = "\x01ACTION"
_LONGEST_MARK = 64
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
        at=seconds(tags["time"]) if "time" in tags else None,
        mark=tags[MARK][:_LONGEST_MARK] if MARK in tags else "",
        replayed=bool(session.entering or session.batches) and session.is_history(line, room),
    )


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
