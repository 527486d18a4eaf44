"""Every key of bridge.yaml, as a page made from the models that check the file."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.config.json_schema import block
from bridge.config.models import (
    AdapterClass,
    Archive,
    ConversationBlock,
    DeliveryRules,
    Keep,
    Media,
    Model,
    NetworkBlock,
    RoomBlock,
    ShowRules,
    TopBlock,
    Web,
)

__all__ = ["page"]

_TITLE = """\
# Settings

Every key of `bridge.yaml`, in the order of the file. This page is made by `hubbub settings` from what Hubbub
checks the file with; `hubbub schema` prints the same for editors. `hubbub init` asks for what is needed and
writes a first map; the demo's, [bridge.yaml](../bridge.yaml), shows more.

- A **time** is written with its unit (`30s`, `2m`, `24h`, `7d`, `2y`), and so is a **size** (`500kB`,
  `100MB`).
- `"${NAME}"` stands for the variable NAME, `"${NAME:-this}"` for `this` where NAME is not set. A `$` that is
  meant as text is written twice.
- A **secret** may stand in a file of its own: `password_file: /run/secrets/work` instead of `password:`.
  `hubbub reload` reads such a file again; the variables of a process stay as they were at its start.
- The name of a file is looked for beside `bridge.yaml`.
- Text that begins with `#`, `@`, `!`, `&` or `*` must stand in quotes: `"#lobby"`.
"""


def page(known: Mapping[str, AdapterClass]) -> str:
    """Return the page about the settings of these protocols."""
    return "\n".join([_TITLE, *_sections(known)])


def _sections(known: Mapping[str, AdapterClass]) -> Iterator[str]:
    yield from _section("## The file", "", TopBlock)
    yield from _section("## `keep:`", "How long the journal keeps what was delivered.", Keep)
    yield from _section("## `media:`", "Files that people send: [media.md](media.md) tells more.", Media)
    yield from _section("## `web:`", "For whoever watches the service: [operations.md](operations.md).", Web)
    about = "For the conversations that have `archive:` themselves."
    yield from _section("## `archive:`", about, Archive)
    yield "## `networks:`\n\nEach network stands under a name of your choice, which the conversations use.\n"
    yield from _section("### Every network", "", NetworkBlock, DeliveryRules, ShowRules)
    yield from _section("### How it is delivered to", "These stand at a network too.", DeliveryRules)
    about = "These stand at a network, for its rooms, or in a room's own mapping, for that room."
    yield from _section("### What its rooms are shown of what they cannot do", about, ShowRules)
    for name, protocol in known.items():
        yield from _section(f"### With `protocol: {name}`", "", protocol.NetworkConfig)
    about = (
        "Each conversation stands under a name of your choice. In it, each network has a room or a list of "
        "rooms; what is said in one of them appears in all others. A room is its name, such as "
        '`"#lobby"`, or a mapping with `room:` in it.'
    )
    yield from _section("## `conversations:`", about, ConversationBlock)
    yield from _section("### Every room", "", RoomBlock, ShowRules)
    for name, protocol in known.items():
        about = f"What else may stand in the mapping of a room on a network with `protocol: {name}`."
        yield from _section(f"### A room with `protocol: {name}`", about, protocol.RoomConfig)


def _section(title: str, about: str, model: type[Model], *without: type[Model]) -> Iterator[str]:
    """Yield one place in the file: the keys of a model, without those that other sections have."""
    yield f"{title}\n"
    if about:
        yield f"{about}\n"
    definitions: dict[str, Any] = {}
    found = block("x", model, definitions)
    elsewhere = {key for other in without for key in other.model_fields}
    own = {key: value for key, value in found["properties"].items() if key not in elsewhere}
    yield from _keys({**found, "properties": own}, definitions, "", nested=not title.startswith("## The"))
    yield ""


def _keys(
    found: Mapping[str, Any], definitions: Mapping[str, Any], indent: str, *, nested: bool
) -> Iterator[str]:
    """Yield a line for each key of a block and, if wanted, for each key of the blocks in it."""
    properties = found["properties"]
    for key, value in properties.items():
        if key.removesuffix("_file") in properties.keys() - {key}:
            continue  # the file of a secret: said once for all of them
        plain = _plain(value, definitions)
        secret = f"{key}_file" in properties
        needed = key in found.get("required", ()) or (secret and "default" not in value)
        notes = ["needed"] * needed + ["secret"] * secret + list(_notes(plain))
        aside = f" ({', '.join(notes)})" if notes else ""
        yield f"{indent}- **`{key}`**{aside}: {' '.join(plain['description'].split())}"
        if nested and "properties" in plain:
            yield from _keys(plain, definitions, indent + "  ", nested=True)


def _plain(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve a value's references and alternatives; keep what is said of its key."""
    kind = value.get("anyOf", [value])[0]
    return {**definitions.get(kind.get("$ref", "").removeprefix("#/$defs/"), kind), **value}


def _notes(value: Mapping[str, Any]) -> Iterator[str]:
    """List the choices and the default of a value."""
    if choices := value.get("enum", ["true", "false"] if value.get("type") == "boolean" else []):
        *others, last = (f"`{choice}`" for choice in choices)
        yield f"{', '.join(others)} or {last}"
    match value.get("default", ...):
        case "" | []:
            yield "default none"
        case None if "default" not in value["description"].lower():
            yield "default none"
        case (str() | int() | float() | list()) as default:
            yield f"default `{default if isinstance(default, str) else json.dumps(default)}`"
        case _:
            pass  # needed, or a block whose keys have defaults, or its sentence says it
    if "examples" in value and not value.get("default"):
        yield "such as " + ", ".join(f"`{example}`" for example in value["examples"][:2])
