"""The rules of the house, so that they still hold tomorrow."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

import bridge
import bridge.testing

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "bridge").rglob("*.py"))
ADAPTERS = sorted(path.parent for path in (ROOT / "adapters").glob("*/__init__.py"))
SOURCES = [*CORE, *sorted((ROOT / "adapters").rglob("*.py"))]
PLAIN = {"irc", "xmpp", "matrix"}
"""What README promises of an installation without extras."""
ORDINARY = {"http", "bots"}
"""Protocols whose names are words of their own."""
PROTOCOLS = PLAIN | {"jabber"} | {folder.name for folder in ADAPTERS} - ORDINARY
FOREIGN = ("bridge/moving/",)
"""Where other bridges' configurations are read, which name protocols."""
PARTS = {"__init__", "adapter", "config", "decode", "encode"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words(text: str) -> set[str]:
    """The words of a text or an identifier, in lower case: `XmppRoom` and `xmpp_room` have the same two."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)}


def docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every text that stands as a statement of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def spoken(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every text and every identifier of a module, but for its docstrings."""
    silent = {id(node) for node in docstrings(tree)}
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and id(node) not in silent:
                    yield node, text


@pytest.mark.parametrize("path", [path for path in CORE if not name(path).startswith(FOREIGN)], ids=name)
def test_the_core_knows_no_protocol(path: Path):
    tree = ast.parse(path.read_text())
    found = [(getattr(node, "lineno", 0), text) for node, text in spoken(tree) if words(text) & PROTOCOLS]
    assert not found


@pytest.mark.parametrize(
    ("source", "finds"),
    [
        ("x = 'irc'", True),
        ("x = f'an {y} XMPP room'", True),
        ("def matrix_room(): ...", True),
        ("class IrcRoom: ...", True),
        ("import adapters.irc", True),
        ("from adapters import irc as x", True),
        ("x.jabber()", True),
        ("f(jabber=1)", True),
        ("def f(xmpp): ...", True),
        ("def f():\n  'as on IRC'", False),
        ("x = 1\n'''as on IRC'''", False),
        ("x = 'circle of firc'", False),
    ],
)
def test_the_rule_finds_what_it_looks_for(source: str, finds: bool):
    assert any(words(text) & PROTOCOLS for _, text in spoken(ast.parse(source))) is finds


def test_the_public_face_is_sorted():
    def order(word: str) -> tuple[bool, bool, str]:
        return not word.isupper(), not word[0].isupper(), word

    assert bridge.__all__ == sorted(bridge.__all__, key=order)


def test_the_public_face_is_complete():
    tree = ast.parse((ROOT / "bridge/face.py").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert set(bridge.__all__) == {alias.name for node in imports for alias in node.names}
    for module in (bridge.adapter, bridge.errors, bridge.model):
        assert set(module.__all__) <= set(bridge.__all__)
    assert all(hasattr(bridge, exported) for exported in bridge.__all__)


@pytest.mark.parametrize("exported", bridge.__all__)
def test_what_the_public_face_shows_is_explained(exported: str):
    found = getattr(bridge, exported)
    if isinstance(found, type) or callable(found):
        assert (found.__doc__ or "").strip()
        assert not (found.__doc__ or "").startswith(f"{exported}("), "only the one that dataclasses make"


def taken_from(module: str, tree: ast.AST) -> set[str]:
    """The names of a module's that are used: `from it import name` and `it.name`."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {alias.name for node in imported for alias in node.names} | {
        node.attr for node in attributes if ast.unparse(node.value) == module
    }


@pytest.mark.parametrize("folder", ADAPTERS, ids=name)
def test_adapters_take_from_the_face_what_it_shows(folder: Path):
    """The contracts in pyproject.toml see `import bridge`, and not what is reached through it."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert taken_from("bridge", tree) <= {*bridge.__all__, "testing"}, path
        assert taken_from("bridge.testing", tree) <= set(bridge.testing.__all__), path


@pytest.mark.parametrize("folder", ADAPTERS, ids=name)
def test_every_adapter_has_the_same_parts(folder: Path):
    assert {path.stem for path in folder.iterdir()} >= PARTS


@pytest.mark.parametrize("folder", ADAPTERS, ids=name)
def test_every_adapter_is_held_to_the_contract(folder: Path):
    """By a file of its own, or in the one for those whose servers the demo starts."""
    tests = ROOT / "tests/adapters"
    shared = ast.parse((tests / "test_contract.py").read_text())
    own = [ast.parse(path.read_text()) for path in (tests / folder.name).glob("test_*.py")]
    assert any(
        isinstance(node, ast.ClassDef) and "AdapterContract" in map(ast.unparse, node.bases)
        for tree in own
        for node in ast.walk(tree)
    ) or folder.name in {node.value for node in ast.walk(shared) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("folder", ADAPTERS, ids=name)
def test_every_adapter_has_an_extra_with_its_libraries(folder: Path):
    """The core is installed without them."""
    extras = PROJECT["optional-dependencies"]
    assert (folder.name in PLAIN) is (folder.name not in extras)
    needed = names([*PROJECT["dependencies"], *extras.get(folder.name, [])])
    known = needed | {name for one in needed for name in names(requires(one) or [])}
    files = [path for path in folder.rglob("*.py") if "testing" not in path.parts]
    imports = {module.partition(".")[0] for path in files for module in imported(ast.parse(path.read_text()))}
    found = packages_distributions()
    theirs = imports - sys.stdlib_module_names - {"adapters", "bridge"}
    assert {module for module in theirs if not known & names(found[module])} == set()


def names(requirements: Iterable[str]) -> set[str]:
    """What these distributions are called."""
    return {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_all_extras_of_adapters_are_in_the_extra_all():
    (every,) = PROJECT["optional-dependencies"]["all"] or ["hubbub[]"]
    assert set(re.findall(r"\w+", every)) - {"hubbub"} == {folder.name for folder in ADAPTERS} - PLAIN


def test_there_are_adapters():
    assert ADAPTERS


def test_every_folder_is_installed():
    """A wheel holds packages: what has no `__init__.py` would be missing from it, and from the demo."""
    assert not [
        folder for folder in {path.parent for path in SOURCES} if not (folder / "__init__.py").exists()
    ]


AGREED = {"Demo", "History", "NetworkConfig", "Person", "RoomConfig", "Rooms", "Session"}
"""What each adapter may have of its own."""
DOUBLES = {"Block", "Place", "Source"}
"""Names that still have two meanings: fewer with time, and none that is new."""


def test_a_public_class_has_its_name_for_itself():
    found: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(name(path))
    twice = {said: places for said, places in found.items() if len(places) > 1}
    assert not {said: places for said, places in twice.items() if said not in AGREED | DOUBLES}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_file_is_too_long_to_read(path: Path):
    assert len(path.read_text().splitlines()) <= 400


CLOCKS = ("bridge/clock.py", "bridge/demo/", "bridge/cli/", "bridge/testing/")
"""Where the machine's time may be read: everybody else has a clock, which a test can move."""


READS_TIME = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time|sleep)(_ns)?"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)"
)
FORMATS_TIME = {"time.strftime": 2, "time.localtime": 1, "time.gmtime": 1, "time.ctime": 1}
"""With fewer arguments, these read it too."""


def reads_of_time(tree: ast.AST) -> Iterator[str]:
    """Where a module asks the machine what time it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield f"from time import {node.names[0].name}"
        elif isinstance(node, ast.Call):
            if len(node.args) < FORMATS_TIME.get(ast.unparse(node.func), 0):
                yield ast.unparse(node)
        elif isinstance(node, ast.Attribute) and READS_TIME.fullmatch(ast.unparse(node)):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", CORE, ids=name)
def test_nobody_reads_the_time_but_from_a_clock(path: Path):
    if not name(path).startswith(CLOCKS):
        assert list(reads_of_time(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    ("source", "finds"),
    [
        ("x = time.time()", True),
        ("now = time.monotonic", True),
        ("time.strftime('%H')", True),
        ("from time import monotonic", True),
        ("datetime.datetime.now(UTC)", True),
        ("date.today()", True),
        ("time.strftime('%H', then)", False),
        ("time.gmtime(then)", False),
        ("self.clock.now()", False),
    ],
)
def test_reading_the_time_is_found(source: str, finds: bool):
    assert bool(list(reads_of_time(ast.parse(source)))) is finds
