"""What was given up, as a person reads it."""

from itertools import groupby

import regex
from rich.cells import cell_len
from rich.text import Text

from bridge.config.words import counted, printable
from bridge.identity import safe_name
from bridge.journal.admin.dead_letters import Letter, Letters

from .terminal import Terminal
from .words import when

__all__ = ["LetterList"]

_REASONS = 10
_WORDS = 120
"""The most characters of a message where no terminal sets the width."""
_NOT_KEPT = "(its text is not kept any more)"
_ALONE = "(what two people say alone is not shown)"
_NAME = 20
"""The width of the longest name that is shown whole."""
_SPACE = regex.compile(r"[\s\p{Z}]+")
_UNSAFE = regex.compile(r"\p{C}+")


class LetterList(Terminal):
    """Prints the list."""

    def show(self, found: Letters) -> None:
        """Print it, the newest last, with what may have come twice."""
        if found.count:
            if hidden := found.count - len(found.letters):
                self.say(f"{hidden:,} older ones are not shown: --all shows them.", "dim")
                self.say()
            for (source, target, reason), run in groupby(found.letters, _way):
                self.say(f"{printable(source)} → {printable(target)}", "bold")
                self.say(printable(reason), "yellow", indent=2)
                self._run(list(run))
                self.say()
            self._totals(found)
        else:
            self.say("Nothing is undelivered.")
        if found.repeated:
            total = sum(count for _, count in found.repeated)
            where = ", ".join(f"{count:,} to {printable(room)}" for room, count in found.repeated)
            self.say(f"{counted(total, 'message')} may have come twice in the last 7 days: {where}.")

    def _run(self, letters: list[Letter]) -> None:
        digits = len(str(max(letter.number for letter in letters)))
        names = [safe_name(letter.author.name) if letter.author else "?" for letter in letters]
        width = min(_NAME, max(map(cell_len, names)))
        for letter, name in zip(letters, names, strict=True):
            author = Text(name, "cyan")
            author.truncate(width, overflow="ellipsis", pad=True)
            words = _NOT_KEPT if letter.text is None else _words(letter.text)
            if letter.private:
                words = _ALONE
            line = Text(f"  {letter.number:>{digits}}  ").append(f"{when(letter.given_up_at)}  ", "dim")
            self.line(line.append_text(author).append(f"  {words}"))

    def _totals(self, found: Letters) -> None:
        are = "message is" if found.count == 1 else "messages are"
        self.say(f"{found.count:,} {are} not delivered:", "bold")
        digits = len(f"{found.count:,}")
        for reason, count in found.reasons[:_REASONS]:
            self.line(Text(f"  {count:>{digits},}  {printable(reason)}"))
        if others := sum(count for _, count in found.reasons[_REASONS:]):
            self.line(Text(f"  {others:>{digits},}  for other reasons"))
        self.say("Send again: hubbub undelivered retry NUMBER... (or --room ROOM, or --all)")


def _way(letter: Letter) -> tuple[str, str, str]:
    return letter.source, letter.target, letter.reason


def _words(text: str) -> str:
    """Return the first words, on one line and without what a terminal might act upon."""
    clean = _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", text[: 4 * _WORDS]))).strip()
    return clean if len(clean) <= _WORDS else f"{clean[: _WORDS - 1]}…"
