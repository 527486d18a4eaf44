"""Answers to people who write to the bot alone. Pure."""

from collections.abc import Callable

from .decode import ctcp
from .session import Session
from .wire.line import Line, line, nick_of

__all__ = ["VERSION", "answer", "is_services", "notices"]

VERSION = "Hubbub, a bridge between chat networks"
_ROOM_FOR_TEXT = 350
_LONGEST_CHANNEL = 64
"""Bytes: what is longer leaves no room for the text."""


def is_services(source: str) -> bool:
    """Whether this is a service of the network or a bouncer's, and no person: services get no answer."""
    nick, _, mask = source.partition("!")
    host = mask.rpartition("@")[2].lower()
    # a bouncer's own people are *status and its modules (ZNC), and BouncerServ (soju)
    named = nick.lower().endswith("serv") or nick.startswith("*")
    return not mask or named or host.startswith("services.") or host == "services"


def answer(got: Line, session: Session, introduce: Callable[[str], str | None], encoding: str) -> list[bytes]:
    """Return the lines that answer a private PRIVMSG: to CTCP VERSION and PING, else who we are.

    They are always NOTICEs, which nobody may answer automatically (RFC 2812 section 3.3.2).
    """
    nick, text = nick_of(got.source), got.params[1]
    if session.is_me(nick):
        return []
    command, argument = ctcp(text)
    match command.upper():
        case "VERSION":
            return [line("NOTICE", nick, trailing=f"\x01VERSION {VERSION}\x01", encoding=encoding)]
        case "PING":
            told = argument.replace("\x01", "")[:64]
            return [line("NOTICE", nick, trailing=f"\x01PING {told}\x01", encoding=encoding)]
        case "" | "ACTION":
            said = introduce(got.source.partition("!")[2] or nick)
            return [] if said is None else notices(nick, said, encoding, 3)
        case _:
            return []


def notices(nick: str, text: str, encoding: str, most: int = 20, channel: str = "") -> list[bytes]:
    """Return the NOTICEs that tell somebody a text, so many at most. Where it is about a channel they begin
    with that, as services have it: irssi and WeeChat then show them there, and not among the server's words.
    """
    about = f"[{channel}] " if 0 < len(channel.encode()) <= _LONGEST_CHANNEL else ""
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines.append("")
        for word in paragraph.split():
            if lines[-1] and len(f"{lines[-1]} {word}".encode()) > _ROOM_FOR_TEXT:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()[:_ROOM_FOR_TEXT]
    told = [part for part in lines if part]
    return [line("NOTICE", nick, trailing=about + part, encoding=encoding) for part in told[:most]]
