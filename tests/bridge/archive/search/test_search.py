"""What was said is found, in whatever language, by those who may read it, and as it is now."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.archive.entries import EntryKind
from bridge.archive.index import Phrase, padded
from bridge.archive.search.query import QueryError
from bridge.archive.store import Entry, Reader, Store

from .talk import BOB, NOW, answered, edited, found, said

_LANGUAGES = [
    "The offer holds till Friday, don't miss it",
    "Die Straße über die Brücke wird größer: Angebot gültig",
    "我们接受这个报价,星期五交货",
    "我們接受這個報價，星期五交貨",
    "見積もりは金曜日までに送ります。データベースも",
    "견적서는 금요일까지 보내겠습니다",
    "ขอใบเสนอราคาภายในวันศุกร์",
    "Предложение действует до пятницы 🎉",
]
_EN, _DE, _ZH, _TW, _JA, _KO, _TH, _RU = _LANGUAGES


@pytest.fixture
def spoken(store: Store) -> Store:
    store.add([said(text) for text in _LANGUAGES])
    return store


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("offer", [_EN]),
        ("OFFER friday", [_EN]),
        ('"offer holds till"', [_EN]),
        ('"holds offer"', []),
        ("don't", [_EN]),
        ("off", []),
        ("off*", [_EN]),
        ("strasse", [_DE]),
        ("STRASSE GROSSER", [_DE]),
        ("Brücke", [_DE]),
        ("bruck*", [_DE]),
        ("报价", [_TW, _ZH]),
        ("報價", [_TW, _ZH]),
        ("星期五交货", [_TW, _ZH]),
        ("交", [_TW, _ZH]),
        ("货", [_TW, _ZH]),
        ("五星", []),
        ("接受 星期五", [_TW, _ZH]),
        ("报价星期", []),
        ("金曜日", [_JA]),
        ("ﾃﾞｰﾀﾍﾞｰｽ", [_JA]),
        ("でーた", [_JA]),
        ("금요일", [_KO]),
        ("견적", [_KO]),
        ("요일까", [_KO]),
        ("วันศุกร์", [_TH]),
        ("ราคา", [_TH]),
        ("ПЯТНИЦЫ", [_RU]),
        ("🎉", [_RU]),
        ("friday -offer", []),
        ("报价 -交貨", []),
        ("报价 -星期六", [_TW, _ZH]),
        ('offer -"miss me"', [_EN]),
        ('offer -"miss it"', []),
    ],
)
def test_words_of_all_languages(spoken: Store, question: str, texts: list[str]) -> None:
    assert found(spoken, question) == texts


def test_conditions(store: Store) -> None:
    store.add(
        [
            said("the price", at=NOW - 9 * 86400),
            said("the price again", BOB, at=NOW - 86400, files=["Price list.pdf"]),
            said("the price elsewhere", to="other", room="#other"),
            said("all about the price", kind=EntryKind.TOPIC),
            said("", kind=EntryKind.COPY),
        ]
    )
    first, second, third = "the price", "the price again\n[Price list.pdf]", "the price elsewhere"
    topic = "all about the price"
    for question, texts in {
        "price": [topic, third, second, first],
        "from:ann price": [topic, third, first],
        "from:bob": [second],
        "from:müller": [second],
        "from:@bob:example.org": [second],
        'from:"bob muller"': [second],
        "from:mu*": [second],
        "price -from:bob": [topic, third, first],
        "price in:other": [third],
        "in:#talk": [topic, first],
        "in:#TALK": [topic, second, first],
        "in:talk": [topic, second, first],
        "price -in:talk": [third],
        "on:matrix": [second],
        "price -on:irc": [second],
        "has:file": [second],
        "list.pdf": [second],
        "price -has:file kind:message": [third, first],
        "kind:topic": [topic],
        "price -kind:topic": [third, second, first],
        "price since:7d": [topic, third, second],
        "date:yesterday": [second],
        "before:2d": [first],
        "from:ann from:bob in:talk": [topic, second, first],
        "from:nobody price": [],
        "price in:nowhere": [],
    }.items():
        assert found(store, question) == texts, question
    assert answered(store, "from:nobody price on:x -in:y").unknown == ["from:nobody", "on:x"]
    assert answered(store, "from:nobody").told() == ["Nothing here is called from:nobody."]
    assert answered(store, "tag:nothing price").told() == ["Nothing here is called tag:nothing."]
    assert answered(store, "-tag:nothing price").told() == []


def test_what_looks_like_a_condition_and_is_none_is_named_where_nothing_is_found(store: Store) -> None:
    store.add([said("the price: 12 at https://example.org, RE:offer")])
    (told,) = answered(store, "sice:7d price").told()
    assert told.startswith('"sice:7d" was looked for as words: conditions begin with from:, in:, ')
    assert answered(store, "re:offer").told() == []
    assert answered(store, '"sice:7d" price: https://elsewhere 12:30').told() == []


def test_tags(store: Store) -> None:
    store.add([said(f"price {n}", id=f"m{n}") for n in range(1, 6)])
    store.add([edited("m2", "price two", at=NOW + 1)])
    few = {"offer": {"talk": [(2, 3), (5, 5)]}, "draft": {"talk": [(3, 3)], "other": [(1, 9)]}}

    def tagged(tag: str) -> dict[str, list[tuple[int, int]]]:
        return few.get(tag, {})

    assert found(store, "tag:offer", tagged=tagged) == ["price two", "price 5", "price 3"]
    assert found(store, "price tag:offer -tag:draft", tagged=tagged) == ["price two", "price 5"]
    assert found(store, "two tag:offer", tagged=tagged) == ["price two"]
    assert found(store, "price -tag:offer", tagged=tagged) == ["price 4", "price 1"]
    assert found(store, "tag:none", tagged=tagged) == []
    few["offer"] = {"talk": [(2, 1 << 40)]}
    assert found(store, "tag:offer -two", tagged=tagged) == ["price 5", "price 4", "price 3"]


def test_a_message_is_found_by_its_newest_version_that_matches(store: Store) -> None:
    store.add(
        [
            said("the price is 10", id="m1"),
            edited("m1", "the price is 12"),
            edited("m1", "the cost is 12"),
            said("price of wool", id="m2"),
        ]
    )
    wool, old = answered(store, "price").hits
    assert (wool.text, wool.newest) == ("price of wool", None)
    assert (old.text, old.newest_text, old.root.number) == ("the price is 12", "the cost is 12", 1)
    (new,) = answered(store, "cost").hits
    assert (new.text, new.newest, new.root.number) == ("the cost is 12", None, 1)
    assert found(store, "10") == ["the price is 10"]


def test_a_message_of_many_versions_is_looked_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, versions = list[int](), Reader.versions

    def counted(reader: Reader, entry: Entry) -> Sequence[Entry]:
        asked.append(entry.number)
        return versions(reader, entry)

    monkeypatch.setattr(Reader, "versions", counted)
    store.add([said("price 0", id="m1"), *(edited("m1", f"price {n}") for n in range(1, 600))])
    (hit,) = answered(store, "price").hits
    assert (hit.text, hit.newest, asked) == ("price 599", None, [1])
    with store.reader() as reader:
        assert [one.number for one in reader.versions(hit.root)] == list(range(2, 601))
    store.add([said("", kind=EntryKind.REMOVAL, target="m1")])
    assert found(store, "price") == []


def test_what_was_taken_back_is_never_found(store: Store) -> None:
    store.add([said("secret plan", id="m1"), edited("m1", "secret plans"), said("secret", id="m2")])
    store.add([said("", kind=EntryKind.REMOVAL, target="m1")])
    assert found(store, "secret") == ["secret"]
    store.spared = lambda numbers: numbers
    store.add([said("", kind=EntryKind.REMOVAL, target="m2")])
    assert found(store, "secret") == []
    store.take_words([3], "wish")
    assert found(store, "secret since:1d") == []


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_pages_have_everything_once(store: Store, limit: int) -> None:
    store.add([said(f"same words {n}") for n in range(600)])
    pages, before = [], None
    while True:
        answer = answered(store, "same words -599", limit=limit, before=before)
        pages += answer.hits
        if (before := answer.before) is None or len(pages) > 100:
            break
    numbers = [hit.entry.number for hit in pages]
    assert all(later > earlier for later, earlier in pairwise(numbers))
    assert numbers[0] == 599
    assert len(numbers) == len(set(numbers)) > 100


def test_the_best_comes_first(store: Store) -> None:
    store.add(
        [
            said("offer " * 3 + "and price: the offer price, the price offer"),
            said("offer price"),
            said("the offer that we spoke of when we met in the spring was, as for its price, not so good"),
        ]
    )
    assert [hit.entry.number for hit in answered(store, "offer price").hits] == [3, 2, 1]
    best = answered(store, "offer price", best=True, limit=2)
    assert [hit.entry.number for hit in best.hits] == [2, 1]
    assert best.compared is None


def test_how_many_were_compared_is_told(store: Store) -> None:
    store.add([said(f"word {n}") for n in range(1001)])
    best = answered(store, "word", best=True, limit=1)
    assert best.told() == ["These are the best of the newest 1000 that match."]


def test_what_takes_long_is_stopped_and_what_was_found_is_told(store: Store) -> None:
    store.add([said("wanted"), *(said("one two") for _ in range(5000)), said("two one, wanted")])
    slow = '"two one"'
    answer = answered(store, slow, seconds=0.0)
    assert answer.stopped
    assert "took too long" in answer.told()[0]
    assert not answered(store, slow, seconds=60.0).stopped


def test_a_mistake_is_the_askers(store: Store) -> None:
    store.add([said("x", BOB.__class__(id=f"ann{n}", name=f"Ann {n}")) for n in range(101)])
    with pytest.raises(QueryError, match="More than 100 names go with from:ann: write more of it"):
        answered(store, "from:ann")


_SIGNS = "ab字漢汉ーカかß é👍-\"'*:\ue000"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.text(st.sampled_from(_SIGNS), max_size=8), min_size=1, max_size=6), st.data())
def test_the_index_misses_nothing(store: Store, texts: list[str], data: st.DataObject) -> None:
    """Whatever part of a text somebody looks for, what is found is what a look into every text finds."""
    store.add([said(text) for text in texts])
    part = data.draw(st.sampled_from(texts))
    start = data.draw(st.integers(0, len(part)))
    typed = part[start : start + data.draw(st.integers(1, 4))].replace('"', " ")
    if (phrase := Phrase.of(typed)) is None:
        return
    with store.reader() as reader:
        entries = list(reader.entries(newest_first=True))
    alike = [one.number for one in entries if one.words and phrase.needle in padded(one.words.text)]
    assert [hit.entry.number for hit in answered(store, f'"{typed}"', limit=10_000).hits] == alike
