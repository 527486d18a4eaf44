"""Makes events of messages. Pure."""

import re
from dataclasses import replace
from xml.etree.ElementTree import Element

from adapters.xmpp.decode.trust import NOBODYS, OCCUPANT
from adapters.xmpp.session import Place, Session
from bridge import (
    Content,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    Sender,
    TalkEvent,
    UserId,
    addressing,
    by_author,
)

from . import children
from .children import Parts
from .references import ReactionSet, Removal

__all__ = ["aliases", "heard", "mark", "name", "otherwise", "sender"]

_TXN = re.compile(r"[0-9a-f]+\.[0-9a-f]+\.[0-9a-f]+\.[0-9a-f]{16}")
"""The form of a Hubbub's ids: anybody may choose an id, but nobody chooses one like this by chance."""


def heard(place: Place, nick: str, found: Parts, session: Session | None) -> TalkEvent | None:
    """Return the event of a message from an occupant, or with the nick "" from the room; None: no event.

    Without a session it is replayed, and gets no id of ours.
    """
    about = found.about
    if isinstance(about, Removal) and about.moderated:
        # only the room's own word counts: an occupant may claim anything (XEP-0425 section 5)
        return None if nick else _removed(place, _moderator(place, about), found, about, session)
    if not nick:
        return None
    who = sender(place, nick, found.occupant, live=session is not None)
    if place.stays and session is not None and _older_than_stay(place, nick, found):
        if isinstance(about, Removal):
            return None
        found.replaces = NOBODYS
    if about is None or (isinstance(about, ReactionSet) and found.body and found.spoken):
        said = children.content(found)  # beside words that are no mere fallback, reactions count for nothing
        return _said(place, who, found, said, session) if said is not None else None
    if isinstance(about, Removal):
        return _removed(place, who, found, about, session)
    return ReactionsChanged(
        id=name(found, session),
        aliases=aliases(who, found),
        room=place.room,
        sender=who,
        target=MessageId(about.target),
        emojis=about.emojis,
        at=children.time_of(found.at) if found.at else None,
        replayed=session is None,
        mark=mark(found.own, found.origin),
    )


def sender(place: Place, nick: str, occupant: str | None, *, live: bool = True) -> Sender:
    """Return an occupant, by their occupant id where it can be believed. The room vouches for their own
    address where it tells that; in the past the nick may have been another's.
    """
    proof = place.persons.get(nick, "")
    if proof and not live and not (occupant and place.people.get(nick) == occupant):
        proof = ""
    return Sender(UserId(f"{OCCUPANT}{occupant}" if occupant else f"{place.room}/{nick}"), nick, proof=proof)


def _older_than_stay(place: Place, nick: str, found: Parts) -> bool:
    """Whether it would change what was said before the nick was given up: perhaps by somebody else.

    XEP-0308 section 4 and XEP-0424 section 5, where there are no occupant ids.
    """
    stay = place.stays.get(nick)
    if stay is None:
        return False
    target = found.about.target if isinstance(found.about, Removal) else found.replaces
    if target and target not in stay.said:
        return True
    stay.said.extend(name for name in (found.own, found.origin, found.name) if name)
    return False


def _said(
    place: Place, who: Sender, found: Parts, said: tuple[Kind, Content], session: Session | None
) -> MessageCreated | MessageEdited:
    kind, content = said
    own, origin = found.own, found.origin
    called, others = name(found, session), aliases(who, found)
    at = children.time_of(found.at) if found.at else None
    replayed = session is None
    if found.replaces:
        return MessageEdited(
            id=called,
            aliases=others,
            room=place.room,
            sender=who,
            target=by_author(who.id, found.replaces),
            content=content,
            kind=kind,
            at=at,
            replayed=replayed,
            mark=mark(own, origin),
            unstored=found.unstored,
        )
    return MessageCreated(
        id=called,
        aliases=others,
        room=place.room,
        sender=who,
        content=addressing(content, place.nick) if found.reply is not None else content,
        kind=kind,
        reply_to=_reply(found.reply, place) if found.reply is not None else None,
        quoted=children.quotation(found) if found.reply is not None else "",
        thread=MessageId(found.thread) if found.thread is not None else None,
        at=at,
        replayed=replayed,
        mark=mark(own, origin),
        unstored=found.unstored,
    )


def _removed(place: Place, who: Sender, found: Parts, removal: Removal, session: Session | None) -> Removed:
    """Return the event of a removal by the author (XEP-0424) or by a moderator (XEP-0425)."""
    named_by_room = removal.moderated or (removal.named_by_room and place.stanza_ids)
    target = MessageId(removal.target) if named_by_room else by_author(who.id, removal.target)
    return Removed(
        id=name(found, session),
        aliases=() if removal.moderated else aliases(who, found),
        room=place.room,
        sender=who,
        target=target,
        reason=removal.reason,
        by_moderator=removal.moderated,
        at=children.time_of(found.at) if found.at else None,
        replayed=session is None,
        mark="" if removal.moderated else mark(found.own, found.origin),
    )


def otherwise(removal: Removed) -> tuple[Removed, ...]:
    """Return the same removal with the target taken as the author's own id: nobody can tell which it is.

    XEP-0424 section 3 wants the room's id; some popular clients give their own (as version 0.3 had it).
    """
    who, target = removal.sender.id, removal.target
    if removal.by_moderator or target.endswith(f"\n{who}"):
        return ()
    return (replace(removal, id=by_author(who, removal.id), target=by_author(who, target), aliases=()),)


def _moderator(place: Place, removal: Removal) -> Sender:
    """Return who removed a message as a moderator; where the room does not tell, it is the room."""
    room, _, nick = removal.by.partition("/")
    if not nick and place.occupant_ids and removal.occupant:
        room, nick = place.room, _nick_of(place, removal.occupant)
    if room != place.room or not nick:
        return Sender(UserId(place.room), place.room)
    known = removal.occupant and place.occupant_ids
    return Sender(UserId(f"{OCCUPANT}{removal.occupant}" if known else removal.by), nick)


def _nick_of(place: Place, occupant: str) -> str:
    """Return the nick of the occupant with this id; "" when nobody there has it."""
    return next((nick for nick, known in place.people.items() if known == occupant), "")


def name(found: Parts, session: Session | None) -> MessageId:
    """Return the room's id of a message, or else one that we make, unless it is of the past."""
    if found.name or session is None:
        return MessageId(found.name or "")
    return session.fresh_id()


def aliases(who: Sender, found: Parts) -> tuple[MessageId, ...]:
    """Return the ids that its author gave it."""
    own, origin = found.own, found.origin
    names: tuple[MessageId, ...] = (by_author(who.id, own),) if own else ()
    if origin and origin != own:
        names += (by_author(who.id, origin),)
    return names


def mark(own: str | None, origin: str | None) -> str:
    """Return the txn that a message bears if it is some Hubbub's copy, or ""."""
    if own and _TXN.fullmatch(own):
        return own
    return origin if origin and _TXN.fullmatch(origin) else ""


def _reply(reply: Element, place: Place) -> MessageId | None:
    """Return what it replies to (XEP-0461): in rooms by the room's id."""
    name = reply.get("id")
    if not name:
        return None
    to = reply.get("to") or ""
    if place.stanza_ids or not to:
        return MessageId(name)
    return by_author(UserId(to), name)
