"""The wire to events. Pure: `talk` for messages and what refers to them, `state` for the state of a room."""

from .state import Typists, pictured, told
from .talk import decode, is_talk, said

__all__ = ["Typists", "decode", "is_talk", "pictured", "said", "told"]
