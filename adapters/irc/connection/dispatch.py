"""Hands each line from the server to what it concerns. No I/O: lines to send go to `Effects`."""

import re
from collections.abc import Callable
from typing import Protocol

from adapters.irc import decode
from adapters.irc.config import NetworkConfig
from adapters.irc.greeting import answer, is_services
from adapters.irc.history.catch_up import History
from adapters.irc.rooms.channels import Channels, Place
from adapters.irc.rooms.members import Members
from adapters.irc.session import Session
from adapters.irc.wire.line import Line, line, nick_of
from bridge import (
    AdapterError,
    CatchUp,
    ConnectionLost,
    Emit,
    Event,
    SetTopic,
    TalkEvent,
    TokenBucket,
)

from .confirmations import Confirmations
from .registration import Registration

__all__ = ["Dispatcher", "Effects"]

_MOVES = {"JOIN", "PART", "KICK", "NICK", "QUIT", "CHGHOST"}
_SAYING = {"PRIVMSG", "NOTICE"}
_ALSO_FAIL = {*_SAYING, "TAGMSG", "TOPIC"}
_LOGIN = {"CAP", "AUTHENTICATE", "001", "432", "433", *map(str, range(901, 909))}
_IDENTIFIED = re.compile(r"identified|accepted|logged in|recogni[sz]ed", re.IGNORECASE)
_NOT_IDENTIFIED = re.compile(r"invalid|incorrect|wrong|denied|(not|isn't) (a )?registered", re.IGNORECASE)
_OFFLINE = re.compile(r"disconnected from|not connected to", re.IGNORECASE)


class Effects(Protocol):
    """The actions that the dispatcher takes on the connection."""

    def write(self, data: bytes) -> None:
        """Send a line at once."""

    def post(self, data: bytes) -> None:
        """Send a line when the server's flood control allows it."""

    def now(self) -> float:
        """Return the time of the loop's clock."""

    def entered(self, place: Place) -> None:
        """Note that the server put us into a room unasked."""

    def stir(self) -> None:
        """Wake whoever waits for a change."""

    def end(self, error: AdapterError) -> None:
        """End the connection."""


class Dispatcher:
    """Takes in lines, one by one, and appends what happened to `events`."""

    def __init__(
        self,
        config: NetworkConfig,
        effects: Effects,
        introduce: Callable[[str], str | None],
        emit: Emit,
        catch_up: CatchUp,
    ) -> None:
        self._config = config
        self._effects = effects
        self._introduce = introduce
        self._answers = TokenBucket(10, 1)
        self.session = Session(config.nick)
        self.events: list[Event] = []
        self.history = History(self.session, catch_up, emit.position)
        self.channels = Channels(self.session, self.history, config.encoding, self.events)
        self.session.private.watch(self.channels.places, self.events, effects)
        self._members = Members(self.session, self.channels, self.events)
        self.confirmations = Confirmations()
        self.registration = Registration(config, self.session)
        self.identified: bool | None = None
        """Whether NickServ took our password; None: it has not said."""
        self.overhear: Callable[[Line], None] | None = None
        """Called with each line that the server itself says."""
        self.flooded = False
        """Whether the server closed the connection because we sent too much at once."""
        self._of_people: dict[str, Callable[[Line], None]] = {
            "PRIVMSG": self._talk,
            "NOTICE": self._talk,
            "TAGMSG": self._talk,
            "REDACT": self._talk,
            "TOPIC": self._talk,
            "JOIN": self._join,
            "PART": self._part,
            "KICK": self._kick,
            "MODE": self._mode,
            "NICK": self._nick,
            "QUIT": self._quit,
            "INVITE": self._invite,
            "CHGHOST": self._chghost,
            "AWAY": self.session.absence.said,
        }
        self._of_server: dict[str, Callable[[Line], None]] = {
            "PONG": self._pong,
            "PING": self._ping,
            "BATCH": lambda got: self.session.batch(got.params, got.tags),
            "ERROR": self._error,
            "FAIL": self._fail,
            "005": self._isupport,
            "324": self._modes,
            "353": self._members.names,
            "366": lambda got: self.confirmations.names(got.params[1]),
            "329": self._made,
            "301": self.session.absence.replied,
            "311": lambda got: self.session.masked(got.params),
            "352": self._members.who,
            "302": self.session.private.userhost,
            "317": self._signed_on,
            "396": lambda got: self.session.displayed(got.params),
            "900": self._logged_in,
        }

    def take(self, got: Line) -> None:
        """Take in one line. Raises what ends the connection; any other exception means a bad line."""
        handler = self._of_people.get(got.command)
        if handler:
            handler(got)
            if self.session.private and got.command in _MOVES:
                self._members.followed(got)
        elif "!" in got.source:
            # a person can say nothing else, whatever a server lets through
            return
        else:
            self._server_said(got)

    def _server_said(self, got: Line) -> None:
        if self.overhear is not None:
            self.overhear(got)
        if handler := self._of_server.get(got.command):
            handler(got)
        elif got.command in _LOGIN or not self.registration.welcome:
            if got.command == "001":
                self.session.server = got.source
            for data in self.registration.take(got):
                self._effects.write(data)
            self._effects.stir()
        elif got.command.isdigit():
            self._numeric(got)

    def _talk(self, got: Line) -> None:
        session = self.session
        if session.entering or session.batches:
            room = session.room(got.params[0])
            if room and session.is_history(got, room):
                self.history.show(got, room)
                return
        if nick_of(got.source) == session.nick:
            self._echo(got)
            return
        # most lines are of one kind
        event = (decode.message if got.command == "PRIVMSG" else decode.event)(got, session)
        if event:
            if not self.history.readings or not self._held(event, got):
                self.events.append(event)
                if "time" in got.tags:
                    self.history.moved[event.room] = got.tags
            if session.unmasked:
                self._members.spoke(event.room, got.source)
        elif got.command == "TAGMSG":
            self._typing(got)
        elif got.source and got.command in _SAYING and session.is_me(got.params[0]):
            self._private(got)

    def _echo(self, got: Line) -> None:
        room = self.session.room(got.params[0])
        if got.command in _SAYING:
            rooms = (room,) if room else self.session.private.rooms_to(got.params[0])
            self.confirmations.echo(rooms, self.session.label(got), got)
        if room and "time" in got.tags and got.command != "TAGMSG":
            self.history.moved[room] = got.tags

    def _held(self, event: TalkEvent, got: Line) -> bool:
        """Hold a live event until the room's past is read. Returns whether it waits."""
        waits = self.history.hold(event, got.tags)
        if waits and self.history.is_full(event.room):
            self.channels.settle(self.channels.places[event.room], self._effects.now())
        return waits

    def _typing(self, got: Line) -> None:
        event = decode.typing(got, self.session)
        if event is not None and self.channels.places[event.room].joined is not None:
            self.events.append(event)

    def _private(self, got: Line) -> None:
        if got.command == "PRIVMSG":
            if self.session.hidden and got.source.startswith("*"):
                self._status(got.params[1])
            if is_services(got.source):
                return
            if (event := self.session.private.heard(got, "")) is not None:
                self.events.append(event)
            elif self._answers.take_now(1):
                for data in answer(got, self.session, self._introduce, self._config.encoding):
                    self._effects.post(data)
        elif self.session.fold(nick_of(got.source)) == "nickserv":
            if _IDENTIFIED.search(got.params[1]):
                self.identified = True
            elif _NOT_IDENTIFIED.search(got.params[1]):
                self.identified = False
            self._effects.stir()

    def _status(self, said: str) -> None:
        """Take in what a bouncer says of its network, in English. In other languages the silence tells."""
        if not _OFFLINE.search(said):
            return
        self.confirmations.lost(said)
        for place in self.channels.places.values():
            if place.inside:
                self.channels.refuse(place, f"the bouncer has lost the network: {said}", self._effects.now())
        self._effects.stir()

    def _pong(self, got: Line) -> None:
        session = self.session
        if not self.confirmations.awaits(got.params[-1]):
            return
        if got.source and session.server and got.source != session.server:
            session.bouncer = session.hidden = True
        self.confirmations.pong(got.params[-1], last=not session.bouncer)

    def _ping(self, got: Line) -> None:
        self._effects.write(
            line("PONG", trailing=got.params[-1] if got.params else "", encoding=self._config.encoding)
        )

    # -- rooms

    def _place(self, channel: str) -> Place | None:
        room = self.session.room(channel)
        return self.channels.places.get(room) if room else None

    def _join(self, got: Line) -> None:
        if not self.session.is_me(nick_of(got.source)):
            self._members.came(got)
            return
        self.session.learn(got.source)
        place = self._place(got.params[0])
        if place is None:
            # forwarded, or made to join by an operator: nobody here reads or writes it. A bouncer's other
            # rooms are its owner's.
            if not self.session.bouncer and self.session.fold(got.params[0]) not in self.session.held:
                self._effects.post(line("PART", got.params[0], encoding=self._config.encoding))
            return
        # with a time to join again, the PONG was here before this JOIN
        asked = self.channels.is_joining(place) and place.due is None
        alone = self.session.is_me(self.wanted)
        self.channels.came_in(place.room, got.tags.get("time"))
        self.history.begin(place.room, got.tags.get("time"), alone=alone)
        if not asked:
            self._effects.entered(place)

    def held(self) -> list[Place]:
        """Enter the rooms of ours that we have made, and so are in. Returns them."""
        places = [
            place
            for place in self.channels.places.values()
            if not place.inside and self.session.fold(place.room) in self.session.held
        ]
        for place in places:
            self.session.held.discard(self.session.fold(place.room))
            self.channels.came_in(place.room, None)
            self.history.begin(place.room, None, alone=self.session.is_me(self.wanted))
        return places

    def _part(self, got: Line) -> None:
        if not self.session.is_me(nick_of(got.source)):
            self._members.went(got)
        elif (place := self._place(got.params[0])) and place.inside:
            self._out(place, "the network", got.params[1:])

    def _kick(self, got: Line) -> None:
        if not self.session.is_me(got.params[1]):
            self._members.thrown_out(got)
        elif place := self._place(got.params[0]):
            self._out(place, nick_of(got.source), got.params[2:])

    def _out(self, place: Place, who: str, why: list[str]) -> None:
        self.channels.thrown_out(place.room, who, why[0] if why else "", self._effects.now())
        self._effects.stir()

    def _mode(self, got: Line) -> None:
        if room := self.session.room(got.params[0]):
            self.session.locked.discard(room)
            self.session.forms.forget(room)
            self.history.mode(room, got.params[1])
            self._members.mode(got)

    def _modes(self, got: Line) -> None:
        if room := self.session.room(got.params[1]):
            self.history.modes(room, got.params[3:])

    def _made(self, got: Line) -> None:
        if room := self.session.room(got.params[1]):
            self.history.made(room, float(got.params[2]))

    def _invite(self, got: Line) -> None:
        if self.session.is_me(got.params[0]) and (place := self._place(got.params[1])):
            self.channels.invited(place.room, self._effects.now())
            self._effects.stir()

    # -- names

    def _nick(self, got: Line) -> None:
        if self.session.is_me(nick_of(got.source)):
            self.session.nick = got.params[0]
        else:
            self._members.renamed(got)
            self._freed(nick_of(got.source))

    def _quit(self, got: Line) -> None:
        if not self.session.is_me(nick_of(got.source)):
            self._members.quit(got)
        self._freed(nick_of(got.source))

    def follow(self, config: NetworkConfig) -> None:
        """Take over the owner's choice of a nick."""
        self._config = config
        self.registration.follow(config)

    @property
    def wanted(self) -> str:
        """The nick that we want, as the server would cut it."""
        nick = self._config.nick
        return nick[: self.session.number("NICKLEN", len(nick))]

    def _freed(self, nick: str) -> None:
        """Take a nick that somebody gave up, if it is the one that we want."""
        wanted = self.wanted
        if self.session.nick != wanted and self.session.fold(nick) == self.session.fold(wanted):
            self._effects.post(line("NICK", wanted))

    def _chghost(self, got: Line) -> None:
        if self.session.is_me(nick_of(got.source)):
            self.session.user, self.session.host = got.params[:2]
        else:
            self._members.moved(got)

    def _signed_on(self, got: Line) -> None:
        """Take from WHOIS since when we are on the network."""
        if self.session.is_me(got.params[1]) and len(got.params) > 4:
            self.session.online = float(got.params[3])
            self._effects.stir()

    def _logged_in(self, got: Line) -> None:
        self.identified = True
        self._effects.stir()

    # -- the server

    def _isupport(self, got: Line) -> None:
        self.session.support(got.params[1:-1])
        self.channels.find_doubles()

    def _numeric(self, got: Line) -> None:
        if got.command[0] not in "24567":
            return
        if self.channels.refused(got.command, got.params, self._effects.now()):
            self._effects.stir()
            return
        if got.command == "400" and not _ALSO_FAIL.intersection(got.params):
            return
        # a server that knows no such room has answered too
        self.confirmations.names(got.params[1] if len(got.params) > 1 else "")
        rooms = self.session.rooms_named(got.params[1:-1])
        if (
            got.command == "482"
            and self.confirmations.oldest
            and self.confirmations.oldest.command is SetTopic
        ):
            self.session.locked.update(room for room in rooms if room)
        self.confirmations.error(got.command, got.params[-1], rooms, self.session.label(got))

    def _fail(self, got: Line) -> None:
        """Take in a FAIL (IRCv3 standard replies): FAIL command code context :description."""
        command, code = got.params[0].upper(), got.params[1].upper()
        # what the server no longer knows is as good as removed
        if command in _ALSO_FAIL or (command == "REDACT" and code != "UNKNOWN_MSGID"):
            self.confirmations.error("FAIL", got.params[-1], set())

    def _error(self, got: Line) -> None:
        said = got.params[-1] if got.params else "no reason given"
        self.flooded = any(word in said.lower() for word in ("flood", "recvq"))
        if (refusal := self.registration.closed(said)) is not None:
            raise refusal
        raise ConnectionLost(f"the server {self._config.server} closed the connection: {said}")
