"""What stands in a message, child by child. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from bridge import Content, Kind, Span, cut, normal, plain

from . import styling, xhtml
from .about import About
from .about import read as read_about
from .session import Place

__all__ = ["DELAYS", "Parts", "believed", "content", "is_subject", "read", "time_of"]

_BODY = "{jabber:client}body"
_SUBJECT = "{jabber:client}subject"
_STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
_ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
_OCCUPANT_ID = "{urn:xmpp:occupant-id:0}occupant-id"
DELAYS = ("{urn:xmpp:delay}delay", "{jabber:x:delay}x")
_REPLACE = "{urn:xmpp:message-correct:0}replace"
_REPLY = "{urn:xmpp:reply:0}reply"
_REACTIONS = "urn:xmpp:reactions:0"
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
_LATEST = float(2**33)
"""In the year 2242: what is said to be later is no time."""
_SECRET = "[encrypted message that the bridge cannot read]"


@dataclass(slots=True)
class Parts:
    """The children of a message that matter."""

    own: str | None
    """The id that its author gave it."""
    body: str | None = None
    html: Element | None = None
    name: str | None = None
    """The room's."""
    origin: str | None = None
    occupant: str | None = None
    at: str | None = None
    history: bool = False
    """Whether the room shows it again."""
    replaces: str | None = None
    reply: Element | None = None
    quoted: tuple[int, int] | None = None
    about: About | None = None
    """What it says of an earlier message, beside what stands here."""
    spoken: bool = True
    """Whether the words are more than what clients show that know no reactions."""
    styled: bool = True
    secret: bool = False
    link: str | None = None


def is_subject(element: Element) -> bool:
    """Whether it says what the room is about, and nothing else (XEP-0045 section 7.2.15)."""
    return element.find(_SUBJECT) is not None and element.find(_BODY) is None


def read(element: Element, place: Place) -> Parts:
    """The children that matter, in one pass."""
    parts = Parts(element.get("id"))
    for child in element:
        tag = child.tag
        if tag == _BODY:
            if parts.body is None:
                parts.body = child.text or ""
        elif tag == _STANZA_ID:
            parts.name = believed(child, place) or parts.name
        elif tag == _OCCUPANT_ID:
            parts.occupant = child.get("id") if place.occupant_ids else None
        elif tag == _ORIGIN_ID:
            parts.origin = child.get("id")
        else:
            _rarer(tag, child, place, parts)
    return parts


def _rarer(tag: str, child: Element, place: Place, parts: Parts) -> None:
    if tag == _UNSTYLED:
        parts.styled = False
    elif tag in DELAYS:
        _delay(child, place, parts)
    elif tag == _REPLACE:
        parts.replaces = child.get("id")
    elif tag == _REPLY:
        parts.reply = child
    elif tag == _FALLBACK:
        parts.quoted = _quoted(child) or parts.quoted
        parts.spoken = parts.spoken and child.get("for") not in (None, _REACTIONS)
    elif tag == _XHTML:
        parts.html = child.find(_XHTML_BODY)
    elif tag == _OOB:
        parts.link = child.findtext(_OOB_URL)
    elif tag in _ENCRYPTED:
        parts.secret = True
    else:
        parts.about = read_about(child, parts.about)


def _delay(child: Element, place: Place, parts: Parts) -> None:
    """When it was said (XEP-0203). Where the room itself says so, it is history (XEP-0045 section 7.2.14)."""
    by = child.get("from") or ""
    if by in (place.room, place.room.partition("@")[2]) or by.startswith(f"{place.room}/"):
        parts.history = True
        parts.at = child.get("stamp") or parts.at
    elif not parts.history:
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


def believed(child: Element, place: Place) -> str | None:
    """A stanza-id that the room itself put there (XEP-0359 section 6)."""
    return child.get("id") or None if place.stanza_ids and child.get("by") == place.room else None


def content(parts: Parts) -> tuple[Kind, Content] | None:
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


def time_of(text: str) -> float | None:
    """A time as XMPP writes it, in UTC (XEP-0082); None: it is none."""
    try:
        stamp = datetime.fromisoformat(text)
        at = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at < _LATEST else None
