"""What a block of the configuration asks, from the model that checks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from bridge.config import Model, Prompted
from bridge.config.fill import models_in, secret_fields
from bridge.config.sentences import sentences

__all__ = ["Question", "questions", "secret_places"]


@dataclass(frozen=True, slots=True)
class Question:
    """One key."""

    key: str
    sentence: str
    """What is said of it, for people."""
    example: str = ""
    default: str = ""
    """What counts where nothing is answered; empty: its sentence says, if anything does."""
    needed: bool = True
    asked: bool = True
    """Whether it is asked though nobody has named it."""
    secret: bool = False
    choices: tuple[str, ...] = ()
    block: tuple["Question", ...] = ()
    """Those of the block that stands there, if one does."""


def questions(model: type[Model]) -> tuple[Question, ...]:
    """Return what a block asks, in the order of its keys."""
    return tuple(_questions(model))


def _questions(model: type[Model]) -> Iterator[Question]:
    secrets, said = set(secret_fields(model)), sentences(model)
    for name, field in model.model_fields.items():
        needed = field.is_required()
        inner = next(models_in(field.annotation), None)
        yield Question(
            key=field.alias or name,
            sentence=" ".join(said.get(name, "").split()),
            example=str(next(iter(field.examples or ()), "")),
            default="" if inner or needed else _written(field.default),
            needed=needed,
            asked=needed or any(isinstance(note, Prompted) for note in field.metadata),
            secret=name in secrets,
            choices=tuple(dict.fromkeys(_choices(field.annotation))),
            block=questions(inner) if inner else (),
        )


def _written(default: object) -> str:
    if default is None or default is PydanticUndefined or isinstance(default, tuple):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default.value if isinstance(default, Enum) else default)


def _choices(annotation: Any) -> Iterator[str]:
    if annotation is bool:
        yield from ("true", "false")
    elif get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))
    else:
        for part in get_args(annotation):
            yield from _choices(part)


def secret_places(asked: tuple[Question, ...], block: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield where in a block secrets stand: the block that has one in it, and its key."""
    for question in asked:
        value = block.get(question.key)
        if question.secret and isinstance(value, str):
            yield block, question.key
        elif isinstance(value, dict):
            yield from secret_places(question.block, value)
