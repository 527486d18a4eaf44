"""Decodes a message stanza. Pure, given the session; keeps no element."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from adapters.xmpp.decode.muc_info import condition
from adapters.xmpp.session import Place, Session
from bridge import MessageId, TalkEvent, TypingChanged, UserId, by_author

from . import children, subjects, talk
from .children import Parts

__all__ = ["Direct", "Failure", "PastMessage", "Reflection", "message", "past"]

_BODY = "{jabber:client}body"
_SUBJECT = "{jabber:client}subject"
_STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
_ORIGIN_ID = "{urn:xmpp:sid:0}origin-id"
_USER_X = "{http://jabber.org/protocol/muc#user}x"


@dataclass(frozen=True, slots=True)
class Reflection:
    """The room's reflection of a message of ours: it was taken (XEP-0045 section 7.4)."""

    place: Place
    txn: str
    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    speaker: str | None = None
    """Who said it, if somebody did by themselves (`Speaker.key`)."""


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message of the past, as a room tells it."""

    id: str
    """The room's id of it; "" when it gives none that can be believed."""
    occupant: str
    """The address of its author in the room."""
    at: float | None
    """When it was said, by the room's clock, in seconds since 1970."""
    names: tuple[str, ...]
    """The ids that its author gave it."""
    event: TalkEvent | None
    """None: it says nothing, or it is our own."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The refusal of a message of ours."""

    room: str
    txn: str
    condition: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Direct:
    """A message to us alone."""

    person: str
    in_room: bool


Said = TalkEvent | TypingChanged | Reflection | Failure | Direct


def message(element: Element, session: Session) -> Said | None:
    """Decode a message stanza; None: it means nothing for us."""
    source = element.get("from") or ""
    room, _, nick = source.partition("/")
    kind = element.get("type")
    place = session.places.get(room)
    if kind != "groupchat":
        return _other(element, session, source, room, kind)
    if place is None:
        return None
    if nick == place.nick:
        return _reflection(element, place, nick)
    if nick in place.speakers and (said := _reflection(element, place, nick)) and talk.mark(said.txn, None):
        return said
    return _heard(element, place, nick, session)


def _heard(element: Element, place: Place, nick: str, session: Session) -> TalkEvent | TypingChanged | None:
    found = children.read(element, place)
    if found.subject is not None and subjects.is_change(found):
        return subjects.changed(place, nick, found, session)
    if found.history:
        return None
    said = talk.heard(place, nick, found, session)
    if said is None and found.state is not None and nick and not found.at:
        who = talk.sender(place, nick, found.occupant)
        return TypingChanged(room=place.room, sender=who, typing=found.state)
    return said


def _reflection(element: Element, place: Place, nick: str) -> Reflection | None:
    txn = element.get("id") or ""
    name = None
    for child in element:
        if child.tag == _STANZA_ID:
            name = children.believed(child, place) or name
        elif child.tag == _ORIGIN_ID and not place.stable_ids:
            txn = child.get("id") or txn
        elif child.tag == _SUBJECT:
            txn = subjects.confirmed(place, child.text or "") or txn
    if not txn:
        return None
    mine = by_author(UserId(f"{place.room}/{nick}"), txn)
    return Reflection(place, txn, MessageId(name or txn), (mine,), place.speakers.get(nick))


def past(element: Element, place: Place, name: str | None = None, stamp: str = "") -> PastMessage | None:
    """Decode a message of the past, from a room's archive or its history; None: it cannot be believed.

    `name` and `stamp` are the archive's; without them the room itself has to name and date it (XEP-0045
    section 7.2.14).
    """
    room, _, nick = (element.get("from") or "").partition("/")
    if room != place.room or element.get("type") != "groupchat":
        return None
    found = children.read(element, place)
    if name is not None:
        found.name, found.at = name, stamp
    elif not found.history:
        return None
    event = _event(place, nick, found)
    if event is None and not nick:
        return None
    names = tuple(one for one in (found.own, found.origin) if one and nick)
    if nick and _ours(found, place, nick, talk.mark(found.own, found.origin)):
        event = None
    elif name is not None and not names and not place.me and _bare(nick) == _bare(place.nick):
        event = None  # this archive keeps no ids of authors: most of what our nick said is ours
    return PastMessage(found.name or "", f"{room}/{nick}", children.time_of(found.at or ""), names, event)


def _event(place: Place, nick: str, found: Parts) -> TalkEvent | None:
    if found.subject is not None and subjects.is_change(found):
        # A room's history ends with a subject that is no news. Of one that was set under our nick, some rooms
        # do not tell whether we set it.
        return None if found.history or nick == place.nick else subjects.event(place, nick, found, None)
    return talk.heard(place, nick, found, None)


def _ours(found: Parts, place: Place, nick: str, mark: str) -> bool:
    """Whether a message is ours: while we are away anybody may have our nick, but nobody guesses a mark."""
    if place.me and found.occupant:
        return found.occupant == place.me
    return nick == place.nick and mark != ""


def _bare(nick: str) -> str:
    """Return a nick without the signs that are put behind it while it is in use."""
    return nick.rstrip("_")


def _other(element: Element, session: Session, source: str, room: str, kind: str | None) -> Said | None:
    """Decode what is no talk in a room: a refusal, or a message to us alone."""
    if kind == "error":
        named, sort, text = condition(element)
        # only the room itself refuses (XEP-0045 section 7.4): an occupant can send us an error as well
        return Failure(room, element.get("id") or "", named, sort, text) if source == room else None
    if kind not in (None, "chat", "normal") or not source or element.find(_BODY) is None:
        return None
    if any(element.find(delay) is not None for delay in children.DELAYS):
        return None
    place = session.places.get(room)
    if place is None:
        if element.find(_USER_X) is not None:  # an invitation, or a room that we have left
            return None
        return Direct(source, in_room=False)
    return Direct(source, in_room=True) if source not in (room, place.occupant) else None
