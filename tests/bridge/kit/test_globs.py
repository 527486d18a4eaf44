"""Globs are what shells have, but for classes, and none is slow."""

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import fits_glob


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_a_glob_fits_what_shells_say(glob, text):
    assert fits_glob(glob, text) == fnmatch.fnmatchcase(text, glob)


@pytest.mark.parametrize("glob", ["*a" * 120 + "b", "*?a" * 80, "a*" * 127])
def test_no_glob_is_slow(glob):
    began = time.perf_counter()
    for _ in range(20):
        fits_glob(glob, "a" * 255)
    assert time.perf_counter() - began < 0.5
