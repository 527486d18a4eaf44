"""A private Synapse and scripted people, for the demo and the end-to-end tests."""

from .person import Person
from .server import SERVER, Demo

__all__ = ["SERVER", "Demo", "Person"]
