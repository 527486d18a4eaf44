"""Programs of Debian's packages."""

import os
import shutil


def binary(name: str) -> str:
    """Where a program is, also one of those that only root has in its PATH."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed: packaging/debian-packages installs it"
    return found
