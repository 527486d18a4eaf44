"""Hears who wants to talk with somebody alone, and lets them. See `consent.py` for who may."""

import logging
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

from bridge.complaints import Complaints
from bridge.errors import JournalError
from bridge.identity.speaker import key_of
from bridge.instructions import Asked
from bridge.kit.pace import Paces
from bridge.language import Locale
from bridge.model import (
    Approached,
    Content,
    FleetingEvent,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    Removed,
    Sender,
    TalkEvent,
    UserId,
    plain,
)
from bridge.relay import Router

from .consent import Asker, Consent
from .finder import Finder, Known, meant
from .pairs import Ledger, Pair
from .teller import Told, Whispers, typed
from .verbs import VERBS, Verb

__all__ = ["DirectTalks"]

log = logging.getLogger(__name__)

_SIGN = "!"
_SIGNS = ("!", "\uff01")
"""The same as Chinese keyboards have it: what begins so and is for one person is not said to all either."""
_BURST, _PER_SECOND = 20, 0.5
"""How often one person is answered who cannot be understood."""
_MOST = 1000
"""So many people are told apart in that."""


class DirectTalks:
    """Two people of different networks talk alone: in a room for each, joined like any others."""

    def __init__(self, router: Router, answer: Callable[[Asked, str], None]) -> None:
        """`answer` tells whoever asked something in a room."""
        self._router = router
        self._answer = answer
        self._clock = router.journal.clock
        self._ledger = Ledger(router.journal.notes)
        self._finder = Finder(router.rooms, router.journal)
        self._whispers = Whispers(router.rooms, self._clock)
        self._consent = Consent(
            router.rooms, router.muted, self._ledger, self._finder, self._whispers, self._clock
        )
        self._complaints = Complaints(log, self._clock)
        self._paces = Paces(_MOST, _BURST, _PER_SECOND, self._clock)
        self.instructions = [Verb(self, name, text) for name, text in VERBS.items()]
        """What can be asked of it by its name."""
        self.instruct: Callable[[str, FleetingEvent], None] = lambda *_: None
        """Follows any instruction of somebody who gives it alone."""

    def follow(self) -> None:
        """Follow another map."""
        rooms = self._router.rooms
        anywhere = any(map(self.here, rooms.adapters))
        self._router.withholds = self.withholds if anywhere else None
        try:
            self._consent.follow()
        except JournalError as error:
            log.warning("who talks with whom alone cannot be kept: %s", error)

    def here(self, network: str) -> bool:
        """Whether people of a network can talk with others alone."""
        adapter = self._router.rooms.adapters.get(network)
        return self._consent.mode(network) != "off" and (adapter is None or adapter.instructed)

    # What is heard

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Hear who wrote to one of our accounts alone."""
        if isinstance(event, Approached):
            self._approached(network, replace(event, sender=event.sender.speaking))
        elif (
            isinstance(event, MemberChanged) and not event.speaker
        ):  # else the id is that of an account of ours
            self._consent.moved(network, event)

    def _approached(self, network: str, event: Approached) -> None:
        if not event.to:
            self._addressed(network, event)
        elif event.text.startswith(_SIGN) and self.here(network):
            self._replied(network, event)
        else:
            asker = Asker(network, event.sender, event.room, event.room)
            self._consent.ask(asker, _known(event.to))

    def withholds(self, network: str, event: TalkEvent) -> bool:
        """Whether what was said in a room is for one person or for Hubbub alone, and must not be relayed."""
        if self._is_silenced(network, event):
            return True
        if not isinstance(event, MessageCreated | MessageEdited) or not _is_signed(event.content):
            return False
        text = _SIGN + event.content.text.lstrip()[1:]
        verb, _ = _split(text)
        if (other := self._other(network, event)) is not None:
            if verb not in {*VERBS, "help"}:
                return False
            if isinstance(event, MessageCreated) and not event.replayed:
                told = Approached(room=event.room, sender=event.sender.speaking, text=text, to=other)
                self._replied(network, told)
            return True
        if verb != "msg" or not self.here(network):
            return False
        if isinstance(event, MessageCreated) and not event.replayed:
            self._warn(network, event)
        return True

    def _is_silenced(self, network: str, event: TalkEvent) -> bool:
        """Whether somebody is not heard by whom they talk with, as moderators want it. They are told so."""
        if isinstance(event, Removed) or not any(
            event.sender.id in people or event.sender.author in people
            for people in self._router.muted.on(network).values()
        ):
            return False
        key, other = key_of(network, event.sender.author), self._other(network, event)
        if other is None or not self._consent.is_muted(key, other):
            return False
        if isinstance(event, MessageCreated) and not event.replayed and self._paces.take_now(key):
            told = Approached(room=event.room, sender=event.sender.speaking, text="", to=other)
            self._tell(
                network, told, lambda locale: locale.gettext("That cannot be done now: try again later.")
            )
        return True

    def strays(self, network: str, event: TalkEvent) -> None:
        """Ask anew for somebody who writes where two talked until just now."""
        if not isinstance(event, MessageCreated) or event.replayed or event.mark:
            return
        if (other := self._other(network, event)) is not None:
            text = event.content.text
            self.hear(network, Approached(room=event.room, sender=event.sender, text=text, to=other))

    def _other(self, network: str, event: TalkEvent) -> str | None:
        """Return the key of the other of two whose room it is; None: it is no such room."""
        key = key_of(network, event.sender.author)
        for opened in self._router.rooms.directory.private():
            if (network, event.room) in opened.rooms:
                return next((one for one in opened.name[1:].split("\n") if one != key), None)
        return None

    def _warn(self, network: str, event: MessageCreated) -> None:
        """Tell somebody that all in the room saw what was for one person."""
        worker = self._router.rooms.by_name.get((network, event.room))
        if worker is None or not self._paces.take_now(key_of(network, event.sender.author)):
            return
        locale = worker.composer.view.locale
        asked = Asked(network, event.room, worker.room.number, event.sender.speaking, "", locale, alone=False)
        self._answer(asked, locale.gettext("Everybody here saw that, and nobody else: write it to me alone."))

    def _replied(self, network: str, event: Approached) -> None:
        """Follow an instruction that somebody gave to one of our accounts: about whom that is for, if it
        names nobody.
        """
        verb, words = _split(event.text)
        if verb in VERBS and verb != "msg" and not words:
            event = replace(event, text=f"{_SIGN}{verb} {_SIGN}{event.to}")
        told = replace(event, to="")
        self._addressed(network, told)
        self.instruct(network, told)

    def _addressed(self, network: str, event: Approached) -> None:
        """Pass on what somebody told the bridge's own account to say to another. Plain words are for nobody:
        who guesses whom they are for is wrong one day.
        """
        key = key_of(network, event.sender.id)
        verb, words = _split(event.text) if event.text.startswith(_SIGN) else ("", "")
        if not self.here(network):
            return
        if verb == "msg":
            name, *rest = words.split(None, 1) or [""]
            text = "".join(rest)
            if (other := self.find(network, event, name)) is not None:
                self._say(network, event, other, text.strip())
        elif not verb and (talks := self._ledger.of(key)) and self._paces.take_now(key):
            names = [typed(pair.other(key)) for pair in talks]
            self._tell(
                network,
                event,
                lambda locale: locale.gettext(
                    "That reached nobody. Say whom it is for: {instructions}",
                    instructions=", ".join(f"`!msg {name} …`" for name in names),
                ),
            )

    def _say(self, network: str, event: Approached, other: Known, text: str) -> None:
        key = key_of(network, event.sender.id)
        pair = self._ledger.between(key, other.key)
        if pair is None:
            if self._paces.take_now(key):
                self._consent.ask(Asker(network, event.sender, event.room), other)
            return
        mine = pair.own(key)
        if (network, mine.private) not in self._router.rooms.directory.routes.sources:
            self._consent.ask(Asker(network, event.sender, event.room), other)
            return
        if not text:
            self._tell(network, event, lambda locale: locale.gettext("That reached nobody: say it again."))
            return
        said = MessageCreated(
            id=MessageId(f"told-{uuid4()}"),
            room=mine.private,
            sender=Sender(mine.user, event.sender.name),
            content=plain(text),
            at=self._clock.now(),
        )
        self._router.emit(network)([said])

    # What instructions ask

    def do(self, verb: str, asked: Asked) -> str:
        """Follow an instruction. Returns the answer; empty: there is none."""
        try:
            return self._do(verb, asked)
        except JournalError as error:
            log.warning("who talks with whom alone cannot be kept: %s", error)
            return asked.locale.gettext("That cannot be done now: try again later.")

    def _do(self, verb: str, asked: Asked) -> str:
        key = key_of(asked.network, asked.sender.id)
        waiting = {pair.asking.key: pair for pair in self._ledger.waiting(key)}
        talks = {pair.other(key).key: pair for pair in self._ledger.of(key)}
        if verb == "msg":  # alone it is done when it is heard, and so in its turn
            return (
                ""
                if asked.alone
                else asked.locale.gettext("Everybody here saw that, and nobody else: write it to me alone.")
            )
        if verb == "ignore":
            return self._ignore(key, asked)
        if verb == "heed":
            return self._heed(key, asked)
        pairs = talks if verb == "end" else waiting
        people = [_of(pair, other) for other, pair in pairs.items()]
        found = self._chosen(asked.words, people)
        if len(found) != 1:
            return _which(found or people, asked.locale)
        pair = pairs[found[0].key]
        if verb == "accept":
            answer = self._consent.begin(pair)
            return asked.locale.gettext(answer, name=typed(found[0])) if answer else ""
        if verb == "refuse":
            self._consent.refuse(pair)
        else:
            self._consent.end(pair, key)
        return asked.locale.gettext("Done.")

    def _ignore(self, key: str, asked: Asked) -> str:
        if not asked.words:
            names = ", ".join(typed(_known(*one)) for one in self._ledger.ignored_by(key).items())
            return (
                asked.locale.gettext("You ignore: {names}", names=names)
                if names
                else asked.locale.gettext("You ignore nobody.")
            )
        people = self._around(asked.network, asked.sender, asked)
        found = self._chosen(asked.words, people)
        if len(found) != 1:
            return _which(found, asked.locale)
        self._consent.ignore(asked.network, asked.sender.id, found[0])
        return asked.locale.gettext("Done.")

    def _heed(self, key: str, asked: Asked) -> str:
        people = [_known(*one) for one in self._ledger.ignored_by(key).items()]
        found = self._chosen(asked.words, people)
        if len(found) != 1:
            return _which(found or people, asked.locale)
        self._ledger.heed(asked.network, key, found[0].key)
        return asked.locale.gettext("Done.")

    # Who is meant

    def find(self, network: str, event: Approached, name: str) -> Known | None:
        """Return who is meant by a name. Where that is not one, whoever asked is told so."""
        people = self._around(network, event.sender, event)
        found = self._chosen(name, people)
        if len(found) == 1:
            return found[0]
        if self._paces.take_now(key_of(network, event.sender.id)):
            self._tell(network, event, lambda locale: _which(found, locale))
        return None

    def _around(self, network: str, sender: Sender, where: Asked | Approached) -> list[Known]:
        key = key_of(network, sender.id)
        talks = [pair.other(key) for pair in self._ledger.of(key)]
        waiting = [pair.asking for pair in self._ledger.waiting(key)]
        return self._finder.around(network, sender.id, where.room, [*waiting, *talks])

    def _chosen(self, name: str, people: list[Known]) -> list[Known]:
        if name.startswith(_SIGN):
            found = [known for known in people if known.key == name[len(_SIGN) :]]
        else:
            found = meant(name, people, self._router.rooms.adapters)
        return list({known.key: known for known in found}.values())

    def _tell(self, network: str, event: Approached, told: Told) -> None:
        self._whispers.tell(network, event.room, event.sender.id, told)


def _which(found: list[Known], locale: Locale) -> str:
    """Say that a name is nobody's, or that of several."""
    if not found:
        return locale.gettext("Nobody is known by that name.")
    return locale.gettext("Say which one: {names}", names=", ".join(sorted(map(typed, found))))


def _is_signed(content: Content) -> bool:
    """Whether words begin with a sign, whatever space stands before it."""
    first = next(filter(None, (span.text.lstrip() for span in content.spans)), "")
    return first.startswith(_SIGNS)


def _split(text: str) -> tuple[str, str]:
    """Return the name of an instruction and the words behind it."""
    name, *words = text.removeprefix(_SIGN).split(None, 1) or [""]
    return name.casefold(), "".join(words).strip()


def _known(key: str, name: str = "") -> Known:
    network, _, user = key.partition("/")
    return Known(network, UserId(user), name or user)


def _of(pair: Pair, key: str) -> Known:
    party = pair.own(key)
    return Known(party.network, party.user, party.name)
