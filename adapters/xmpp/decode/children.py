"""Reads the child elements of a message. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from adapters.xmpp.chat_states import STATES
from adapters.xmpp.files import elements as files
from adapters.xmpp.session import Place
from adapters.xmpp.text import markup, styling, xhtml
from bridge import Attachment, Content, Kind, Mark, Span, cut, normal, ours, text_of

from .references import About
from .references import read as read_about

__all__ = ["DELAYS", "Parts", "believed", "content", "is_subject", "read", "time_of"]

_BODY = "{jabber:client}body"
_SUBJECT = "{jabber:client}subject"
_STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
_ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
_OCCUPANT_ID = "{urn:xmpp:occupant-id:0}occupant-id"
DELAYS = ("{urn:xmpp:delay}delay", "{jabber:x:delay}x")
_REPLACE = "{urn:xmpp:message-correct:0}replace"
_REPLY = "{urn:xmpp:reply:0}reply"
_REPLIES = "urn:xmpp:reply:0"
_REACTIONS = "urn:xmpp:reactions:0"
_FALLBACK = "{urn:xmpp:fallback:0}fallback"
_UNSTYLED = "{urn:xmpp:styling:0}unstyled"
_TITLE = frozenset({Mark.BOLD})
_XHTML = "{http://jabber.org/protocol/xhtml-im}html"
_XHTML_BODY = "{http://www.w3.org/1999/xhtml}body"
_THREAD = "{jabber:client}thread"
_LONGEST_THREAD = 200
"""Characters: what is longer names no thread."""
_LONGEST_OFFSET = 6
"""Digits."""
_WHOLE = (0, 10**_LONGEST_OFFSET)
_NOTHING = (0, 0)
_MOST_FILES = 20
_OMEMO = ("eu.siacs.conversations.axolotl", "urn:xmpp:omemo:1", "urn:xmpp:omemo:2")
_SPOILER = "{urn:xmpp:spoiler:0}spoiler"
_CALL = "{urn:xmpp:call-invites:0}invite"
_UNSTORED = frozenset({"{urn:xmpp:hints}no-store", "{urn:xmpp:hints}no-permanent-store"})
_ENCRYPTED = frozenset(
    {
        "{urn:xmpp:eme:0}encryption",
        "{urn:xmpp:openpgp:0}openpgp",
        "{jabber:x:encrypted}x",
    }
)
_LATEST = float(2**33)
"""In the year 2242: what is said to be later is no time."""
_CALLING = Content((ours("started a call"),))
_HIDDEN = Content((ours("[encrypted message that the bridge cannot read]"),))


@dataclass(slots=True)
class Parts:
    """The children of a message that matter."""

    own: str | None
    """The id that its author gave it."""
    body: str | None = None
    html: Element | None = None
    name: str | None = None
    """The id that the room gave it."""
    origin: str | None = None
    occupant: str | None = None
    at: str | None = None
    history: bool = False
    """Whether it comes from the room's history."""
    replaces: str | None = None
    reply: Element | None = None
    quoted: tuple[int, int] | None = None
    about: About | None = None
    """The removal of an earlier message, or reactions to it."""
    spoken: bool = True
    """Whether the words are more than a fallback for clients that know no reactions."""
    styled: bool = True
    markup: Element | None = None
    """The marks of the body (XEP-0394)."""
    spoiler: str | None = None
    """The reason why it is hidden at first; "" for no reason, None: it is not hidden."""
    calls: bool = False
    """Whether it invites to a call."""
    secret: bool = False
    link: str | None = None
    files: tuple[Attachment, ...] = ()
    """Files that it shares, beside the link."""
    covered: tuple[int, int] | None = None
    """The part of the body that is only for clients that know no shared files."""
    thread: str | None = None
    state: bool | None = None
    """Whether its author types, if their client says so."""
    subject: str | None = None
    unstored: bool = False
    """Whether its author asks that nobody keeps it (XEP-0334)."""


def is_subject(element: Element) -> bool:
    """Whether a message only tells the room's subject (XEP-0045 section 7.2.15)."""
    return element.find(_SUBJECT) is not None and element.find(_BODY) is None


def read(element: Element, place: Place) -> Parts:
    """Read the children that matter, in one pass."""
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
    take = _TAKES.get(tag)
    if take is not None:
        take(child, parts)
    elif tag in DELAYS:
        _delay(child, place, parts)
    else:
        parts.about = read_about(child, parts.about)


def _delay(child: Element, place: Place, parts: Parts) -> None:
    """Read when it was said (XEP-0203). A delay of the room's own marks history (XEP-0045 section 7.2.14)."""
    by = child.get("from") or ""
    if by in (place.room, place.room.partition("@")[2]) or by.startswith(f"{place.room}/"):
        parts.history = True
        parts.at = child.get("stamp") or parts.at
    elif not parts.history:
        parts.at = child.get("stamp") or parts.at


def _fallback(child: Element, parts: Parts) -> None:
    """Read which words are a fallback, for clients that know no better (XEP-0428)."""
    what = child.get("for")
    if what == _REPLIES:
        parts.quoted = _range(child) or parts.quoted
    elif what == files.FALLBACK:
        parts.covered = _range(child) or _WHOLE
    parts.spoken = parts.spoken and what not in (None, _REACTIONS)


def _range(child: Element) -> tuple[int, int] | None:
    """Return the part of the body that is the fallback, if one is given; without an end, up to the body's."""
    span = child.find("{urn:xmpp:fallback:0}body")
    if span is None:
        return None
    found = span.get("start") or "0", span.get("end") or str(_WHOLE[1] - 1)
    if not all(offset.isdecimal() and len(offset) <= _LONGEST_OFFSET for offset in found):
        return _NOTHING
    return int(found[0]), int(found[1])


def _file(found: Attachment | None, parts: Parts) -> None:
    if found is None or len(parts.files) >= _MOST_FILES:
        return
    if all(found.address != known.address for known in parts.files):
        parts.files += (found,)


def _thread(child: Element, parts: Parts) -> None:
    """Read the thread (XEP-0201), by its root: of a thread within a thread, the outer one."""
    text = child.get("parent") or child.text or ""
    if text.strip() and len(text) <= _LONGEST_THREAD and "\n" not in text:
        parts.thread = text


def _unstyled(_: Element, parts: Parts) -> None:
    parts.styled = False


def _replace(child: Element, parts: Parts) -> None:
    parts.replaces = child.get("id")


def _reply(child: Element, parts: Parts) -> None:
    parts.reply = child


def _html(child: Element, parts: Parts) -> None:
    parts.html = child.find(_XHTML_BODY)


def _oob(child: Element, parts: Parts) -> None:
    parts.link = parts.link or files.link_of(child)


def _sharing(child: Element, parts: Parts) -> None:
    _file(files.shared(child), parts)


def _reference(child: Element, parts: Parts) -> None:
    _file(files.referred(child), parts)


def _secret(_: Element, parts: Parts) -> None:
    parts.secret = True


def _omemo(child: Element, parts: Parts) -> None:
    """Read whether it is encrypted: a header without a payload only carries a key (XEP-0384)."""
    namespace = child.tag.partition("}")[0]
    parts.secret |= (
        child.find(f"{namespace}}}header") is None or child.find(f"{namespace}}}payload") is not None
    )


def _markup(child: Element, parts: Parts) -> None:
    parts.markup = child


def _spoiler(child: Element, parts: Parts) -> None:
    parts.spoiler = " ".join((child.text or "").split())


def _call(_: Element, parts: Parts) -> None:
    parts.calls = True


def _state(child: Element, parts: Parts) -> None:
    parts.state = STATES[child.tag]


def _unstored(_: Element, parts: Parts) -> None:
    parts.unstored = True


def _subject(child: Element, parts: Parts) -> None:
    parts.subject = child.text or ""


_TAKES: dict[str, Callable[[Element, Parts], None]] = {
    _UNSTYLED: _unstyled, _REPLACE: _replace, _REPLY: _reply, _FALLBACK: _fallback, _XHTML: _html,
    _THREAD: _thread, _SUBJECT: _subject,
    files.OOB: _oob, files.SHARING: _sharing, files.REFERENCE: _reference,
    markup.MARKUP: _markup, _SPOILER: _spoiler, _CALL: _call,
    **dict.fromkeys(_ENCRYPTED, _secret), **{f"{{{namespace}}}encrypted": _omemo for namespace in _OMEMO},
    **dict.fromkeys(STATES, _state), **dict.fromkeys(_UNSTORED, _unstored),
}  # fmt: skip


def believed(child: Element, place: Place) -> str | None:
    """Return a stanza-id that the room itself put there (XEP-0359 section 6)."""
    return child.get("id") or None if place.stanza_ids and child.get("by") == place.room else None


def content(parts: Parts) -> tuple[Kind, Content] | None:
    """Return what is said and how; None: nothing."""
    if parts.secret:
        return Kind.TEXT, _HIDDEN
    text = parts.body if parts.body is not None else parts.link
    if not text and not parts.files:
        return (Kind.EMOTE, _CALLING) if parts.calls else None
    if (parts.files or parts.link) and not parts.replaces:
        return _with_files(parts, text or "")
    return _words(parts, _unquoted(parts, text or ""))


def _with_files(parts: Parts, text: str) -> tuple[Kind, Content] | None:
    """Return files and what is said of them, without their addresses and without fallback words."""
    found = parts.files
    if not found and parts.link:
        linked = files.linked(parts.link)
        found = (linked,) if linked is not None else ()
    if not found:
        return _words(parts, _unquoted(parts, text))
    if parts.covered and parts.files:
        text = _uncovered(text, parts.covered, found)
    text = _unquoted(parts, text)
    said = text.strip()
    if not said or said == parts.link or any(said == one.address for one in found):
        return Kind.TEXT, Content((), found)
    kind, words = _words(parts, text) or (Kind.TEXT, Content())
    return kind, Content(words.spans, found)


def _uncovered(text: str, covered: tuple[int, int], found: tuple[Attachment, ...]) -> str:
    """Return the text without its fallback for the files, where that part really tells of them."""
    start, end = covered
    part, rest = text[start:end], (text[:start] + text[end:]).rstrip()
    names = [name for one in found for name in (one.address, one.name) if name]
    return rest if not rest or "://" in part or any(name in part for name in names) else text


def quotation(parts: Parts) -> str:
    """Return what it quotes of the message that it replies to."""
    start, end = parts.quoted or (0, 0)
    text = parts.body or ""
    if _unquoted(parts, text) == text:
        return ""
    return "\n".join([line.lstrip("> ") for line in text[start:end].split("\n")])


def _unquoted(parts: Parts, text: str) -> str:
    """Return the text without the quotation of what it replies to, if that part looks like a quotation: a
    client that counts otherwise than we do would lose words.
    """
    if parts.quoted and parts.reply is not None:
        start, end = parts.quoted
        before, quotation, after = text[:start], text[start:end], text[end:]
        whole = before[-1:] in {"", "\n"} and (quotation.endswith("\n") or after[:1] in {"", "\n"})
        if whole and all(line.startswith(">") or not line.strip() for line in quotation.split("\n")):
            return before + after or text
    return text


def _words(parts: Parts, text: str) -> tuple[Kind, Content] | None:
    html = parts.html
    spans = (
        xhtml.parse(html) if html is not None and not (text.strip() and xhtml.has_mute_image(html)) else ()
    )
    if not text_of(spans).strip():
        spans = _shown(parts, text)
    kind, title = Kind.TEXT, " ".join((parts.subject or "").split())
    if title and title != text.strip():
        spans = (Span(f"{title}\n", _TITLE), *spans)
    elif text.startswith("/me "):
        kind = Kind.EMOTE
        if spans[0].text.startswith("/me "):
            spans = normal(cut(spans, 4))
    if not text_of(spans).strip():
        return None
    return kind, Content(spans if parts.spoiler is None else _hidden(spans, parts.spoiler))


def _shown(parts: Parts, text: str) -> tuple[Span, ...]:
    """Return the text as its author wants it shown.

    Markup counts from the body's beginning, so it needs all of it.
    """
    if parts.markup is not None and text == parts.body:
        return markup.parse(text, parts.markup)
    return styling.parse(text) if parts.styled else (Span(text),)


def _hidden(spans: tuple[Span, ...], why: str) -> tuple[Span, ...]:
    """Hide words at first, but not the reason (XEP-0382)."""
    hidden = [
        replace(span, marks=span.marks | {Mark.SPOILER}, block=replace(span.block, code=None))
        for span in spans
    ]
    return normal([Span(f"({why}) " if why else ""), *hidden])


def time_of(text: str) -> float | None:
    """Read a time as XMPP writes it, in UTC (XEP-0082), in seconds since 1970; None: it is none."""
    try:
        stamp = datetime.fromisoformat(text)
        at = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at < _LATEST else None
