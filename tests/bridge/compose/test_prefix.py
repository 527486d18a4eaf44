"""Names are shown as what they are, and never act."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bridge.compose.prefix import Prefix
from bridge.identity import safe_name
from bridge.model import Kind


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
        ("x" * 46 + "👩‍💻 and more", "x" * 46 + "…"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩🏽\u200d💻", "👩🏽\u200d💻"),
        ("\u200cادم\u200c", "ادم"),
        ("\u0301Al\u034fan", "Alan"),
        ("❤\ufe0f Ada\ufe0f", "❤\ufe0f Ada"),
    ],
)
def test_a_name_made_safe(name, shown):
    assert safe_name(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [("[ada]", "[ada]"), ("[ada] (2)", "ada (2)"), ("[12:30] bob", "12:30 bob"), ("[[a] b", "a] b")],
)
def test_what_would_look_like_a_time_before_a_name_is_not_torn(name, shown):
    assert Prefix("{name} | ", "n", "p").render(name, Kind.TEXT, pings=False) == f"{shown} | "


@given(st.text())
def test_no_name_is_empty_or_acts(name):
    shown = safe_name(name)
    assert 0 < len(shown) <= 48
    assert shown == shown.strip()
    # What is unassigned (Cn) depends on the version of Unicode.
    shown = shown.replace("\u200c", "").replace("\u200d", "")  # only where they shape letters: see above
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
    assert prefix.render("alice", Kind.EMOTE, pings=True) == "* a\u200blice "


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("مريم", "مريم"),
        ("ܡܪܝܡ", "ܡܪܝܡ"),
        ("मरियम", "मरियम"),
        ("क्षमा", "क्षमा"),
        ("ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩᠭᠣᠯ"),
        ("မြန်မာ", "မြန်မာ"),
        ("x", "x"),
        ("e\u0301a", "e\u0301\u200ba"),
        ("王小明", "王\u200b小明"),
        ("אדה", "א\u200bדה"),
        ("_مريم", "_\u200bمريم"),
    ],
)
def test_a_break_tears_no_name(name, shown):
    assert Prefix("{name}: ", "n", "p").render(name, Kind.TEXT, pings=True) == f"{shown}: "


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12))
def test_a_break_stands_between_what_people_see_as_letters(name):
    name = safe_name(name)
    shown = Prefix("<{name}> ", "n", "p").render(name, Kind.TEXT, pings=True)
    parts = shown.removeprefix("<").removesuffix("> ").split("\u200b")
    whole = "".join(parts)
    assert len(parts) <= 2
    assert all(regex.findall(r"\X", part) for part in parts)
    assert regex.findall(r"\X", whole) == [one for part in parts for one in regex.findall(r"\X", part)]
