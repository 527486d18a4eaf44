"""A JSON Schema of bridge.yaml for editors, from the same models that check it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from .fill import fields, models_in, secret_fields
from .models import AdapterClass, ConversationBlock, Model, NetworkBlock, RoomBlock, ShowRules, TopBlock
from .sentences import sentences

__all__ = ["block", "schema"]

_VARIABLE = {"type": "string", "pattern": r"\$\{"}
_FILE = {"type": "string", "description": "A file with the secret in it, instead of the secret."}


def schema(protocols: Mapping[str, AdapterClass]) -> dict[str, Any]:
    """Return a schema (JSON Schema, draft 2020-12) of a configuration that uses these protocols."""
    definitions: dict[str, Any] = {}
    networks = [_network(name, found.NetworkConfig, definitions) for name, found in protocols.items()]
    rooms = [_room(f"{name}.room", found.RoomConfig, definitions) for name, found in protocols.items()]
    room = {"anyOf": [{"type": "string"}, *rooms]}
    entry = {"anyOf": [*room["anyOf"], {"type": "array", "items": room, "minItems": 1}]}
    top = block("bridge", TopBlock, definitions)
    top["properties"]["networks"]["additionalProperties"] = {"oneOf": networks} if networks else True
    top["properties"]["conversations"]["additionalProperties"] = {
        **block("conversation", ConversationBlock, definitions),
        "additionalProperties": entry,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": "bridge.yaml",
        "$defs": definitions,
    }


def _network(name: str, model: type[Model], definitions: dict[str, Any]) -> dict[str, Any]:
    network = _block(name, NetworkBlock, model, definitions)
    about = network["properties"]["protocol"]["description"]
    network["properties"]["protocol"] = {"const": name, "description": about}
    return network


def _room(name: str, model: type[Model], definitions: dict[str, Any]) -> dict[str, Any]:
    room = _block(name, RoomBlock, model, definitions)
    for key in ShowRules.model_fields:  # what is not said here is as the network says
        del room["properties"][key]["default"]
    return room


def _block(name: str, core: type[Model], own: type[Model], definitions: dict[str, Any]) -> dict[str, Any]:
    """Join the core's schema of a block with its protocol's."""
    common, special = block("bridge", core, definitions), block(name, own, definitions)
    return {
        **common,
        "title": name,
        "description": special.get("description", ""),
        "properties": special["properties"] | common["properties"],
        "required": [*common.get("required", []), *special.get("required", [])],
    }


def block(name: str, model: type[Model], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one model; those that it refers to go to the definitions, under a name of their
    own.
    """
    template = f"#/$defs/{name}.{{model}}"
    _, whole = models_json_schema([(model, "serialization")], ref_template=template)
    found = {key: _open(value) for key, value in whole.get("$defs", {}).items()}
    for inner in _all_models(model):
        _describe(found.get(inner.__name__, {}), inner)
        _allow_files(found.get(inner.__name__, {}), inner)
    own: dict[str, Any] = found.pop(model.__name__)
    definitions |= {f"{name}.{key}": value for key, value in found.items()}
    return {"properties": {}, **own}


def _all_models(model: type[Model]) -> Iterator[type[Model]]:
    yield model
    for _, annotation in fields(model):
        for inner in models_in(annotation):
            yield from _all_models(inner)


def _describe(found: dict[str, Any], model: type[Model]) -> None:
    properties = found.get("properties", {})
    for key, sentence in sentences(model).items():
        if key in properties:
            properties[key].setdefault("description", sentence)


def _allow_files(found: dict[str, Any], model: type[Model]) -> None:
    for key in secret_fields(model):
        found.setdefault("properties", {})[f"{key}_file"] = _FILE
        found["required"] = [name for name in found.get("required", []) if name != key]


def _open(found: Any) -> Any:
    """Allow a variable where a number or a truth value is wanted."""
    if isinstance(found, list):
        return [_open(part) for part in found]
    if not isinstance(found, dict):
        return found
    opened = {key: _open(value) for key, value in found.items()}
    if found.get("type") in ("integer", "number", "boolean"):
        notes = {key: opened.pop(key) for key in ("title", "description", "default") if key in opened}
        return {"anyOf": [opened, _VARIABLE], **notes}
    return opened
