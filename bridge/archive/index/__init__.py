"""What the full-text index has of an entry: its words, all ways to write them alike, and where it belongs."""

from .folding import folded
from .scope import Belonging, mark, month
from .table import TABLE
from .terms import Place, terms, version
from .words import squeezed

__all__ = ["TABLE", "Belonging", "Place", "folded", "mark", "month", "squeezed", "terms", "version"]
