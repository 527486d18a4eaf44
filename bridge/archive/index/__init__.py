"""The full-text index: an entry's words, all ways to write them alike, and where it belongs."""

from .folding import folded
from .phrases import Phrase, padded
from .scope import Belonging, Place, mark
from .table import TABLE
from .terms import terms, texts_of, version
from .words import placed, squeezed

__all__ = [
    "TABLE",
    "Belonging",
    "Phrase",
    "Place",
    "folded",
    "mark",
    "padded",
    "placed",
    "squeezed",
    "terms",
    "texts_of",
    "version",
]
