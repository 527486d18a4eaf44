"""Reads what was said while we were away: from a room's archive, or as the room itself shows it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from adapters.xmpp.decode import PastMessage
from adapters.xmpp.decode.trust import proven
from adapters.xmpp.session import Place
from bridge import (
    CatchUp,
    Caught,
    MessageId,
    Part,
    Receipt,
    Removed,
    TalkEvent,
    TemporaryFailure,
    Txn,
    Unsupported,
    UserId,
    by_author,
)

from . import positions
from .archive import PAGE, ArchiveReader, Unreadable

__all__ = ["History"]

log = logging.getLogger(__name__)

_SEARCH = 30.0
_MOST_PAGES = 100
_ROUNDS = 3
_SKEW = 120.0
"""Seconds that the server's clock may differ from ours."""


@dataclass(slots=True)
class _Missed:
    """The messages since a position, the oldest first."""

    events: list[TalkEvent]
    last: str = ""
    """The room's id of the last message that was read; "" when there was none."""
    whole: bool = False
    left_out: int | None = 0


class History:
    """The past of all rooms of one connection."""

    def __init__(
        self,
        reader: ArchiveReader,
        rules: CatchUp,
        position: Callable[[str], str | None],
        hear: Callable[[Place, Sequence[TalkEvent], str], None],
    ) -> None:
        """`hear` gets what was said in a room, and the room's id for the last of it; "": unknown."""
        self._reader = reader
        self._rules = rules
        self._position = position
        self._hear = hear

    def begin(self, place: Place) -> None:
        """Hold what is said from now on. What was held before can be read again where it has ids."""
        if not place.destroyed and (token := self._position(place.room)) is not None:
            position = positions.read(token)
            place.persistent, place.destroyed = position.persistent, position.destroyed
        place.met = False
        if not place.waiting.holding or place.stanza_ids:
            place.waiting.begin()

    def hold(self, place: Place, said: TalkEvent) -> bool:
        """Hold what is said live until the room's past is read. Returns whether it waits."""
        waits = place.waiting.hold(said, readable=place.archive)
        if waits and place.waiting.full and not place.archive:
            self._reader.hurry(place)
        return waits

    def release(self, place: Place) -> None:
        """Hand on what was held."""
        if held := place.waiting.release():
            self._hear(place, held, held[-1].id if place.stanza_ids else "")

    def abandon(self, place: Place) -> None:
        """Give up entering a room: hand on what was held, unless it can be read again."""
        if not place.stanza_ids:
            self.release(place)

    # -- catching up

    async def catch_up(self, place: Place) -> Caught:
        """Read and hand on what was said since the room's position.

        Live talk is held until `release`. A room without a position starts at now.
        """
        token = self._position(place.room)
        if token is None or not self._rules.max_messages:
            self._hear(place, (), await self._newest(place))
            return Caught()
        position = positions.read(token)
        place.last = position.last
        caught, most = Caught(whole=True), self._rules.max_messages
        for _ in range(_ROUNDS):
            place.waiting.again()
            missed = await self._missed(place, position.since, most)
            left_out = missed.left_out if caught.left_out == 0 else caught.left_out
            caught, most = Caught(caught.whole and missed.whole, left_out), PAGE * _MOST_PAGES
            place.waiting.known.update(event.id for event in missed.events)
            self._hear(place, proven(missed.events), missed.last)
            if not place.waiting.spilled:
                break
        return replace(caught, whole=caught.whole and not place.waiting.spilled)

    async def _newest(self, place: Place) -> str:
        """Return the archive's id of its last message."""
        if place.archive:
            with contextlib.suppress(TimeoutError, Unreadable):
                past, _ = await self._reader.page(place, 0.0, "", 1)
                return past[-1].id if past else ""
        return ""

    async def _missed(self, place: Place, since: float, most: int) -> _Missed:
        """Return what was said after the place's last message, at most so many of the newest.

        It is read backwards: so the newest count, nobody's clock matters while the last message is still
        there, and it does no harm when that is gone (ejabberd would then begin at the beginning).
        """
        missed = _Missed([])
        if not place.stanza_ids:
            return missed  # without ids nobody could tell what was heard before
        try:
            met = await (self._read(place, missed, since) if place.archive else self._look(place, missed))
        except Unreadable:
            met = False if missed.last else await self._look(place, missed)
        except TimeoutError:
            met = False
            silent = "the archive of %s does not answer: what was said meanwhile may be missing"
            log.warning(silent, place.room, extra={"room": place.room})
        place.met = place.met or met
        if not met:
            missed.events = [said for said in missed.events if (said.at or 0.0) >= since - _SKEW]
        if (cut := len(missed.events) - most) > 0:
            missed.left_out = None if missed.left_out is None else missed.left_out + cut
            del missed.events[most:]
        missed.events.reverse()
        return missed

    async def _read(self, place: Place, missed: _Missed, since: float) -> bool:
        """Read the archive, the newest first. Returns whether the place's last message was met.

        What will be left out is read as well: nobody else could count it.
        """
        start, before, first = time.time() - self._rules.max_age - _SKEW, "", ""
        for _ in range(_MOST_PAGES):
            past, before = await self._reader.page(place, start, before)
            if past:
                missed.last, first = missed.last or past[-1].id, past[0].id
            if _since(place, past, missed):
                missed.whole = True
                return True
            older = _older(past, since - _SKEW)
            if older and _taken_back(place, missed):
                missed.whole = True
                return False
            if not before and since < start:
                missed.left_out, missed.whole = await self._too_old(place, since, first), True
                return False
            if not before:
                # the last message should have been there: an archive that lost it may have lost others
                missed.whole = not place.last or older or _taken_back(place, missed)
                return False
        missed.left_out = None
        return False

    async def _too_old(self, place: Place, since: float, before: str) -> int | None:
        """Count the messages between the place's last one and this one; None: more than a page."""
        past, more = await self._reader.page(place, since - _SKEW, before)
        missed = _Missed([])
        return len(missed.events) if _since(place, past, missed) or not more else None

    async def _look(self, place: Place, missed: _Missed) -> bool:
        """Let the room show its history instead (XEP-0045 section 7.2.14). Returns as `_read` does."""
        past = await self._reader.show(place)
        missed.last = past[-1].id if past else ""
        missed.whole = _since(place, [one for one in past if one.id], missed)
        return missed.whole

    # -- finding what was sent

    async def find_sent(self, place: Place, since: float, txns: Collection[Txn]) -> dict[Txn, Receipt | None]:
        """Find our messages in the room's archive or history.

        None is certain where what was read reaches back far enough, or its end is that of an archive that
        has lost nothing, and nothing can have been taken back without a trace: what our old session said has
        been dealt with, since our new one, which ended it, is in the room. A server and its rooms take
        stanzas between two addresses in order (RFC 6120 section 10.1), and a room gives a message back with
        the name that its archive gave it, hence not before it stands there.
        """
        found: dict[Txn, Receipt | None] = {}
        try:
            async with asyncio.timeout(_SEARCH):
                reaches = await self._search(place, since - _SKEW, frozenset(txns), found)
        except TimeoutError:
            raise TemporaryFailure(f"{place.room} does not show what was said there") from None
        return dict.fromkeys(txns) | found if reaches else found

    async def past(self, place: Place, since: float) -> list[TalkEvent]:
        """Return what the room's archive has since then. See `Adapter.past`."""
        if not place.archive:
            raise Unsupported(
                f"{place.room} has no archive (XEP-0313) that names messages as they were named live"
            )
        backwards: list[TalkEvent] = []
        before = ""
        try:
            for _ in range(_MOST_PAGES):
                page, before = await self._reader.page(place, since, before)
                backwards += [one.event for one in reversed(page) if one.event is not None]
                if not before:
                    break
        except (TimeoutError, Unreadable):
            raise TemporaryFailure(f"the archive of {place.room} does not answer") from None
        return backwards[::-1]

    async def _search(
        self, place: Place, since: float, txns: frozenset[Txn], found: dict[Txn, Receipt | None]
    ) -> bool:
        """Find these. Returns whether those not found were surely not said since then."""
        if place.archive:
            with contextlib.suppress(Unreadable):
                reaches = await self._search_archive(place, since, txns, found)
                if not (reaches and place.traceless) or len(found) == len(txns):
                    return reaches
        past = await self._reader.show(place)  # a history shows all removals
        _pick(place, past, txns.difference(found), found)
        return _older(past, since) and not (place.traceless and _moderated(past, since))

    async def _search_archive(
        self, place: Place, since: float, txns: frozenset[Txn], found: dict[Txn, Receipt | None]
    ) -> bool:
        """Find these. Returns whether all that was said since then was read."""
        before = ""
        for _ in range(_MOST_PAGES):
            past, before = await self._reader.page(place, 0.0, before)
            _pick(place, past, txns, found)
            if place.named is False:
                return False  # none of them can be told from what others said
            if _older(past, since) or len(found) == len(txns):
                return True
            if not before:
                return place.met
        return False


def _since(place: Place, past: Sequence[PastMessage], missed: _Missed) -> bool:
    """Add what was said after the place's last message, the newest first. Returns whether that was met."""
    for one in reversed(past):
        if one.id == place.last:
            return True
        if one.event is not None:
            missed.events.append(one.event)
    return False


def _taken_back(place: Place, missed: _Missed) -> bool:
    """Whether the place's last message was removed: ejabberd 24.12 then keeps nothing of it (XEP-0424
    section 5).
    """
    return any(isinstance(said, Removed) and said.target == place.last for said in missed.events)


def _older(past: Sequence[PastMessage], at: float) -> bool:
    """Whether the first of these was said before that time."""
    return bool(past) and past[0].at is not None and past[0].at < at


def _moderated(past: Sequence[PastMessage], since: float) -> bool:
    """Whether a moderator has removed something since then."""
    removals = [one for one in past if isinstance(one.event, Removed) and one.event.by_moderator]
    return any(one.at is None or one.at > since for one in removals)


def _pick(
    place: Place, past: Sequence[PastMessage], txns: frozenset[Txn], found: dict[Txn, Receipt | None]
) -> None:
    """Find our messages by their marks: nobody knew a mark before it was sent, so the oldest one is ours."""
    for one in reversed(past):
        for name in txns.intersection(one.names):
            mine = by_author(UserId(one.occupant), name)
            speaker = place.speakers.get(one.occupant.partition("/")[2])
            found[name] = Receipt(Part(MessageId(one.id or name), (mine,), speaker))
