"""Transcripts and exports: what is in the archive, in the formats of people and of other programs."""

from .exporter import Excerpt, Exporter, ExportOptions, Watched
from .irssi import IRSSI
from .lines import JSON_LINES
from .mail import LETTERS, MBOX
from .page import PAGE
from .rsmf import RSMF
from .table import TABLE

__all__ = ["EXPORTERS", "Excerpt", "ExportOptions", "Exporter", "Watched"]

EXPORTERS = {one.name: one for one in (IRSSI, PAGE, JSON_LINES, MBOX, LETTERS, TABLE, RSMF)}
"""Each format by its name; a new one is a module with a row here."""
