"""Files the chats of desks under tags, once they are closed and the archive has all of them: by their number,
and by who the visitor is. Agents' tags of a chat are tags of what was said in it.
"""

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bridge.archive.filing.questions import FileTalk, TalkMeant
from bridge.config import Config
from bridge.config.filing import tag_name
from bridge.desk import Chat, DeskReader
from bridge.desk.located import desks
from bridge.errors import HubbubError, JournalError
from bridge.journal import Journal

__all__ = ["ChatFiling", "chat_tag", "chat_tags"]

log = logging.getLogger(__name__)

_KIND = "chats filed"
"""The kind of the journal's notes about the moment up to which the chats of a network are filed."""
_OFTEN = 5.0
"""Seconds between two looks."""
_AT_ONCE = 100
_LONGEST = 40
"""Characters of a tag."""


def chat_tag(number: int | str) -> str:
    """Return the tag of a chat."""
    return f"chat-{number}"


def chat_tags(chat: Chat, given: Iterable[str]) -> tuple[str, ...]:
    """Return all tags of a chat: its number, who its visitor is, and what agents gave (`given`). What a
    visitor only says of themselves never looks like what the shop has signed.
    """
    if chat.customer:
        who = [_word("customer", chat.customer)]
    elif chat.mail:
        who = [_word("mail", chat.mail.casefold().replace("@", "-at-"))]
    else:
        who = [_word("name", chat.name)] if chat.name else []
    return (chat_tag(chat.number), *who, *_clean(given))


def _word(kind: str, text: str) -> str:
    """Return a tag of a text: what a tag cannot have is a hyphen there, and some digits keep apart what would
    be the same then.
    """
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)
    name = f"{kind}-{plain}"
    if plain != text or len(name) > _LONGEST:
        digits = hashlib.sha256(text.encode()).hexdigest()[:6]
        name = f"{name[: _LONGEST - 7]}-{digits}"
    return tag_name(name)


def _clean(given: Iterable[str]) -> Iterator[str]:
    for text in given:
        try:
            yield tag_name(text)
        except ValueError:  # no word that a tag can be
            continue


class ChatFiling:
    """Does it beside the relay."""

    def __init__(
        self,
        journal: Journal,
        ask: Callable[[FileTalk], Awaitable[int]],
        config: Callable[[], Config],
        reached: Callable[[], float],
    ) -> None:
        """`ask` asks the archive's process; `reached` gives the last event up to which the archive has all,
        also what became of deliveries.
        """
        self._journal = journal
        self._ask = ask
        self._config = config
        self._reached = reached

    async def run(self) -> None:
        """File what is closed, until cancelled."""
        clock = self._journal.clock
        while True:
            latest, now = self._journal.latest(), clock.now()
            await clock.sleep(_OFTEN)
            while self._reached() < latest:
                await clock.sleep(_OFTEN)
            for network, (file, rooms) in self._networks().items():
                try:
                    await self._file(network, file, rooms, now)
                except HubbubError as error:  # tried again, and told of where the archive's or the desk's is
                    log.debug("%s: its chats cannot be filed now: %s", network, error)

    def _networks(self) -> Mapping[str, tuple[Path, Sequence[str]]]:
        """Return the networks that have a desk which is archived: their files, and all their desks."""
        config = self._config()
        archived = {
            (entry.network, entry.room)
            for conversation in config.conversations.values()
            if conversation.archive is not None
            for entry in conversation.rooms
        }
        found: dict[str, tuple[Path, list[str]]] = {}
        for desk in desks(config):
            found.setdefault(desk.network, (desk.file, []))[1].append(desk.name)
        return {
            network: (file, rooms)
            for network, (file, rooms) in found.items()
            if file.exists() and any((network, room) in archived for room in rooms)
        }

    async def _file(self, network: str, file: Path, rooms: Sequence[str], now: float) -> None:
        done = float(self._journal.notes.all(_KIND).get((network, ""), -math.inf))
        while found := await asyncio.to_thread(_closed, file, done, now):
            for chat, given in found:
                talk = TalkMeant(network=network, person=f"{chat.number}", names=_names(chat, rooms))
                await self._ask(FileTalk(talk, chat_tags(chat, given)))
                done = chat.closed_at or done
                self._note(network, done)

    def _note(self, network: str, done: float) -> None:
        try:
            self._journal.notes.keep(_KIND, network, "", repr(done))
        except JournalError:  # which has said so: what is filed again is filed once
            log.debug("%s: how far its chats are filed cannot be noted", network)


def _closed(file: Path, after: float, until: float) -> list[tuple[Chat, Sequence[str]]]:
    with DeskReader(file) as reader:
        return [(chat, reader.tags(chat.number)) for chat in reader.closed(after, until, _AT_ONCE)]


def _names(chat: Chat, rooms: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return what its lines are called: at all desks, since it may have been passed on, and in own rooms."""
    there = [place for room in rooms for place in (room, f"{room}/{chat.number}")]
    return tuple((room, f"{chat.number}.{n}") for n in range(1, chat.last + 1) for room in there)
