"""Between which checkpoints entries stand, and what a bundle has of these."""

import json
from collections.abc import Iterator

from bridge.archive import chain
from bridge.archive.store import ConversationInfo, Head, Reader, Round
from bridge.errors import ArchiveError

from .checkpoints import path_of
from .verifier.reading import read_json

__all__ = ["Anchors"]

_FAR = 1000
"""So many checkpoints on it is looked for a stamp, where the last about the entries has none."""
_AT_ONCE = 500
"""So many rounds are read at once, with their stamps."""


class Anchors:
    """A stretch of a chain that begins with it or behind a checkpoint, and ends with a checkpoint. Raises
    ArchiveError where there is none.
    """

    def __init__(self, reader: Reader, info: ConversationInfo, first: int, last: int) -> None:
        """`first` and `last` are the places of entries that have to be in it."""
        self._reader, self.info = reader, info
        self._chains = {one.number: one.chain for one in reader.conversations()}
        self.first, self.link = info.start + 1, info.start_link or chain.first_link(info.chain)
        """Where it begins, and the link before that."""
        self.signed: dict[int, bytes] = {}
        """The links that were signed, by their places."""
        heads = self._heads(first, last)
        self.last = max(self.signed, default=0)
        if self.last < last:
            raise ArchiveError(
                f"no checkpoint is over entry {last:,} of {info.name} yet: "
                "`hubbub evidence checkpoint` makes one"
            )
        self.gateway = ""
        self.lines: list[bytes] = []
        """Those of `checkpoints.jsonl`."""
        self.stamps: dict[str, bytes] = {}
        """Files: stamps, and what each is over."""
        for made in self._wanted(heads):
            self._add(made, heads.get(made.number))

    def _heads(self, first: int, last: int) -> dict[int, Head]:
        """Return the heads of the stretch, by their rounds: the first is what stands before it."""
        heads: dict[int, Head] = {}
        for number, head in self._reader.signed(self.info.name):
            if head.position < first:
                heads, self.signed = {}, {}
                self.first, self.link = head.position + 1, head.link
            heads[number] = head
            self.signed[head.position] = head.link
            if head.position >= last:
                break
        return heads

    def _wanted(self, heads: dict[int, Head]) -> Iterator[Round]:
        """Yield the rounds about the stretch, those up to the next stamp, and all that say who signs next."""
        last, stamped = max(heads), False
        for made in self._rounds(min(heads)):
            near = last < made.number <= last + _FAR and not stamped
            if made.number in heads or near or b'"next_key"' in made.body:
                yield made
            stamped = stamped or (made.number >= last and made.stamp is not None)

    def _rounds(self, first: int) -> Iterator[Round]:
        while found := self._reader.rounds(first=first, last=first + _AT_ONCE - 1):
            yield from found
            first += _AT_ONCE

    def _add(self, made: Round, head: Head | None) -> None:
        raw = made.body.decode()
        self.gateway = str(read_json(made.body).get("gateway", ""))
        line: dict[str, object] = {"body": raw, "signature": made.signature.hex()}
        if head is not None:
            number, path = path_of(self.info, self._reader.heads(made.number), self._chains)
            beside = [one.hex() for one in path]
            line["head"] = {
                "position": head.position, "link": head.link.hex(), "number": number, "path": beside
            }  # fmt: skip
        if made.stamp is not None:
            name = f"stamps/{made.number:06}"
            line["stamp"] = f"{name}.tsr"
            self.stamps |= {f"{name}.tsr": made.stamp, f"{name}.json": made.body}
        if made.witness is not None:
            line["witness"] = json.loads(made.witness)
        self.lines.append(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n".encode())
