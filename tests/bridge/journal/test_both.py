"""Whatever is done to a journal, the one in memory answers as the one on disk does."""

import itertools
import math
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.adapter import Position
from bridge.journal import Gap, Oldest, Progress, Standing
from bridge.journal.memory import MemoryJournal
from bridge.journal.sqlite import SqliteJournal
from bridge.model import (
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    TopicChanged,
    UserId,
    plain,
)

ROOMS = [("left", "one"), ("left", "two"), ("right", "three")]
NUMBERS = [1, 2, 3]
LONG_AGO = 100.0
TIMES = (0.0, 2 * LONG_AGO, 9e15)
rooms = st.sampled_from(NUMBERS)
backs = st.integers(1, 6)
people = st.sampled_from(["ann", "bob", ""])


class Both(RuleBasedStateMachine):
    """The same is done to both, and asked of both."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.counter = itertools.count(1)
        self.events = []
        """What was taken: its room, and itself."""
        self.names = [MessageId("a1"), MessageId("a2"), MessageId("t1")]
        self.journals = [SqliteJournal(self.folder / "j.sqlite3"), MemoryJournal()]
        for network, room in ROOMS:
            self.same(lambda journal, network=network, room=room: journal.number(network, RoomId(room)))

    def same(self, ask):
        """What both answer, which is the same."""
        on_disk, in_memory = [ask(journal) for journal in self.journals]
        assert on_disk == in_memory
        return on_disk

    def each(self, do):
        for journal in self.journals:
            do(journal)

    def named(self, prefix):
        self.names.append(MessageId(f"{prefix}{next(self.counter)}"))
        return self.names[-1]

    def happens(self, kind, room, who, heard, **fields):
        sender = Sender(UserId(who), f"{who}!")
        event = kind(id=self.named("m"), room=RoomId(ROOMS[room - 1][1]), sender=sender, **fields)
        self.events.append((room, event, tuple(number for number in heard if number != room)))
        self.each(lambda journal: journal.take(*self.events[-1]))

    def target(self, back):
        return self.names[-min(back, len(self.names))]

    # What is taken

    @rule(
        room=rooms,
        who=people,
        heard=st.sets(rooms),
        alias=st.sampled_from(["", "a1", "a2"]),
        thread=st.sampled_from([None, "t1"]),
        old=st.booleans(),
    )
    def say(self, room, who, heard, alias, thread, old):
        fields = {"aliases": (MessageId(alias),)} if alias else {}
        past = {"at": LONG_AGO, "replayed": True} if old else {}
        self.happens(MessageCreated, room, who, heard, content=plain("x"), thread=thread, **fields, **past)

    @rule(room=rooms, who=people, heard=st.sets(rooms), back=backs)
    def edit(self, room, who, heard, back):
        text = plain(f"y{next(self.counter)}")
        self.happens(MessageEdited, room, who, heard, target=self.target(back), content=text)

    @rule(
        room=rooms,
        who=people,
        back=backs,
        emojis=st.none() | st.lists(st.sampled_from("ABC"), max_size=2, unique=True),
        added=st.sampled_from([(), ("A",), ("D", "B")]),
        removed=st.sampled_from([(), ("A",), ("B",)]),
    )
    def react(self, room, who, back, emojis, added, removed):
        whole = {"emojis": tuple(emojis)} if emojis is not None else {"added": added, "removed": removed}
        self.happens(ReactionsChanged, room, who, NUMBERS, target=self.target(back), **whole)

    @rule(room=rooms, who=people, back=backs, by_moderator=st.booleans())
    def remove(self, room, who, back, by_moderator):
        self.happens(Removed, room, who, NUMBERS, target=self.target(back), by_moderator=by_moderator)

    @rule(room=rooms, who=people)
    def set_topic(self, room, who):
        self.happens(TopicChanged, room, who, NUMBERS, topic="t")

    @rule(back=backs)
    def hear_again(self, back):
        if self.events:
            self.each(lambda journal: journal.take(*self.events[-min(back, len(self.events))]))

    @rule(token=st.sampled_from("xyz"), scope=st.sampled_from(["", "one", "two"]))
    def reach(self, token, scope):
        self.each(lambda journal: journal.reach("left", Position(token, scope)))

    # What becomes of it

    @rule()
    def commit(self):
        self.same(lambda journal: [taken[:4] for taken in journal.commit()])

    @rule(
        room=rooms,
        skipped=st.integers(0, 3),
        what=st.sampled_from(["deliver", "deliver", "give_up", "skip", "repeat"]),
        then=st.none() | st.builds(Progress, st.integers(1, 9)) | st.just(Progress(files=0b11)),
        nameless=st.booleans(),
    )
    def settle(self, room, skipped, what, then, nameless):
        self.commit()
        part = None if nameless else Part(self.named("c"), (self.named("c"),))
        rest = {"deliver": (part, then), "give_up": ("no room",)}.get(what, ())

        def do(journal):
            for delivery in journal.owed(room)[skipped : skipped + 1]:
                getattr(journal, what)(delivery, *rest)

        self.each(do)

    @rule(room=rooms, keep=st.integers(0, 3), before=st.sampled_from([math.inf, 2 * LONG_AGO]))
    def bury(self, room, keep, before):
        self.same(lambda journal: journal.bury(room, "too many", Oldest(keep, before)))

    @rule(room=rooms, seq=st.integers(1, 20))
    def revive(self, room, seq):
        if self.journals[0].event(seq) is not None:
            self.same(lambda journal: journal.revive([(room, seq)]))

    @rule(seq=st.integers(1, 20))
    def erase(self, seq):
        self.each(lambda journal: journal.erase(seq))

    @rule(texts=st.sampled_from(TIMES), names=st.sampled_from(TIMES))
    def prune(self, texts, names):
        times = {"text_before": texts, "names_before": min(texts, names)}
        for journal in self.journals:  # after a restart one looks again at what it has pruned before
            while journal.prune(**times):
                pass

    @rule(room=rooms, heard=st.none() | st.floats(1, 9), doubt=st.booleans(), times=st.integers(0, 2))
    def stand(self, room, heard, doubt, times):
        self.each(lambda journal: journal.stand(room, Standing(heard, open=doubt)))
        self.each(lambda journal: journal.keep_gap(room, Gap(times, 5.0)))

    @rule(mapped=st.sets(st.sampled_from(ROOMS)))
    def forget_rooms(self, mapped):
        self.each(lambda journal: journal.forget_rooms(mapped))

    @rule(name=st.sampled_from(["archive", "desk"]), seq=st.integers(0, 20))
    def observe(self, name, seq):
        self.each(lambda journal: journal.move_cursor(name, seq))

    @rule()
    def restart(self):
        """Of the one that can: what it has in mind is gone then."""
        self.say(1, "ann", (), "", None, old=False)  # else the last numbers are given again there
        self.commit()
        self.journals[0].close()
        self.journals[0] = SqliteJournal(self.folder / "j.sqlite3")

    # What must hold

    @invariant()
    def they_answer_alike(self):
        self.commit()
        for ask in (self.of_rooms, self.of_names, self.of_events, self.of_people):
            self.same(ask)

    def of_rooms(self, journal):
        owed = [
            [
                (owed.seq, owed.source, owed.event, owed.progress, owed.again, bool(owed.revived))
                for owed in journal.owed(room)
            ]
            for room in NUMBERS
        ]
        return (
            owed,
            [[journal.is_withdrawn(room, seq) for seq, *_ in owed[room - 1]] for room in NUMBERS],
            [(journal.newest(room), journal.standing(room), journal.room(room)) for room in (*NUMBERS, 9)],
            [journal.position("left", scope) for scope in ("", "one", "two")],
            (journal.untold(), journal.rooms_owed(), journal.waiting),
            [journal.cursor(name) for name in ("archive", "desk")],
        )

    def of_names(self, journal):
        return [
            (journal.origin(room, name), journal.about(room, name)) for room in NUMBERS for name in self.names
        ]

    def of_events(self, journal):
        last = journal.latest()
        return [
            (
                [(*seen[:3], seen.event) for seen in journal.events(seq - 1, 2)],
                (journal.event(seq), journal.sender(seq), journal.taken_in(seq), journal.is_owed(seq)),
                [journal.words(seq, before) for before in (seq + 2, last + 1)],
                [journal.is_by(seq, source, event) for source, event, _ in self.events[-3:]],
                [
                    (
                        journal.reactions(seq, room),
                        journal.is_removed(room, seq),
                        [self.known(journal, seq, room, part) for part in journal.parts(seq, room)],
                        len(journal.parts(seq, room, files=False)),
                    )
                    for room in NUMBERS
                ],
            )
            for seq in range(1, last + 1)
        ]

    def known(self, journal, seq, room, part):
        """A part by its names; not by those that somebody else had before."""
        return part.id, {name for name in part.aliases if journal.origin(room, name) == seq}

    def of_people(self, journal):
        return [
            (
                journal.speakers(room),
                journal.lately(room, others, 3),
                journal.voices((room, *others), LONG_AGO / 2),
                journal.voices((room,), 2 * LONG_AGO),
            )
            for room, others in ((1, (2, 3)), (2, ()), (3, (1,)))
        ]

    def teardown(self):
        self.each(lambda journal: journal.close())
        shutil.rmtree(self.folder)


TestBoth = Both.TestCase
TestBoth.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
