"""A private ngIRCd and scripted people, for the demo and the end-to-end tests."""

from .person import Person
from .server import Demo

__all__ = ["Demo", "Person"]
