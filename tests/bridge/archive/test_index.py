"""What the full-text index has of an entry: all ways to write the same are alike, and no word is lost."""

import sqlite3
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.archive.entries import EntryKind, FiledFile, Header, Words
from bridge.archive.index import TABLE, Belonging, Place, folded, mark, squeezed, terms, version

_TEXTS = st.text(max_size=40) | st.text(
    st.sampled_from("aß İ́ﬁＡｶﾞはが發发한ㅎก็👍🏽🇩\u200b\ue000'_-"), max_size=12
)


@pytest.mark.parametrize(
    ("ways", "alike"),
    [
        ("Straße STRASSE straẞe", "strasse"),
        ("über Über u\u0308ber", "uber"),
        ("ｆｕｌｌ full", "full"),
        ("ﬁx fix", "fix"),
        ("ガギ ｶﾞｷﾞ がぎ カ\u3099キ\u3099", "がぎ"),
        ("漢語 汉语", "汉语"),
        ("頭發 頭髮 头发", "头发"),
        ("跟着 跟著", "跟着"),
        ("한국어 한국어", "한국어"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ"),
        ("Łódź lodz", "lodz"),
        ("ёлка Елка", "елка"),
        ("co\xadop coop c\u200boop", "coop"),
        ("👍 👍🏽 👍\ufe0f", "👍"),
    ],
)
def test_ways_to_write_the_same_are_alike(ways: str, alike: str) -> None:
    assert [folded(way) for way in ways.split()] == [alike] * len(ways.split())


def test_other_letters_stay_others() -> None:
    assert folded("й") != folded("и")
    assert folded("が") != folded("か")


@given(_TEXTS)
@example("가\u0308")
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert squeezed(squeezed(once)) == squeezed(once)


@given(_TEXTS)
def test_composed_or_not_it_is_the_same(text: str) -> None:
    """UAX #15: canonically equivalent strings are to be treated alike."""
    assert folded(normalize("NFD", text)) == folded(normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The meeting, on Thursday: don't!", "the meeting on thursday don t"),
        ("明天开会", "明天 天开 开会 会"),
        ("用iPhone拍", "用 iphone 拍"),
        ("食べる", "食べ べる る"),
        ("회의는 내일", "회의 의는 는 내일 일"),
        ("ประชุม", "ปร ระ ะช ชุ ุม ม"),
        ("हिन्दी में", "हिन्दी में"),
        ("done 👍🎉🇩🇪", "done 👍 🎉 🇩🇪"),
        ("a" * 100 + " b", "a" * 64 + " b"),
        ("\ue0001 \ue0012 x", "1 2 x"),
        ("", ""),
    ],
)
def test_the_words_of_a_text(text: str, found: str) -> None:
    assert _words(text) == found.split()


@given(_TEXTS)
@example("\u30ab\u200b\u3099")  # a kana, something invisible, and its mark
def test_whatever_part_of_a_text_one_looks_for_its_terms_are_there(text: str) -> None:
    """Of a run of Chinese any part, but for the single character at its end; of other words whole ones."""
    pieces = squeezed(folded(text)).split()
    there = set(_words(text))
    for start in range(len(pieces)):
        for end in range(start + 1, len(pieces) + 1):
            assert set(_words(" ".join(pieces[start:end]))) <= there


@given(_TEXTS)
def test_nothing_that_people_write_is_a_mark(text: str) -> None:
    assert not any("\ue000" <= sign <= "\uf8ff" for word in _words(text) for sign in word)


@given(_TEXTS)
def test_the_index_takes_and_finds_each_term_as_it_is(text: str) -> None:
    """SQLite's tokenizer parts the terms where their spaces are, and nowhere else."""
    db = sqlite3.connect(":memory:")
    db.execute(TABLE)
    db.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row)")
    found = _terms(text)
    db.execute("INSERT INTO words(rowid, text) VALUES (7, ?)", (found,))
    assert {term for (term,) in db.execute("SELECT term FROM vocabulary")} == set(found.split())
    db.execute("INSERT INTO words(words, rowid, text) VALUES ('delete', 7, ?)", (found,))
    assert db.execute("SELECT count(*) FROM vocabulary").fetchone() == (0,)
    db.close()


def test_an_entry_has_marks_of_where_it_belongs() -> None:
    header = Header(kind=EntryKind.MESSAGE, at=1_700_000_000.0, network="libera")
    words = Words(text="see it", files=(FiledFile(name="Plan B.pdf"),))
    found = terms(header, words, Place(conversation=3, room=4, person=5, network=6)).split()
    assert found[:5] == ["see", "it", "plan", "b", "pdf"]
    marks = [
        mark(Belonging.CONVERSATION, 3),
        mark(Belonging.KIND, "message"),
        mark(Belonging.NETWORK, 6),
        mark(Belonging.ROOM, 4),
        mark(Belonging.PERSON, 5),
    ]
    assert found[5:] == [mark(Belonging.FILE), *marks]
    assert terms(header, None, Place(conversation=3, room=4, person=5, network=6)).split() == marks


def test_a_reaction_is_found_by_its_emoji() -> None:
    header = Header(kind=EntryKind.REACTION, at=0.0, network="libera")
    assert terms(header, Words(added=("🎉",)), Place(1)).split()[0] == "🎉"


def test_the_version_names_all_that_the_terms_depend_on() -> None:
    assert len(version().split("/")) == 3


def _terms(text: str) -> str:
    return terms(Header(kind=EntryKind.MESSAGE, at=0.0, network="n"), Words(text=text), Place(1))


def _words(text: str) -> list[str]:
    """The terms of a text, without the two marks that each entry has."""
    return _terms(text).split(" ")[:-2]
