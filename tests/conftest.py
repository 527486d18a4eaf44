"""For all tests."""

from collections.abc import Iterator

import hypothesis  # noqa: F401  # pytest would load it when all is over, when CPython 3.11 sometimes cannot
import pytest

from bridge import secrets


@pytest.fixture(autouse=True)
def nothing_is_secret() -> Iterator[None]:
    """What one test's configuration hides, others may show."""
    yield
    secrets.forget()
