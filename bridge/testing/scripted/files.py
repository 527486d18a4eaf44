"""The files of a fake network."""

from dataclasses import dataclass, field
from pathlib import Path

from bridge.model import File

__all__ = ["ScriptedFiles"]


@dataclass
class ScriptedFiles:
    """Files, by what is in them."""

    address: str = "scripted://"
    """The beginning of a file's address: who wants them fetched serves `paths` there."""
    paths: dict[str, Path] = field(default_factory=dict)
    """By what their addresses end with."""

    def put(self, file: File) -> str:
        """Keep a file. Returns its address."""
        self.paths[file.digest] = file.path
        return f"{self.address}{file.digest}"
