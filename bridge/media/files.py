"""What the relay asks: a file that is here, one that is on its way, or why there is none."""

import asyncio
import errno
import importlib
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.adapter import Source
from bridge.clock import SYSTEM, Clock
from bridge.config import Media
from bridge.language import N_
from bridge.model import Attachment, File, FileKind
from bridge.whose import log_for

from .body import TOO_LARGE, NotYet, RefusedFile, shown_size
from .cache import Cache, Note, space
from .intake import Intake, Job
from .limits import Limits
from .line import HostFiles, WaitingLine
from .links import Linked, Links
from .naming import safe_file_name
from .pictures import Pictures

if TYPE_CHECKING:
    from .fetch import Fetcher

__all__ = ["Files", "Missing", "Pending"]

log = logging.getLogger(__name__)

_AT_ONCE = 12
_LONGEST_ABSENCE = 900.0
"""How long a file waits for its network to say where it is, in seconds."""
_KNOWN = 4096
"""How many answers are kept in memory; the rest is looked up in the folder."""
_GONE = 10_000
_PAUSE = 600.0
_GLANCE = 1.0
"""How long a file that its network cannot find yet makes room for others, in seconds."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Pending:
    """The file is being fetched, or waits for its turn."""

    since: float
    """When it was asked for first, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There will be no file."""

    reason: str
    """A short phrase for people, of Hubbub's catalogue; with {limit} in it for a limit."""
    limit: str = ""


_TAKEN_BACK = Missing(N_("it was taken back"))
_NO_ROOM = Missing(N_("there is no room for it"))
_NOT_FETCHED = Missing(N_("it could not be fetched"))
_NOT_KEPT = Missing(N_("it could not be kept"))


class Files:
    """All files of the service. Fetching goes on while `run` does."""

    def __init__(  # noqa: PLR0913, PLR0917 -- what it asks, and a clock
        self,
        config: Media,
        key: bytes,
        source: Callable[[str, str], Source],
        owed: Callable[[int], bool],
        sender: Callable[[int], str] = lambda _: "",
        clock: Clock = SYSTEM,
    ) -> None:
        """`key` is a secret that stays, `source` asks a network's adapter where an address leads.

        `owed` tells whether a delivery of a message still waits, `sender` who said it.
        """
        self.clock = clock
        self._sender = sender
        self.ended: Callable[[int], None] = lambda _: None
        """Called with the message whenever a fetch ended, well or not."""
        self._config = config
        self._cache = Cache(config.folder, key)
        self._links = Links(config, key, self._at, clock)
        self.pictures = Pictures()
        self._intake = Intake(config, self._cache, self.pictures, source, clock)
        self._limits = Limits(config, self._cache, owed, self._dropped, clock)
        self._known: dict[int, dict[int, File | Missing | Job]] = {}
        """By message, and by the attachment's place in it."""
        self._gone: dict[int, None] = {}
        """Messages that were taken back, as far as that is remembered in memory."""
        self._line: WaitingLine[Job] = WaitingLine()
        self._told_full = False
        self.fetched = Counter[str]()
        """Bytes of files that were taken in, by network."""

    async def run(self) -> None:
        """Fetch, and keep the folder in its limits, until cancelled."""
        try:
            await self._tidy(always=True)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._serve())
                while True:
                    await self.clock.sleep(_PAUSE)
                    await self._tidy(always=True)
        finally:
            await self.pictures.close()

    async def _serve(self) -> None:
        """Fetch what is asked for."""
        await self._line.asked()
        # A sixth of the memory of a service, which many never need: and it takes a while to load.
        await asyncio.to_thread(importlib.import_module, "bridge.media.fetch")
        from .fetch import Fetcher

        async with Fetcher(self._config.hosts) as fetcher, asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work(fetcher))

    def get(self, network: str, seq: int, number: int, attachment: Attachment) -> File | Missing | Pending:
        """Return the file; or Pending, while it is fetched, which this begins; or why there is none. Never
        waits.

        `number` is the place of the attachment in the message.
        """
        if seq in self._gone:
            return _TAKEN_BACK
        known = self._known.get(seq, {}).get(number)
        if known is None:
            try:
                known = self._look_up(seq, number, attachment)
            except OSError as error:
                known = self._complain(error)
            if known is None:
                known = Job(network, seq, number, attachment, self.clock.monotonic(), self._sender(seq))
                self._line.add(known)
            self._remember(seq, number, known)
        return Pending(known.since) if isinstance(known, Job) else known

    def _look_up(self, seq: int, number: int, attachment: Attachment) -> File | Missing | None:
        if self._cache.is_gone(seq):
            return _TAKEN_BACK
        found = self._cache.find(self._cache.place(seq, number))
        if found is None and attachment.size is not None and attachment.size > self._config.max_file:
            return Missing(TOO_LARGE, shown_size(self._config.max_file))
        return found

    def _remember(self, seq: int, number: int, answer: File | Missing | Job) -> None:
        self._known.setdefault(seq, {})[number] = answer
        if len(self._known) > _KNOWN:
            oldest = next(iter(self._known))
            known = self._known.pop(oldest)
            if any(isinstance(one, Job) for one in known.values()):
                self._known[oldest] = known

    def standing(self) -> list[HostFiles]:
        """Return what is being fetched and what waits for it, by host."""
        return self._line.standing(self.clock.monotonic())

    def link(self, seq: int, file: File) -> str | None:
        """Return our own address for a file that is here; None without a public address."""
        note = None if seq in self._gone else self._cache.note(file.path)
        return None if note is None else self._links.make(self._cache.id(file.path), note)

    def linked(self, name: str, expiry: str, signature: str) -> Linked | None:
        """Return the file that an address of ours leads to, by the address's parts; None: it leads nowhere
        now.
        """
        return self._links.follow(name, expiry, signature)

    def publish(self, seq: int, name: str, text: str) -> str | None:
        """Keep a text as a page and give its address: the same one for the same text of a message."""
        if self._config.public_url is None or seq in self._gone:
            return None
        try:
            return None if self._cache.is_gone(seq) else self._published(seq, name, text)
        except OSError as error:
            self._complain(error)
            return None

    def _published(self, seq: int, name: str, text: str) -> str | None:
        content = text.encode("utf-8", "replace")
        path = self._cache.place(seq, f"text {_digest(content)}")
        note = self._cache.note(path)
        if note is None:
            note = Note(
                seq=seq,
                number=None,
                name=safe_file_name(name, "text/plain"),
                kind=FileKind.FILE,
                type="text/plain",
                size=len(content),
                digest=_digest(content),
                fetched=self.clock.now(),
            )
            self._write(path, content, note)
        return self._links.make(self._cache.id(path), note)

    def _write(self, path: Path, content: bytes, note: Note) -> None:
        with self._cache.writing(path):
            with self._cache.create(path.with_suffix(".part")) as file:
                file.write(content)
            self._limits.add(space(self._cache.keep(path, note).size))

    def forget(self, seq: int) -> None:
        """Delete all files of a message, also those that are being fetched: there are none any more."""
        self._gone[seq] = None
        if len(self._gone) > _GONE:
            del self._gone[next(iter(self._gone))]
        known = self._known.pop(seq, {})
        for one in known.values():
            if isinstance(one, Job) and one.task is not None:
                one.task.cancel()
        try:
            self._cache.forget(seq, mark=bool(known))
        except OSError as error:
            self._complain(error)

    async def _work(self, fetcher: "Fetcher") -> None:
        """Fetch one file after the other."""
        while True:
            job = await self._line.next()
            job.task = asyncio.create_task(self._fetch(job, fetcher))
            try:
                await asyncio.wait({job.task})
            except asyncio.CancelledError:  # we end: the next run begins it anew
                job.task.cancel()
                await asyncio.wait({job.task})
                self._line.leave_undone(job)
                raise
            self._line.leave(job)
            await self._tidy()

    async def _tidy(self, *, always: bool = False) -> None:
        try:
            await self._limits.keep(always=always)
        except OSError as error:
            self._complain(error)

    def _is_wanted(self, job: Job) -> bool:
        return self._known.get(job.seq, {}).get(job.number) is job

    async def _fetch(self, job: Job, fetcher: "Fetcher") -> None:
        log_for(job.network, job.seq)  # the task is this file's alone
        if self._is_wanted(job):
            try:
                outcome = await self._outcome(job, fetcher)
            except asyncio.CancelledError:
                if self._is_wanted(job):
                    raise
            except NotYet as error:
                log.debug("a file waits for its network: %s", error)
                self.clock.call_later(_GLANCE, partial(self._line.add, job))
                return
            else:
                self._remember(job.seq, job.number, outcome)
        self._tell_end(job.seq)

    async def _outcome(self, job: Job, fetcher: "Fetcher") -> File | Missing:
        try:
            await self._limits.keep()
            return _NO_ROOM if self._limits.full else await self._taken(job, fetcher)
        except RefusedFile as refusal:
            return Missing(refusal.reason, refusal.limit)
        except NotYet:
            if self.clock.monotonic() - job.since < _LONGEST_ABSENCE:
                raise
            return _NOT_FETCHED
        except OSError as error:
            return self._complain(error)
        except Exception:
            log.exception("media: a file could not be fetched")
            return _NOT_FETCHED

    def _tell_end(self, seq: int) -> None:
        try:
            self.ended(seq)
        except Exception:
            log.exception("media: what waits for a file could not be told")

    async def _taken(self, job: Job, fetcher: "Fetcher") -> File:
        file = await self._intake.take(job, fetcher)
        self.fetched[job.network] += file.size
        self._limits.add(space(file.size + (file.thumbnail.size if file.thumbnail else 0)))
        self._told_full = False
        return file

    def _complain(self, error: OSError) -> Missing:
        """Say that the folder could not be written: once, until something could be written again."""
        if not self._told_full:
            self._told_full = True
            log.error("media: files cannot be kept in %s: %s", self._config.folder, error.strerror or error)
        return _NO_ROOM if error.errno in _FULL else _NOT_KEPT

    def _dropped(self, note: Note) -> None:
        if note.number is not None:
            self._known.get(note.seq, {}).pop(note.number, None)

    def _at(self, name: str) -> tuple[Path, Note] | None:
        path = self._cache.at(name)
        note = None if path is None else self._cache.note(path)
        return None if path is None or note is None or note.seq in self._gone else (path, note)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
