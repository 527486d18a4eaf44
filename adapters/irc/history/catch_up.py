"""Reads what was said while we were away, and finds messages of ours in it. No I/O: `requests` asks for it.

Two ways lead to a room's history: what the server replays on JOIN (InspIRCd's `chanhistory`, channel
mode H), and IRCv3 draft/chathistory, where it has to be asked for. Either way a line counts by its
msgid alone; without one nobody could tell it from a line that was heard live. A bouncer's buffer is
the exception: it shows what it passed on live with the same time and words, which name it (`Session.name`).
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from adapters.irc import decode
from adapters.irc.session import Session
from adapters.irc.wire.line import MARK, Line
from bridge import CatchUp, MessageId, Part, Position, RoomId, TalkEvent, Txn

from .state import NEVER, SLACK, RoomReading, Seen, Shown, Since, stamp

__all__ = ["CHATHISTORY", "History"]

log = logging.getLogger(__name__)

CHATHISTORY = "draft/chathistory"
_MOST_SENT = 10_000
_KEPT = re.compile(r"(\d+):((?:\d+[ywdhms]?)+)", re.IGNORECASE)
_UNITS = {"y": 31_557_600, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "": 1}


class History:
    """The past of all rooms of one connection."""

    def __init__(self, session: Session, catch_up: CatchUp, position: Callable[[str], str | None]) -> None:
        self._session = session
        self._catch_up = catch_up
        self._position = position
        self.readings: dict[RoomId, RoomReading] = {}
        self.looks: dict[RoomId, Seen] = {}
        """Histories that are read of rooms that are joined already."""
        self.shown: dict[RoomId, Shown] = {}
        self.moved: dict[RoomId, Mapping[str, str]] = {}
        """The rooms where something was heard, with the tags of the last line."""
        self.skew = 0.0
        """How far the server's clock is ahead of ours, in seconds."""
        self._first: dict[RoomId, str] = {}
        self._last: dict[RoomId, str] = {}
        self._tokens: dict[RoomId, str] = {}
        self._kept: set[RoomId] = set()
        self._exact = False
        """Whether the past is shown with fractions of seconds."""

    # -- joining

    def begin(self, room: RoomId, joined: str | None, *, alone: bool) -> None:
        """Begin a room that we have entered, at this time by the server's clock."""
        now = time.time()
        at = decode.seconds(joined or "") or now
        self.skew = at - now
        since = Since.parse(self._tokens.get(room) or self._position(room))
        if since is not None and since.at > at + SLACK:
            # a clock was wrong, then or now
            since = None if since.first > at + SLACK else replace(since, at=since.first, last="")
        seen = Seen(self._catch_up.max_messages)
        reading = self.readings[room] = RoomReading(room, at, since, seen)
        if since is not None:
            reading.reach = max(since.at, at - self._catch_up.max_age)
            # the times in a history may be whole seconds
            seen.after = max(reading.reach - SLACK, float(int(since.first)))
            seen.last, seen.covers_if_last = since.last, since.at
            if since.mask:
                self._session.masks.add(since.mask)
            if since.kept:
                self._kept.add(room)
        seen.turn()
        self._first.pop(room, None)
        self.shown[room] = Shown(seen, now, alone)

    def wants(self, room: RoomId) -> str | None:
        """Return the command to send before the room counts as joined: CHATHISTORY, MODE, WHOIS or None."""
        reading = self.readings.get(room)
        unknown = "WHOIS" if reading and self._session.bouncer and self._session.online is None else None
        if reading is None or reading.since is None or not reading.seen.most:
            return unknown
        if CHATHISTORY in self._session.caps:
            return "CHATHISTORY"
        if self._session.bouncer:
            # the modes tell what the server keeps; the bouncer keeps something else
            return unknown
        return "MODE" if reading.since.kept and not reading.covered else None

    def hold(self, event: TalkEvent, tags: Mapping[str, str]) -> bool:
        """Keep a live event back until the room's past is read. Returns whether it waits."""
        reading = self.readings.get(event.room)
        if reading is None:
            return False
        if "time" in tags:
            reading.newest = tags
        return reading.waiting.hold(event, readable=CHATHISTORY in self._session.caps)

    def is_full(self, room: RoomId) -> bool:
        """Whether no more can be held of what nobody could read again."""
        return self.readings[room].waiting.full and CHATHISTORY not in self._session.caps

    def again(self, room: RoomId) -> bool:
        """Whether the past has to be read once more, because too much was said meanwhile."""
        reading = self.readings.get(room)
        if reading is None or not reading.waiting.spilled:
            return False
        reading.waiting.again()
        reading.seen.forget()
        return True

    def finish(self, room: RoomId) -> tuple[list[TalkEvent], bool, int | None]:
        """End the reading of a room. Returns what was said since the position, in order, whether that is all
        that is wanted, and how much was left out (`RoomStateChanged`).
        """
        reading = self.readings.pop(room, None)
        if reading is None:
            return [], False, 0
        seen, since = reading.seen, reading.since
        events = seen.events()
        whole = reading.whole and not seen.unnamed and self._listening(reading.reach)
        left_out = reading.left_out
        self._first[room] = stamp(since.first if since else reading.joined)
        last = events[-1].id if events else since.last if since else ""
        self.moved[room] = reading.newest or {"time": stamp(reading.joined), "msgid": last}
        reading.waiting.known = seen.found
        events += reading.waiting.release()
        # who looks up a message needs only the marks
        seen.pages, seen.found = [], set()
        return events, whole, left_out

    def _listening(self, since: float) -> bool:
        """Whether all that was said since then was heard for us: not while a bouncer was away itself."""
        online = self._session.online
        return not self._session.bouncer or (online is not None and online <= since)

    def drop(self, room: RoomId) -> None:
        """Forget a room that we have left."""
        self.readings.pop(room, None)
        self._first.pop(room, None)
        self.moved.pop(room, None)

    # -- lines

    def show(self, got: Line, room: RoomId) -> None:
        """Take in a line of the past."""
        reading = self.readings.get(room)
        seen = self.looks.get(room) or (reading.seen if reading else None)
        if seen is None:
            return
        if CHATHISTORY not in self._session.caps and not self._session.bouncer:
            self._kept.add(room)
        seen.count += 1
        at = decode.seconds(got.tags.get("time", ""))
        msgid = None if at is None else self._name(got, at)
        if at is None or not msgid:
            seen.unnamed |= at is None or at >= seen.after
            return
        got.tags["msgid"] = msgid
        seen.oldest = min(seen.oldest, at)
        # a time of whole seconds may be that of anything within the second
        seen.covers = min(seen.covers, at + 1 if at % 1 == 0 else at)
        if msgid == seen.last:
            seen.covers = min(seen.covers, seen.covers_if_last)
        ours = self._session.was_me(got.source)
        if MARK in got.tags:
            part = Part(MessageId(msgid), speaker=self._session.speakers.who(got.source))
            _keep(seen.sent, Txn(got.tags[MARK]), part, ours=ours)
            if len(seen.sent) >= _MOST_SENT:
                seen.unmarked = NEVER
        elif got.command != "REDACT" and self._session.is_mask(got.source):
            seen.unmarked = max(seen.unmarked, at)
        if not ours and at >= seen.after and seen.most and msgid not in seen.found:
            event = decode.event(got, self._session)
            if event is not None:
                seen.found.add(event.id)
                # a time of whole seconds may be that of anything within the second
                later = at + 1 if at % 1 == 0 else at
                seen.new += later > seen.covers_if_last and msgid != seen.last
                seen.pages[-1].append(event)

    def _name(self, got: Line, at: float) -> str | None:
        """Return the id of a line of the past; None: nobody could tell it from one that was heard live."""
        if "msgid" in got.tags or not self._session.bouncer:
            return got.tags.get("msgid")
        self._exact = self._exact or at % 1 > 0
        # soju's `message-store fs` keeps whole seconds: its lines get other names than they had live
        return self._session.name(got) if self._exact or CHATHISTORY not in self._session.caps else None

    def modes(self, room: RoomId, params: Iterable[str]) -> None:
        """Take from the channel's modes (numeric 324) how much history the server keeps, such as 50:1d."""
        reading = self.readings.get(room)
        found = next(filter(None, map(_KEPT.fullmatch, params)), None)
        if reading is not None and found is not None:
            parts = re.findall(r"(\d+)(\D?)", found[2])
            lasts = sum(int(number) * _UNITS[unit.lower()] for number, unit in parts)
            reading.holds = int(found[1]), lasts or NEVER

    def made(self, room: RoomId, at: float) -> None:
        """Take in when the channel was made (numeric 329, after 324), in whole seconds: a history that is
        not full has lost nothing.
        """
        reading = self.readings.get(room)
        if reading is None or reading.since is None or reading.holds is None:
            return
        lines, lasts = reading.holds
        if reading.seen.count < lines and at + 1 <= reading.since.at:
            covers = max(reading.joined - lasts, reading.since.at)
            reading.seen.covers = min(reading.seen.covers, covers)

    def mode(self, room: RoomId, changes: str) -> None:
        """Take from a change of the channel's modes whether the server keeps a history."""
        if "H" not in ",".join(self._session.isupport.get("CHANMODES", "").split(",")[2:3]):
            return
        add = True
        for letter in changes:
            add = letter == "+" if letter in "+-" else add
            if letter == "H":
                (self._kept.add if add else self._kept.discard)(room)

    # -- positions

    def positions(self) -> list[Position]:
        """Return the new positions of rooms where something was heard, each once."""
        out = []
        for room, tags in self.moved.items():
            if room in self._first:
                last = self._last[room] = tags.get("msgid") or self._last.get(room, "")
                kept = "+" if room in self._kept else "-"
                token = f"{tags['time']} {self._first[room]} {kept} {last} {self._session.mask}"
                self._tokens[room] = token
                out.append(Position(token, room))
        self.moved.clear()
        return out

    def rest(self, at: float) -> list[Position]:
        """Return positions for all rooms: all that was said before this time, by our clock, is heard."""
        now = stamp(at + self.skew)
        for room in self._first:
            said = self.moved.get(room, {})
            # this time comes of two clocks: it may seem to go back by a millisecond
            times = now, said.get("time", ""), self._tokens.get(room, "").partition(" ")[0]
            self.moved[room] = {**said, "time": max(times)}
        return self.positions()


def _keep(sent: dict[Txn, Part], txn: Txn, part: Part, *, ours: bool) -> None:
    """Remember the message that bears this mark."""
    if ours:
        sent[txn] = part
    elif len(sent) < _MOST_SENT:
        # perhaps ours under another nick and host; but anybody may repeat a mark that they have seen
        sent.setdefault(txn, part)
