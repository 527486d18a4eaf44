"""Variables and secret files, put in place of what names them."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretBytes, SecretStr

from .document import Data, Document, Spot
from .models import Model
from .regular import opener
from .words import printable, quoted

__all__ = ["expand", "fields", "models_in", "read_files", "secret_fields"]

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}|(?P<bad>\{))", re.ASCII
)
_BARE = re.compile(r"(?<!\$)\$(?P<name>[A-Za-z_]\w*)", re.ASCII)
_LARGEST_SECRET = 65536
_OTHERS = stat.S_IROTH | stat.S_IWOTH


def expand(document: Document, environ: Mapping[str, str]) -> None:
    """Replace ${NAME}, ${NAME:-default} and $$ in all values."""

    def filled(data: Data, spot: Spot) -> Data:
        match data:
            case str():
                return _expand(data, spot, document, environ) if "$" in data else data
            case list():
                return [filled(value, (*spot, index)) for index, value in enumerate(data)]
            case dict():
                return {key: filled(value, (*spot, key)) for key, value in data.items()}
            case None:
                return None

    document.data = filled(document.data, ())


def _expand(text: str, spot: Spot, document: Document, environ: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        if found["bad"]:
            _refuse(
                document,
                spot,
                "a variable is written ${NAME} or ${NAME:-default}; a $ that is meant as text, $$",
            )
            return ""
        name: str = found["name"]
        if name in environ:
            document.hidden[spot] = environ[name]
            return environ[name]
        if found["default"] is None:
            _refuse(document, spot, f"the variable {name} is not set; set it, or write ${{{name}:-default}}")
            return ""
        return str(found["default"])

    if told := _not_a_variable(text, environ):
        _refuse(document, spot, told)
        return text
    result = _VARIABLE.sub(value, text)
    if spot in document.hidden:
        document.hidden[spot] = result
    return result


def _not_a_variable(text: str, environ: Mapping[str, str]) -> str | None:
    """Say how to write a variable that stands there as a shell, or Windows, has it; None: there is none."""
    if text.startswith("$(") and text.endswith(")"):
        return "no command is run here: write ${NAME}, or name a file with the _file key; $$ for a $ as text"
    for found in _BARE.finditer(text):
        name = found["name"]
        if name in environ or (found[0] == text and name.isupper()):
            return f"a variable is written ${{{name}}}; a $ that is meant as text, $$"
    return None


def _refuse(document: Document, spot: Spot, sentence: str) -> None:
    document.broken.add(spot)
    document.problem(spot, sentence)


@cache  # as all that is asked of a model: it is the same for each of ten thousand rooms
def fields(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    """Return the keys that a block may have, each with its type as written."""
    return tuple((field.alias or name, field.annotation) for name, field in model.model_fields.items())


def _is_secret(annotation: Any) -> bool:
    """Whether a type has a secret in it, not counting the models in it."""
    return annotation in (SecretStr, SecretBytes) or any(_is_secret(part) for part in get_args(annotation))


@cache
def secret_fields(model: type[Model]) -> tuple[str, ...]:
    """Return the keys of a block whose value is one secret text, which may stand in a file instead."""
    known = dict(fields(model))
    found = (
        key for key, annotation in known.items() if f"{key}_file" not in known and _is_secret(annotation)
    )
    return tuple(found)


def _is_path(annotation: Any) -> bool:
    return annotation is Path or any(_is_path(part) for part in get_args(annotation))


def models_in(annotation: Any) -> Iterator[type[Model]]:
    """Yield the blocks that a value of this type may be, or have in it."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def read_files(document: Document, model: type[Model], data: Data, spot: Spot) -> Data:
    """Return the block with what its `X_file` keys name, and those of the blocks in it, in place of them.

    Every file that it names otherwise is looked for beside the configuration, too.
    """
    if isinstance(data, list):
        return [read_files(document, model, value, (*spot, index)) for index, value in enumerate(data)]
    if not isinstance(data, dict) or not data:
        return data
    found = dict(data)
    for key in secret_fields(model):
        _read_secret(document, found, spot, key)
    for key, annotation in fields(model):
        value = found.get(key)
        if isinstance(value, str) and value and _is_path(annotation):
            found[key] = str(path := document.path.parent / Path(value).expanduser())
            if not path.exists() and not document.conceals((*spot, key)):
                document.remark((*spot, key), f'there is no file "{printable(str(path))}"')
        for inner in models_in(annotation):
            if key in found:
                found[key] = read_files(document, inner, found[key], (*spot, key))
    return found


def _hide(document: Document, data: Data, spot: Spot) -> None:
    document.hidden[spot] = data if isinstance(data, str) else ""
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data if isinstance(data, list) else ())
    ):
        _hide(document, value, (*spot, key))


def _read_secret(document: Document, block: dict[str, Data], spot: Spot, key: str) -> None:
    here, file = (*spot, key), f"{key}_file"
    if key in block:
        if block[key] and here not in document.hidden:
            document.bare = document.bare or here
        if here in document.cut:
            document.remark(
                here, "what follows the # is a comment; if it is a part of this, put all in quotes"
            )
        _hide(document, block[key], here)
    if file not in block:
        return
    named, there = block.pop(file), (*spot, file)
    if key in block:
        document.problem(there, f"{quoted(key)} stands here too: keep one of the two", key=True)
        return
    document.keys[here], document.values[here] = document.keys[there], document.values[there]
    block[key] = ""
    if document.is_broken(there):
        document.broken.add(here)
    elif not isinstance(named, str) or not named:
        _refuse_file(document, there, here, "must name a file")
    else:
        secret = _read(document, there, here, document.path.parent / Path(named).expanduser())
        document.hidden[here] = block[key] = secret


def _refuse_file(document: Document, there: Spot, here: Spot, sentence: str) -> str:
    document.broken.add(here)
    document.problem(there, sentence)
    return ""


def _read(document: Document, there: Spot, here: Spot, path: Path) -> str:
    shown = "the file" if document.conceals(there) else f'the file "{printable(str(path))}"'
    try:
        with open(path, "rb", opener=opener) as file:
            content = file.read(_LARGEST_SECRET + 1)
            others = os.fstat(file.fileno()).st_mode & _OTHERS
        if others:
            document.remark(there, f"anybody on this machine can open {shown}: chmod 600")
        secret = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return _refuse_file(document, there, here, f"{shown} is not UTF-8 text")
    except OSError as error:
        return _refuse_file(document, there, here, f"{shown} cannot be read: {error.strerror}")
    except ValueError:
        return _refuse_file(document, there, here, "must name a file")
    if not secret or len(content) > _LARGEST_SECRET:
        reason = "is too large to be a secret" if secret else "is empty"
        return _refuse_file(document, there, here, f"{shown} {reason}")
    return secret
