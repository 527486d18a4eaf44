from tests.bridge.archive.filing.conftest import office

__all__ = ["office"]
