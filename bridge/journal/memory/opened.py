"""Keeps the conversations that adapters opened at run time."""

from dataclasses import replace

from bridge.journal.beside import OpenedConversations
from bridge.journal.records import Opened

__all__ = ["MemoryOpened"]


class MemoryOpened(OpenedConversations):
    """By network and name."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Opened] = {}

    def all(self) -> list[Opened]:
        return list(self._kept.values())

    def keep(self, opened: Opened) -> None:
        self._kept[opened.network, opened.name] = opened

    def drop(self, opened: Opened) -> None:
        self._kept.pop((opened.network, opened.name), None)

    def rename(self, old: str, new: str) -> None:
        """Call a network by its new name in all that is open."""
        for opened in self.all():
            rooms = tuple((new if network == old else network, room) for network, room in opened.rooms)
            self.drop(opened)
            network = new if opened.network == old else opened.network
            self.keep(replace(opened, network=network, rooms=rooms))
