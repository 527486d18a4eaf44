"""Names are shown as what they are, and never act."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import Kind
from bridge.relay.names import Prefix, safe_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("alice", "alice"),
        ("Ann  Lee", "Ann Lee"),
        ("a\r\nQUIT", "a QUIT"),
        ("\u202eevil\u202c", "evil"),
        ("a\u200b\u200dl\u2060ice\ufeff", "alice"),
        ("\u3164\u2800", "?"),
        ("", "?"),
        ("王小明", "王小明"),
        ("x" * 100, "x" * 47 + "…"),
        ("\x02bold\x0304", "bold04"),
    ],
)
def test_a_name_made_safe(name, shown):
    assert safe_name(name) == shown


@given(st.text())
def test_no_name_is_empty_or_acts(name):
    shown = safe_name(name)
    assert 0 < len(shown) <= 48
    assert shown == shown.strip()
    # What is unassigned (Cn) depends on the version of Unicode.
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_a_template_is_filled_once():
    prefix = Prefix("[{network}/{protocol}] {name}: ", "libera", "irc")
    assert prefix.render("{network}", Kind.TEXT, pings=False) == "[libera/irc] {network}: "


def test_a_template_without_a_name():
    assert Prefix("> ", "libera", "irc").render("alice", Kind.TEXT, pings=False) == "> "


def test_braces_and_two_names():
    assert Prefix("{{{name}}} ", "n", "p").render("al", Kind.TEXT, pings=False) == "{al} "


def test_an_emote_says_who_does_it():
    assert Prefix("<{name}> ", "n", "p").render("alice", Kind.EMOTE, pings=False) == "* alice "


def test_a_name_that_would_ping_is_broken_behind_its_first_character():
    prefix = Prefix("<{name}> ", "n", "p")
    assert prefix.render("alice", Kind.TEXT, pings=True) == "<a\u200blice> "
    assert prefix.render("👩‍💻x", Kind.TEXT, pings=True) == "<👩‍💻\u200bx> "
