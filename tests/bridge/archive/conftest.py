import pytest

from bridge.archive.evidence import attesting
from bridge.archive.service import archivist, child
from bridge.relay import observers


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """The archive follows at once what is said, and what failed is tried again soon."""
    monkeypatch.setattr(archivist.Archivist, "patience", 0.02)
    monkeypatch.setattr(archivist, "_TOGETHER", 0.01)
    monkeypatch.setattr(archivist, "_AGAIN", 0.05)
    monkeypatch.setattr(attesting, "_OFTEN", 0.1)
    for module in (child, observers):
        monkeypatch.setattr(module, "_FIRST", 0.01)
        monkeypatch.setattr(module, "_LONGEST", 0.05)
