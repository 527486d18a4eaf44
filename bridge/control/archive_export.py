"""A part of the archive as a file, made as it is read."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bridge.archive.exports import EXPORTERS, ExportOptions
from bridge.archive.exports.selection import Selection
from bridge.archive.store import ConversationInfo, Reader
from bridge.aside import pieces_aside
from bridge.config.words import nearest, quoted
from bridge.errors import ArchiveError
from bridge.web.download import Download

from .archive_requests import TranscriptRequest
from .archive_search import speech_of, zone_named

__all__ = ["known", "transcript"]


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
    return Download(name, exporter.media_type, pieces_aside(partial(_pieces, request, archive)))


def _pieces(request: TranscriptRequest, archive: Path) -> Iterator[bytes]:
    options = ExportOptions(zone=request.time_zone, language=request.language)
    with Reader(archive) as reader:
        name = known(reader, request.conversation).name
        excerpt = Selection(reader, [name], since=request.since, until=request.until)
        yield from EXPORTERS[request.format].chunks(excerpt, options)


def known(reader: Reader, name: str) -> ConversationInfo:
    """Return a conversation. Raises ArchiveError where the archive has none of the name."""
    found = {one.name: one for one in reader.conversations()}
    if name not in found:
        raise ArchiveError(f"the archive has no conversation {quoted(name)}{nearest(name, found)}")
    return found[name]
