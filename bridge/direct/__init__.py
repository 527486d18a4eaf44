"""Two people of different networks talk alone, once whoever is written to agrees."""

from .direct import DirectTalks

__all__ = ["DirectTalks"]
