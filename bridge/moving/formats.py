"""Which program a configuration is of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.config.loading import read_text
from bridge.config.regular import opener

from . import appservice, biboumi, heisenbridge, matterbridge
from .model import Findings
from .programs import BIBOUMI, FORMATS
from .sheet import Sheet, read_sheet, wrong

__all__ = ["read"]


@dataclass(frozen=True, slots=True)
class _Format:
    is_one: Callable[[Sheet], bool]
    read: Callable[[Sheet, Mapping[str, str]], Findings]


_SHEETS = {
    "matterbridge": _Format(matterbridge.is_one, matterbridge.read),
    "matrix-appservice-irc": _Format(appservice.is_one, appservice.read),
    "heisenbridge": _Format(heisenbridge.is_one, heisenbridge.read),
}


def read(path: Path, wanted: str | None, environ: Mapping[str, str]) -> Findings:
    """Read another program's configuration: of the wanted one, else of that which it looks like.

    Raises ConfigError, with the place.
    """
    if biboumi.is_database(_begin(path)):
        if wanted not in {None, BIBOUMI}:
            raise wrong(path, f"this is an SQLite database: {wanted} is configured by a text file, name that")
        return biboumi.read_database(path)
    text = read_text(path)
    if wanted == BIBOUMI or (wanted is None and biboumi.is_options(text)):
        return biboumi.read_options(text, environ, path.parent)
    sheet = read_sheet(path, text)
    if wanted is not None:
        if not sheet.block():
            raise wrong(path, f"there is nothing of {wanted} in this file")
        return _SHEETS[wanted].read(sheet, environ)
    for form in _SHEETS.values():
        if form.is_one(sheet):
            return form.read(sheet, environ)
    known = ", ".join(FORMATS)
    raise wrong(path, f"this looks like the configuration of none of {known}: say which it is with --from")


def _begin(path: Path) -> bytes:
    """Return the first bytes; of what cannot be read none, since whoever reads all says why."""
    try:
        with open(path, "rb", opener=opener) as file:
            return file.read(16)
    except (OSError, ValueError):
        return b""
