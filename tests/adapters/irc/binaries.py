"""Programs of Debian's packages."""

import os
import shutil

__all__ = ["binary", "find"]


def find(name: str) -> str | None:
    """Where a program is, also one of those that only root has in its PATH; None when it is not installed."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def binary(name: str) -> str:
    """Where a program is that has to be there."""
    found = find(name)
    assert found, f"{name} is not installed: packaging/debian-packages installs it"
    return found
