"""For all tests."""

import signal
from collections.abc import Iterator

import hypothesis  # pytest would load it when all is over, when CPython 3.11 sometimes cannot
import pytest

from bridge import secrets

# No test may depend on how busy the machine is.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")


# Whoever starts something in the background may have it ignore Ctrl-C, which what it starts would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it at the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(autouse=True)
def nothing_is_secret() -> Iterator[None]:
    """What one test's configuration hides, others may show."""
    yield
    secrets.forget()
