"""The store beside a plain list, whatever is done in whatever order."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.archive.entries import EntryKind
from bridge.archive.store import State, Store
from bridge.archive.store.walk import walk
from bridge.clock import SYSTEM

from .said import about, message


class _Kept:
    """What the plain list has of an entry."""

    def __init__(self, conversation: str, position: int, text: str, target: int = 0) -> None:
        self.conversation, self.position, self.text, self.target = conversation, position, text, target
        self.state = State.FULL


class Archive(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "archive.sqlite3"
        self.store = Store(self.file, SYSTEM)
        self.kept: list[_Kept] = []
        self.ends: Counter[str] = Counter()
        self.start: Counter[str] = Counter()
        self.seq = 0

    def _note(self, conversation: str, text: str, target: int = 0) -> None:
        self.ends[conversation] += 1
        self.kept.append(_Kept(conversation, self.ends[conversation], text, target))

    @rule(count=st.sampled_from([1, 2, 60, 255, 300]), conversation=st.sampled_from("ab"))
    def say(self, count: int, conversation: str) -> None:
        first = len(self.kept) + 1
        new = [message(n, f"word{n}", conversation) for n in range(first, first + count)]
        self.seq += 1
        assert self.store.add(new, ("j", self.seq)) == range(first, first + count)
        for number in range(first, first + count):
            self._note(conversation, f"word{number}")

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), kind=st.sampled_from([EntryKind.EDIT, EntryKind.REMOVAL, EntryKind.REACTION]))
    def be_about(self, data: st.DataObject, kind: EntryKind) -> None:
        number = data.draw(st.integers(1, len(self.kept)))
        of = self.kept[number - 1]
        self.store.add([about(kind, f"m{number}", f"again{number}", of.conversation)])
        found = of.state < State.BARE and of.text.startswith("word")
        self._note(of.conversation, f"again{number}", number if found else 0)
        if kind is EntryKind.EDIT:
            self.kept[-1].text += " edit"
        if found and kind is EntryKind.REMOVAL:
            for one in self.kept:
                if one is of or (one.target == number and one.text.endswith("edit")):
                    one.state = max(one.state, State.WORDLESS)

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), whole=st.booleans())
    def take(self, data: st.DataObject, whole: bool) -> None:
        numbers = data.draw(st.sets(st.integers(1, len(self.kept) + 1), max_size=6))
        to = State.BARE if whole else State.WORDLESS
        harmed = [self.kept[n - 1] for n in sorted(numbers) if n <= len(self.kept)]
        harmed = [one for one in harmed if one.state < to]
        taking = self.store.take_whole if whole else self.store.take_words
        assert taking(numbers, "why") == len(harmed)
        for one in harmed:
            one.state = to
        for conversation in dict.fromkeys(one.conversation for one in harmed):
            places = sorted(one.position for one in harmed if one.conversation == conversation)
            self._note(conversation, f"erased {places[0]}")

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def cut(self, data: st.DataObject) -> None:
        conversation = data.draw(st.sampled_from(sorted(self.ends)))
        position = data.draw(st.integers(0, self.ends[conversation]))
        self.store.cut(conversation, position)
        self.start[conversation] = max(self.start[conversation], position)
        for one in self.kept:
            if one.conversation == conversation and one.position <= position:
                one.state = State.GONE

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = Store(self.file, SYSTEM)

    @rule()
    def scrub(self) -> None:
        while self.store.scrub():
            pass

    @invariant()
    def is_alike(self) -> None:
        with self.store.reader() as reader:
            for conversation in (None, "a"):
                found = [
                    (e.number, e.conversation, e.position, e.state) for e in reader.entries(conversation)
                ]
                expected = [
                    (number, one.conversation, one.position, one.state)
                    for number, one in enumerate(self.kept, 1)
                    if one.state < State.GONE and conversation in (None, one.conversation)
                ]
                assert found == expected
            assert {one.name: (one.start, one.position) for one in reader.conversations()} == {
                name: (self.start[name], end) for name, end in self.ends.items()
            }
            for number, one in list(enumerate(self.kept, 1))[-3:]:
                entry = reader.entry(number)
                if one.state is State.GONE:
                    assert entry is None
                    continue
                assert entry == reader.at(one.conversation, one.position)
                assert (list(reader.matching(one.text.split()[0], limit=9999)) == []) is (
                    one.state is not State.FULL or one.text.startswith("erased")
                ) or one.text.startswith("again")
            assert reader.cursor("j") == (self.seq or None)

    def teardown(self) -> None:
        self.store.close()
        assert walk(self.file).flaws == ()
        self.folder.cleanup()


TestArchive = Archive.TestCase
TestArchive.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
