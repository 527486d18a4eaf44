"""Makes a bundle of evidence: a zip that is the same to the byte whenever the same is asked for."""

import contextlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from bridge.archive import chain
from bridge.archive.store import ChainRow, Reader, State
from bridge.errors import ArchiveError

from .anchors import Anchors
from .keys import SigningKey
from .readme import readme
from .source import verifier_source
from .verifier.container import ZipMember, zip_end, zip_local
from .verifier.signatures import pem_of
from .verifier.transcript import Transcript

__all__ = ["Made", "write_bundle"]

_PIECE = 1 << 20
_LARGEST = (1 << 32) - 1
"""Bytes of a zip without extensions."""


class Made(NamedTuple):
    """What was made."""

    first: int
    """The places in the chain of the first and last entry that it has."""
    last: int
    disclosed: int
    checkpoints: int
    stamps: int


def write_bundle(  # noqa: PLR0913 -- the rest by name
    reader: Reader,
    key: SigningKey,
    conversation: str,
    disclosed: Collection[int],
    target: Path,
    *,
    authority: bytes | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Made:
    """Write a bundle about entries of a conversation, by their places in its chain: one at least. Raises
    ArchiveError.

    `authority` is the certificate, in PEM, of who makes the stamps; `tell` takes how many entries are done,
    and how many there are.
    """
    info = next(one for one in reader.conversations() if one.name == conversation)
    anchors = Anchors(reader, info, min(disclosed), max(disclosed))
    with _told(target), tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        entries, transcript = Path(folder, "entries"), Path(folder, "transcript")
        with entries.open("wb") as lines, transcript.open("wb") as text:
            for line, told in _entries(reader, anchors, disclosed, tell):
                lines.write(line)
                text.write(told)
        parts: dict[str, bytes | Path] = {
            "README.txt": readme(conversation, anchors.first, anchors.last, key.fingerprint),
            "checkpoints.jsonl": b"".join(anchors.lines),
            "entries.jsonl": entries,
            "public-key.pem": pem_of(key.public),
            "transcript.txt": transcript,
            "verify.py": verifier_source().encode(),
            **anchors.stamps,
        }
        if anchors.stamps and authority:
            parts["stamps/authority.pem"] = authority
        listed = _list(anchors, key, parts)
        done = Path(folder, "bundle")
        _write_zip(done, parts | {"manifest.json": listed, "manifest.sig": key.sign(listed)})
        done.replace(target)
    return Made(
        anchors.first, anchors.last, len(disclosed), len(anchors.lines), sum(map(_is_stamp, anchors.stamps))
    )


def _is_stamp(name: str) -> bool:
    return name.endswith(".tsr")


def _list(anchors: Anchors, key: SigningKey, parts: Mapping[str, bytes | Path]) -> bytes:
    found = {
        "format": "hubbub evidence",
        "version": 1,
        "gateway": anchors.gateway,
        "conversation": anchors.info.name,
        "chain": anchors.info.chain.hex(),
        "first": anchors.first,
        "last": anchors.last,
        "key": key.public.hex(),
        "files": {name: _digest(part) for name, part in parts.items()},
    }
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _entries(
    reader: Reader, anchors: Anchors, disclosed: Collection[int], tell: Callable[[int, int], None]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the lines of entries, and what the transcript has of them."""
    transcript = Transcript(anchors.info.name)
    yield b"", transcript.heading.encode()
    before, link, count = anchors.first - 1, anchors.link, anchors.last - anchors.first + 1
    for row in reader.links(anchors.info.name, anchors.first, anchors.last):
        said, leaf = _entry(row, open_=row.position in disclosed)
        link = chain.link_of(link, leaf)
        if row.position != before + 1 or anchors.signed.get(row.position, link) != link:
            break
        before = row.position
        line = {"position": row.position, **said, "link": link.hex()}
        yield f"{_json(line)}\n".encode(), transcript.add(row.position, line).encode()
        if row.position % 1000 == 0:
            tell(row.position - anchors.first + 1, count)
    if before != anchors.last:
        raise ArchiveError(
            f"the archive itself is not as it was recorded, at entry {before + 1:,} of {anchors.info.name} "
            "or before: `hubbub evidence verify` says more"
        )
    yield b"", transcript.end().encode()


def _entry(row: ChainRow, *, open_: bool) -> tuple[dict[str, str], bytes]:
    """Return what a line has of an entry, and its leaf."""
    if row.state >= State.BARE:
        return {"leaf": row.leaf.hex()}, row.leaf
    header = chain.header_commitment(row.header_salt, row.header)
    words = row.words_commitment or chain.words_commitment(row.words_salt, row.words)
    leaf = chain.leaf_of(row.position, header, words)
    if not open_:
        return {"leaf": leaf.hex()}, leaf
    said = {"header": row.header.decode(), "header_salt": row.header_salt.hex()}
    if row.state is State.FULL:
        return said | {"words": row.words.decode(), "words_salt": row.words_salt.hex()}, leaf
    return said | {"words_commitment": words.hex()}, leaf


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _pieces(part: bytes | Path) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
        return
    with part.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _digest(part: bytes | Path) -> str:
    whole = sha256()
    for piece in _pieces(part):
        whole.update(piece)
    return whole.hexdigest()


def _write_zip(target: Path, parts: Mapping[str, bytes | Path]) -> None:
    files: dict[str, ZipMember] = {}
    with target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)  # it holds what people said
        for name in sorted(parts):
            crc = size = 0
            for piece in _pieces(parts[name]):
                crc, size = zlib.crc32(piece, crc), size + len(piece)
            file.write(zip_local(name, crc, size))
            files[name] = ZipMember(file.tell(), size, crc)
            if file.tell() + size > _LARGEST:
                raise ArchiveError("the bundle would be larger than 4 GB: ask for a shorter time")
            for piece in _pieces(parts[name]):
                file.write(piece)
        file.write(zip_end(files))


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{target} cannot be written: {error.strerror}: name another place") from error
