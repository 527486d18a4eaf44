"""The archive's process as the service has it: started when it is needed, and again when it has died."""

import asyncio
import contextlib
import itertools
import logging
import os
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from bridge.archive.process.frames import OPENING, PipeFrame, framed, receive_frame
from bridge.archive.process.questions import Inquiry
from bridge.aside import kill
from bridge.clock import Clock
from bridge.errors import ArchiveError

__all__ = ["ArchiveProcess", "ProcessEnded"]

log = logging.getLogger(__name__)

_ENVIRONMENT = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "TMPDIR", "TZ")
"""What of ours the process gets to see: there may be passwords in the rest."""
_FIRST, _LONGEST = 1.0, 300.0
"""Seconds between two starts, of one that fails again and again."""
_STEADY = 60.0
"""One that ran so long, in seconds, was no failure."""
_LEAVE = 5.0
"""How long it may take to end, in seconds."""
_GONE = "the archive's process ended: it is started again"

A = TypeVar("A")


class ProcessEnded(ArchiveError):
    """Nobody knows whether it was done: the process ended before it said so."""


class ArchiveProcess:
    """Answers any task. Raises ArchiveError where there is no answer, with a sentence for the owner."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self.file = file
        self.begun: Callable[[], Awaitable[None]] | None = None
        """Called whenever the process has been started, before anything else is asked of it."""
        self._clock = clock
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._ids = itertools.count(OPENING + 1)
        self._asked: dict[int, asyncio.Future[PipeFrame]] = {}
        self._failures = 0
        self._started = self._not_before = 0.0
        self._refusal = ""
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    async def ask(self, question: Inquiry[A]) -> A:
        """Ask something, and wait for the answer."""
        await self.open()
        return await self.ask_now(question)

    async def ask_now(self, question: Inquiry[A]) -> A:
        """Ask the process that runs: for `begun`."""
        process = self._process
        if process is None or process.stdin is None:
            raise ProcessEnded(self._refusal or _GONE)
        number = next(self._ids)
        answered = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            with contextlib.suppress(ConnectionError):  # its answer is that it is gone
                process.stdin.write(framed(number, type(question).__name__, question))
                await process.stdin.drain()
            frame = await answered
        finally:
            self._asked.pop(number, None)
        found: A = msgspec.msgpack.decode(frame.body, type=question.answer)
        return found

    async def close(self) -> None:
        """Let the process finish what it has begun, and end, for good."""
        self._closed = True
        await self.rest()

    async def rest(self) -> None:
        """Let the process end until something is asked again."""
        if self._opening is not None and self._process is None:
            await asyncio.wait({self._opening}, timeout=_LEAVE)
        process, reading = self._process, self._reading
        if process is None or process.stdin is None or reading is None:
            return
        process.stdin.close()
        await asyncio.wait({reading}, timeout=_LEAVE)
        if not reading.done():
            log.error("the archive's process does not end: it is killed")
            await self._end(process)

    async def open(self) -> None:
        """See that there is a process."""
        if self._opening is None or self._opening.done():
            self._opening = asyncio.ensure_future(self._open())
            self._opening.add_done_callback(_looked_at)
        await asyncio.shield(self._opening)  # whoever asks may be gone before it has begun: others ask too

    async def _open(self) -> None:
        if self._process is not None:
            return
        if self._closed:
            raise ArchiveError("the service ends")
        if self._clock.monotonic() < self._not_before:
            raise ArchiveError(self._refusal)
        try:
            self._process = process = await self._made()
        except OSError as error:
            raise self._failed(f"the archive's process cannot be started: {error.strerror}") from error
        self._started = self._clock.monotonic()
        opened = self._asked[OPENING] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.ensure_future(self._read(process))
        try:
            await opened
            if self.begun is not None:
                await self.begun()
        except ArchiveError as error:
            self._refusal = str(error)
            await self._end(process)
            raise
        finally:
            self._asked.pop(OPENING, None)
        self._refusal = ""

    async def _end(self, process: Process) -> None:
        kill(process)
        if self._reading is not None:
            await self._reading

    async def _made(self) -> Process:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge.archive.process", str(self.file),
            stdin=PIPE, stdout=PIPE, env=environment,
        )  # fmt: skip

    def _failed(self, sentence: str) -> ArchiveError:
        """Take note of why there is no process, and when the next one may be started."""
        if self._failures:  # the first time it is started again at once
            ceiling = min(_FIRST * 2.0 ** min(self._failures, 10), _LONGEST)
            self._not_before = self._clock.monotonic() + random.uniform(0.5, 1) * ceiling  # noqa: S311 jitter
        self._failures += 1
        self._refusal = sentence
        return ProcessEnded(sentence)

    async def _read(self, process: Process) -> None:
        """Hand out answers until the process ends."""
        assert process.stdout is not None
        while (frame := await receive_frame(process.stdout)) is not None:
            answered = self._asked.get(frame.id)
            if answered is None or answered.done():
                continue
            if frame.word == "done":
                answered.set_result(frame)
            else:
                answered.set_exception(_error(frame))
        try:
            await asyncio.wait_for(process.wait(), _LEAVE)
        except TimeoutError:  # it closed its output alone
            kill(process)
            await process.wait()
        self._process = None
        if self._clock.monotonic() - self._started > _STEADY:
            self._failures = 0
        error = self._failed(self._refusal or _GONE)
        for answered in self._asked.values():
            if not answered.done():
                answered.set_exception(error)


def _looked_at(opening: "asyncio.Task[None]") -> None:
    """Take note of why it failed: whoever asked for it may be gone."""
    if not opening.cancelled():
        opening.exception()


def _error(frame: PipeFrame) -> ArchiveError:
    told: str = msgspec.msgpack.decode(frame.body, type=str)
    if frame.word == "bug":
        log.error("the archive's process has a bug: %s", told.rstrip())
        told = f"a bug in the archive's process ({told.partition(',')[0]}): the log has more"
    return ArchiveError(told)
