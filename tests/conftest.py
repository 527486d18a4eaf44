"""For all tests."""

import hypothesis  # noqa: F401  # pytest would load it when all is over, when CPython 3.11 sometimes cannot
