"""A private mosquitto, and people on it: what the demo and the tests need."""

from .person import Person
from .server import Demo

__all__ = ["Demo", "Person"]
