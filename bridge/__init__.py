"""Hubbub's public face: all that an adapter may import. What it consists of stands in `face`."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .face import *  # noqa: F403 - the same names


def __getattr__(name: str) -> Any:
    # Loaded when an adapter asks for it: `hubbub --help` and its like would wait for all of it.
    return getattr(importlib.import_module(".face", __name__), name)
