"""What was looked for is marked where it stands, in whole characters, however it was written."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.index import Phrase
from bridge.archive.search.snippets import Piece, marked, snippet


def shown(pieces: list[Piece]) -> str:
    return "".join(f"[{text}]" if mark else text for text, mark in pieces)


def phrases(*texts: str) -> list[Phrase]:
    found = (Phrase.of(text.removesuffix("*"), prefix=text.endswith("*")) for text in texts)
    return [phrase for phrase in found if phrase is not None]


@pytest.mark.parametrize(
    ("text", "asked", "seen"),
    [
        ("The offer, and other offers.", ["offer"], "The [offer], and other offers."),
        ("The offer, and other offers.", ["offer*"], "The [offer], and other [offer]s."),
        ("Die Straße", ["strasse"], "Die [Straße]"),
        ("Cafe\u0301 Café", ["cafe"], "[Cafe\u0301] [Café]"),
        ("我們接受這個報價。", ["报价", "接受"], "我們[接受]這個[報價]。"),
        ("ｶﾞｷﾞを", ["ガギ"], "[ｶﾞｷﾞ]を"),
        ("ﬁx it", ["fix"], "[ﬁx] it"),
        ("㍿の株", ["株式"], "[㍿]の株"),
        ("done 👍🏽!", ["👍"], "done [👍🏽]!"),
        ("up to 10.0.0.1:80", ["10.0.0.1"], "up to [10.0.0.1]:80"),
        ("till  friday, till Friday", ['"till friday"'], "[till  friday], [till Friday]"),
        ("mississippi", ["issi*"], "mississippi"),
        ("哈哈哈", ["哈哈"], "[哈哈哈]"),
        ("nothing", ["else"], "nothing"),
    ],
)
def test_what_was_looked_for_is_marked(text: str, asked: list[str], seen: str) -> None:
    assert shown(marked(text, phrases(*asked))) == seen


def test_a_snippet_is_around_the_first_mark() -> None:
    text = "word " * 30 + "needle\n\tin the " + "hay " * 30
    assert shown(snippet(text, phrases("needle"), 80)) == (
        "…word word word word word word word word [needle] in the hay hay hay hay hay hay…"
    )
    assert shown(snippet("needle in", phrases("needle"), 80)) == "[needle] in"
    assert shown(snippet("a" * 20, phrases("b"), 10)) == "aaaaaaaaaa…"


@given(st.text(max_size=60), st.text(max_size=5), st.integers(1, 30))
def test_nothing_of_a_text_is_lost_and_no_character_cut(text: str, asked: str, width: int) -> None:
    pieces = marked(text, phrases(asked))
    assert "".join(piece.text for piece in pieces) == text
    clusters = regex.findall(r"\X", text)
    assert [one for piece in pieces for one in regex.findall(r"\X", piece.text)] == clusters
    part = snippet(text, phrases(asked), width)
    assert len(regex.findall(r"\X", "".join(piece.text for piece in part))) <= width + 2
