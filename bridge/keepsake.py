"""What a network gave us to come back with: a small file beside the journal, for its owner alone."""

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["Keepsake"]


class Keepsake:
    """Holds one text of one network, such as a session's token. It is a secret."""

    def __init__(self, journal: Path, network: str) -> None:
        self._journal = journal.resolve()
        self.path = self._journal.with_name(f"{self._journal.name}.{network}.login")

    def take_over(self, network: str) -> None:
        """Keep what was kept under another name, unless something is kept already. Raises OSError."""
        before = Keepsake(self._journal, network).path
        if before.exists() and not self.path.exists():
            before.rename(self.path)

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
        # Made for its owner alone, and whole before it has its name.
        descriptor, name = tempfile.mkstemp(prefix=self.path.name, dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            self._give_to_service(name)
            os.replace(name, self.path)  # noqa: PTH105 -- it is a name
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)  # noqa: PTH108
            raise

    def _give_to_service(self, name: str) -> None:
        """Give the file to the service's user where root keeps it."""
        owner = (self._journal if self._journal.exists() else self._journal.parent).stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.chown(name, owner.st_uid, owner.st_gid)
