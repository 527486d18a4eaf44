"""What is said of each key, for people: its docstring."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from .block import Model

__all__ = ["sentences"]


def sentences(model: type[Model]) -> dict[str, str]:
    """Return the sentence of each key of a block. Pydantic could read them itself, and would read the source
    of every model at every start.
    """
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Model):
            found.update(_docstrings(kind))
    described = {key: field.description for key, field in model.model_fields.items()}
    return found | {key: sentence for key, sentence in described.items() if sentence}


def _docstrings(model: type[Model]) -> Iterator[tuple[str, str]]:
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    except (OSError, TypeError):  # there is no source
        return
    assert isinstance(body, ast.ClassDef)
    for named, said in pairwise(body.body):
        match named, said:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                yield key, inspect.cleandoc(text)
