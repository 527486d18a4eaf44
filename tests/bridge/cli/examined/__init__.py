"""A protocol that looks before it logs in."""

from tests.bridge.cli.test_check import Friendly

__all__ = ["Examined"]


class Examined(Friendly):
    """One room of it is full."""
