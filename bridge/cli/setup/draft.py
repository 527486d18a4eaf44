"""What was answered so far, and what is wrong with it."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.config import Config, secrets_of
from bridge.config.document import Data, Spot
from bridge.config.draft import Judged, judge
from bridge.protocols import find
from bridge.secrets import know

__all__ = ["Draft", "drafting"]


@dataclass(slots=True)
class Draft:
    """A bridge.yaml that is being made."""

    target: Path
    """What it will be."""
    journal: Path
    """Stands for the journal while logins are tried: what networks give us to come back with is beside it."""
    networks: dict[str, Any] = field(default_factory=dict)
    conversations: dict[str, Any] = field(default_factory=dict)
    top: dict[str, Data] = field(default_factory=dict)
    untried: list[str] = field(default_factory=list)
    """What was kept though it does not work yet, each as a sentence."""

    def data(self) -> dict[str, Data]:
        """Return the whole file as YAML would give it."""
        return {**self.top, "networks": self.networks, "conversations": self.conversations}

    def whole(self) -> Judged:
        """Judge all of it."""
        return judge(self.data(), self.target, find, os.environ)

    def network(self, name: str) -> Judged:
        """Judge one network beside the others, with a journal that nobody will use."""
        data: dict[str, Data] = {
            "journal": str(self.journal.resolve()),
            "networks": self.networks,
            "conversations": {},
        }
        return self._judged(data, ("networks", name))

    def room(self, network: str, entry: Mapping[str, Any]) -> Judged:
        """Judge a room of a network by itself."""
        data: dict[str, Any] = {
            "journal": str(self.journal.resolve()),
            "networks": self.networks,
            "conversations": {"it": {network: dict(entry)}},
        }
        return self._judged(data, ("conversations", "it", network))

    def _judged(self, data: dict[str, Data], spot: Spot) -> Judged:
        """Judge a part, and say of it alone what is wrong; a file that is not there is wrong here."""
        found = judge(data, self.target, find, os.environ, whole=False)
        if found.config is not None:
            know(secrets_of(found.config))  # a server may quote what we send
        said = [(where[len(spot) :], sentence) for where, sentence in (*found.mistakes, *found.remarks)
                if where[: len(spot)] == spot]  # fmt: skip
        return Judged(found.config, tuple(said), ())

    def config(self) -> Config:
        """Return what the whole means. It must have no mistakes."""
        config = self.whole().config
        assert config is not None
        return config


@contextmanager
def drafting(target: Path) -> Iterator[Draft]:
    """Return a draft, of which nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="hubbub-init-") as folder:
        yield Draft(target, Path(folder, "hubbub.sqlite3"))
