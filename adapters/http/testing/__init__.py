"""Programs, for tests."""

from .program import Program as Person

__all__ = ["Person"]
