"""Verifies the archive itself: each entry, by the store's walk, and all that was signed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.archive.chain import head_of, root_of
from bridge.archive.store import Reader, Round
from bridge.archive.store.walk import walk

from .verifier.arithmetic import digest
from .verifier.checks import check_order, check_signature
from .verifier.reading import UnreadablePart, need, read_json, unhex, when
from .verifier.signatures import fingerprint
from .verifier.stamps import read_stamp

__all__ = ["Audit", "audit"]

_AT_ONCE = 500
"""So many rounds are read at once, with their stamps."""


@dataclass
class Audit:
    """What was found."""

    entries: int = 0
    checkpoints: int = 0
    stamps: int = 0
    """So many of them have a stamp over them."""
    last: float | None = None
    """When the last was signed, in seconds since 1970; None: none was."""
    keys: list[str] = field(default_factory=list)
    """The fingerprints of those who signed, in order."""
    unsigned: int = 0
    """So many entries are younger than the last checkpoint over their conversation."""
    flaws: list[str] = field(default_factory=list)
    """Sentences: what is not as it was recorded, the worst first."""


def audit(file: Path, tell: Callable[[int, int], None] = lambda *_: None) -> Audit:
    """Verify an archive, also while a service writes it. `tell` takes how many entries were looked at, and
    how many there are. Raises ArchiveError where there is none that can be read.
    """
    walked = walk(file, tell)
    found = Audit(entries=walked.entries, flaws=[str(flaw) for flaw in walked.flaws])
    with Reader(file) as reader:
        infos = reader.conversations()
        chains = {one.number: one.chain for one in infos}
        signed: dict[int, int] = {}
        before: dict[str, Any] = {"round": 0}
        for made in _rounds(reader):
            found.checkpoints += 1
            found.last = made.at
            try:
                body = _checked(reader, made, before, chains, signed)
                before = {**body, "digest": digest(made.body).hex()}
                found.stamps += _has_stamp(made)
                key = fingerprint(unhex(body, "key", 32))
                found.keys += [] if key in found.keys else [key]
            except (UnreadablePart, ValueError) as error:
                found.flaws.append(f"checkpoint {made.number:,} of {when(made.at)}: {error}")
        found.unsigned = sum(max(0, one.position - signed.get(one.number, 0)) for one in infos)
    return found


def _rounds(reader: Reader) -> Iterator[Round]:
    first = 1
    while made := reader.rounds(first=first, last=first + _AT_ONCE - 1):
        yield from made
        first += _AT_ONCE


def _checked(
    reader: Reader,
    made: Round,
    before: dict[str, Any],
    chains: Mapping[int, bytes],
    signed: dict[int, int],
) -> dict[str, Any]:
    """Check a round, by what it signs, whom it follows, and what stands in the archive of it."""
    body = read_json(made.body)
    check_signature(body, made.body, made.signature, str(before.get("gateway", body.get("gateway"))))
    check_order(body, before)
    if (body["round"], body.get("at")) != (made.number, made.at) or body["round"] != before["round"] + 1:
        raise UnreadablePart("it has another number or time than it signed, or one before it was removed")
    heads = reader.heads(made.number)
    if not need(body, "size", int):
        return body
    leaves = [head_of(chains.get(head.conversation, b""), head.position, head.link) for head in heads]
    if len(heads) != body["size"] or root_of(leaves) != unhex(body, "root", 32):
        raise UnreadablePart("the heads of chains are not those that it signed")
    signed |= {head.conversation: head.position for head in heads}
    return body


def _has_stamp(made: Round) -> bool:
    """Whether a stamp is there, and over the round."""
    if made.stamp is None:
        return False
    if read_stamp(made.stamp)["imprint"] != digest(made.body):
        raise UnreadablePart("its stamp is over something else")
    return True
