"""The way of one file into the folder: fetched, measured, looked at, noted."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.adapter import Source
from bridge.clock import Clock
from bridge.config import Media
from bridge.kit import kind_of
from bridge.model import Attachment, File, FileKind

from .body import Body
from .cache import Cache, Note, Picture
from .naming import address_name, safe_file_name
from .pictures import Pictures

if TYPE_CHECKING:
    from .fetch import Fetcher

__all__ = ["Intake", "Job"]

_LONGEST_DURATION = 1e6


@dataclass(slots=True, eq=False)
class Job:
    """A file that is to be fetched."""

    network: str
    seq: int
    number: int
    attachment: Attachment
    since: float
    """When it was asked for first, by the monotonic clock."""
    sender: str = ""
    """Whose file it is, as their network knows them."""
    task: "asyncio.Task[None] | None" = None

    @property
    def host(self) -> str:
        """The host that the file is on, as far as its address tells."""
        try:
            return urlsplit(self.attachment.address).hostname or ""
        except ValueError:
            return ""


class Intake:
    """Takes files in."""

    def __init__(
        self,
        config: Media,
        cache: Cache,
        pictures: Pictures,
        source: Callable[[str, str], Source],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._config = config
        self._cache = cache
        self._pictures = pictures
        self._source = source

    async def take(self, job: Job, fetcher: "Fetcher") -> File:
        """Fetch the file of this job into the folder. Raises RefusedFile when it does not cross, OSError when
        it cannot be kept.

        Whatever ends this: nothing stays in the folder but a whole file.
        """
        path = self._cache.place(job.seq, job.number)
        part = path.with_suffix(".part")
        with self._cache.writing(path):
            body = Body(
                partial(self._cache.create, part), job.attachment, self._config.max_file, self._config.types
            )
            try:
                await fetcher.fetch(partial(self._source, job.network, job.attachment.address), body)
                media_type, digest = await asyncio.to_thread(body.finish)
            finally:
                body.close()
            kind = kind_of(media_type)
            picture = (
                await self._look(part, path.with_suffix(".thumb"), body.size)
                if kind is FileKind.IMAGE
                else None
            )
            note = self._note(job, body.size, media_type, digest, picture)
            return self._cache.keep(path, note)

    async def _look(self, path: Path, small: Path, size: int) -> Picture | None:
        picture = await self._pictures.look(path, small, size)
        if picture is None:
            await asyncio.to_thread(small.unlink, missing_ok=True)
        return picture

    def _note(self, job: Job, size: int, media_type: str, digest: str, picture: Picture | None) -> Note:
        attachment = job.attachment
        kind = kind_of(media_type)
        lasts = kind in (FileKind.AUDIO, FileKind.VIDEO)
        return Note(
            seq=job.seq,
            number=job.number,
            name=safe_file_name(attachment.name or address_name(attachment.address), media_type),
            kind=kind,
            type=media_type,
            size=size,
            digest=digest,
            fetched=self._clock.now(),
            picture=picture,
            duration=_duration(attachment.duration) if lasts else None,
            voice=attachment.voice and kind is FileKind.AUDIO,
        )


def _duration(claimed: float | None) -> float | None:
    sane = claimed is not None and math.isfinite(claimed) and 0 < claimed < _LONGEST_DURATION
    return claimed if sane else None
