"""The owner's file of saved answers, read again when it changes."""

import logging
from collections.abc import Collection
from pathlib import Path

from bridge.errors import ConfigError
from bridge.whose import about_here

from .answers import SavedAnswers
from .reading import read_answers
from .words import Matcher

__all__ = ["SavedFile"]

log = logging.getLogger(__name__)


class SavedFile:
    """The answers of a file, as long as it is in order: with mistakes, those that stood there before."""

    def __init__(self, path: Path, fields: Collection[str] | None = None) -> None:
        """`fields`: as in `read_answers`."""
        self.path = path
        self._fields = fields
        self._seen: object = ()
        self.answers = SavedAnswers()
        self.matcher = Matcher(self.answers)
        self.problems: tuple[str, ...] = ()
        """What is wrong in it now, each with its place."""

    def look(self, desk: str = "") -> None:
        """Read it again for a desk, if it is another than before."""
        seen = self._state()
        if seen == self._seen:
            return
        self._seen, self.problems = seen, ()
        try:
            self.answers = read_answers(self.path, self._fields)
        except ConfigError as error:
            self.problems = tuple(error.problems)
            for problem in self.problems:
                log.warning("%s: saved answers stay as they were", problem, extra=about_here(desk))
        else:
            self.matcher = Matcher(self.answers)
            log.info("%s: %d saved answers", self.path, len(self.answers), extra=about_here(desk))

    def _state(self) -> object:
        try:
            found = self.path.stat()
        except OSError as error:
            return error.errno
        return found.st_mtime_ns, found.st_size, found.st_ino
