"""Keeps what features note beside events."""

from collections.abc import Mapping

from bridge.journal.beside import Notes

__all__ = ["MemoryNotes"]


class MemoryNotes(Notes):
    """By kind, network and key."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], str] = {}

    def all(self, kind: str) -> Mapping[tuple[str, str], str]:
        return {(network, key): text for (other, network, key), text in self._kept.items() if other == kind}

    def keep(self, kind: str, network: str, key: str, text: str) -> None:
        self._kept[kind, network, key] = text

    def drop(self, kind: str, network: str, key: str) -> None:
        self._kept.pop((kind, network, key), None)

    def rename(self, old: str, new: str) -> None:
        """Call a network by its new name; what that has itself stays."""
        for kind, network, key in list(self._kept):
            if network == old and (kind, new, key) not in self._kept:
                self._kept[kind, new, key] = self._kept.pop((kind, old, key))
