"""The people in our rooms, as they come and go (RFC 2812 sections 3.1.2, 3.1.7, 3.2.1, 3.2.2, 3.2.8). No I/O.

A QUIT and a NICK name no channel, so each room keeps the nicks that are in it, as NAMES and JOIN told
them, with their masks as far as those are known (IRCv3 userhost-in-names).
"""

import logging

from adapters.irc.session import Session
from adapters.irc.wire.formatting import content
from adapters.irc.wire.line import Line, nick_of
from bridge import Change, Event, MemberChanged, RoomId, Sender, UserId

from . import bans
from .channels import Channels, Place

__all__ = ["Members"]

log = logging.getLogger(__name__)

_MOST = 20_000
"""People known in one room; of others, QUIT and NICK are not told."""
_MOST_MEANT = 3
"""A ban of more people than this is about the channel: it counts nowhere else."""
_DECISIONS = (Change.KICKED, Change.BANNED, Change.UNBANNED)
_PREFIXES = "~&@%+!*."
"""The signs that may stand before a nick in NAMES; no nick begins with one."""


class Members:
    """Takes in lines about other people, and appends to `events` what changed in rooms that are joined.

    An older session of ours does not count as another person, nor does who is here for somebody elsewhere.
    """

    def __init__(self, session: Session, channels: Channels, events: list[Event]) -> None:
        self._session = session
        self._channels = channels
        self._events = events

    def names(self, got: Line) -> None:
        """Take in NAMES: some of those who are in a room (numeric 353)."""
        place = self._place(got.params[2])
        if place is None or not place.inside:
            return
        for name in got.params[-1].split():
            source = name.lstrip(_PREFIXES)
            self._add(place, nick_of(source), source)

    def came(self, got: Line) -> None:
        """Take in a JOIN."""
        place = self._place(got.params[0])
        if place is not None and place.inside:
            self._session.speakers.learn(got.source)
            self._session.absence.came(nick_of(got.source))
            self._add(place, nick_of(got.source), got.source)
            self._tell(place, got, got.source, Change.JOINED)

    def went(self, got: Line) -> None:
        """Take in a PART."""
        place = self._place(got.params[0])
        if place is not None:
            self._remove(place, self._session.fold(nick_of(got.source)))
            self._tell(place, got, got.source, Change.LEFT, _reason(got.params[1:]))

    def thrown_out(self, got: Line) -> None:
        """Take in a KICK."""
        place, nick = self._place(got.params[0]), got.params[1]
        if place is not None:
            source = self._remove(place, self._session.fold(nick)) or nick
            reason = _reason(got.params[2:])
            if reason in (nick, nick_of(got.source)):  # where none was given (RFC 2812 section 3.2.8)
                reason = ""
            self._tell(place, got, source, Change.KICKED, reason, by=_person(got, got.source))

    def mode(self, got: Line) -> None:
        """Take in a MODE of a room: who is banned by it, or no more."""
        place = self._place(got.params[0])
        if place is None or not place.inside:
            return
        for sets, mask in bans.changes(self._session.isupport, got.params[1], got.params[2:]):
            key = self._session.fold(mask)
            if not bans.is_of_people(mask):
                continue
            meant = self._meant(place, key)
            if len(meant) > _MOST_MEANT:
                if sets:
                    sentence = "%s: the ban of %s counts here alone: it is about %d people"
                    log.info(sentence, place.room, mask, len(meant), extra={"room": place.room})
                    continue
                meant = ()
            known = place.bans.pop(key, ())
            if sets:
                place.bans[key] = meant
            change = Change.BANNED if sets else Change.UNBANNED
            fold = self._session.fold
            still = {fold(source) for others in place.bans.values() for source in others} if not sets else ()
            for folded, source in {fold(source): source for source in (*known, *meant)}.items():
                if folded in still:
                    continue  # another mask bans them
                self._tell(place, got, source, change, by=_person(got, got.source))

    def _meant(self, place: Place, mask: str) -> tuple[str, ...]:
        """Return whom a mask is about: people who are there, and those from elsewhere who were."""
        fold, speakers = self._session.fold, self._session.speakers
        ours = [f"{nick}!{shown}" for nick, (_, shown) in speakers.kept().items()]
        there = [source for source in place.members.values() if "!" in source]
        found = {fold(source): source for source in (*ours, *there) if bans.is_about(mask, fold(source))}
        return tuple(found.values())

    def quit(self, got: Line) -> None:
        """Take in a QUIT: they leave every room."""
        nick, reason = self._session.fold(nick_of(got.source)), _reason(got.params)
        self._session.absence.gone(nick)
        for place in self._channels.places.values():
            if self._remove(place, nick) is not None:
                self._tell(place, got, got.source, Change.LEFT, reason)

    def renamed(self, got: Line) -> None:
        """Take in a NICK, which holds in every room."""
        nick, name = self._session.fold(nick_of(got.source)), got.params[0]
        source = f"{name}!{got.source.partition('!')[2]}"
        self._session.absence.renamed(nick, name)
        for place in self._channels.places.values():
            if self._remove(place, nick) is not None:
                self._add(place, name, source)
                self._tell(place, got, got.source, Change.RENAMED, name=name, now=source)

    def moved(self, got: Line) -> None:
        """Take in a CHGHOST: another mask (IRCv3 chghost)."""
        nick = nick_of(got.source)
        for place in self._channels.places.values():
            if self._session.fold(nick) in place.members:
                source = "{}!{}@{}".format(nick, *got.params)
                self._session.speakers.learn(source)
                self._add(place, nick, source)

    def followed(self, got: Line) -> None:
        """Look who of those with a room of two is there, now that somebody came, went or has another mask."""
        private, nick, mask = self._session.private, nick_of(got.source), got.source.partition("!")[2]
        if got.command == "NICK":
            private.renamed(got.source, f"{got.params[0]}!{mask}")
        elif got.command == "CHGHOST":
            private.renamed(got.source, "{}!{}@{}".format(nick, *got.params))
        private.look()

    def spoke(self, room: RoomId, source: str) -> None:
        """Take the mask of somebody who speaks, where the server has not shown it before."""
        place, nick = self._channels.places[room], self._session.fold(nick_of(source))
        if "!" not in place.members.get(nick, "!"):
            self._add(place, nick_of(source), source)
        self._session.unmasked.discard(nick)

    def who(self, got: Line) -> None:
        """Take in WHO (numeric 352): whether somebody is away, and a mask that NAMES did not show."""
        self._session.absence.who(got)
        user, host, nick = got.params[2], got.params[3], got.params[5]
        for place in self._channels.places.values():
            if "!" not in place.members.get(self._session.fold(nick), "!"):
                self._add(place, nick, f"{nick}!{user}@{host}")
        self._session.unmasked.discard(self._session.fold(nick))

    def _place(self, channel: str) -> Place | None:
        room = self._session.room(channel)
        return self._channels.places.get(room) if room else None

    def _add(self, place: Place, nick: str, source: str) -> None:
        if len(place.members) < _MOST and not self._session.is_me(nick):
            key = self._session.fold(nick)
            if place.members.get(key) != source and source not in self._session.speakers:
                place.present.add(key, nick, source if "!" in source else "")
            place.members[key] = source
            if "!" not in source:
                self._session.unmasked.add(key)

    def _remove(self, place: Place, nick: str) -> str | None:
        """Take out a nick, given in lower case. Returns its mask; None: it was not there."""
        place.present.remove(nick)
        return place.members.pop(nick, None)

    def _tell(  # noqa: PLR0913 - one per field of the event
        self,
        place: Place,
        got: Line,
        source: str,
        change: Change,
        reason: str = "",
        *,
        by: Sender | None = None,
        name: str = "",
        now: str = "",
    ) -> None:
        session = self._session
        speaker = session.speakers.who(source) if session.speakers else None
        if speaker is not None and (change not in _DECISIONS or by is None or session.was_me(by.id)):
            return
        if (
            place.joined is None
            or (speaker is None and session.was_me(source))
            or (session.batches and session.is_history(got, place.room))
        ):
            return
        self._events.append(
            MemberChanged(
                room=place.room,
                sender=_person(got, source),
                speaker=speaker or "",
                change=change,
                reason=reason,
                by=by,
                name=name,
                id=UserId(now) if "@" in now else None,
            )
        )


def _person(got: Line, source: str) -> Sender:
    """Return somebody, with the account of who sent the line (IRCv3 account-tag)."""
    proof = got.tags.get("account", "") if source == got.source else ""
    return Sender(UserId(source), nick_of(source), proof=proof)


def _reason(words: list[str]) -> str:
    return content(words[0]).text if words else ""
