"""What a network gave us to come back with: a small file beside the journal, for its owner alone."""

import glob
import os
from pathlib import Path

from .new_files import write_file

__all__ = ["Keepsake"]


class Keepsake:
    """Holds one text of one network, such as a session's token. It is a secret."""

    def __init__(self, journal: Path, network: str) -> None:
        self._journal = journal.resolve()
        self.path = self._journal.with_name(f"{self._journal.name}.{network}.login")

    def take_over(self, network: str) -> None:
        """Keep what was kept under another name, and what its adapter has beside it, unless something is kept
        already. Raises OSError.
        """
        before = Keepsake(self._journal, network).path
        if before.exists() and not self.path.exists():
            for path in before.parent.glob(f"{glob.escape(before.name)}*"):
                path.rename(self.path.with_name(f"{self.path.name}{path.name.removeprefix(before.name)}"))

    @property
    def ours(self) -> bool:
        """Whether we may read and replace it."""
        readable = not self.path.exists() or os.access(self.path, os.R_OK)
        return readable and os.access(self.path.parent, os.W_OK | os.X_OK)

    def read(self) -> str | None:
        """Return what is kept; None: nothing is. Raises OSError."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def write(self, text: str) -> None:
        """Keep this in place of what was kept. Raises OSError."""
        write_file(self.path, [text.encode()], beside=self._journal)
