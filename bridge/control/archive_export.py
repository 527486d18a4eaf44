"""A part of the archive as a file: a transcript, made as it is read, or a bundle of evidence."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bridge.archive.evidence.bundle import write_bundle
from bridge.archive.evidence.checkpoints import key_that_signs, last_round
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.evidence.selection import by_number, by_time, with_belongings
from bridge.archive.exports import EXPORTERS, ExportOptions
from bridge.archive.exports.selection import Selection
from bridge.archive.store import Reader
from bridge.aside import pieces_aside
from bridge.config.words import nearest, quoted
from bridge.errors import ArchiveError
from bridge.web.download import Download

from .archive_requests import EvidenceRequest, TranscriptRequest
from .archive_search import speech_of, zone_named
from .archive_shown import known

__all__ = ["bundle", "transcript"]

_PIECE = 1 << 18


def transcript(request: TranscriptRequest, archive: Path) -> Download:
    """Return what was said in a conversation. Raises ArchiveError, and so does its first piece."""
    exporter = EXPORTERS.get(request.format)
    if exporter is None:
        near = nearest(request.format, EXPORTERS)
        raise ArchiveError(
            f"there is no format {quoted(request.format)}{near}: there is {', '.join(EXPORTERS)}"
        )
    speech_of(request.language)
    zone_named(request.time_zone)
    name = f"{request.conversation}{exporter.suffix}"
    return Download(name, exporter.media_type, pieces_aside(partial(_transcript, request, archive)))


def _transcript(request: TranscriptRequest, archive: Path) -> Iterator[bytes]:
    options = ExportOptions(zone=request.time_zone, language=request.language)
    with Reader(archive) as reader:
        name = known(reader, request.conversation).name
        excerpt = Selection(reader, [name], since=request.since, until=request.until)
        yield from EXPORTERS[request.format].chunks(excerpt, options)


def bundle(request: EvidenceRequest, archive: Path, authority: Path | None) -> Download:
    """Return a bundle of evidence; `authority` has the certificate of who makes the stamps. Its first piece
    raises ArchiveError.
    """
    name = f"{request.conversation}-evidence.zip"
    return Download(name, "application/zip", pieces_aside(partial(_bundle, request, archive, authority)))


def _bundle(request: EvidenceRequest, archive: Path, authority: Path | None) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder, Reader(archive) as reader:
        name = known(reader, request.conversation).name
        if request.number:
            found = by_number(reader, name, [request.number])
        else:
            found = by_time(reader, name, request.since, request.until)
        disclosed = with_belongings(reader, name, found)
        if not disclosed:
            raise ArchiveError(f"nothing of {quoted(name)} is left from that time")
        key = KeyFile(archive).key(key_that_signs(last_round(reader)))
        made = Path(folder, "bundle.zip")
        write_bundle(reader, key, name, disclosed, made, authority=_read(authority))
        with made.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _read(authority: Path | None) -> bytes | None:
    try:
        return authority.read_bytes() if authority is not None else None
    except OSError:
        return None  # whoever verifies has it, or asks for it
