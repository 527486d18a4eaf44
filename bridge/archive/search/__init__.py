"""Finds what was said: a question put to a `Reader`, within what whoever asks may read."""

from .answers import CAP, Hit, Searched, ask
from .reach import Readable, since_known
from .snippets import Piece

__all__ = ["CAP", "Hit", "Piece", "Readable", "Searched", "ask", "since_known"]
