"""Saved answers: what agents say often, by a key, from a file of the owner's that is read when it changes."""

from .answers import SavedAnswer, SavedAnswers, languages_of
from .file import SavedFile
from .reading import read_answers
from .template import VARIABLES, filled
from .words import Matcher

__all__ = [
    "VARIABLES",
    "Matcher",
    "SavedAnswer",
    "SavedAnswers",
    "SavedFile",
    "filled",
    "languages_of",
    "read_answers",
]
