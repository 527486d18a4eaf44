"""The wire to events. Pure, given the session; keeps no element."""

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from bridge import (
    Content,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    Sender,
    Span,
    UserId,
    by_author,
    cut,
    normal,
    plain,
)

from . import styling, xhtml
from .answers import condition
from .session import Place, Session

__all__ = ["Direct", "Failure", "Reflection", "is_history", "message"]

_BODY = "{jabber:client}body"
_STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
_ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
_OCCUPANT_ID = "{urn:xmpp:occupant-id:0}occupant-id"
_DELAY = "{urn:xmpp:delay}delay"
_OLD_DELAY = "{jabber:x:delay}x"
_REPLACE = "{urn:xmpp:message-correct:0}replace"
_REPLY = "{urn:xmpp:reply:0}reply"
_FALLBACK = "{urn:xmpp:fallback:0}fallback"
_UNSTYLED = "{urn:xmpp:styling:0}unstyled"
_XHTML = "{http://jabber.org/protocol/xhtml-im}html"
_XHTML_BODY = "{http://www.w3.org/1999/xhtml}body"
_OOB = "{jabber:x:oob}x"
_OOB_URL = "{jabber:x:oob}url"
_ENCRYPTED = frozenset(
    {
        "{urn:xmpp:eme:0}encryption",
        "{eu.siacs.conversations.axolotl}encrypted",
        "{urn:xmpp:omemo:1}encrypted",
        "{urn:xmpp:omemo:2}encrypted",
        "{urn:xmpp:openpgp:0}openpgp",
        "{jabber:x:encrypted}x",
    }
)
_USER_X = "{http://jabber.org/protocol/muc#user}x"
_SECRET = "[encrypted message that the bridge cannot read]"


@dataclass(frozen=True, slots=True)
class Reflection:
    """A room gave a message of ours back: it was taken (XEP-0045 section 7.4)."""

    place: Place
    txn: str
    id: MessageId
    aliases: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A message of ours was refused."""

    room: str
    txn: str
    condition: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Direct:
    """Somebody wrote to us alone."""

    person: str
    in_room: bool


Said = MessageCreated | MessageEdited | Reflection | Failure | Direct


def message(element: Element, session: Session) -> Said | None:
    """What a message stanza means for us; None: nothing."""
    source = element.get("from") or ""
    room, _, nick = source.partition("/")
    kind = element.get("type")
    place = session.places.get(room)
    if kind != "groupchat":
        return _other(element, session, source, room, kind)
    if place is None or not nick:
        return None
    if nick == place.nick:
        return _reflection(element, place)
    return _talk(element, session, place, nick)


def _reflection(element: Element, place: Place) -> Reflection | None:
    txn = element.get("id") or ""
    name = None
    for child in element:
        if child.tag == _STANZA_ID:
            name = _believed(child, place) or name
        elif child.tag == _ORIGIN_ID and not place.stable_ids:
            txn = child.get("id") or txn
    if not txn:
        return None
    mine = by_author(UserId(place.occupant), txn)
    return Reflection(place, txn, MessageId(name or txn), (mine,))


def _believed(child: Element, place: Place) -> str | None:
    """A stanza-id that the room itself put there (XEP-0359 section 6)."""
    return child.get("id") or None if place.stanza_ids and child.get("by") == place.room else None


@dataclass(slots=True)
class _Parts:
    """The children of a message that matter."""

    body: str | None = None
    html: Element | None = None
    name: str | None = None
    origin: str | None = None
    occupant: str | None = None
    at: str | None = None
    history: bool = False
    replaces: str | None = None
    reply: Element | None = None
    quoted: tuple[int, int] | None = None
    styled: bool = True
    secret: bool = False
    link: str | None = None


def _talk(element: Element, session: Session, place: Place, nick: str) -> "Said | None":
    """What an occupant said, unless it is history or says nothing."""
    parts = _parts(element, place)
    if parts.history:
        return None
    said = _content(parts)
    if said is None:
        return None
    kind, content = said
    occupant = parts.occupant
    sender = Sender(UserId(f"occupant:{occupant}" if occupant else f"{place.room}/{nick}"), nick)
    own, origin = element.get("id"), parts.origin
    aliases: tuple[MessageId, ...] = (by_author(sender.id, own),) if own else ()
    if origin and origin != own:
        aliases += (by_author(sender.id, origin),)
    name = MessageId(parts.name) if parts.name else session.fresh_id()
    at = _time(parts.at) if parts.at else None
    if parts.replaces:
        return MessageEdited(
            id=name,
            aliases=aliases,
            room=place.room,
            sender=sender,
            target=by_author(sender.id, parts.replaces),
            content=content,
            kind=kind,
            at=at,
        )
    return MessageCreated(
        id=name,
        aliases=aliases,
        room=place.room,
        sender=sender,
        content=content,
        kind=kind,
        reply_to=_reply(parts.reply, place) if parts.reply is not None else None,
        at=at,
    )


def is_history(element: Element, place: Place) -> bool:
    """Whether a room shows a message that was said before (XEP-0045 section 7.2.14)."""
    return element.get("type") == "groupchat" and _parts(element, place).history


def _parts(element: Element, place: Place) -> _Parts:
    parts = _Parts()
    for child in element:
        tag = child.tag
        if tag == _BODY:
            if parts.body is None:
                parts.body = child.text or ""
        elif tag == _STANZA_ID:
            parts.name = _believed(child, place) or parts.name
        elif tag == _OCCUPANT_ID:
            parts.occupant = child.get("id") if place.occupant_ids else None
        elif tag == _ORIGIN_ID:
            parts.origin = child.get("id")
        else:
            _rarer(tag, child, place, parts)
    return parts


def _rarer(tag: str, child: Element, place: Place, parts: _Parts) -> None:
    if tag == _UNSTYLED:
        parts.styled = False
    elif tag in (_DELAY, _OLD_DELAY):
        _delay(child, place, parts)
    elif tag == _REPLACE:
        parts.replaces = child.get("id")
    elif tag == _REPLY:
        parts.reply = child
    elif tag == _FALLBACK:
        parts.quoted = _quoted(child) or parts.quoted
    elif tag == _XHTML:
        parts.html = child.find(_XHTML_BODY)
    elif tag == _OOB:
        parts.link = child.findtext(_OOB_URL)
    elif tag in _ENCRYPTED:
        parts.secret = True


def _delay(child: Element, place: Place, parts: _Parts) -> None:
    """When it was said (XEP-0203). Where the room itself says so, it is history (XEP-0045 section 7.2.14)."""
    by = child.get("from") or ""
    if by in (place.room, place.room.partition("@")[2]) or by.startswith(f"{place.room}/"):
        parts.history = True
    parts.at = child.get("stamp") or parts.at


def _quoted(child: Element) -> tuple[int, int] | None:
    """Where in the body the quotation stands that is only for clients without replies (XEP-0428)."""
    if child.get("for") != "urn:xmpp:reply:0":
        return None
    span = child.find("{urn:xmpp:fallback:0}body")
    if span is None:
        return None
    start, end = span.get("start") or "", span.get("end") or ""
    return (int(start), int(end)) if start.isdecimal() and end.isdecimal() and len(end) < 7 else None


def _reply(reply: Element, place: Place) -> MessageId | None:
    """What is answered (XEP-0461): in rooms the name is the one that the room gave."""
    name = reply.get("id")
    if not name:
        return None
    to = reply.get("to") or ""
    if place.stanza_ids or not to:
        return MessageId(name)
    return by_author(UserId(to), name)


def _content(parts: _Parts) -> tuple[Kind, Content] | None:
    """What is said and how; None: nothing."""
    if parts.secret:
        return Kind.TEXT, plain(_SECRET)
    text = parts.body if parts.body is not None else parts.link
    if not text:
        return None
    if parts.quoted and parts.reply is not None:
        start, end = parts.quoted
        text = text[:start] + text[end:] or text
    spans = xhtml.parse(parts.html) if parts.html is not None else ()
    if not spans:
        spans = styling.parse(text) if parts.styled else (Span(text),)
    kind = Kind.TEXT
    if text.startswith("/me "):
        kind = Kind.EMOTE
        if spans[0].text.startswith("/me "):
            spans = normal(cut(spans, 4))
    if not any(span.text.strip() for span in spans):
        return None
    return kind, Content(spans)


def _time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _other(element: Element, session: Session, source: str, room: str, kind: str | None) -> Said | None:
    """What is no talk in a room: a refusal, or words to us alone."""
    if kind == "error":
        named, sort, text = condition(element)
        return Failure(room, element.get("id") or "", named, sort, text)
    if kind not in (None, "chat", "normal") or not source or element.find(_BODY) is None:
        return None
    if element.find(_DELAY) is not None or element.find(_OLD_DELAY) is not None:
        return None
    place = session.places.get(room)
    if place is None:
        if element.find(_USER_X) is not None:  # an invitation, or a room that we have left
            return None
        return Direct(source, in_room=False)
    return Direct(source, in_room=True) if source not in (room, place.occupant) else None
