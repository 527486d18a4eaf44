"""The file that is written, with comments, and what lies beside it."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bridge.config.document import Data
from bridge.config.writing import comment, is_variable, key_of, scalar
from bridge.errors import HubbubError
from bridge.keepsake import Keepsake
from bridge.new_files import write_file
from bridge.protocols import find

from .desk import has_desks
from .draft import Draft
from .questions import questions, secret_places

__all__ = ["Secrets", "Written", "write"]

Secrets: TypeAlias = Literal["here", "files", "variables"]
"""Where secrets stand: in the file, in one of its own each, in variables of the service."""
_SCHEMA = ".schema.json"
_ABOUT = """\
Hubbub's map: which networks to connect to, and which of their rooms are joined. Change it as you like: \
`hubbub check` says what is wrong with it, if anything, `hubbub check --online` whether every network lets \
you in, and `hubbub reload` lets a running service follow it. docs/settings.md has every key.

Text that begins with # @ ! & * must stand in quotes: "#lobby". "${NAME}" stands for the variable NAME. Any \
secret may stand in a file of its own: `password_file: work.password` instead of `password:`."""

_ABOUT_CONVERSATIONS = "Each conversation joins rooms: what is said in one of them appears in all others."
_ABOUT_DESKS = """\
Each conversation joins rooms. In a desk agents hear all visitors, and a visitor hears only the agent who \
answers them. docs/desks.md has what a desk can have besides: hours, turns, a form, saved answers."""


class Written:
    """What was written, to be taken away again if that does not end well."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.variables: list[str] = []
        """Those that the service needs, and that nobody has set."""
        self.aside: Path | None = None
        """Where the file is that was there before."""

    def put(self, path: Path, text: str, mode: int = 0o600) -> None:
        """Write a new file, which has its name when it is whole."""
        write_file(path, [text.encode()], mode=mode)
        self.files.append(path)

    def undo(self, target: Path) -> None:
        """Leave all as it was."""
        for path in self.files:
            path.unlink(missing_ok=True)
        if self.aside is not None:
            self.aside.replace(target)


def write(draft: Draft, secrets: Secrets, schema: Mapping[str, Any]) -> Written:
    """Write the draft, which has no mistakes. Raises HubbubError, and then nothing is there."""
    done, target, journal = Written(), draft.target, draft.config().journal
    try:
        if os.path.lexists(target):
            done.aside = target.with_name(f"{target.name}.before-init")
            target.replace(done.aside)
        hidden = dict(_hidden(draft, secrets, done.variables))
        beside = target.with_suffix(_SCHEMA)
        done.put(target, "\n".join(_lines(draft, beside.name)) + "\n")
        done.put(beside, json.dumps(schema, ensure_ascii=False) + "\n", 0o644)
        for path, secret in hidden.items():
            done.put(path, secret + "\n")
        _keep_logins(draft, journal)
    except OSError as error:
        done.undo(target)
        raise HubbubError(f"{target} cannot be written: {error.strerror}") from None
    except BaseException:
        done.undo(target)
        raise
    return done


def _keep_logins(draft: Draft, journal: Path) -> None:
    """Keep what networks gave us to come back with, where the service looks for it."""
    for name in draft.networks:
        ours = Keepsake(journal, name)
        if (kept := Keepsake(draft.journal, name).read()) is not None:
            ours.write(kept)


def _hidden(draft: Draft, secrets: Secrets, variables: list[str]) -> Iterator[tuple[Path, str]]:
    """Move secrets out of the draft, as is wanted. Yields files with what stands in them."""
    if secrets == "here":
        return
    for where, block, key in _secrets(draft):
        text = str(block[key])
        if is_variable(text):
            continue
        name = re.sub(r"[^A-Za-z0-9]+", "_", f"{where}_{key}")
        if secrets == "variables":
            block[key] = f"${{HUBBUB_{name.upper()}}}"
            variables.append(f"HUBBUB_{name.upper()}")
        else:
            path = draft.target.with_name(f"{where}.{key}")
            del block[key]
            block[f"{key}_file"] = path.name
            yield path, text.replace("$$", "$")


def _secrets(draft: Draft) -> Iterator[tuple[str, dict[str, Any], str]]:
    for name, network in draft.networks.items():
        asked = questions(find(network["protocol"]).NetworkConfig)
        yield from ((name, block, key) for block, key in secret_places(asked, network))
    for title, conversation in draft.conversations.items():
        for name in draft.networks.keys() & conversation.keys():
            asked = questions(find(draft.networks[name]["protocol"]).RoomConfig)
            rooms = conversation[name]
            for room in rooms if isinstance(rooms, list) else [rooms]:
                if isinstance(room, dict):
                    yield from ((f"{title}.{name}", block, key) for block, key in secret_places(asked, room))


def _lines(draft: Draft, schema: str) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={schema}"
    for paragraph in _ABOUT.split("\n\n"):
        yield "#"
        yield from comment(paragraph, "")
    yield ""
    if draft.top:
        for key, value in draft.top.items():
            yield from _setting(key, value, "")
        yield ""
    yield from comment(
        "Each network has a name of your choice, used below; `protocol` says what kind it is.", ""
    )
    yield "networks:"
    for name, network in draft.networks.items():
        yield from _network(name, network)
    yield from comment(_ABOUT_DESKS if has_desks(draft) else _ABOUT_CONVERSATIONS, "")
    yield "conversations:"
    for title, conversation in draft.conversations.items():
        yield f"  {key_of(title)}:"
        for key, value in conversation.items():
            yield from _setting(key, value, "    ")


def _network(name: str, network: Mapping[str, Any]) -> Iterator[str]:
    """Yield a network with a sentence before each key, and the names of what else may stand there."""
    known = {question.key: question for question in questions(find(network["protocol"]).NetworkConfig)}
    order = [*known, *network]
    meant = {key: key for key in network if key != "protocol"}
    for key in meant.keys() - known.keys():  # a secret's file stands where the secret would
        meant[key] = key.removesuffix("_file")
    yield f"  {key_of(name)}:"
    yield f"    protocol: {_value(network['protocol'])}"
    for key in sorted(meant, key=lambda key: order.index(meant[key] if meant[key] in known else key)):
        if question := known.get(meant[key]):
            yield from comment(question.sentence, "    ")
        yield from _setting(key, network[key], "    ")
    known = {key: question for key, question in known.items() if key not in meant.values()}
    if known:
        yield from comment(
            f"What else may stand here: {', '.join(known)}, and what every network has.", "    "
        )
    yield ""


def _setting(key: str, value: Data, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) > 1 and indent == "    ":
        yield f"{indent}{key_of(key)}:"
        for inner, one in value.items():
            yield f"{indent}  {key_of(inner)}: {_value(one)}"
    elif isinstance(value, list):
        yield f"{indent}{key_of(key)}:"
        yield from (f"{indent}  - {_value(one)}" for one in value)
    else:
        yield f"{indent}{key_of(key)}: {_value(value)}"


def _value(value: Data) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key_of(key)}: {_value(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    text = value or ""
    if text in {"true", "false"} or (text.isdecimal() and not text.startswith("0")):
        return text
    return scalar(text)
