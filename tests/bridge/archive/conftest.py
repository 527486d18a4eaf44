import pytest

from bridge.archive.service import archivist, child


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """The archive follows at once what is said."""
    monkeypatch.setattr(child, "_FIRST", 0.01)
    monkeypatch.setattr(archivist, "_TOGETHER", 0.01)
    monkeypatch.setattr(archivist.Archivist, "patience", 0.02)
