"""Subjects of rooms (XEP-0045 section 8.1). Pure, given the place."""

from adapters.xmpp.session import Place, Session
from bridge import Sender, TopicChanged, UserId

from . import talk
from .children import Parts, time_of

__all__ = ["changed", "confirmed", "event", "is_change"]


def is_change(found: Parts) -> bool:
    """Whether a message gives the room a subject: with words, or in a thread, it is talk with a title."""
    return found.subject is not None and found.body is None and found.thread is None


def changed(place: Place, nick: str, found: Parts, session: Session) -> TopicChanged | None:
    """Take note of a subject; None: it was told as we came in, or has not changed."""
    before, place.topic = place.topic, found.subject
    if before is None or before == found.subject or found.history:
        return None
    return event(place, nick, found, session)


def event(place: Place, nick: str, found: Parts, session: Session | None) -> TopicChanged:
    """Return the event of a changed subject. Without a session it is replayed."""
    who = Sender(UserId(place.room), place.room)
    if nick:
        who = talk.sender(place, nick, found.occupant, live=session is not None)
    return TopicChanged(
        id=talk.name(found, session),
        aliases=talk.aliases(who, found) if nick else (),
        room=place.room,
        sender=who,
        topic=found.subject or "",
        at=time_of(found.at) if found.at else None,
        replayed=session is None,
        mark=talk.mark(found.own, found.origin),
    )


def confirmed(place: Place, subject: str) -> str:
    """Take note that the room has a subject of ours. Returns the first txn that asked for it, or ""."""
    place.topic = subject
    return next((txn for txn, wanted in place.wanted.items() if wanted == subject), "")
