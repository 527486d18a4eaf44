"""People who come, go or change nick (XEP-0045 sections 7, 8.2 and 9.1). Pure, given the place."""

from adapters.xmpp.decode.muc_info import Presence
from adapters.xmpp.session import Place
from bridge import Change, MemberChanged, Sender, UserId

from . import talk

__all__ = ["decided", "ended", "seen", "who"]

_KICKED, _BANNED, _LOST, _RENAMED = "307", "301", "333", "303"


def seen(place: Place, presence: Presence) -> MemberChanged | None:
    """Take note of another occupant's presence; None: nobody came or went, or we are only coming in."""
    people, nick = place.people, presence.nick
    if nick in ("", place.nick) or nick in place.speakers:
        return None
    if presence.type == "available":
        new = nick not in people
        people[nick], place.persons[nick] = presence.occupant, presence.person
        (place.away.add if presence.away else place.away.discard)(nick)
        if new:
            place.present.add(nick, nick, _who(place, nick).id)
        if new and place.joined:
            return MemberChanged(room=place.room, sender=_who(place, nick), change=Change.JOINED)
        return None
    if presence.type != "unavailable" or nick not in people:
        return None
    who = _who(place, nick)
    occupant, person = people.pop(nick), place.persons.pop(nick, "")
    place.away.discard(nick)
    place.present.remove(nick)
    name = presence.new_nick if _RENAMED in presence.statuses else ""
    if name:
        people[name], place.persons[name] = occupant, person
        place.present.add(name, name, _who(place, name).id)
    if not place.joined:
        return None
    change = Change.RENAMED if name else _change(presence.statuses)
    if change is Change.BANNED and presence.person:
        place.outcasts[presence.person] = who
    by = _who(place, presence.by) if presence.by and change is not Change.LEFT else None
    return MemberChanged(room=place.room, sender=who, change=change, reason=presence.text, by=by, name=name)


def decided(place: Place, key: str, presence: Presence) -> MemberChanged:
    """Return that somebody from elsewhere was sent away, by their key, as their own presence says it."""
    who = Sender(UserId(f"{place.room}/{presence.nick}"), presence.nick)
    by = _who(place, presence.by) if presence.by else None
    change = _change(presence.statuses)
    return MemberChanged(room=place.room, sender=who, speaker=key, change=change, reason=presence.text, by=by)


def ended(place: Place, notice: Presence, key: str | None) -> MemberChanged | None:
    """Return that a ban began or ended of somebody who is not there, as a room tells those who see addresses
    (XEP-0045 section 9.2); `key` is who they are from elsewhere. None: it is neither.
    """
    banned = notice.affiliation == "outcast"
    if not notice.affiliation or not notice.person or (banned and key is None):
        return None
    who = place.outcasts.pop(notice.person, None)
    if key is not None:
        who = Sender(UserId(notice.person), notice.person)
    if who is None:
        return None
    change = Change.BANNED if banned else Change.UNBANNED
    return MemberChanged(room=place.room, sender=who, speaker=key or "", change=change, reason=notice.text)


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
