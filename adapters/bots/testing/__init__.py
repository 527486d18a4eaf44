"""A bot of NoneBot's in a group: what the demo needs."""

from .person import Person
from .server import Demo

__all__ = ["Demo", "Person"]
