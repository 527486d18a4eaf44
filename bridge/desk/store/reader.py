"""Reads the file of a network's desks while the service writes it: for commands, the console and figures."""

from pathlib import Path
from types import TracebackType
from typing import Self

from .left import LeftMessages
from .opening import open_to_read
from .questions import DeskQuestions

__all__ = ["DeskReader"]


class DeskReader(DeskQuestions):
    """Reads the file of a network's desks, and changes nothing."""

    def __init__(self, file: Path) -> None:
        """Raises TemporaryFailure."""
        super().__init__(file, open_to_read(file))
        self.left = LeftMessages(self._ask)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
