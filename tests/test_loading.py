"""What an import loads. Each is asked of a process of its own."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADAPTERS = sorted(path.parent.name for path in (ROOT / "adapters").glob("*/__init__.py"))
FACE = {"adapter", "awake", "config", "errors", "faults", "keepsake", "language", "model", "secrets"}
LIBRARIES = {
    *("annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"),  # settings
    *("_yaml", "yaml"),
}
NOT_FOR_RELAYING = ("bridge.demo", "bridge.testing", "rich", "PIL")


def loaded(module: str) -> set[str]:
    """The modules that come with one and would not be there without it."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_face_is_cheap():
    found = loaded("bridge")
    assert {name.split(".")[1] for name in found if name.startswith("bridge.")} <= FACE
    installed = {name.split(".")[0] for name in found} & packages_distributions().keys()
    assert installed - {"bridge"} <= LIBRARIES
    assert "sqlite3" not in found


@pytest.mark.parametrize("protocol", ADAPTERS)
def test_an_adapter_loads_what_it_relays_with(protocol: str):
    found = loaded(f"adapters.{protocol}")
    assert {name.split(".")[1] for name in found if name.startswith("bridge.")} <= FACE
    assert {name.split(".")[1] for name in found if name.startswith("adapters.")} == {protocol}
    assert not found & {*NOT_FOR_RELAYING, f"adapters.{protocol}.testing"}


def test_the_service_loads_nothing_of_the_demo():
    assert not loaded("bridge.app") & {*NOT_FOR_RELAYING, "adapters"}
