"""Reads in the archive for its owner: each time in a thread, and for some seconds at most."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bridge.app import Bridge
from bridge.archive.evidence.questions import MakeCheckpoint
from bridge.archive.filing.questions import HowItStands
from bridge.archive.store import Reader
from bridge.aside import read_aside
from bridge.clock import Clock
from bridge.config import ArchiveRules
from bridge.errors import ArchiveError
from bridge.status import ArchiveReport
from bridge.web.download import Download

from .archive_answers import ArchiveAnswer
from .archive_export import bundle, transcript
from .archive_requests import (
    ArchiveRequest,
    EntriesRequest,
    EntryRequest,
    EvidenceRequest,
    SearchRequest,
    TranscriptRequest,
)
from .archive_search import search
from .archive_shown import entries, entry
from .archive_standing import answered, conversation, reported
from .requests import DownloadRequest, Request

__all__ = ["ArchiveReading"]

_PATIENCE = 10.0
"""How long a look into the archive may take, in seconds."""
_AT_ONCE = 2
"""So many look at once, and so many take something along; others wait for them."""
_ASKED = 10.0
"""So often the archive's process is asked what is wrong, in seconds."""

_T = TypeVar("_T")


class ArchiveReading:
    """Reads the archive for an owner."""

    def __init__(self, bridge: Bridge, clock: Clock) -> None:
        self._bridge = bridge
        self._clock = clock
        self._turns, self._takings = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)
        self._wrong: Sequence[str] = ()
        self._asked = float("-inf")
        self._asking: asyncio.Future[None] | None = None
        self.able: Mapping[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            ArchiveRequest: self._stand,
            SearchRequest: lambda request: self._read(partial(search, request, _PATIENCE)),
            EntryRequest: lambda request: self._read(partial(entry, request)),
            EntriesRequest: lambda request: self._read(partial(entries, request)),
        }
        self.files: Mapping[type[DownloadRequest], Callable[[Any], Awaitable[Download]]] = {
            TranscriptRequest: self._transcript,
            EvidenceRequest: self._evidence,
        }

    @property
    def _file(self) -> Path:
        return self._bridge.features.archive.process.file

    @property
    def _stamps(self) -> bool:
        return self._bridge.config.archive.stamps is not None

    async def _read(self, look: Callable[[Reader], _T]) -> _T:
        def read() -> _T:
            with Reader(self._file) as reader, reader.stop_after(_PATIENCE):
                return look(reader)

        async with self._turns:
            return await read_aside(read)

    # How it stands

    async def report(self) -> ArchiveReport | None:
        """Return how the archive stands, in short; None: there is none that can be read."""
        if not await asyncio.to_thread(self._file.is_file):
            return None
        try:
            found = await self._read(partial(reported, stamps=self._stamps))
        except ArchiveError:
            return None  # whoever writes it tells of that too
        wrong = [one.partition(": ") for one in self._complaints()]
        return replace(found, wrong=[(what, todo or "the log tells more") for what, _, todo in wrong])

    def _complaints(self) -> Sequence[str]:
        """Return what the archive's process said last is wrong, in sentences. It is asked beside: it may be
        busy, and whoever wants to know how all stands need not wait for it.
        """
        if self._bridge.features.archive.process.running and self._clock.monotonic() - self._asked > _ASKED:
            self._asked = self._clock.monotonic()
            self._asking = asyncio.ensure_future(self._ask())
        return self._wrong

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_ASKED):
                self._wrong = (await self._bridge.features.archive.ask(HowItStands())).wrong
        except (ArchiveError, TimeoutError):
            self._wrong = ()  # its observer says why

    async def _stand(self, _: ArchiveRequest) -> ArchiveAnswer:
        conversations = self._bridge.config.conversations
        archived: dict[str, ArchiveRules] = {
            name: one.archive for name, one in conversations.items() if one.archive is not None
        }
        observer = next((one for one in self._bridge.observers() if one.name == "archive"), None)
        opted_out = len(self._bridge.features.archive.wanted.opted.known())
        if await asyncio.to_thread(self._file.is_file):
            found = await self._read(lambda reader: answered(reader, archived, observer, stamps=self._stamps))
            return msgspec.structs.replace(found, opted_out=opted_out)
        return ArchiveAnswer(
            file=str(self._file),
            there=False,
            reason=observer.reason if observer else "",
            conversations=[conversation(name, rules) for name, rules in archived.items()],
            opted_out=opted_out,
        )

    # What is taken along

    async def _transcript(self, request: TranscriptRequest) -> Download:
        return self._in_turn(transcript(request, self._file))

    async def _evidence(self, request: EvidenceRequest) -> Download:
        await self._bridge.features.archive.ask(MakeCheckpoint(self._clock.now()))  # over what is newest
        stamps = self._bridge.config.archive.stamps
        return self._in_turn(bundle(request, self._file, stamps.ca if stamps is not None else None))

    def _in_turn(self, found: Download) -> Download:
        async def pieces() -> AsyncGenerator[bytes, None]:
            async with self._takings, aclosing(found.pieces) as made:
                async for piece in made:
                    yield piece

        return replace(found, pieces=pieces())
