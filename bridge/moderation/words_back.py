"""Takes back elsewhere what somebody said whose ban takes their words back."""

import asyncio
import logging
from collections.abc import Iterator

from bridge.identity import safe_name
from bridge.model import MemberChanged, MessageCreated, MessageId, Removed, UserId
from bridge.relay import Router

__all__ = ["WordsBack"]

log = logging.getLogger(__name__)

_DAY = 86_400.0
_FAR = 20_000
"""So many events back is looked for what they said, and no longer than a day."""
_STEP = 200
_MOST = 1000
_AT_ONCE = 20
"""So many people have their words taken back at a time."""


class WordsBack:
    """Finds what people said, and has it taken back as a moderator would, message by message."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, number: int, network: str, user: UserId, event: MemberChanged) -> None:
        """Take back what somebody of a network said lately, as far as the room with this number shows it."""
        if len(self._tasks) >= _AT_ONCE:
            log.warning(
                "what %s said is not taken back: there is too much to take back", safe_name(event.sender.name)
            )
            return
        task = asyncio.ensure_future(self._take_back(number, network, user, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take_back(self, number: int, network: str, user: UserId, event: MemberChanged) -> None:
        journal, count = self._router.journal, 0
        for seqs in self._said(network, user):
            for seq in seqs:
                count += self._remove(number, seq, event)
            self._router.dispatch.commit()
            await asyncio.sleep(0)
            if count >= _MOST:
                break
        if count:
            where = " ".join(journal.room(number) or ())
            log.info(
                "%d messages of %s are taken back, as a ban in %s wants",
                count,
                safe_name(event.sender.name),
                where,
            )

    def _said(self, network: str, user: UserId) -> Iterator[list[int]]:
        """Yield the messages of somebody, the last first, a step at a time."""
        journal = self._router.journal
        latest, oldest = journal.latest(), journal.clock.now() - _DAY
        for after in range(latest - _STEP, max(latest - _FAR, -_STEP), -_STEP):
            events = [seen for seen in journal.events(max(after, 0), _STEP) if seen.seq <= after + _STEP]
            yield [
                seen.seq
                for seen in reversed(events)
                if seen.network == network
                and isinstance(seen.event, MessageCreated)
                and user in {seen.event.sender.id, seen.event.sender.author}
            ]
            if events and events[0].said_at < oldest:
                return

    def _remove(self, number: int, seq: int, event: MemberChanged) -> bool:
        """Take back one message as the room with this number knows it. Returns whether it knows it."""
        journal, routes = self._router.journal, self._router.rooms.directory.routes
        parts = journal.parts(seq, number)
        source = routes.sources.get(routes.rooms[number]) if number in routes.rooms else None
        if not parts or source is None:
            return False
        removal = Removed(
            id=MessageId(f"hubbub-back-{seq}"),
            room=event.room,
            sender=event.by or event.sender,
            target=parts[0].id,
            reason=event.reason,
            by_moderator=True,
        )
        journal.take(number, removal, source.rooms)
        return True
