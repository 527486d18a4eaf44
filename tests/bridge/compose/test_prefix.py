"""Names are shown as what they are, and never act."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from adapters.irc.wire.colours import PALETTE, nearest
from bridge.compose.prefix import _COLOURS, Prefix, style
from bridge.identity import safe_name
from bridge.model import Capabilities, Feature, Kind


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


@pytest.mark.parametrize(
    ("template", "user", "shown"),
    [
        ("<{name} {id}> ", "u1", "<ada u1> "),
        ("{name} ({id}): ", "@ada:example.org", "ada (@ada:example.org): "),
        ("[{id}] {name}: ", "ada!~ada@host", "[ada!~ada@host] ada: "),
        ("<{id}> ", "ada!~ada@host", "<ada!~ada@host> "),
        ("<{id}> ", "", "<ada> "),
        ("<{id}> ", "u1_x~c7ea44", "<u1_x~c7ea44~732864> "),
        ("{name} ({id}): ", "u1) x\n<b> (", "ada (u1_x_<b>~c7ea44): "),
        ("[{id}] <{name}> ", "1] <Alan> [", "[1_Alan~ce67a5] <ada> "),
        ("<{name} {id}> ", "x" * 100, f"<ada {'x' * 53}~e20f81> "),
    ],
)
def test_an_id_is_one_word_and_nobody_elses(template, user, shown):
    assert Prefix(template, "libera", "irc").render("ada", Kind.TEXT, pings=False, user=user) == shown


def contrast(one, other):
    """WCAG 2.2, "contrast ratio"."""

    def light(colour):
        parts = [(colour >> shift & 255) / 255 for shift in (16, 8, 0)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read_on_white_and_on_black():
    assert all(contrast(colour, ground) >= 3 for colour in _COLOURS for ground in (0, 0xFFFFFF))
    assert {PALETTE[nearest(colour)] for colour in _COLOURS} == {*_COLOURS}, "as they are on IRC"


def test_somebodys_colour_is_theirs():
    record = Capabilities(text_limit=100, features=frozenset({Feature.COLOUR}))
    found = [style("colour", f"left/u{number}", record).colour for number in range(200)]
    assert found[0] == style("colour", "left/u0", record).colour == 0x008CFF, "on each day"
    assert {*found} == {*_COLOURS}
    assert style("bold", "left/u", record) is None, "the room has no bold text"


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
