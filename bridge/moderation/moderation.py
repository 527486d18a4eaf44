"""Hears of bans and kicks, and mutes whom they are about in the rest of the conversation."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from bridge.compose.forging import whole
from bridge.identity import safe_name
from bridge.kit.pace import TokenBucket
from bridge.language import ENGLISH, N_, Locale
from bridge.model import Change, FleetingEvent, MemberChanged, Sender, UserId
from bridge.relay import Router

from .mutes import Mute, Mutes
from .words_back import WordsBack

__all__ = ["Moderation", "Tell"]

log = logging.getLogger(__name__)

_KICK = 600.0
"""So long a kick counts elsewhere, in seconds."""
_BANNED = N_("{name} was banned in {room}, and is not heard in the other rooms any more.")
_KICKED = N_("{name} was kicked in {room}, and is not heard in the other rooms for ten minutes.")
_HEARD = N_("{name} is heard in the other rooms again.")
_TOLD, _TOLD_PER_SECOND = 5, 0.1
"""How often people are told: what is more stands in the log alone."""

Tell = Callable[[int, UserId, Callable[[Locale], str]], None]
"""Tells somebody in a room of theirs something: alone where that can be, and else the room."""
Left = Callable[[str, UserId, Iterable[int]], None]
"""Lets somebody of a network be in these rooms as themselves no longer."""


class Moderation:
    """What moderators of one room do counts in the whole conversation, where its owner says so."""

    def __init__(self, router: Router, place: Callable[[int, Locale], str], tell: Tell, left: Left) -> None:
        """`place` is what a room is called, by its number."""
        self._router = router
        self._clock = router.journal.clock
        self._place = place
        self._tell = tell
        self._left = left
        self._paces = TokenBucket(_TOLD, _TOLD_PER_SECOND, self._clock)
        self._mutes = Mutes(router.journal, router.muted)
        self._words_back = WordsBack(router)

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Take note of what moderators do."""
        if not isinstance(event, MemberChanged) or event.change is Change.LEFT:
            return
        worker = self._router.rooms.by_name.get((network, event.room))
        if worker is None or worker.room.private:
            return
        number = worker.room.number
        whose, _, user = event.speaker.partition("/") if event.speaker else (network, "", event.sender.id)
        if not user:
            return
        match event.change:
            case Change.BANNED | Change.KICKED:
                self._decided(number, whose, UserId(user), event)
            case Change.UNBANNED:
                self._lifted(self._made_in(number, whose, UserId(user)))
            case Change.JOINED:  # so the ban has ended, whoever saw that
                self._lifted(
                    mute for mute in self._made_in(number, whose, UserId(user)) if mute.until is None
                )
            case Change.RENAMED if event.id:
                self._renamed(whose, UserId(user), event.id, event.name)

    def follow(self) -> None:
        """Follow another map."""
        for name in self._router.rooms.adapters:
            network = self._router.rooms.directory.network(name)
            if network is not None and network.was is not None:
                self._mutes.rename(network.was, name)

    def patrol(self) -> None:
        """Let those be heard again whose time is over: every few seconds."""
        self._ended(self._mutes.expire())
        conversations = self._router.rooms.directory.routes.conversations

        def is_of_its_room_alone(mute: Mute) -> bool:
            rules = conversations(mute.room).get(mute.conversation)
            return rules is not None and rules.moderators == "here"

        self._ended(self._mutes.lift(is_of_its_room_alone))  # the owner wants it otherwise by now

    # What the owner may ask

    def muted(self) -> list[Mute]:
        """Return who is muted, and who would be."""
        return self._mutes.all()

    def unmute(self, who: str, conversation: str = "") -> int:
        """Let somebody be heard again, by their name, their id, or network and id (`libera/ada!a@b`), in one
        conversation or in all. Returns how many decisions of moderators end by it.
        """
        found = self._mutes.lift(
            lambda mute: (
                who.casefold() in _words(mute) and (not conversation or mute.conversation == conversation)
            )
        )
        self._ended(found)
        return len(found)

    # One decision

    def _decided(self, number: int, network: str, user: UserId, event: MemberChanged) -> None:
        banned = event.change is Change.BANNED
        if event.takes_back:
            self._words_back.begin(number, network, user, event)
        now = self._clock.now()
        for conversation, rules in self._router.rooms.directory.routes.conversations(number).items():
            if rules.moderators == "here":
                continue
            heard = self._heard(conversation, network, user)
            mute = Mute(
                conversation=conversation,
                network=network,
                user=user,
                name=heard.name if heard is not None else event.sender.name,
                room=number,
                by=event.by.name if event.by is not None else "",
                reason=event.reason,
                since=now,
                until=None if banned else now + _KICK,
                dry_run=rules.moderators == "dry-run",
                account=heard.account if heard is not None else None,
            )
            if self._mutes.add(mute):
                self._log(mute)
                if not mute.dry_run:
                    self._enforce(mute)

    def _enforce(self, mute: Mute) -> None:
        rooms = self._rooms(mute.conversation)
        self._left(mute.network, mute.user, [room for room in rooms if room != mute.room])
        self._say(mute, _BANNED if mute.until is None else _KICKED)

    def _made_in(self, number: int, network: str, user: UserId) -> Iterator[Mute]:
        """Yield what the moderators of one room decided about somebody."""
        for mute in self._mutes.all():
            if (mute.room, mute.network) == (number, network) and user in {mute.user, mute.first}:
                yield mute

    def _lifted(self, mutes: Iterable[Mute]) -> None:
        mutes = list(mutes)
        self._mutes.drop(mutes)
        self._ended(mutes)

    def _ended(self, mutes: Iterable[Mute]) -> None:
        for mute in mutes:
            if mute.dry_run:
                log.info("dry run: %s would be heard again in %s", _who(mute), mute.conversation)
            elif not self._mutes.is_muted(mute):
                log.info("%s is heard again in %s", _who(mute), mute.conversation)
                self._say(mute, _HEARD)

    def _renamed(self, network: str, user: UserId, other: UserId, name: str) -> None:
        """Know somebody again who took another name, and with it another id."""
        for mute in self._mutes.all():
            if mute.network == network and mute.user == user:
                if mute.first not in {None, other}:
                    self._mutes.drop([mute])  # a name in between: there may be very many
                self._mutes.add(replace(mute, user=other, name=name, first=mute.first or user))

    # What is said of it

    def _log(self, mute: Mute) -> None:
        what = "would be muted (dry run)" if mute.dry_run else "is muted"
        how = "banned" if mute.until is None else "kicked"
        by = f" by {safe_name(mute.by)}" if mute.by else ""
        where = self._place(mute.room, ENGLISH)
        log.info("%s %s in %s: %s in %s%s", _who(mute), what, mute.conversation, how, where, by)

    def _say(self, mute: Mute, sentence: str) -> None:
        """Tell somebody in the room of theirs where they spoke last."""
        known = self._router.rooms.directory.routes.rooms
        rooms = [room for room in self._rooms(mute.conversation) if known[room][0] == mute.network]
        if sentence == _BANNED:
            rooms = [room for room in rooms if room != mute.room]  # where they are not any more
        home = self._home(mute.user, rooms)
        if home is None or not self._paces.take_now():
            return

        def told(locale: Locale) -> str:
            name = whole(safe_name(mute.name))
            return locale.gettext(sentence, name=name, room=self._place(mute.room, locale))

        self._tell(home, mute.user, told)

    def _home(self, user: UserId, rooms: list[int]) -> int | None:
        """Return the room where somebody spoke last, or else one where they are."""
        voices = self._router.journal.voices(rooms, 0.0) if rooms else []
        spoke = (room for room, sender in reversed(voices) if user in {sender.id, sender.author})
        there = (room for room in rooms if any(one.id == user for one in self._people(room)))
        return next(chain(spoke, there), None)

    def _heard(self, conversation: str, network: str, user: UserId) -> Sender | None:
        """Return how somebody was last heard at home, where others may write their name otherwise."""
        known = self._router.rooms.directory.routes.rooms
        rooms = [room for room in self._rooms(conversation) if known[room][0] == network]
        voices = self._router.journal.voices(rooms, 0.0) if rooms else []
        return next((sender for _, sender in reversed(voices) if sender.id == user), None)

    def _people(self, room: int) -> Collection[Sender]:
        worker = self._router.workers.get(room)
        return worker.room.adapter.people(worker.room.id) if worker is not None else ()

    def _rooms(self, conversation: str) -> list[int]:
        routes = self._router.rooms.directory.routes
        return list(dict.fromkeys(routes.numbers(conversation))) if conversation in routes else []


def _who(mute: Mute) -> str:
    return f"{safe_name(mute.name)} ({mute.network})"


def _words(mute: Mute) -> set[str]:
    """Return what somebody may be called by the owner, in lower case."""
    ids = filter(None, (mute.user, mute.first))
    return {word.casefold() for user in ids for word in (mute.name, user, f"{mute.network}/{user}")}
