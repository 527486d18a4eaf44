"""The verifier as one file, which goes into each bundle."""

import re
from importlib.resources import files

__all__ = ["verifier_source"]

_PARTS = (
    "reading",
    "arithmetic",
    "signatures",
    "stamps",
    "container",
    "findings",
    "transcript",
    "walk",
    "checks",
    "main",
)
"""Each stands on those before it alone."""
_OWN = re.compile(r"^from (?:\.\w+|__future__) import (?:\([^)]*\)|.*)\n", re.MULTILINE)
_ALL = re.compile(r"^__all__ = \[[^\]]*\]\n", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import (\w+)|from ([\w.]+) import (.*))\n", re.MULTILINE)
_ABOUT = re.compile(r'\A"""(.*?)"""\n', re.DOTALL)


def verifier_source() -> str:
    """Return the program: the modules of `verifier/`, one behind the other, without what binds them."""
    folder = files(__package__) / "verifier"
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    parts = []
    for name in _PARTS:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        text = _ALL.sub("", _OWN.sub("", text))
        for module, source, taken in _IMPORT.findall(text):
            if module:
                modules.add(module)
            else:
                names.setdefault(source, set()).update(taken.split(", "))
        about = _ABOUT.match(text)
        assert about is not None
        body = _IMPORT.sub("", text[about.end() :]).strip("\n")
        title = "\n".join(
            f"# {line}".rstrip() for line in about[1].replace(" Pure.", "").strip().splitlines()
        )
        parts.append(f"{title}\n\n\n{body}\n")
    head = (folder / "__init__.py").read_text(encoding="utf-8")
    lines = [f"import {module}" for module in sorted(modules)]
    lines += [f"from {source} import {', '.join(sorted(names[source]))}" for source in sorted(names)]
    top = "\n".join(["#!/usr/bin/env python3", head, "from __future__ import annotations\n", *lines])
    return "\n\n".join([f"{top}\n", *parts])
