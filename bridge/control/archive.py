"""What can be read in the archive of a service: each time in a thread, and for some seconds at most."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bridge.app import Bridge
from bridge.archive.evidence.checkpoints import last_round
from bridge.archive.store import ConversationInfo, Entry, Reader, Round
from bridge.aside import read_aside
from bridge.config import ArchiveRules
from bridge.errors import ArchiveError
from bridge.status import ArchiveReport
from bridge.web.download import Download

from .archive_answers import (
    ArchiveAnswer,
    ArchivedConversation,
    CheckpointTold,
    EntriesAnswer,
    EntryAnswer,
)
from .archive_export import known, transcript
from .archive_requests import (
    ArchiveRequest,
    EntriesRequest,
    EntryRequest,
    SearchRequest,
    TranscriptRequest,
)
from .archive_search import search
from .archive_telling import entry_told
from .requests import DownloadRequest, Request

__all__ = ["ArchiveReading"]

_PATIENCE = 10.0
"""How long a look into the archive may take, in seconds."""
_AT_ONCE = 2
"""So many look at once, and so many take something along; others wait for them."""

_T = TypeVar("_T")


class ArchiveReading:
    """Reads the archive for an owner."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._turns, self._takings = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)
        self.able: dict[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            ArchiveRequest: self._stand,
            SearchRequest: lambda request: self._read(partial(search, request, _PATIENCE)),
            EntryRequest: lambda request: self._read(partial(_entry, request)),
            EntriesRequest: lambda request: self._read(partial(_entries, request)),
        }
        self.files: dict[type[DownloadRequest], Callable[[Any], Awaitable[Download]]] = {
            TranscriptRequest: self._transcript
        }

    @property
    def _file(self) -> Path:
        # A configuration that was read has its whole name.
        return self._bridge.config.archive.file or self._bridge.journal.with_name("archive")

    async def _read(self, look: Callable[[Reader], _T]) -> _T:
        def read() -> _T:
            with Reader(self._file) as reader, reader.stop_after(_PATIENCE):
                return look(reader)

        async with self._turns:
            return await read_aside(read)

    async def report(self) -> ArchiveReport | None:
        """Return how the archive stands, in short; None: there is none that can be read."""
        if not await asyncio.to_thread(self._file.is_file):
            return None
        try:
            return await self._read(_report)
        except ArchiveError:
            return None  # whoever writes it tells of that too

    async def _transcript(self, request: TranscriptRequest) -> Download:
        found = transcript(request, self._file)
        return replace(found, pieces=self._in_turn(found.pieces))

    async def _in_turn(self, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async with self._takings, aclosing(pieces) as found:
            async for piece in found:
                yield piece

    async def _stand(self, _: ArchiveRequest) -> ArchiveAnswer:
        config, file = self._bridge.config, self._file
        observer = next((one for one in self._bridge.observers() if one.name == "archive"), None)
        there = await asyncio.to_thread(file.is_file)
        kept = await self._read(_kept) if there else _Kept()
        archived = {
            name: one.archive for name, one in config.conversations.items() if one.archive is not None
        }
        return ArchiveAnswer(
            file=str(file),
            there=there,
            size=kept.size,
            behind=observer.behind if observer else 0,
            since=observer.since if observer else None,
            reason=observer.reason if observer else "",
            conversations=[
                _conversation(name, kept.conversations.get(name), archived.get(name))
                for name in dict.fromkeys((*archived, *kept.conversations))
            ],
            checkpoint=kept.checkpoint,
            unstamped=0,
        )


def _report(reader: Reader) -> ArchiveReport:
    signed = last_round(reader)
    return ArchiveReport(
        entries=reader.last(),
        size=_size(reader),
        checkpoint=signed.at if signed is not None else None,
        unstamped=0,
        wrong=(),
    )


def _size(reader: Reader) -> int:
    files = (reader.file, reader.file.with_name(f"{reader.file.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is in the file."""

    size: int = 0
    conversations: Mapping[str, ConversationInfo] = field(default_factory=dict)
    checkpoint: CheckpointTold | None = None


def _kept(reader: Reader) -> _Kept:
    signed = last_round(reader)
    return _Kept(
        _size(reader),
        {one.name: one for one in reader.conversations()},
        _checkpoint(signed) if signed is not None else None,
    )


def _checkpoint(made: Round) -> CheckpointTold:
    return CheckpointTold(
        number=made.number, at=made.at, stamped=made.stamp is not None, witness=made.witness or ""
    )


def _conversation(
    name: str, kept: ConversationInfo | None, rules: ArchiveRules | None
) -> ArchivedConversation:
    return ArchivedConversation(
        name=name,
        entries=kept.count if kept else 0,
        first_at=kept.first_at if kept else None,
        last_at=kept.last_at if kept else None,
        keep=rules.keep if rules else None,
        text=rules.text if rules else False,
        files=rules.files if rules else False,
        opted_out=0,
        holds=[],
        tags=[],
    )


def _entry(request: EntryRequest, reader: Reader) -> EntryAnswer:
    entry = reader.entry(request.number)
    if entry is None:
        raise ArchiveError(f"the archive has no entry {request.number:,}, or nothing is left of it")
    about = entry.header.about if entry.header is not None else 0
    subject = reader.at(entry.conversation, about) if about else None
    return EntryAnswer(
        entry=entry_told(entry),
        about=[entry_told(one) for one in reader.versions(entry)],
        subject=entry_told(subject) if subject else None,
        around=[entry_told(one) for one in reader.around(entry.number, request.around, request.around)],
        tags=[],
        holds=[],
        checkpoint=None,
    )


def _entries(request: EntriesRequest, reader: Reader) -> EntriesAnswer:
    name = request.conversation
    known(reader, name)
    some = reader.entries(name, since=request.since, until=request.until, after=request.after)
    found = list(islice(some, request.limit + 1))
    shown = found[: request.limit]
    about = {one.number: one for entry in shown for one in reader.versions(entry)}
    for entry in shown:
        about.pop(entry.number, None)
    return EntriesAnswer(
        entries=[entry_told(one) for one in shown],
        about=[entry_told(about[number]) for number in sorted(about)],
        after=shown[-1].number if len(found) > len(shown) else None,
        earlier=_first_at(reader.entries(name, until=request.since, newest_first=True))
        if request.since
        else None,
        later=_first_at(reader.entries(name, since=request.until)) if request.until else None,
    )


def _first_at(entries: Iterable[Entry]) -> float | None:
    first = next(iter(entries), None)
    return first.header.at if first is not None and first.header is not None else None
