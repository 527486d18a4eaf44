"""What is left out of what people say, and what is changed in it, as a person writes it at a network, a
conversation or a room.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from bridge.expressions import expression, pieces_of

from .block import Model
from .values import Patterns

__all__ = ["EVERYTHING", "Filters", "Replacement"]

_LONGEST = 500


def _expression(pattern: str) -> str:
    if not pattern:
        raise ValueError("must not be empty: it would be found everywhere")
    expression(pattern)
    return pattern


def _put(text: str) -> str:
    if text and not text.replace("\N{ZERO WIDTH JOINER}", "").isprintable():
        raise ValueError("must be one line without control characters")
    pieces_of(text)
    return text


def _beginning(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty: every text begins so")
    return text.strip()


Expressions = tuple[Annotated[str, Field(max_length=_LONGEST), AfterValidator(_expression)], ...]
"""Regular expressions (RE2)."""


class Replacement(Model):
    """One thing that is replaced by another."""

    find: Annotated[
        str,
        Field(max_length=_LONGEST),
        AfterValidator(_expression),
        Field(description="A regular expression: what is replaced, wherever it is found."),
    ]
    put: Annotated[
        str,
        Field(max_length=_LONGEST),
        AfterValidator(_put),
        Field(description="What stands there then: text, with \\1 for what the first brackets found."),
    ] = ""

    @model_validator(mode="after")
    def _has_its_groups(self) -> "Replacement":
        groups = expression(self.find).groups
        for piece in pieces_of(self.put):
            if isinstance(piece, int) and piece > groups:
                raise ValueError(f"puts \\{piece}, but find has {groups or 'no'} pairs of brackets")
        return self


class Filters(Model):
    """What does not cross of what is said there, and what crosses otherwise."""

    ignore: Annotated[
        Patterns, Field(description="Whose messages are not relayed: names or ids, `*` and `?` allowed.")
    ] = ()
    ignore_names: Annotated[
        Expressions,
        Field(description="Whose messages are not relayed: regular expressions, found in their names."),
    ] = ()
    ignore_text: Annotated[
        Expressions,
        Field(
            description="What is not relayed: regular expressions, found in its words, in the address of a "
            "link, or in the name of a file."
        ),
    ] = ()
    ignore_commands: Annotated[
        tuple[Annotated[str, Field(max_length=50), AfterValidator(_beginning)], ...],
        Field(
            description="How a message begins that is meant for a bot of the room, such as `!`, and is not "
            "relayed."
        ),
    ] = ()
    replace_text: Annotated[
        tuple[Replacement, ...],
        Field(description="What is replaced in texts that are relayed, one after the other."),
    ] = ()
    replace_names: Annotated[
        tuple[Replacement, ...],
        Field(description="What is replaced in the names of people, one after the other."),
    ] = ()


EVERYTHING = Filters()
"""Everything crosses, as it is."""
