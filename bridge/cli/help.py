"""How help is set: headings that stand out on a terminal."""

import re
from collections.abc import Iterable

import click

__all__ = ["Formatter"]

_HEADING = re.compile(r"^( *)(Examples|Exit codes)(?=:)", re.MULTILINE)


class Formatter(click.HelpFormatter):
    """Click's, with headings in bold, and what is to be typed in colour; `click.echo` leaves that out where
    there is no terminal.
    """

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(heading, bold=True))

    def write_text(self, text: str) -> None:
        begin = len(self.buffer)
        super().write_text(text)
        written = "".join(self.buffer[begin:])
        self.buffer[begin:] = [
            _HEADING.sub(lambda found: found[1] + click.style(found[2], bold=True), written)
        ]

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(click.style(term, fg="cyan"), text) for term, text in rows], col_max, col_spacing)
