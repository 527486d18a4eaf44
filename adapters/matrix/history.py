"""What a sync leaves out when too much was said, and the filters that say what is wanted at all."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge import RateLimited, Rejected, RoomUnavailable

from .client import Client
from .decode import listed, mapping, text_of
from .session import Session, after_join

__all__ = ["History", "filter_of", "state_of", "timeline_of"]

log = logging.getLogger(__name__)

_TALK = ["m.room.message", "m.sticker"]
_STATE = ["m.room.member", "m.room.encryption", "m.room.tombstone"]
_MEMBERS = {"lazy_load_members": True, "include_redundant_members": True}
"""Servers leave out members that they sent once ("Lazy-loading room members"), and we keep none over a
restart."""
_NONE: dict[str, list[str]] = {"types": []}


def filter_of(timeline: Mapping[str, Any], account_data: Mapping[str, Any] = _NONE) -> str:
    """A sync filter ("Filtering") for what people say and the state that it takes; no presence, no typing."""
    rooms = {
        "timeline": {**timeline, "types": [*_TALK, "m.room.encrypted", *_STATE], **_MEMBERS},
        "state": {"types": _STATE, **_MEMBERS},
        "ephemeral": _NONE,
        "account_data": _NONE,
    }
    wanted = {"room": rooms, "presence": _NONE, "account_data": account_data}
    return json.dumps(wanted, separators=(",", ":"))


_PAGE = json.dumps({"types": [*_TALK, *_STATE], **_MEMBERS}, separators=(",", ":"))
_LONGEST_GAP = 5000
"""Messages of one room that are read after an absence; what is older is left out, and said so."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """What is missing of a room before the timeline that came."""

    wire: str
    start: str
    end: str


class History:
    """Completes timelines."""

    def __init__(self, client: Client, session: Session) -> None:
        self._client = client
        self._session = session

    async def missing(self, joined: Mapping[str, Mapping[str, Any]], since: str) -> dict[str, list[Any]]:
        """What the server left out of timelines that were too long for one sync, by room."""
        gaps = []
        for wire, part in joined.items():
            timeline = mapping(part.get("timeline"))
            start = text_of(timeline.get("prev_batch"))
            came_now = after_join(timeline_of(part), self._session.own)[1]
            if wire in self._session.rooms and timeline.get("limited") is True and start and not came_now:
                gaps.append(_Gap(wire, start, since))
        filled = await asyncio.gather(*map(self._fill, gaps))
        return {gap.wire: events for gap, events in zip(gaps, filled, strict=True)}

    async def _fill(self, gap: _Gap) -> list[Any]:
        """Read backwards until where we were; in the order it was said."""
        backwards: list[Any] = []
        start = gap.start
        while len(backwards) < _LONGEST_GAP:
            try:
                page = await self._client.messages(gap.wire, start, gap.end, _PAGE)
            except RateLimited as error:
                await asyncio.sleep(max(error.retry_after, 1.0))
                continue
            except (Rejected, RoomUnavailable) as error:
                log.warning("what was said in %s meanwhile cannot be read: %s", gap.wire, error)
                break
            for event in listed(page.get("state")):
                self._session.learn(gap.wire, event)
            chunk = listed(page.get("chunk"))
            backwards += chunk
            following = text_of(page.get("end"))
            if not following or following == start or after_join(reversed(chunk), self._session.own)[1]:
                break
            start = following
        else:
            log.warning(
                "more than %d messages were missed in %s; older ones are left out", _LONGEST_GAP, gap.wire
            )
        return backwards[::-1]


def state_of(part: object) -> Sequence[Any]:
    """The state that came with a room's part of a sync."""
    return listed(mapping(mapping(part).get("state")).get("events"))


def timeline_of(part: object) -> Sequence[Any]:
    """What happened in a room, in a sync."""
    return listed(mapping(mapping(part).get("timeline")).get("events"))
