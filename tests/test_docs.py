"""The pages say nothing that is not there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from bridge import errors
from bridge.cli import commands_page
from bridge.cli import settings_page as settings
from bridge.cli.capabilities_page import ROWS, page
from bridge.config import schema
from bridge.model import Capabilities, Command, Event, FleetingCommand, Support
from bridge.protocols import protocols

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TREE = {name: found for name, found in protocols().items() if found.__module__.startswith("adapters.")}
"""Our own protocols: somebody may have installed others."""
PROOFS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/delivery.md").read_text())))


@pytest.mark.parametrize(("file", "test"), PROOFS)
def test_every_promise_names_a_test_that_is_there(file, test):
    tree = ast.parse((ROOT / file).read_text())
    functions = [
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert any(name.startswith("test") for name in functions) or "TestCase" in (ROOT / file).read_text()
    assert not test or test in functions


def test_the_page_of_promises_names_proofs():
    assert len(PROOFS) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page):
    """By its path from here or from `bridge/`."""
    named = re.findall(r"`([\w/.-]+\.(?:py|po|toml)|(?:adapters|bridge|tests)/[\w/.-]*)`", page.read_text())
    gone = [name for name in named if not ((ROOT / name).exists() or (ROOT / "bridge" / name).exists())]
    assert not gone


def test_the_tree_shows_all_of_the_core():
    page = (ROOT / "docs/architecture.md").read_text()
    (tree,) = re.findall(r"^    bridge/ .*\n((?:      .*\n)+)", page, re.MULTILINE)
    shown = re.findall(r"^      (\S+)", tree, re.MULTILINE)
    modules = {path.name for path in (ROOT / "bridge").glob("*.py")}
    packages = {f"{path.parent.name}/" for path in (ROOT / "bridge").glob("*/__init__.py")}
    assert sorted(shown) == sorted(modules | packages)


def test_the_page_of_capabilities_is_up_to_date():
    """`hubbub capabilities > docs/capabilities.md` makes it so."""
    records = {name: record for one in TREE.values() for name, record in one.records().items()}
    assert (ROOT / "docs/capabilities.md").read_text() == page(records)


def test_the_page_of_commands_is_up_to_date():
    """`python -m bridge.cli.commands_page > docs/commands.md` makes it so."""
    assert (ROOT / "docs/commands.md").read_text() == commands_page.page()


def test_our_own_protocols_can_all_be_loaded_here():
    """Else their pages would lose them: `make check` installs what they need."""
    assert TREE.keys() == {folder.parent.name for folder in (ROOT / "adapters").glob("*/__init__.py")}


def test_every_capability_is_on_the_page():
    supports = [field.name for field in fields(Capabilities) if field.type is Support]
    assert sorted(supports) == sorted(ROWS)


def test_the_page_of_settings_is_up_to_date():
    """`hubbub settings > docs/settings.md` makes it so."""
    assert (ROOT / "docs/settings.md").read_text() == settings.page(TREE)


def keys(found: object, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every key of a schema, with what is said of it."""
    if isinstance(found, dict):
        for name, part in found.items():
            if name == "properties":
                yield from ((f"{path}.{key}", value) for key, value in part.items())
            yield from keys(part, f"{path}.{name}")
    elif isinstance(found, list):
        for index, part in enumerate(found):
            yield from keys(part, f"{path}.{index}")


def test_the_page_for_authors_names_all_that_an_adapter_deals_with():
    """What it emits, is given, raises and claims."""
    page = (ROOT / "docs/adapters.md").read_text()
    kinds = {kind.__name__ for union in (Event, Command, FleetingCommand) for kind in get_args(union)}
    its_own = set(errors.__all__) - {"ArchiveError", "ConfigError", "HubbubError", "JournalError"}
    names = kinds | its_own | ROWS.keys()
    assert len(names) > 30
    assert {name for name in names if not re.search(rf"`{name}[`(]", page)} == set()


def test_every_key_has_a_sentence():
    """In the schema, and so on the page."""
    said = {path: value.get("description", "") for path, value in keys(schema(TREE))}
    assert len(said) > 100
    assert [path for path, sentence in said.items() if not sentence.endswith(".")] == []


def test_every_key_has_a_default_or_is_needed():
    lines = (ROOT / "docs/settings.md").read_text().splitlines()
    bullets = [(line, after) for line, after in pairwise(lines) if re.match(r" *- \*\*`", line)]
    assert len(bullets) > 60
    sections = {line.split("`")[1].rstrip(":") for line in lines if line.startswith("## `")}
    lacking = [
        line
        for line, after in bullets
        if not re.search("needed|default", line, re.IGNORECASE)
        and not after.startswith("  - ")
        and line.split("`")[1] not in sections
    ]
    assert lacking == []
