"""bridge.yaml: read, checked in full, and turned into what the bridge runs on.

`load` reads the file with all positions (`yaml`), fills in variables and secret files (`fill`), checks
the core's own blocks and then each protocol's (`check`), and explains every mistake (`explain`).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .face import *  # noqa: F403 - the same names


def __getattr__(name: str) -> Any:
    # Loaded when somebody asks for it: `words` beside it is for commands that read no configuration.
    return getattr(importlib.import_module(".face", __name__), name)
