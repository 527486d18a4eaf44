"""Transcripts and exports: what is in the archive, in the formats of people and of other programs."""

from .exporter import Excerpt, Exporter, ExportOptions, Watched
from .irssi import IRSSI
from .lines import JSON_LINES, read_lines
from .mail import LETTERS, MBOX
from .page import PAGE
from .rsmf import RSMF
from .selection import Picked, Selection
from .table import TABLE
from .writing import write_whole

__all__ = [
    "EXPORTERS",
    "Excerpt",
    "ExportOptions",
    "Exporter",
    "Picked",
    "Selection",
    "Watched",
    "read_lines",
    "write_whole",
]

EXPORTERS = {one.name: one for one in (IRSSI, PAGE, JSON_LINES, MBOX, LETTERS, TABLE, RSMF)}
"""Each format by its name; a new one is a module with a row here."""
