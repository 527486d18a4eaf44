"""A journal that ends with the process: for tests and measurements of what stands on it."""

from .writer import MemoryJournal

__all__ = ["MemoryJournal"]
