"""`!search`: what was said here, found by whoever was there. It is looked for in the archive's process."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping

from bridge.adapter import Adapter
from bridge.archive.search.questions import FoundInRoom, RoomSearch
from bridge.clock import Clock
from bridge.compose.forging import whole
from bridge.errors import ArchiveError
from bridge.identity import one_line, safe_name
from bridge.instructions import Asked, Instruction
from bridge.language import N_, Locale
from bridge.model import Support
from bridge.whose import about

from .notice import whose
from .policy import Policy

__all__ = ["AskSearch"]

log = logging.getLogger(__name__)

MOST = 5
"""So many hits are told."""


class AskSearch(Instruction):
    """Finds what whoever asks could hear where they ask."""

    name = "search"
    help = N_("!search – finds what was said here: !search offer from:ann since:7d")

    def __init__(
        self,
        policy: Callable[[], Policy],
        allowed: Callable[[], str],
        ask: Callable[[RoomSearch], Awaitable[FoundInRoom]],
        adapters: Callable[[], Mapping[str, Adapter]],
        clock: Clock,
    ) -> None:
        """`allowed` gives what the owner lets people find (`archive: search:`)."""
        self._policy = policy
        self._allowed = allowed
        self._ask = ask
        self._adapters = adapters
        self._clock = clock

    def here(self, network: str) -> bool:
        searched = self._allowed() != "nobody"
        return searched and any(place[0] == network for place in self._policy().known)

    async def follow(self, asked: Asked) -> str:
        locale, place = asked.locale, (asked.network, asked.room)
        conversations = [name for name, rooms in self._policy().rooms.items() if place in rooms]
        adapter = self._adapters().get(asked.network)
        if not conversations or adapter is None:
            return locale.gettext("Nothing that is said here is archived.")
        if not asked.words:
            return locale.gettext("Say what to look for: !search offer from:ann since:7d")
        question = RoomSearch(
            tuple(conversations),
            asked.network,
            asked.room,
            asked.sender.id,
            self._allowed() == "all" or adapter.history_is_open(asked.room) is True,
            asked.words,
            locale.language,
            locale.zone,
        )
        try:
            found = await self._ask(question)
        except ArchiveError as error:
            log.warning("a search in %s is not answered: %s", asked.room, error, extra=about(*place))
            return locale.gettext("The archive cannot be searched now: please ask again later.")
        if asked.alone or adapter.capabilities(asked.room).whisper is not Support.NO:
            return "\n".join(self._told(found, locale))
        return "\n".join(_counted(found, whose(self._policy().owner, locale), locale, self._clock.now()))

    def _told(self, found: FoundInRoom, locale: Locale) -> Iterator[str]:
        """Yield what whoever asks is told alone."""
        now = self._clock.now()
        for hit in found.hits[:MOST]:
            line = f"{locale.clock(hit.at, now)} {whole(safe_name(hit.name))}: {one_line(hit.text)}"
            if hit.newest is not None:
                line += " " + locale.gettext("(now: {text})", text=one_line(hit.newest))
            yield line
        if found.more or len(found.hits) > MOST:
            yield locale.gettext("There is more: ask for less, for example with since:7d or from:ann.")
        yield from _beside(found, locale, now)


def _counted(found: FoundInRoom, owner: str, locale: Locale, now: float) -> Iterator[str]:
    """Yield what all in the room may see, where nobody can be told anything alone."""
    if found.hits:
        count = len(found.hits)
        more = locale.gettext("at least {count}", count=count) if found.more else f"{count}"
        yield locale.gettext(
            "Found: {count}. I can tell nobody alone here what was said: ask {owner} for it.",
            count=more,
            owner=owner,
        )
    yield from _beside(found, locale, now)


def _beside(found: FoundInRoom, locale: Locale, now: float) -> Iterator[str]:
    if not found.known:
        yield locale.gettext("You find what was said here since you came, and of that nothing is known yet.")
    elif not found.hits and not found.remarks:
        yield locale.gettext("Nothing was found.")
        if found.since:
            since = locale.clock(found.since, now)
            yield locale.gettext("You can find what was said here since {since}.", since=since)
    yield from found.remarks
