"""Whatever people do, nobody is told anything who did not confirm it, or wants nothing more."""

import asyncio
import re
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.announce.store import ListsFile, lists_file
from bridge.config.announce import AnnounceRules
from bridge.journal.memory import MemoryJournal
from bridge.model import Change, MemberChanged, Whisper
from bridge.testing import HandClock
from tests.bridge.announce.audience import NOON, RULES, Audience
from tests.bridge.announce.conftest import whispering
from tests.bridge.world import config, running

PEOPLE = ["carol", "dave", "erin"]
STOPS = ["STOP", "!stop", "!unsubscribe", "!unsubscribe news", "退订", "！退订", "!unsubscribe nwes"]
_CODE = re.compile(r"!confirm (\d{6})")

who = st.sampled_from(PEOPLE)
steps = st.one_of(
    st.tuples(st.just("subscribe"), who, st.booleans()),
    st.tuples(st.just("confirm"), who, who, st.booleans()),
    st.tuples(st.just("confirm"), who, who, st.booleans()),
    st.tuples(st.just("stop"), who, st.sampled_from(STOPS), st.booleans()),
    st.tuples(st.just("rename"), who),
    st.tuples(st.just("announce"), st.sampled_from(["ann", "ann", "bob", "dave"])),
    st.tuples(st.just("announce"), st.sampled_from(["ann", "ann", "bob", "dave"])),
    st.tuples(st.just("approve"), st.sampled_from(["ann", "bob", "dave"])),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 400.0, 90_000.0])),
    st.tuples(st.just("mute"), who),
    st.tuples(st.just("a full disk"), who, st.sampled_from(STOPS)),
    st.just(("restart",)),
)


class Script:
    """What people do, and by it who may be told anything."""

    def __init__(self, network, clock):
        self.network, self.audience, self.clock = network, Audience(network), clock
        self.names = {one: one for one in PEOPLE}
        """What each is called now."""
        self.codes = {}
        """The newest code that each was shown, and when."""
        self.wants = {}
        """Who confirmed, and since which of all whispers."""
        self.seen = 0
        self.told = 0

    def whispers(self):
        return [hint for hint in self.network.hints if isinstance(hint, Whisper)]

    def look(self):
        """Whoever was told an announcement wanted that at that moment."""
        for whisper in self.whispers()[self.seen :]:
            name = whisper.user.partition("!")[0]
            one = next((one for one, now in self.names.items() if now == name), name)
            if found := _CODE.search(whisper.text):
                self.codes[one] = (found[1], self.clock.now())
            if whisper.text.startswith("something "):
                assert one in self.wants, (one, whisper.text)
                self.told += 1
        self.seen = len(self.whispers())

    def say(self, one, text, alone):
        if alone:
            self.audience.alone(self.network, self.names[one], text)
        else:
            self.network.say("lobby", self.names[one], text)

    def do(self, number, bridge, step):
        match step:
            case "subscribe", one, alone:
                self.say(one, "!subscribe news", alone)
            case "confirm", one, other, alone:
                code, at = self.codes.get(other, ("123456", 0.0))
                if one == other and alone and self.clock.now() - at <= 86_400.0:
                    self.wants[one] = True
                self.say(one, f"!confirm {code}", alone)
            case "stop", one, text, alone:
                self.say(one, text, alone)
                self.look()
                self.wants.pop(one, None)
                self.codes.pop(one, None)
            case "a full disk", one, text:
                with full(bridge):
                    self.say(one, text, alone=True)
                self.look()
                self.wants.pop(one, None)
                self.codes.pop(one, None)
            case "rename", one:
                before, self.names[one] = self.names[one], f"{one}{number}"
                sender = self.audience.sender
                self.network.announce(
                    MemberChanged(
                        room="lobby", sender=sender(before), change=Change.RENAMED,
                        name=self.names[one], id=sender(self.names[one]).id,
                    )
                )  # fmt: skip
            case "announce", one:
                self.network.say("desk", one, f"!announce something {number}")
            case "approve", one:
                codes = re.findall(r"!approve (\d{6})", " ".join(hint.text for hint in self.whispers()))
                self.network.say("desk", one, f"!approve {codes[-1] if codes else '123456'}")
            case "wait", seconds:
                self.clock.move(seconds)
            case "mute", one:
                user = self.audience.sender(self.names[one]).id
                bridge._router.muted.follow([("lobby", "irc", user)])


@contextmanager
def full(bridge):
    """The file of lists cannot be written meanwhile."""
    base = bridge.features.lists._parts._file._base
    base.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        base.execute("PRAGMA query_only = OFF")


async def relay(script):
    network, clock = whispering("irc"), HandClock(NOON)
    whispering("jabber")
    played = Script(network, clock)
    with tempfile.TemporaryDirectory() as folder:
        made = config(Path(folder), {"news": ["irc desk"], "lobby": ["irc lobby", "jabber lobby"]})
        rules = AnnounceRules(**RULES | {"approve_above": 1, "a_day": 100, "to_one": 100})
        news = replace(made.conversations["news"], announce=rules)
        made = replace(made, conversations={**made.conversations, "news": news})
        kept, left = {}, list(script)
        while left is not None:
            async with running(
                made, journal=lambda named, clock: kept.setdefault("", MemoryJournal(clock)), clock=clock
            ) as bridge:
                left = await play(left, bridge, played)
        file = ListsFile(lists_file(made.journal), read_only=True)
        twice = file.rows("SELECT announcement, count(*) FROM told WHERE state = 'told' GROUP BY 1")
        file.close()
        assert sum(count for _, count in twice) == played.told
    return played.told


async def answered(bridge):
    """All that was asked is answered."""
    (instructions,) = bridge.features.observers
    async with asyncio.timeout(10):
        while instructions._answering or any(one.behind for one in bridge.observers()):
            await asyncio.sleep(0)


async def play(script, bridge, played):
    for instructions in bridge.features.observers:
        instructions.patience = 0.0
    for number, step in enumerate(script):
        if step[0] == "restart":
            return script[number + 1 :]
        played.do(number, bridge, step)
        await played.network.settled()
        await answered(bridge)
        played.look()
        await bridge.patrol()
        played.look()
    return None


def test_only_those_are_told_who_want_it():
    told = 0

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(steps, min_size=15, max_size=40))
    def check(script):
        nonlocal told
        begun = [("subscribe", "carol", True), ("confirm", "carol", "carol", True), ("announce", "ann")]
        told += asyncio.run(relay([*begun, *script]))

    check()
    assert told > 10  # each example has something to be seen
