"""Moves in from other bridges: reads what they were configured with, and writes a bridge.yaml.

This package names protocols, as those bridges do: each reader translates one foreign format (`matterbridge`,
`appservice`, `heisenbridge`, `biboumi`) into `Findings`; `prove` takes out what `hubbub check` refuses.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .programs import FORMATS as FORMATS

if TYPE_CHECKING:
    from .face import *  # noqa: F403 - the same names


def __getattr__(name: str) -> Any:
    # Loaded when there is something to read: whoever asks for help waits for none of it.
    return getattr(importlib.import_module(".face", __name__), name)
