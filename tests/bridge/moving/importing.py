"""`hubbub import` and `hubbub check`, as a person runs them."""

import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import yaml
from click.testing import CliRunner

from bridge.cli.check import check
from bridge.cli.import_ import import_
from bridge.secrets import forget

from .examples import ROWS, TABLES


@dataclass(frozen=True)
class Imported:
    """What came of it."""

    code: int
    said: str
    error: BaseException | None
    file: Path

    @property
    def text(self) -> str:
        return self.file.read_text()

    @property
    def made(self) -> dict:
        """What was written."""
        return yaml.safe_load(self.text)

    @property
    def comments(self) -> str:
        """What was written beside it, on one line."""
        found = re.findall(r"^\s*#\s*(.*)", self.text, re.MULTILINE)
        return " ".join(found)

    def flows(self) -> dict[str, object]:
        return self.made["conversations"]


def moved(
    folder: Path, name: str, content: str, *words: str, variables: dict[str, str] | None = None
) -> Imported:
    """Import what stands in a file of this name."""
    if content:
        (folder / name).write_text(content)
    output = folder / "bridge.yaml"
    forget()
    try:
        result = CliRunner(env=variables).invoke(import_, [str(folder / name), "-o", str(output), *words])
    finally:
        forget()
    if output.exists():
        assert stat.S_IMODE(output.stat().st_mode) == 0o600
    error = result.exception if not isinstance(result.exception, SystemExit) else None
    return Imported(result.exit_code, result.output, error, output)


def checked(file: Path, **variables: str) -> str:
    """What `hubbub check` says; it must be in order."""
    try:
        result = CliRunner(env=variables).invoke(check, [str(file)])
    finally:
        forget()
    assert result.exit_code == 0, f"{result.output}\n{file.read_text()}"
    assert "is in order" in result.output
    return result.output


def database(path: Path) -> None:
    """Make one as biboumi has it."""
    with closing(sqlite3.connect(path)) as made:
        made.executescript(TABLES + ROWS)
