"""What is found. Pure."""

from __future__ import annotations

from typing import Any

__all__ = ["BundleFindings"]


MOST = 1000
"""So many findings are kept of each kind: a file made for it would fill the memory."""


class BundleFindings:
    """What is found, wrong and right."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.checkpoints: list[dict[str, Any]] = []
        """Those that are in order, as they are told."""
        self.entries: list[dict[str, Any]] = []
        """What is wrong with entries: it is told before what is wrong with files."""
        self.others: list[dict[str, Any]] = []
        self.remarks: list[str] = []

    @property
    def wrong(self) -> list[dict[str, Any]]:
        """All that is wrong, the worst first."""
        return self.entries + self.others

    def entry(self, place: int, at: Any, sentence: str) -> None:
        """Note that an entry is not as it was recorded."""
        if len(self.entries) < MOST:
            self.entries.append({"what": f"entry {place}", "place": place, "at": at, "sentence": sentence})

    def other(self, what: str, sentence: str) -> None:
        """Note that something else is not as it was made."""
        if len(self.others) < MOST:
            self.others.append({"what": what, "sentence": sentence})
