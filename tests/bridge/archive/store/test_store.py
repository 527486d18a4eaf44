"""What is filed is there, once and in order, whoever looks for it and however."""

import os
import stat
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from bridge.archive.chain import first_link, header_commitment, leaf_of, link_of, words_commitment
from bridge.archive.entries import EntryKind
from bridge.archive.store import Head, NewEntry, Reader, Round, ScopeKind, State, Store
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError

from .said import about, copied, message


def _texts(store: Store, *args, **more) -> list[str]:
    with store.reader() as reader:
        return [entry.words.text if entry.words else "" for entry in reader.entries(*args, **more)]


@pytest.mark.parametrize("batch", [1, 100, 700])
def test_entries_come_back_in_order_from_both_ends(store: Store, batch: int) -> None:
    for start in range(1, 701, batch):
        assert store.add(message(n) for n in range(start, start + batch)) == range(start, start + batch)
    said = [f"text {number}" for number in range(1, 701)]
    assert _texts(store) == said
    assert _texts(store, newest_first=True) == said[::-1]
    assert _texts(store, after=255, before=514) == said[255:513]
    assert _texts(store, since=1100.0, until=1200.0) == said[99:199]
    assert _texts(store, since=1690.0, newest_first=True) == said[689:][::-1]
    assert _texts(store, "elsewhere") == []


def test_conversations_have_chains_of_their_own(store: Store) -> None:
    store.add(message(n, conversation="ab"[n % 2]) for n in range(1, 601))
    with store.reader() as reader:
        b, a = reader.conversations()
        assert (a.name, a.count, a.first_at, a.last_at) == ("a", 300, 1002.0, 1600.0)
        assert (b.name, b.count, b.first_at, b.last_at) == ("b", 300, 1001.0, 1599.0)
        assert a.chain != b.chain
        entry = reader.at("a", 7)
        assert entry is not None
        assert (entry.number, entry.position, entry.words and entry.words.text) == (14, 7, "text 14")
        assert [one.position for one in reader.around(14, 2, 3)] == [5, 6, 7, 8, 9, 10]
        assert [one.position for one in reader.around(600, 1, 3)] == [299, 300]
        assert reader.at("a", 301) is None
        assert {entry.conversation for entry in reader.entries("a")} == {"a"}


def test_each_chain_follows_from_what_the_reader_gives(store: Store) -> None:
    store.add(message(n, conversation="ab"[n % 2]) for n in range(1, 601))
    store.take_words([3, 300, 599], "wish")
    store.take_whole([4, 301, 598], "law")
    with store.reader() as reader:
        for info in reader.conversations():
            link = first_link(info.chain)
            rows = list(reader.links(info.name, 1, info.position))
            assert len(rows) == 302, "and what tells of the erasures"
            for row in rows:
                header = header_commitment(row.header_salt, row.header)
                words = row.words_commitment or words_commitment(row.words_salt, row.words)
                link = link_of(link, row.leaf or leaf_of(row.position, header, words))
                assert link.startswith(row.check)
            assert link == info.link


def test_the_journal_was_read_up_to_where_entries_say(store: Store, file: Path) -> None:
    assert store.cursor("j") is None
    assert store.last_cursor() is None
    store.add([message(1)], ("j", 5))
    store.add([], ("k", 9))
    store.close()
    again = Store(file, SYSTEM)
    assert (again.cursor("j"), again.last_cursor()) == (5, ("k", 9))
    with again.reader() as reader:
        assert reader.cursor("k") == 9
    again.close()


def test_nothing_of_a_batch_is_filed_that_fails(store: Store) -> None:
    store.add([message(1)])

    def fails():
        yield from (message(number) for number in range(2, 300))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.add(fails(), ("j", 1))
    assert _texts(store) == ["text 1"]
    assert store.cursor("j") is None
    assert store.add([message(2)]) == range(2, 3)
    assert _texts(store) == ["text 1", "text 2"]


@pytest.mark.parametrize("between", [0, 300])
def test_what_is_about_a_message_finds_it_by_any_name(store: Store, between: int, file: Path) -> None:
    store.add([message(1, aliases=("other",)), copied("m1", "copy1")])
    store.add(message(n) for n in range(2, between + 2))
    store.close()
    store = Store(file, SYSTEM)
    for target, more in (
        ("m1", {}),
        ("other", {}),
        ("copy1", {"network": "two", "room": "room2"}),
        ("copy1", {}),
    ):
        store.add([about(EntryKind.EDIT, target, f"as {target}", id=f"e{target}", **more)])
    store.add([about(EntryKind.REACTION, "em1")])
    with store.reader() as reader:
        first = reader.entry(1)
        assert first is not None
        versions = [(one.header.kind, one.header.about) for one in reader.versions(first) if one.header]
        assert [kind for kind, _ in versions] == ["copy", "edit", "edit", "edit", "reaction"]
        assert {place for _, place in versions} == {1}
        assert [one.position for one in reader.by_seq(1)] == [1]
        copy = reader.named("talk", "two", "room2", "copy1")
        assert copy is not None
        assert copy.header is not None
        assert (copy.header.kind, copy.header.about) == ("copy", 1)
        assert reader.named("talk", "two", "room2", "m1") is None
    store.close()


def test_what_is_removed_has_no_words_any_more(store: Store) -> None:
    store.add([message(1, "secret"), about(EntryKind.EDIT, "m1", "secret too"), message(2, "open")])
    store.add([about(EntryKind.REMOVAL, "m1")])
    assert _texts(store) == ["", "", "open", ""]
    with store.reader() as reader:
        assert [entry.state for entry in reader.entries()] == [State.WORDLESS] * 2 + [State.FULL] * 2
        assert list(reader.matching("secret", limit=9)) == []
        assert list(reader.matching("open", limit=9)) == [3]


def test_what_is_held_keeps_its_words(store: Store) -> None:
    store.add([message(1, "secret"), message(2, "secret")])
    store.spared = lambda numbers: [number for number in numbers if number == 1]
    store.add([about(EntryKind.REMOVAL, "m1"), about(EntryKind.REMOVAL, "m2")])
    assert _texts(store)[:2] == ["secret", ""]


def test_a_beginning_can_be_cut_off(store: Store) -> None:
    store.add(message(n, conversation="ab"[n % 2]) for n in range(1, 1201))
    store.cut("a", 290)
    with store.reader() as reader:
        info = reader.conversation("a")
        assert info is not None
        assert (info.start, info.count, info.first_at) == (290, 310, 1582.0)
        assert [one.position for one in reader.entries("a")] == list(range(291, 601))
        assert len(list(reader.entries("b"))) == 600
        assert reader.entry(580) is None
        assert list(reader.matching("580", limit=1)) == []
        (row,) = reader.links("a", 1, 291)
        leaf = leaf_of(
            291, header_commitment(row.header_salt, row.header), words_commitment(row.words_salt, row.words)
        )
        assert link_of(info.start_link, leaf).startswith(row.check)
    with pytest.raises(ArchiveError, match="ends at 600"):
        store.cut("a", 601)


def test_what_was_altered_is_not_cut_off(store: Store) -> None:
    store.add(message(n) for n in range(1, 280))
    store._database.execute("UPDATE tail SET words = zeroblob(3) WHERE number = 270")
    store.cut("talk", 260)
    with pytest.raises(ArchiveError, match="entry 270 is not as it was"):
        store.cut("talk", 275)
    store._database.execute("DELETE FROM tail WHERE number = 262")
    with pytest.raises(ArchiveError, match="entry 262 is not as it was"):
        store.cut("talk", 265)
    with store.reader() as reader:
        assert reader.entry(261) is not None


def test_numbers_are_never_given_again(store: Store) -> None:
    store.add(message(n) for n in range(1, 257))
    store.cut("talk", 256)
    assert store.add([message(257)]) == range(257, 258)
    with store.reader() as reader:
        assert [(one.number, one.position) for one in reader.entries()] == [(257, 257)]


def test_who_and_where_is_known_by_number(store: Store) -> None:
    store.add([message(1), message(2, by=None, room="#other")])
    with store.reader() as reader:
        assert [(one.network, one.id) for one in reader.subjects(ScopeKind.ROOM)] == [
            ("one", "#room"),
            ("one", "#other"),
        ]
        (anna,) = reader.subjects(ScopeKind.PERSON)
        assert (anna.id, anna.names) == ("anna!a@host", ("Anna",))
        assert list(reader.matching(f'"\ue002{anna.number}"', limit=9)) == [1]
    store.take_whole([1], "wish")
    store.forget(ScopeKind.PERSON, "one", "anna!a@host")
    with store.reader() as reader:
        assert list(reader.subjects(ScopeKind.PERSON)) == []
        assert list(reader.matching(f'"\ue002{anna.number}"', limit=9)) == []


def test_features_keep_what_they_want(store: Store) -> None:
    store.put_note("tag", "b", b"2")
    store.put_note("tag", "a", b"1")
    store.put_note("hold", "a", b"3")
    assert (store.note("tag", "a"), store.note("tag", "c")) == (b"1", None)
    store.put_note("tag", "a", None)
    with store.reader() as reader:
        assert reader.notes("tag") == store.notes("tag") == {"b": b"2"}
        assert reader.note("hold", "a") == b"3"


def test_rounds_are_kept_and_get_their_stamp_later(store: Store) -> None:
    one = Round(1, 5.0, b"body", b"signature")
    store.put_round(one, [Head(2, 3, b"link"), Head(1, 9, b"other")])
    store.put_round(one._replace(stamp=b"stamp", witness="a room"))
    store.put_round(Round(2, 6.0, b"", b""))
    with store.reader() as reader:
        assert reader.rounds(last=1) == [Round(1, 5.0, b"body", b"signature", b"stamp", "a room")]
        assert reader.heads(1) == [Head(1, 9, b"other"), Head(2, 3, b"link")]
        assert [known.number for known in reader.rounds()] == [1, 2]


def test_a_long_question_is_stopped(store: Store) -> None:
    store.add([message(n, "same words") for n in range(1, 3000)])
    with (
        store.reader() as reader,
        pytest.raises(ArchiveError, match="longer than it may"),
        reader.stop_after(0.0),
    ):
        list(reader.matching("same words", limit=3000))
    with store.reader() as reader, reader.stop_after(60.0):
        assert len(list(reader.matching("same words", limit=3000))) == 2999


def test_also_the_full_text_index_is_stopped(store: Store) -> None:
    """It makes a list of all that begins so before it gives the first one."""
    store.add([message(n, " ".join(f"word{n}x{m}" for m in range(40))) for n in range(1, 2500)])
    with store.reader() as reader, reader.stop_after(60.0):
        assert len(list(reader.matching('"wo" *', limit=9))) == 9
    with (
        store.reader() as reader,
        pytest.raises(ArchiveError, match="longer than it may"),
        reader.stop_after(0.001),
    ):
        list(chain.from_iterable(reader.matching('"wo" *', limit=9) for _ in range(10_000)))


@pytest.mark.parametrize("count", [5, 300, 700])
def test_a_time_is_a_stretch_of_numbers(store: Store, count: int) -> None:
    store.add([message(n) for n in range(1, count + 1)])
    store.add([message(9000, "of yesterday", at=500.0)])
    with store.reader() as reader:
        for since, until in ((1003.0, 1005.0), (500.0, 501.0), (None, 1002.0), (1004.0, None), (1e9, None)):
            after, before = reader.between(since, until)
            found = {one.number for one in reader.entries(since=since, until=until)}
            assert found <= set(range(after + 1, before))
        assert reader.between(1e9, None) == (0, 0)


def test_nobody_else_may_read_or_write_it(store: Store, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code = (
        "import sys; from pathlib import Path; from bridge.archive.store import Store\n"
        "from bridge.clock import SYSTEM\n"
        "try: Store(Path(sys.argv[1]), SYSTEM)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("ArchiveError")
    assert f"in use by another Hubbub (process {os.getpid()})" in said.stdout


def test_a_reader_needs_an_archive(file: Path) -> None:
    with pytest.raises(ArchiveError, match="there is no archive yet"):
        Reader(file)
    file.touch()
    with pytest.raises(ArchiveError, match="nothing in it yet"):
        Reader(file)


def test_numbers_of_others_stay_when_a_conversation_is_named_anew(store: Store) -> None:
    store.add([message(1), NewEntry("new", *message(2)[1:])])
    with store.reader() as reader:
        assert [(one.name, one.position) for one in reader.conversations()] == [("talk", 1), ("new", 1)]
