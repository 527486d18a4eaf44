"""Decodes what rooms and servers tell of themselves: presence, disco, errors. Pure: it keeps no element."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

__all__ = [
    "ArchivePage",
    "Info",
    "Presence",
    "condition",
    "info",
    "is_reconfigured",
    "moved_to",
    "page",
    "presence",
    "result",
]

_CLIENT = "{jabber:client}"
_MUC_USER = "{http://jabber.org/protocol/muc#user}"
_USER_X = f"{_MUC_USER}x"
_STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
_INFO = "{http://jabber.org/protocol/disco#info}"
_CHANGES = frozenset({"104", "170", "171", "172", "173"})
"""Another configuration; talk is logged now, or no more; addresses are shown to all now, or no more."""
_HISTORY = re.compile(r"muc#room(?:config|info)_history_?length|muc#maxhistoryfetch")
_OCCUPANT_ID = "{urn:xmpp:occupant-id:0}occupant-id"
_MAM = "{urn:xmpp:mam:2}"
_RSM = "{http://jabber.org/protocol/rsm}"
_FORWARDED = "{urn:xmpp:forward:0}forwarded"
_DELAY = "{urn:xmpp:delay}delay"
_FIELD = "{jabber:x:data}field"
_VALUE = "{jabber:x:data}value"
_PHOTO = "{vcard-temp:x:update}x/{vcard-temp:x:update}photo"
_AWAY = ("away", "xa", "dnd")
_DIGEST = re.compile(r"[0-9a-f]{40}")
_LONGEST_ROOM = 1000


@dataclass(frozen=True, slots=True)
class Presence:
    """A presence of an occupant (XEP-0045 section 7)."""

    room: str
    nick: str
    type: str
    id: str
    statuses: frozenset[str]
    condition: str
    """The condition of an error; "" for no error."""
    text: str
    """The reason that somebody gave, or the server's words."""
    new_nick: str = ""
    by: str = ""
    """The nick of the moderator who sent them away, where the room tells it."""
    role: str = ""
    affiliation: str = ""
    destroyed: bool = False
    moved_to: str = ""
    """The room that its owner names instead, where it was destroyed."""
    occupant: str = ""
    """The occupant id, where the room gives one that can be believed (XEP-0421)."""
    person: str = ""
    """The occupant's own address, where the room tells it."""
    away: bool = False
    """Whether they say that they are away, or want not to be disturbed (RFC 6121 section 4.7.2.1)."""
    photo: str | None = None
    """The digest of their picture, or "" for none; None: they do not say (XEP-0153)."""


@dataclass(frozen=True, slots=True)
class Info:
    """The features and forms of a room or a service (XEP-0045 section 6.4)."""

    features: frozenset[str]
    history: int | None
    """How many messages of history the room keeps, where it tells."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """The fields of its forms, by name (XEP-0128)."""


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """The end of a page of an archive (XEP-0313 section 4.3)."""

    first: str
    """The oldest message of the page."""
    complete: bool
    """Whether there is nothing older."""


def condition(element: Element) -> tuple[str, str, str]:
    """Return the condition of a stanza's error, its type and its text (RFC 6120 section 8.3)."""
    error = element.find(f"{_CLIENT}error")
    if error is None:
        return "undefined-condition", "cancel", ""
    named, text = "undefined-condition", ""
    for child in error:
        if child.tag == f"{_STANZAS}text":
            text = " ".join((child.text or "").split())[:200]
        elif child.tag.startswith(_STANZAS):
            named = child.tag.removeprefix(_STANZAS)
    return named, error.get("type") or "cancel", text


def is_reconfigured(element: Element) -> bool:
    """Whether a room says that its configuration changed (XEP-0045 section 10.2.1)."""
    statuses = element.iterfind(f"{_USER_X}/{_MUC_USER}status")
    return "/" not in (element.get("from") or "") and any(one.get("code") in _CHANGES for one in statuses)


def moved_to(element: Element) -> str:
    """Return the room that an error names instead of one that is gone (RFC 6120 section 8.3.3.5), or ""."""
    return _room(element.findtext(f"{_CLIENT}error/{_STANZAS}gone") or "")


def _room(address: str) -> str:
    """Return a room's address as people write it in the map, or "" when it is none."""
    address = address.strip().removeprefix("xmpp:").partition("?")[0]
    return address if address.isprintable() and " " not in address and len(address) < _LONGEST_ROOM else ""


def presence(element: Element) -> Presence:
    """Decode a presence from a room (XEP-0045 sections 7 and 10)."""
    room, _, nick = (element.get("from") or "").partition("/")
    kind = element.get("type") or "available"
    named, text, moved = "", "", ""
    if kind == "error":
        named, _, text = condition(element)
        moved = moved_to(element)
    x = element.find(_USER_X)
    if x is None:
        return Presence(room, nick, kind, element.get("id") or "", frozenset(), named, text, moved_to=moved)
    statuses = frozenset(child.get("code") or "" for child in x.iterfind(f"{_MUC_USER}status"))
    item = x.find(f"{_MUC_USER}item")
    destroy = x.find(f"{_MUC_USER}destroy")
    named_as = element.find(_OCCUPANT_ID)
    reason = x.findtext(f"{_MUC_USER}item/{_MUC_USER}reason") or x.findtext(
        f"{_MUC_USER}destroy/{_MUC_USER}reason"
    )
    by = ""
    if kind == "unavailable":
        actor = x.find(f"{_MUC_USER}item/{_MUC_USER}actor")
        by = actor.get("nick") or "" if actor is not None else ""
        reason = reason or element.findtext(f"{_CLIENT}status")
    return Presence(
        room,
        nick,
        kind,
        element.get("id") or "",
        statuses,
        named,
        text or " ".join((reason or "").split())[:200],
        new_nick=item.get("nick") or "" if item is not None else "",
        by=by,
        role=item.get("role") or "" if item is not None else "",
        affiliation=item.get("affiliation") or "" if item is not None else "",
        destroyed=destroy is not None,
        moved_to=_room(destroy.get("jid") or "") if destroy is not None else moved,
        occupant=named_as.get("id") or "" if named_as is not None else "",
        person=(item.get("jid") or "").partition("/")[0] if item is not None else "",
        away=element.findtext(f"{_CLIENT}show") in _AWAY,
        photo=_photo(element),
    )


def _photo(element: Element) -> str | None:
    """Return the digest of somebody's picture (XEP-0153 section 4.2)."""
    told = element.find(_PHOTO)
    if told is None:
        return None
    digest = (told.text or "").strip().lower()
    return digest if _DIGEST.fullmatch(digest) else ""


def info(element: Element) -> Info:
    """Decode an answer to disco#info, or a room's configuration form."""
    features = frozenset(child.get("var") or "" for child in element.iter(f"{_INFO}feature"))
    fields = {one.get("var") or "": one.findtext(_VALUE) or "" for one in element.iter(_FIELD)}
    history = None
    for name, value in fields.items():
        if _HISTORY.fullmatch(name):
            history = int(value) if value.isdecimal() and len(value) < 7 else history
    return Info(features, history, fields)


def page(element: Element) -> ArchivePage:
    """Decode the end of an archive's answer."""
    fin = element.find(f"{_MAM}fin")
    if fin is None:
        return ArchivePage("", complete=True)
    first = fin.findtext(f"{_RSM}set/{_RSM}first") or ""
    return ArchivePage(first, complete=fin.get("complete") in ("true", "1"))


def result(element: Element) -> tuple[str, str, str, Element] | None:
    """Return the query's id, the message's id, its time and itself, of an archived one (XEP-0313 section
    4.2).
    """
    found = element.find(f"{_MAM}result")
    forwarded = found.find(_FORWARDED) if found is not None else None
    if found is None or forwarded is None:
        return None
    said, delay = forwarded.find(f"{_CLIENT}message"), forwarded.find(_DELAY)
    if said is None:
        return None
    stamp = delay.get("stamp") or "" if delay is not None else ""
    return found.get("queryid") or "", found.get("id") or "", stamp, said
