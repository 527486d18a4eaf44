"""The demo: a performance on private servers, with the bridge between them.

stage   servers, people and bridge, from start to stop
script  what the people say
act     what they do besides
screen  shows all of it
"""

from .screen import Screen
from .stage import Stage

__all__ = ["Screen", "Stage"]
