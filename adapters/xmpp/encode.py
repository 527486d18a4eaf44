"""Commands to the wire: stanzas as text. Pure.

Everything that comes from outside goes through `quote`, which leaves only what XML allows (XML 1.0
section 2.2) and escapes what XML reads: one forbidden character would cost the whole stream.
"""

import base64
import re
from datetime import UTC, datetime

from bridge import (
    PLAIN,
    Answered,
    Content,
    DeleteMessage,
    EditMessage,
    Feature,
    Kind,
    Mark,
    Part,
    RoomId,
    SendMessage,
    SetReactions,
    SetTopic,
    Span,
    Txn,
)

from .session import Place
from .text import styling

__all__ = [
    "FEATURES", "MARKS", "MARK_COST", "TEXT_LIMIT",
    "archive", "body", "clean", "delay", "delete", "direct", "edit", "file", "hint", "iq", "join", "leave",
    "message", "origin", "photo", "private", "quote", "react", "refusal", "reply", "thread", "topic",
    "undelivered", "vcard",
]  # fmt: skip

STANZA_LIMIT = 65536
"""Bytes: the smallest limit on a stanza that a usual server comes with (ejabberd)."""
_ENVELOPE = 12000
"""Bytes for all but the words: an address alone may take 3071, and a reply has two of them."""
TEXT_LIMIT = (STANZA_LIMIT - _ENVELOPE) // 5
"""Bytes of text that stay below the limit whatever they are: at worst each is escaped to five."""
MARK_COST = 11
"""Two directives of four signs each, and a joiner."""
MARKS = frozenset({Mark.BOLD, Mark.ITALIC, Mark.STRIKE, Mark.CODE})
FEATURES = frozenset({Feature.QUOTE, Feature.CODE_BLOCK})

_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[&<>'\"]")
_UNSTYLED = "<unstyled xmlns='urn:xmpp:styling:0'/>"
_STORE = "<store xmlns='urn:xmpp:hints'/>"
"""A stanza without words would not be archived without this hint (XEP-0334)."""
_UNSTORED = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
"""Keeps a message out of archives and logs, and in the queue of who is away for a moment (XEP-0334)."""
_RETRACTED = "/me retracted a previous message, but it's unsupported by your client."
_MOST_EMOJIS = 100
_LONGEST_EMOJI = 100
"""Characters: far more than the longest family of emojis has."""
_MUC = "http://jabber.org/protocol/muc"
_ARCHIVE = "urn:xmpp:mam:2"
_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def clean(text: str) -> str:
    """Return the text without what XML forbids."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


def quote(text: str) -> str:
    """Escape text for an element or an attribute."""
    if not text.isprintable():
        text = _FORBIDDEN.sub("", text)
    if _SPECIAL.search(text) is None:
        return text
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        .replace('"', "&#34;").replace("'", "&#39;")
    )  # fmt: skip


def _escaped(text: str) -> str:
    """Escape text for an element, with quotation marks as they are."""
    if not text.isprintable():
        text = _FORBIDDEN.sub("", text)
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def body(content: Content, kind: Kind = Kind.TEXT, before: str = "") -> str:
    """Return the words as a body, with styling directives, or with the hint that there are none (XEP-0393).

    `before` stands before them and is XML already.
    """
    spans = content.spans
    marked = False
    for span in spans:
        if span.marks or span.block != PLAIN:
            marked = True
            break
    if marked:
        text = _escaped(_emote(_build(spans, kind), kind))
        if len(text.encode("utf-8", "replace")) <= STANZA_LIMIT - _ENVELOPE:
            return f"<body>{before}{text}</body>"
    text = _emote(content.text, kind)
    hint = _UNSTYLED if styling.is_styled(clean(text)) else ""
    return f"<body>{before}{_escaped(text)}</body>{hint}"


def _build(spans: tuple[Span, ...], kind: Kind) -> str:
    if kind is Kind.EMOTE and spans[0].block != PLAIN:
        # "/me" has to begin the message, and a block has to begin its line
        spans = (Span("\n"), *spans)
    return styling.build(spans)


def _emote(text: str, kind: Kind) -> str:
    """Put /me before an emote, and break what would be read as one where it is none (XEP-0245)."""
    if kind is Kind.EMOTE:
        return f"/me {text}"
    return f"\u2060{text}" if text.startswith("/me ") else text


def message(room: RoomId, content: Content, kind: Kind, txn: Txn, more: str = "") -> str:
    """Return a message to a room. It comes back with its id (XEP-0045 section 7.4). `more` is XML already."""
    return f"<message to='{quote(room)}' type='groupchat' id='{txn}'>{more}{body(content, kind)}</message>"


def reply(command: SendMessage, answered: Answered, more: str, *, named: bool) -> str:
    """Return a reply (XEP-0461), with a quotation for clients that know no replies (XEP-0428).

    `named`: whether the room names messages. Else nothing can say what it replies to (XEP-0461 section 4.1)
    but the quotation.
    """
    room = command.room
    quoted = _FORBIDDEN.sub("", f"> {answered.name}: {answered.text}\n")
    if named:
        more += _reply(room, answered) + (
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
            f"<body start='0' end='{len(quoted)}'/></fallback>"
        )
    return _message(room, command.txn, more + body(command.content, command.kind, _escaped(quoted)))


def file(command: SendMessage, told: str, more: str, *, named: bool) -> str:
    """Return a file, and what it replies to. Nothing is quoted: the body has to be the address alone."""
    if command.answered is not None and named:
        more += _reply(command.room, command.answered)
    return _message(command.room, command.txn, more + told)


def _reply(room: RoomId, answered: Answered) -> str:
    part = answered.part
    author = part.aliases[0].partition("\n")[2] if part.aliases else ""
    # clients want an address: an occupant id is none, and the name is the next best
    to = author if author.startswith(f"{room}/") else f"{room}/{answered.name}"
    return f"<reply xmlns='urn:xmpp:reply:0' to='{quote(to)}' id='{quote(part.id)}'/>"


def thread(root: Part) -> str:
    """Return the thread of a message: by the thread's name in the room, if it has one (XEP-0201).

    That is the last of the message's names that no author is bound to.
    """
    own = [alias for alias in root.aliases if "\n" not in alias]
    return f"<thread>{_escaped(own[-1] if own else root.id)}</thread>"


def edit(command: EditMessage, more: str) -> str:
    """Return new words for a message of ours (XEP-0308)."""
    replaced = f"<replace xmlns='urn:xmpp:message-correct:0' id='{quote(_own(command.target))}'/>"
    return message(command.room, command.content, command.kind, command.txn, more + replaced)


def delete(command: DeleteMessage, more: str) -> str:
    """Take a message of ours back (XEP-0424).

    In the form of version 0.4, by the room's name for it, and in that of 0.3, by ours: clients of 2023 know
    only that, and those that know both do the same twice.
    """
    target = command.target
    return _message(
        command.room,
        command.txn,
        f"{more}<retract xmlns='urn:xmpp:message-retract:1' id='{quote(target.id)}'/>"
        f"<apply-to xmlns='urn:xmpp:fasten:0' id='{quote(_own(target))}'>"
        "<retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>"
        f"<body>{_RETRACTED}</body>{_STORE}",
    )


def react(command: SetReactions, more: str) -> str:
    """Return all our reactions to a message (XEP-0444), as far as a stanza can hold them."""
    few = [emoji for emoji in command.emojis if len(emoji) <= _LONGEST_EMOJI][:_MOST_EMOJIS]
    inside = "".join([f"<reaction>{_escaped(emoji)}</reaction>" for emoji in few])
    reactions = (
        f"<reactions xmlns='urn:xmpp:reactions:0' id='{quote(command.target.id)}'>{inside}</reactions>"
    )
    return _message(command.room, command.txn, f"{more}{reactions}{_STORE}")


def _message(room: RoomId, txn: Txn, inside: str) -> str:
    return f"<message to='{quote(room)}' type='groupchat' id='{txn}'>{inside}</message>"


def _own(target: Part) -> str:
    """Return the id that we gave a message ourselves: a correction needs it."""
    return target.aliases[0].partition("\n")[0] if target.aliases else target.id


def origin(txn: Txn) -> str:
    """Return the id once more, for rooms that replace it (XEP-0359 section 5)."""
    return f"<origin-id xmlns='urn:xmpp:sid:0' id='{txn}'/>"


def delay(at: float) -> str:
    """Return when something was said, from seconds since 1970 (XEP-0203).

    Without `from` it is our word: nobody takes it for the room's, and so for history.
    """
    return f"<delay xmlns='urn:xmpp:delay' stamp='{_stamp(at)}'/>"


def hint(command: SendMessage | EditMessage) -> str:
    """Return what its author asks for, that nobody keeps it; "" where they do not."""
    return _UNSTORED if command.unstored else ""


def direct(person: str, text: str, *, in_room: bool) -> str:
    """Return a message to one person; `in_room` when they wrote through a room (XEP-0045 section 7.5)."""
    mark = f"<x xmlns='{_MUC}#user'/>" if in_room else ""
    words = f"<body>{_escaped(text)}</body>{_UNSTYLED}"
    return f"<message to='{quote(person)}' type='chat'>{words}{mark}</message>"


def private(to: str, command: SendMessage, *, in_room: bool) -> str:
    """Return somebody's message to one person (RFC 6121 section 5.2), or to one of a room (XEP-0045 section
    7.5).
    """
    more = hint(command) + (f"<x xmlns='{_MUC}#user'/>" if in_room else "")
    words = body(command.content, command.kind)
    return f"<message to='{quote(to)}' type='chat' id='{command.txn}'>{words}{more}</message>"


def undelivered(stanza_id: str, to: str, text: str) -> str:
    """Return the answer to a message that nobody gets (RFC 6120 section 8.3)."""
    name = f" id='{quote(stanza_id)}'" if stanza_id else ""
    return (
        f"<message to='{quote(to)}' type='error'{name}><error type='cancel'>"
        f"<service-unavailable xmlns='{_STANZAS}'/><text xmlns='{_STANZAS}'>{_escaped(text)}</text>"
        "</error></message>"
    )


def join(occupant: str, stanza_id: str, password: str | None, history: int = 0, more: str = "") -> str:
    """Enter a room, without its history or with the last of it (XEP-0045 sections 7.2 and 7.2.13). `more` is
    XML already.
    """
    limit = f"maxstanzas='{history}'" if history else "maxchars='0'"
    key = f"<password>{_escaped(password)}</password>" if password is not None else ""
    return (
        f"<presence to='{quote(occupant)}' id='{stanza_id}'><x xmlns='{_MUC}'>"
        f"<history {limit}/>{key}</x>{more}</presence>"
    )


def rename(occupant: str, stanza_id: str, more: str = "") -> str:
    """Ask for another nick (XEP-0045 section 7.6), or say something else of us. `more` is XML already."""
    return f"<presence to='{quote(occupant)}' id='{stanza_id}'>{more}</presence>"


def photo(digest: str) -> str:
    """Return the digest of somebody's picture for their presence; "": they have none (XEP-0153)."""
    return f"<x xmlns='vcard-temp:x:update'><photo>{digest}</photo></x>"


def vcard(stanza_id: str, to: str, type_: str, picture: bytes) -> str:
    """Return the answer to who asks for somebody's vCard: their picture alone (XEP-0153 section 3.1)."""
    data = base64.b64encode(picture).decode()
    return (
        f"<iq type='result' id='{quote(stanza_id)}' to='{quote(to)}'><vCard xmlns='vcard-temp'>"
        f"<PHOTO><TYPE>{type_}</TYPE><BINVAL>{data}</BINVAL></PHOTO></vCard></iq>"
    )


def leave(occupant: str) -> str:
    """Leave a room (XEP-0045 section 7.14)."""
    return f"<presence to='{quote(occupant)}' type='unavailable'/>"


def iq(kind: str, stanza_id: str, to: str, payload: str) -> str:
    """Return a request (RFC 6120 section 8.2.3); the payload is XML already."""
    return f"<iq type='{kind}' id='{stanza_id}' to='{quote(to)}'>{payload}</iq>"


def archive(query: str, start: float, before: str, most: int) -> str:
    """Return the request for the page of an archive that ends before a message, or with the last one for "".

    XEP-0313 sections 4.1.1 and 4.2, XEP-0059 section 2.3. `start` is in seconds since 1970.
    """
    return (
        f"<query xmlns='{_ARCHIVE}' queryid='{query}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{_ARCHIVE}</value></field>"
        f"<field var='start'><value>{_stamp(start)}</value></field></x>"
        f"<set xmlns='http://jabber.org/protocol/rsm'><max>{most}</max><before>{quote(before)}</before></set>"
        "</query>"
    )


def _stamp(at: float) -> str:
    """Format a time as XMPP writes it (XEP-0082)."""
    return datetime.fromtimestamp(max(at, 0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def refusal(stanza_id: str, to: str) -> str:
    """Return the answer to a request that we do not serve (RFC 6120 section 8.4)."""
    address = f" to='{quote(to)}'" if to else ""
    return (
        f"<iq type='error' id='{quote(stanza_id)}'{address}><error type='cancel'>"
        f"<service-unavailable xmlns='{_STANZAS}'/></error></iq>"
    )


def topic(place: Place, command: SetTopic, more: str) -> str:
    """Return the stanza that gives the room a subject; `more` is XML already.

    Some rooms reflect it without its id, so it is remembered, and known again by its words.
    """
    topic = clean(command.topic)
    place.wanted[command.txn] = topic
    return (
        f"<message to='{quote(place.room)}' type='groupchat' id='{command.txn}'>{more}"
        f"<subject>{quote(topic)}</subject></message>"
    )
