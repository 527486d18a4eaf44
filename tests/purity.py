"""An import contract of our own, for pyproject.toml: a pure module does no I/O, nor does what it stands on.

Held to it are the modules that the contract names, those whose docstrings say that they are pure, and every
module of ours that one of these takes something from. What else they import has to be allowed by name, since
a list of what is forbidden has holes. A name that a package hands on counts as what stands behind it.
"""

import ast
import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules

_DOES_IO = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}
"""What needs no import."""


class PureContract(Contract):
    """Modules that import nothing but each other and what is allowed."""

    type_name = "pure"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.StringField())
    """Modules, or single names of modules."""
    ignore_imports = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        ours = {module for module in graph.modules if not graph.is_module_squashed(module)}
        named = module_expressions_to_modules(graph, self.source_modules, as_packages=True)
        pure = {module.name for module in named} | {module for module in ours if _says_so(module)}
        ignored = self.ignore_imports or ()
        ways = {module: module for module in sorted(pure)}  # how each that is held to this was reached
        wrong: list[str] = []
        todo = deque(ways)
        while todo:
            module = todo.popleft()
            for name, line in (*_imported(module, ours), *_called(module)):
                if f"{module} -> {name}" in ignored or any(_is_in(name, some) for some in self.allowed):
                    continue
                source = _source(name, ours)
                if source is None or source == "bridge":
                    wrong.append(f"{ways[module]} -> {name} (l.{line})")
                elif source not in ways:
                    ways[source] = f"{ways[module]} -> {source}"
                    todo.append(source)
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for way in check.metadata["wrong"]:
            output.print_error(f"- {way}", bold=False)
        output.new_line()


def _is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


@cache
def _tree(module: str) -> ast.Module:
    path = Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text())


def _says_so(module: str) -> bool:
    return bool(re.search(r"\bpure\b", ast.get_docstring(_tree(module)) or "", re.IGNORECASE))


def _called(module: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Name) and node.id in _DOES_IO:
            yield node.id, node.lineno


def _imported(module: str, ours: set[str]) -> Iterator[tuple[str, int]]:
    """What a module imports, each as the name by which it is found where it was made."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield _origin(f"{_from(module, node)}.{alias.name}", ours), node.lineno


def _from(module: str, node: ast.ImportFrom) -> str:
    """The module that is meant, by its whole name."""
    above = module.split(".")
    if not Path(*above).is_dir():
        above.pop()
    above = above[: len(above) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _origin(name: str, ours: set[str]) -> str:
    """A name, as it is called where it was made: `bridge.Content` is `bridge.model.content.Content`."""
    module, _, last = name.rpartition(".")
    if name in ours or module not in ours:
        return name
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == last:
                    return _origin(f"{_from(module, node)}.{alias.name}", ours)
                there = f"{_from(module, node)}.{last}"
                if alias.name == "*" and (found := _origin(there, ours)) != there:
                    return found
        elif isinstance(node, ast.Import) and last in [alias.asname or alias.name for alias in node.names]:
            return last
    return name


def _source(name: str, ours: set[str]) -> str | None:
    """The module of ours that a name comes from."""
    return next((found for found in (name, name.rpartition(".")[0]) if found in ours), None)
