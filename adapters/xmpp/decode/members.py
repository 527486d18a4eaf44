"""People who come, go or change nick (XEP-0045 sections 7, 8.2 and 9.1). Pure, given the place."""

from adapters.xmpp.decode.muc_info import Presence
from adapters.xmpp.session import Place
from bridge import Change, MemberChanged, Sender

from . import talk

__all__ = ["seen", "who"]

_KICKED, _BANNED, _LOST, _RENAMED = "307", "301", "333", "303"


def seen(place: Place, presence: Presence) -> MemberChanged | None:
    """Take note of another occupant's presence; None: nobody came or went, or we are only coming in."""
    people, nick = place.people, presence.nick
    if nick in ("", place.nick) or nick in place.speakers:
        return None
    if presence.type == "available":
        new = nick not in people
        people[nick] = presence.occupant
        if new:
            place.present.add(nick, nick)
        if new and place.joined:
            return MemberChanged(room=place.room, sender=_who(place, nick), change=Change.JOINED)
        return None
    if presence.type != "unavailable" or nick not in people:
        return None
    who = _who(place, nick)
    occupant = people.pop(nick)
    place.present.remove(nick)
    name = presence.new_nick if _RENAMED in presence.statuses else ""
    if name:
        people[name] = occupant
        place.present.add(name, name)
    if not place.joined:
        return None
    change = Change.RENAMED if name else _change(presence.statuses)
    by = _who(place, presence.by) if presence.by and change is not Change.LEFT else None
    return MemberChanged(room=place.room, sender=who, change=change, reason=presence.text, by=by, name=name)


def _change(statuses: frozenset[str]) -> Change:
    """Return why somebody is gone. A lost membership or connection is nobody's doing."""
    if _BANNED in statuses:
        return Change.BANNED
    return Change.KICKED if _KICKED in statuses and _LOST not in statuses else Change.LEFT


def _who(place: Place, nick: str) -> Sender:
    return who(place, nick, place.people.get(nick, ""))


def who(place: Place, nick: str, occupant: str) -> Sender:
    """Return an occupant, by the occupant id that the room gives them, or ""."""
    return talk.sender(place, nick, occupant if place.occupant_ids else None)
