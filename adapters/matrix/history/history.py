"""Reads what a sync leaves out when too much was said; and the filters that say what is wanted at all."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.decode import decode, is_talk
from adapters.matrix.rooms.keeping import KEEPING
from adapters.matrix.rooms.policies import RULES
from adapters.matrix.session import Session, after_join
from adapters.matrix.untrusted import id_of, listed, mapping, seconds, text_of
from bridge import (
    CatchUp,
    Event,
    MessageCreated,
    MessageEdited,
    RateLimited,
    ReactionsChanged,
    Rejected,
    Removed,
    RoomId,
    RoomUnavailable,
    TalkEvent,
)

__all__ = [
    "LIVE",
    "History",
    "Past",
    "Reach",
    "filter_of",
    "newest",
    "reach_of",
    "said_since",
    "standing",
    "start_of_gap",
    "state_of",
    "timeline_of",
]

_E = TypeVar("_E", bound=Event)

log = logging.getLogger(__name__)

_STATE = [
    "m.room.member",
    "m.room.create",
    "m.room.encryption",
    "m.room.join_rules",
    "m.room.tombstone",
    "m.room.power_levels",
    *KEEPING,
    *RULES,
]
_NOISE = [
    *("m.call.candidates", "m.call.negotiate", "m.call.answer", "m.call.select_answer"),
    *("m.key.verification.*", "m.beacon", "org.matrix.msc3672.beacon"),
    *("m.poll.response", "org.matrix.msc3381.poll.response"),
    *("m.room.avatar", "m.room.server_acl", "m.room.pinned_events", "m.room.related_groups"),
    *("m.call.member", "org.matrix.msc3401.call.member", "m.space.child", "im.vector.modular.widgets"),
]
"""Types of events that nobody reads; an unknown type may be talk."""
_MEMBERS = {"lazy_load_members": True, "include_redundant_members": True}
"""Servers leave out members that they sent once ("Lazy-loading room members"), and we keep none over a
restart."""
_NONE: dict[str, list[str]] = {"types": []}


def filter_of(
    timeline: Mapping[str, Any],
    account_data: Mapping[str, Any] = _NONE,
    ephemeral: Mapping[str, Any] = _NONE,
    presence: Mapping[str, Any] = _NONE,
) -> str:
    """Return a sync filter ("Filtering") for all talk and the state that it needs."""
    rooms = {
        "timeline": {**timeline, "not_types": _NOISE, **_MEMBERS},
        "state": {"types": _STATE, **_MEMBERS},
        "ephemeral": ephemeral,
        "account_data": _NONE,
    }
    wanted = {"room": rooms, "presence": presence, "account_data": account_data}
    return json.dumps(wanted, separators=(",", ":"))


_PAGE = json.dumps({"not_types": _NOISE, **_MEMBERS}, separators=(",", ":"))
_LONGEST_GAP = 5000


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of the past of one room is read."""

    messages: int = _LONGEST_GAP
    """The most messages: the newest."""
    oldest: float = 0.0
    """The time of the oldest, in seconds since 1970."""
    away: bool = False
    """Whether this is the past before the connection, and not a gap in a live sync."""


LIVE = Reach()
"""The limit for what a server leaves out while we listen."""


def reach_of(catch_up: CatchUp) -> Reach:
    """Return how much to read of what was said while we were away."""
    messages = min(catch_up.max_messages, _LONGEST_GAP)
    return Reach(messages, time.time() - catch_up.max_age, away=True)


@dataclass(slots=True)
class Past:
    """The events before a timeline, in order."""

    events: list[Any] = field(default_factory=list)
    whole: bool = True
    """Whether nothing is missing, as far as was to be read."""
    cut: bool = False
    """Whether there is more than was to be read."""


def start_of_gap(part: Mapping[str, Any], own: str) -> str:
    """Return where to read backwards from if the server left something out of a timeline, else ""."""
    timeline = mapping(part.get("timeline"))
    if timeline.get("limited") is not True or after_join(timeline_of(part), own)[1]:
        return ""
    return text_of(timeline.get("prev_batch"))


class History:
    """Reads the events before a timeline."""

    def __init__(self, client: MatrixClient, session: Session) -> None:
        self._client = client
        self._session = session

    async def read(self, wire: str, start: str | None, end: str | None, reach: Reach) -> Past:
        """Read a room backwards from `start`, or now, until `end`, where we were.

        Raises AdapterErrors that pass.
        """
        backwards: list[Any] = []
        past = Past()
        said = 0
        while not past.cut:
            try:
                page = await self._page(wire, start, end)
            except (Rejected, RoomUnavailable) as error:
                log.warning("what was said in %s meanwhile cannot be read: %s", wire, error)
                past.whole = False
                break
            for event in listed(page.get("state")):
                self._session.learn(wire, event)
            chunk = listed(page.get("chunk"))
            backwards += chunk
            following = text_of(page.get("end"))
            if not following or following == start or after_join(reversed(chunk), self._session.own)[1]:
                break
            start = following
            talk = [
                event
                for event in chunk
                if is_talk(event, self._session.own) and not self._session.is_speakers(event)
            ]
            said += len(talk)
            # as much again is read, only to be counted
            enough = said > 2 * reach.messages or len(backwards) >= _LONGEST_GAP
            past.cut = enough or (bool(talk) and all(_is_older(event, reach.oldest) for event in talk))
        past.events = backwards[::-1]
        return past

    async def _page(self, wire: str, start: str | None, end: str | None) -> Mapping[str, Any]:
        while True:
            try:
                return await self._client.messages(wire, start, end, _PAGE)
            except RateLimited as error:
                await asyncio.sleep(max(error.retry_after, 1.0))


def _is_older(event: Mapping[str, Any], oldest: float) -> bool:
    """Whether an event is older than that. One alone proves nothing: its sender's server sets its time."""
    at = seconds(event.get("origin_server_ts"))
    return at is not None and at < oldest


def state_of(part: object) -> Sequence[Any]:
    """Return the state in a room's part of a sync."""
    return listed(mapping(mapping(part).get("state")).get("events"))


def timeline_of(part: object) -> Sequence[Any]:
    """Return the timeline in a room's part of a sync."""
    return listed(mapping(mapping(part).get("timeline")).get("events"))


def standing(talk: list[_E]) -> list[_E]:
    """Leave out edits of, and reactions to, messages that are redacted right after.

    Of a redacted message nothing is left, but of its edits everything: it would be said all the same.
    """
    gone = {event.target for event in talk if isinstance(event, Removed) and event.by_moderator}
    if not gone:
        return talk
    return [
        event
        for event in talk
        if not isinstance(event, MessageEdited | ReactionsChanged) or event.target not in gone
    ]


async def said_since(
    client: MatrixClient, session: Session, wire: str, room: RoomId, since: float
) -> Sequence[TalkEvent]:
    """Return what was said in a room since then, in seconds since 1970. See `Adapter.past`."""
    past = await History(client, session).read(wire, None, None, Reach(oldest=since, away=True))
    events, _ = after_join(past.events, session.own)
    names = session.names_in(wire)
    said = (
        decode(event, room, names, session.own, replayed=True)
        for event in events
        if not session.is_speakers(event) and not session.policies.bars(id_of(mapping(event).get("sender")))
    )
    return standing([one for one in said if one is not None and (one.at is None or one.at >= since)])


def newest(talk: list[Event], reach: Reach, *, cut: bool) -> tuple[list[Event], int | None]:
    """Return as much as is wanted of what was said while we were away, and how many messages are left out;
    None: an unknown number.

    What was done about messages goes with those that it stands between.
    """
    said = [number for number, event in enumerate(talk) if isinstance(event, MessageCreated)]
    more = len(said) - reach.messages if reach.away else 0
    if more > 0:
        talk = talk[said[more] :] if reach.messages else []
    return talk, None if cut else max(more, 0)
