"""Visitors, for tests."""

from .visitor import Customer as Person

__all__ = ["Person"]
