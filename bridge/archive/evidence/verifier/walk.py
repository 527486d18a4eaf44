"""The way along the chain."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from .arithmetic import first_link, leaf_of, link_of
from .container import Bundle
from .findings import BundleFindings
from .reading import UnreadablePart, need, read_json, unhex, when
from .transcript import Transcript

__all__ = ["Walk"]

ENTRIES, TRANSCRIPT = "entries.jsonl", "transcript.txt"
SHAPES = (
    {"position", "link", "header", "header_salt", "words", "words_salt"},
    {"position", "link", "header", "header_salt", "words_commitment"},
    {"position", "link", "leaf"},
)
"""What a line of entries has: all is disclosed, its words are not, nothing is."""


class Walk:
    """Goes along the chain: each entry, in its place, has to lead from the link before it to its own, and at
    the checkpoints to what was signed.
    """

    def __init__(
        self,
        bundle: Bundle,
        listed: dict[str, Any],
        heads: dict[int, dict[str, Any]],
        findings: BundleFindings,
    ) -> None:
        self.bundle, self.listed, self.heads, self.findings = bundle, listed, heads, findings
        self.place = self.covered = listed["first"] - 1
        """The last entry that was read, and the last that a checkpoint is over."""
        self.at: Any = None
        """When the entry at hand was recorded, if it says so; `then`: the last before it that does."""
        self.then: Any = None
        self.link: bytes | None = first_link(unhex(listed, "chain", 32))
        if self.place:
            if self.place not in heads:
                raise UnreadablePart(f"no checkpoint in order says what stood before entry {self.place + 1}")
            self.link = heads[self.place]["link"]

    def check(self) -> None:
        """Read all entries."""
        transcript = Transcript(self.listed["conversation"])
        text, disclosed = sha256(transcript.heading.encode()), 0
        for number, line in enumerate(self.bundle.pieces(ENTRIES, lines=True), 1):
            self.at = None
            try:
                entry = read_json(line)
                self._step(entry)
                text.update(transcript.add(entry["position"], entry).encode())
                disclosed += "header" in entry
            except (UnreadablePart, ValueError) as error:
                self.findings.entry(self.place + 1, self.at, f"line {number} of {ENTRIES}: {error}")
                self._lost(self.place + 1)
        text.update(transcript.end().encode())
        self._end()
        self.findings.facts["disclosed"] = disclosed
        told = sha256()
        for piece in self.bundle.pieces(TRANSCRIPT):
            told.update(piece)
        if text.digest() != told.digest():
            self.findings.other(TRANSCRIPT, "it does not say what the entries say")

    def _step(self, entry: dict[str, Any]) -> None:
        if entry.keys() not in SHAPES:
            raise UnreadablePart("it has not the keys that an entry has")
        place: int = need(entry, "position", int)
        link = unhex(entry, "link", 32)
        if "header" in entry:
            self.at = time_of(entry["header"])
        if place <= self.place:
            self.findings.entry(
                place, self.at, "it stands twice, or in another place than it was recorded at"
            )
            return
        if place > self.place + 1:
            many = f"and all to {place - 1} are" if place > self.place + 2 else "is"
            self.findings.entry(
                self.place + 1,
                self.then,
                f"it {many} missing behind entry {self.place}: removed, or put elsewhere",
            )
        elif self.link is not None and link != link_of(self.link, leaf_of(place, entry)):
            self.findings.entry(
                place, self.at, "it is not what was recorded here: it was altered, or another was put here"
            )
        self.place, self.link, self.then = place, link, self.at or self.then
        self._compare()

    def _compare(self) -> None:
        """Compare with what was signed, where a checkpoint is about this place."""
        head = self.heads.get(self.place)
        if head is None:
            return
        if head["link"] != self.link:
            self.findings.entry(
                self.covered + 1,
                self.at,
                f"entries {self.covered + 1} to {self.place} are not those that checkpoint {head['number']} "
                f"of {when(head['at'])} signed: one at least was altered, removed, added or reordered, and "
                "the links were made anew",
            )
        self.link, self.covered = head["link"], self.place

    def _lost(self, place: int) -> None:
        """Go on behind an entry that cannot be read."""
        self.place, self.link = place, None
        if place in self.heads:
            self.link, self.covered = self.heads[place]["link"], place

    def _end(self) -> None:
        last = self.listed["last"]
        if self.place < last:
            self.findings.entry(
                self.place + 1, self.then, f"it and all to {last} are missing at the end: removed"
            )
        elif self.place > last:
            self.findings.entry(last + 1, self.then, "the bundle ends before it: it was added")
        elif self.covered != last:
            self.findings.entry(
                self.covered + 1, self.then, f"no checkpoint in order is over it and all to {last}"
            )


def time_of(header: Any) -> Any:
    try:
        return read_json(str(header).encode()).get("at")
    except (UnreadablePart, ValueError):
        return None
