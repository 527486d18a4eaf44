"""What `hubbub doctor` looks at of the archive."""

import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.filesize import decimal

from bridge.archive.evidence.checkpoints import key_that_signs, last_round
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.store import ConversationInfo, Reader, size_of
from bridge.clock import SYSTEM
from bridge.config import Config
from bridge.config.words import counted
from bridge.errors import ArchiveError
from bridge.examination import Finding, Grade

__all__ = ["look_at_archive"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_AHEAD = 90 * 86_400.0
"""For so long there should be room, in seconds."""
_ENOUGH = 7 * 86_400.0
"""How long it has to grow until it is known how fast it does."""
_WRONG_CLOCK = 300.0


def look_at_archive(config: Config) -> Iterator[Finding]:
    """Look at the archive's file, the key beside it, its clock and its room, if anything is archived."""
    file = config.archive.file
    archived = [one.name for one in config.conversations.values() if one.archive is not None]
    assert file is not None  # a configuration that was read has its whole name
    if not file.exists():
        if archived:
            yield Finding("archive", Grade.WELL, f"there is no archive yet: the service makes {file}")
        return
    yield from _permissions(file)
    try:
        with Reader(file) as reader:
            known = reader.conversations()
            missing = _key(file, reader)
    except ArchiveError as error:
        yield Finding("archive", Grade.WRONG, str(error))
        return
    entries, size = sum(one.count for one in known), size_of(file)
    much = counted(entries, "entry", "entries")
    found = f"{much} of {counted(len(known), 'conversation')}, {decimal(size)}"
    yield Finding("archive", Grade.WELL, f"the archive {file} can be read: {found}")
    if missing:
        yield Finding("archive", Grade.WRONG, missing)
    yield from _time(known)
    if archived:
        yield from _room(file, known, size)


def _permissions(file: Path) -> Iterator[Finding]:
    key = file.with_name(f"{file.name}.key")
    for path, has in ((file, "what people said"), (key, "the key that signs its checkpoints")):
        if path.exists() and path.stat().st_mode & _OTHERS:
            said = f"others on this machine can open {path}, with {has}: chmod 600 {path}"
            yield Finding("permissions", Grade.WRONG, said)


def _key(file: Path, reader: Reader) -> str:
    """Say what is wrong with the key that has to sign the next checkpoint; empty: nothing."""
    if (expected := key_that_signs(last_round(reader))) is None:
        return ""
    try:
        KeyFile(file).key(expected)
    except ArchiveError as error:
        return str(error)
    return ""


def _time(known: Sequence[ConversationInfo]) -> Iterator[Finding]:
    newest = max((one.last_at for one in known if one.last_at is not None), default=0.0)
    if newest > SYSTEM.now() + _WRONG_CLOCK:
        said = (
            "the archive has entries from the future: see that this machine's clock is right (`timedatectl`)"
        )
        yield Finding("clock", Grade.DOUBTFUL, said)


def _room(file: Path, known: Sequence[ConversationInfo], size: int) -> Iterator[Finding]:
    """Look whether there is room for as much as came in the time since its beginning."""
    oldest = min((one.first_at for one in known if one.first_at is not None), default=None)
    since = SYSTEM.now() - oldest if oldest is not None else 0.0
    if since < _ENOUGH:
        return
    needed, free = round(size / since * _AHEAD), shutil.disk_usage(file.parent).free
    if free < needed:
        growth = f"which grows by {decimal(needed)} in 90 days"
        said = f"only {decimal(free)} are free for the archive, {growth}: make room"
        yield Finding("disk", Grade.DOUBTFUL, said)
