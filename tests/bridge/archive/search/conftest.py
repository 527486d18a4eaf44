"""What the tests of the store have."""

from tests.bridge.archive.store.conftest import file, store

__all__ = ["file", "store"]
