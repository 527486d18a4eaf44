"""What an import loads. Each is asked of a process of its own."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADAPTERS = sorted(path.parent.name for path in (ROOT / "adapters").glob("*/__init__.py"))
LIBRARIES = {
    *("annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"),  # settings
    *("_yaml", "yaml"),
}
LENT = {"bots": {"onebot"}}
"""Adapters whose codec another one uses: two sides of one protocol."""
FEATURES = {"livechat": {"desk", "identity"}}
"""Parts of the core that an adapter is the way to."""
NOT_FOR_RELAYING = ("bridge.demo", "bridge.testing", "rich", "PIL")


def above_adapters() -> set[str]:
    """The parts of the core that know adapters, as the contract of its layers has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return set(re.findall(r"\w+", " ".join(layers[: layers.index("face")])))


def loaded(module: str) -> set[str]:
    """The modules that come with one and would not be there without it."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def parts(modules: set[str], package: str) -> set[str]:
    """Which parts of a package these modules are, or are in."""
    return {name.split(".")[1] for name in modules if name.startswith(f"{package}.")}


def test_the_face_is_cheap():
    found = loaded("bridge")
    assert above_adapters().isdisjoint(parts(found, "bridge"))
    installed = {name.split(".")[0] for name in found} & packages_distributions().keys()
    assert installed - {"bridge"} <= LIBRARIES
    assert "sqlite3" not in found


@pytest.mark.parametrize("protocol", ADAPTERS)
def test_an_adapter_loads_what_it_relays_with(protocol: str):
    found = loaded(f"adapters.{protocol}")
    assert above_adapters() & parts(found, "bridge") == FEATURES.get(protocol, set())
    assert parts(found, "adapters") == {protocol} | LENT.get(protocol, set())
    assert not found & {*NOT_FOR_RELAYING, f"adapters.{protocol}.testing"}


def test_the_service_loads_nothing_of_the_demo():
    assert not loaded("bridge.app") & {*NOT_FOR_RELAYING, "adapters"}


def test_the_service_loads_nothing_of_http_before_there_is_a_file():
    assert "aiohttp" not in loaded("bridge.app")
    assert "aiohttp" not in loaded("adapters.xmpp")
