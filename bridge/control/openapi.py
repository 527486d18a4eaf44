"""The HTTP API, described (OpenAPI 3.1) from the same shapes that it reads and answers with."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import msgspec

from .catalogue import KINDS
from .requests import DownloadRequest, ReloadRequest, Request, StreamRequest

__all__ = ["document"]

_TEMPLATE = "#/components/schemas/{name}"
_ERRORS = {
    "400": "It cannot be read: `error` says what is wrong with it.",
    "401": "It needs the token.",
    "403": "A page of another site asked; or this needs a token, and the map has none.",
    "409": "It cannot be done: `error` says why and what to do.",
    "429": "Too often: `Retry-After` says for how many seconds to wait.",
    "503": "Not now: the journal cannot be written, or too many look on.",
    "default": "Anything else that was not done.",
}
_ABOUT = """\
What the owner of a running service can ask of it. Somebody on the service's machine may ask where it listens
on the loopback alone; elsewhere the token of `web:` is needed. Points in time are in seconds since 1970.
Errors are JSON too, with a sentence in `error` that says what to do.
"""


def document() -> dict[str, Any]:
    """Return the description of the whole API."""
    kinds = list(KINDS)
    types = [*kinds, *(kind.answer for kind in kinds)]
    found, schemas = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    for schema in schemas.values():
        if (
            "description" in schema
        ):  # a docstring: Python 3.13 takes its indentation away, those before do not
            schema["description"] = " ".join(schema["description"].split())
    answers = dict(zip(kinds, found[len(kinds) :], strict=True))
    bodies = {kind: _without_command(schemas.pop(kind.__name__)) for kind in kinds}
    for kind in kinds:
        if kind.changes:
            schemas[kind.__name__] = bodies[kind]
    described = {
        "openapi": "3.1.0",
        "info": {
            "title": "Hubbub",
            "version": version("hubbub"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "What `web: listen:` in the map says."}],
        "security": [{}, {"token": []}],
        "paths": {
            f"/api/{kind.__struct_config__.tag}": {
                "post" if kind.changes else "get": _operation(kind, bodies[kind], answers[kind])
            }
            for kind in kinds
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {code: _failure(text) for code, text in _ERRORS.items()},
            "schemas": schemas
            | {
                "Failure": {
                    "type": "object",
                    "description": "What was not done.",
                    "properties": {
                        "error": {"type": "string", "description": "Why, and what to do."},
                        "mistakes": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Of the configuration, each with its place.",
                        },
                    },
                    "required": ["error"],
                }
            },
        },
    }
    # As it is read: defaults are tuples else, where arrays are meant.
    return dict(msgspec.json.decode(msgspec.json.encode(described)))


def _operation(kind: type[Request[Any]], body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": str(kind.__struct_config__.tag).replace("/", "-"),
        "summary": body["description"],
    }
    if kind.changes:
        schema = {"$ref": _TEMPLATE.format(name=kind.__name__)}
        operation["requestBody"] = {
            "required": bool(body.get("required")),
            "content": {"application/json": {"schema": schema}},
        }
    elif parameters := list(_parameters(body)):
        operation["parameters"] = parameters
    done: dict[str, Any] = {"description": "It is done.", "content": {"application/json": {"schema": answer}}}
    if issubclass(kind, StreamRequest):
        events = {"type": "string", "contentMediaType": "application/json", "contentSchema": answer}
        done = {
            "description": "Server-sent events without an end: the `data` of each is JSON.",
            "content": {"text/event-stream": {"schema": events}},
        }
    if issubclass(kind, DownloadRequest):
        done = {"description": "The file, as it is made.", "content": {"application/octet-stream": {}}}
    failures = {code: {"$ref": f"#/components/responses/{code}"} for code in _ERRORS}
    if kind is ReloadRequest:
        failures["422"] = _failure("The configuration has mistakes, and nothing has changed.")
    operation["responses"] = {"200": done} | failures
    return operation


def _parameters(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, schema in body["properties"].items():
        said = dict(schema)
        yield {
            "name": name,
            "in": "query",
            "description": said.pop("description"),
            "required": name in body.get("required", ()),
            "schema": said,
        }


def _without_command(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of a request without the name of the ability, which the path says."""
    properties = {name: found for name, found in schema["properties"].items() if name != "command"}
    required = [name for name in schema.get("required", ()) if name != "command"]
    left = {key: value for key, value in schema.items() if key != "required"}
    return left | {"properties": properties} | ({"required": required} if required else {})


def _failure(text: str) -> dict[str, Any]:
    schema = {"$ref": _TEMPLATE.format(name="Failure")}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
