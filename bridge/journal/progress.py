"""How far a delivery has come in its room."""

from dataclasses import dataclass, replace

__all__ = ["FILES", "UNBEGUN", "Progress", "from_row"]

FILES = 1 << 40
"""The places of files are from this one on, those of words before it."""
_PROMISED = 1 << 39
_LATE = 1 << 41
_NAMED = 1 << 42


@dataclass(frozen=True, slots=True)
class Progress:
    """What has arrived of a delivery: first of its words, then of the files behind them."""

    chars: int = 0
    """How many characters of the words, as the room shows them; of a removal, how many messages are gone."""
    promised: bool = False
    """Whether the words promise the files, because these are late."""
    files: int = 0
    """A bit for each file that is still to be sent behind the words, which have all arrived; 0: not yet."""
    late: bool = False
    """Whether others may have spoken since the words."""
    named: bool = False
    """Whether it has been said what the next file is."""

    @property
    def next_file(self) -> int:
        """The number of the file that comes next."""
        return (self.files & -self.files).bit_length() - 1

    @property
    def behind_file(self) -> "Progress | None":
        """The progress once the next file has arrived; None: that is the last."""
        rest = self.files & (self.files - 1)
        return replace(self, files=rest, named=False) if rest else None

    def up_to(self, end: int | None) -> "Progress | None":
        """Return the progress once the words up to this character have arrived; None: that is all."""
        return None if end is None else replace(self, chars=end)

    @property
    def place(self) -> int:
        """A number of its own for what comes next, in the order of what a room gets, but for files."""
        if not self.files:
            return self.chars + _PROMISED * self.promised
        return self.files + (_LATE if self.late else FILES) + _NAMED * self.named


UNBEGUN = Progress()
"""Nothing has arrived."""


def from_row(chars: int, promised: int, files: int, late: int, named: int) -> Progress:
    """Read what stands in a row."""
    if not (chars or promised or files):
        return UNBEGUN
    return Progress(chars, bool(promised), files, bool(late), bool(named))
