"""The file on disk, up to the finished configuration."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from bridge.errors import ConfigError
from bridge.secrets import know

from .check import Check, Find
from .document import Data, Document
from .fill import expand
from .models import Config
from .regular import opener
from .words import printable
from .yaml import compose

__all__ = ["load", "read_text", "secrets_of"]

_OPEN = "{0}: anybody on this machine can open this file with its passwords: chmod 600 {0}"
_LARGEST = 4 * 1024 * 1024


def load(
    path: Path, find: Find, environ: Mapping[str, str] = os.environ, without: AbstractSet[str] = frozenset()
) -> Config:
    """Read the configuration, without the networks named in `without` and their rooms.

    Raises ConfigError with everything that is wrong in it.
    """
    document = Document(path)
    compose(read_text(path), document)
    if document.whole:
        left_out = _leave_out(document.data, without)
        expand(document, environ)
        config = Check(document, find, left_out).config()
        if document.bare and _open_to_all(path):
            config = config and replace(config, remarks=(*config.remarks, _OPEN.format(printable(str(path)))))
        if config is not None and not document.problems:
            know(secrets_of(config))
            return config
    raise ConfigError(document.report())


def _open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


def secrets_of(config: Config) -> list[str]:
    """Return all that must not be shown of a configuration, but for what stands in it in the clear as well,
    such as a nick that is its own password: to strike that out wherever it stands would tell it.
    """
    texts: set[str] = set()
    secrets: list[str] = []
    looked_at: set[int] = set()  # thousands of rooms share what they have in common
    wholes: list[object] = [config]
    while wholes:
        for part in _within(wholes.pop()):
            if isinstance(part, str):
                texts.add(part)
            elif isinstance(part, SecretStr):
                secrets.append(part.get_secret_value())
            elif id(part) not in looked_at:
                looked_at.add(id(part))
                wholes.append(part)
    shown = "\n".join(texts).lower() if secrets else ""
    return [secret for secret in secrets if secret.lower() not in shown]


def _within(part: object) -> Iterable[object]:
    """Return what a part of a configuration is made of."""
    if isinstance(part, Mapping):
        return chain(part.keys(), part.values())
    if isinstance(part, tuple | list | set | frozenset):
        return part
    kind: Any = type(part)
    return [getattr(part, name) for name in _names(kind)]


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """Return what the fields of such a part are called, if it has any."""
    if issubclass(kind, BaseModel):
        return tuple(kind.model_fields)
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def read_text(path: Path) -> str:
    """Return the text of a configuration's file. Raises ConfigError."""
    shown = printable(str(path))
    try:
        with open(path, "rb", opener=opener) as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError([f"{shown}: there is no such file: write it, or name another"]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no file's name"
        raise ConfigError([f"{shown}: the file cannot be read: {reason}"]) from None
    if len(content) > _LARGEST:
        raise ConfigError([f"{shown}: the file is too large to be a configuration"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise ConfigError(
            [f"{shown}:{line}:{column}: the file is not UTF-8 text: save it as UTF-8"]
        ) from None


def _leave_out(data: Data, without: AbstractSet[str]) -> Counter[str]:
    """Take these networks and their rooms out. Returns for each conversation how many rooms that were."""
    gone: Counter[str] = Counter()
    if not isinstance(data, dict) or not isinstance(networks := data.get("networks"), dict):
        return gone
    conversations = data.get("conversations")
    for name in without & networks.keys():
        del networks[name]
        for title, block in conversations.items() if isinstance(conversations, dict) else ():
            rooms = block.pop(name, []) if isinstance(block, dict) else []
            gone[title] += len(rooms) if isinstance(rooms, list) else 1
    return gone
