"""Finds what was said: a question put to a `Reader`, within what whoever asks may read."""

from .answers import CAP, Hit, Searched, ask
from .plan import Tagged
from .reach import Readable, since_known
from .snippets import Piece
from .surroundings import surroundings
from .texts import text_of

__all__ = [
    "CAP",
    "Hit",
    "Piece",
    "Readable",
    "Searched",
    "Tagged",
    "ask",
    "since_known",
    "surroundings",
    "text_of",
]
