"""Whatever happens, in whatever order: what was taken arrives, once, in order, or is given up in the open."""

import asyncio
import itertools
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge import app, supervisor
from bridge.config import Media
from bridge.errors import AdapterError, RateLimited, Rejected, RoomUnavailable, TemporaryFailure
from bridge.model import (
    Authorship,
    Content,
    EditMessage,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    RoomState,
    RoomStateChanged,
    SetReactions,
    Span,
    Support,
    plain,
)
from bridge.relay import retry
from bridge.testing import ScriptedNetwork
from tests.bridge.relay.shelf import Shelf
from tests.bridge.world import config, killed, opened

SIDES = ("left", "right")
ROOMS = {"left": "one", "right": "two"}
MAP = {"lobby": ["left one", "right two"], "again": ["right two", "left one"]}
OTHER = {"left": "right", "right": "left"}
TROUBLES = (
    "drop",
    "down",
    "withhold",
    "slow",
    "kick",
    "late",
    RateLimited("slowly", 0.001),
    RoomUnavailable("not now", 0.001),
    TemporaryFailure("try again"),
    Rejected("never"),
)
WORDS = re.compile(
    r"(?:\[again\?\] )?(?:\[\d\d:\d\d UTC\] )?(?:\[again\?\] )?"
    r"(?:<ann(?: \(\w+\))?> |(?=(?:\[edited\] )?\*?m\d))(\[edited\] )?\*?(\S+)"
)
"""What ann says: the bridge for her, or she herself. With a star it corrects."""


class Relay(RuleBasedStateMachine):
    """Two networks that do what networks do, and a bridge that is killed and started anew between them."""

    exact = True
    """Whether the networks can be asked what they have."""

    def __init__(self):
        super().__init__()
        self.loop = None
        """None: nothing has begun, and nothing need be closed."""
        self.numbers = itertools.count(1)
        self.said = {side: [] for side in SIDES}
        """What people said, in order: the message, and its texts, the latest last."""
        self.reactions = {}
        """By message: the name and the emojis of each that it got, the latest last."""
        self.gone = set()
        """What was removed."""
        self.lossy = set()
        """What was said while nobody who forgets could hear it."""
        self.bridge = None
        self.task = None

    @initialize(
        window=st.integers(1, 4),
        captions=st.booleans(),
        wait=st.sampled_from([0.0, 0.003, 1.0]),
        how=st.sampled_from(Authorship),
        alone=st.booleans(),
    )
    def start_up(self, window, captions, wait, how, alone):
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.quick = pytest.MonkeyPatch()
        self.quick.setattr(retry, "_REFUSED", 0.001)
        self.quick.setattr(retry, "_LONGEST_PAUSE", 0.005)
        self.quick.setattr(supervisor, "_FIRST", 0.002)
        self.quick.setattr(supervisor, "_LONGEST", 0.01)
        self.networks = {side: ScriptedNetwork(side) for side in SIDES}
        for network in self.networks.values():
            network.remembers = self.exact
            network.capabilities = replace(
                network.capabilities,
                window=window,
                file=Support.FULL,
                captions=captions,
                authorship=how,
                own_connection=alone and how is Authorship.PUPPET,
            )
        self.shelf = Shelf()
        self.run(self.shelf.open())
        media = Media(folder=self.folder / "files", hosts=("127.0.0.1:*",), wait=wait)
        self.config = config(self.folder, MAP, media=media)
        self.run(self.begin())
        self.run(self.connected())  # a first visit begins at now

    async def connected(self):
        while not all(network.connected for network in self.networks.values()):
            await asyncio.sleep(0)

    def run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    async def begin(self):
        self.bridge = app.Bridge(self.config)
        self.task = asyncio.ensure_future(self.bridge.run())
        await self.spin(30)

    async def spin(self, turns):
        for _ in range(turns):
            await asyncio.sleep(0)

    async def end(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.bridge = None

    # -- people

    @rule(side=st.sampled_from(SIDES), count=st.integers(1, 6), files=st.integers(0, 6))
    def say(self, side, count, files=0):
        """Of so many messages, so many with a file."""
        network = self.networks[side]
        events = []
        for left in range(count, 0, -1):
            text = f"m{next(self.numbers)}"
            names = [f"{text}.{n}" for n in range(1 + (left == 1)) if left <= files]
            content = Content((Span(text),), tuple(map(self.shelf.put, names)))
            event = network.saying(ROOMS[side], "ann", content)
            self.said[side].append([event, event.content.text])
            events.append(event)
        if not network.connected and not self.exact:
            self.lossy.update(event.content.text for event in events)
        self.run(self.happen(network, *events))

    async def happen(self, network, *events):
        network.happen(*events)
        await self.spin(5)

    @rule(side=st.sampled_from(SIDES), back=st.integers(1, 5))
    def edit(self, side, back):
        if len(self.said[side]) < back or (not self.exact and not self.networks[side].connected):
            return
        entry_ = self.said[side][-back]
        event = entry_[0]
        if event.content.text in self.gone | self.lossy:
            return
        text = f"m{next(self.numbers)}"
        entry_.append(text)
        changed = MessageEdited(
            id=MessageId(f"e-{text}"),
            room=event.room,
            sender=event.sender,
            target=event.id,
            content=plain(text),
        )
        self.run(self.happen(self.networks[side], changed))

    @rule(side=st.sampled_from(SIDES), back=st.integers(1, 5))
    def remove(self, side, back):
        if len(self.said[side]) < back or (not self.exact and not self.networks[side].connected):
            return
        event = self.said[side][-back][0]
        self.gone.add(event.content.text)
        name = MessageId(f"r-{next(self.numbers)}")
        removed = Removed(id=name, room=event.room, sender=event.sender, target=event.id)
        self.run(self.happen(self.networks[side], removed))

    @precondition(lambda self: self.exact)
    @rule(side=st.sampled_from(SIDES), back=st.integers(1, 5), emojis=st.sampled_from([("👍",), ("🎉",), ()]))
    def react(self, side, back, emojis):
        if len(self.said[side]) < back:
            return
        event = self.said[side][-back][0]
        name = MessageId(f"x-{next(self.numbers)}")
        self.reactions.setdefault((side, event.id), []).append((name, emojis))
        changed = ReactionsChanged(
            id=name, room=event.room, sender=event.sender, target=event.id, emojis=emojis
        )
        self.run(self.happen(self.networks[side], changed))

    # -- networks

    @rule(side=st.sampled_from(SIDES), trouble=st.sampled_from(TROUBLES))
    def disturb(self, side, trouble):
        self.run(self.make(side, trouble))

    async def make(self, side, trouble):
        network = self.networks[side]
        match trouble:
            case "drop":
                network.drop()
            case "down":
                network.up = False
                network.drop()
            case "withhold":
                network.confirming = False
            case "slow":
                network.gate.clear()
            case "late":
                self.shelf.slow.clear()
            case "kick":
                self.state(side, RoomState.REFUSED)
            case AdapterError():
                network.errors.append(trouble)
        await self.spin(3)

    @precondition(lambda self: self.exact)
    @rule(side=st.sampled_from(SIDES))
    def lose_a_confirmation(self, side):
        """The network takes something, and nobody hears of it."""
        self.networks[side].lose(TemporaryFailure("no answer"))
        self.say(OTHER[side], 2)

    @rule(side=st.sampled_from(SIDES))
    def mend(self, side):
        self.run(self.repair(side))

    async def repair(self, side):
        network = self.networks[side]
        network.up = True
        network.gate.set()
        self.shelf.slow.set()
        network.release()
        if RoomId(ROOMS[side]) in network.refusals:
            self.state(side, RoomState.JOINED)
        await asyncio.sleep(0.01)

    def state(self, side, state):
        network, room = self.networks[side], RoomId(ROOMS[side])
        if state is RoomState.REFUSED:
            network.refusals[room] = "kicked"
        else:
            network.refusals.pop(room, None)
        network.announce(RoomStateChanged(room=room, state=state, reason="kicked", caught_up=True))

    # -- the bridge

    @rule(turns=st.integers(0, 40))
    def go_on(self, turns):
        self.run(self.spin(turns))

    @rule(turns=st.integers(0, 40))
    def crash(self, turns):
        """At any await: so many turns of the loop from now."""
        self.run(self.spin(turns))
        self.run(self.kill())

    async def kill(self):
        folder = self.folder / f"after-{next(self.numbers)}"
        folder.mkdir()
        before = self.config
        self.config = killed(before, folder)
        await self.end()
        if not self.exact:
            self.forgive_unheard()
        await self.begin()

    def forgive_unheard(self):
        """What had not been taken at the kill is lost where nobody can be asked."""
        with opened(self.config.journal) as database:
            taken = {name for (name,) in database.execute("SELECT id FROM event")}
        for side in SIDES:
            self.lossy |= {item[1] for item in self.said[side] if item[0].id not in taken}

    @rule()
    def restart(self):
        self.run(self.end())
        self.run(self.begin())

    @rule()
    def reload(self):
        self.run(self.bridge.reload(self.config))

    @rule()
    def patrol(self):
        self.run(self.look_around())

    async def look_around(self):
        await self.bridge.patrol()

    # -- what must hold

    @precondition(lambda self: self.bridge is not None)
    @invariant()
    def still_running(self):
        assert not self.task.done(), self.task

    def teardown(self):
        if self.loop is None:
            return
        try:
            if self.bridge is not None:
                self.run(self.come_to_rest())
                self.run(self.end())
                self.judge()
                self.judge_files()
                self.judge_reactions()
        finally:
            self.run(self.shelf.close())
            self.loop.close()
            self.quick.undo()
            shutil.rmtree(self.folder)

    async def come_to_rest(self):
        """Everything works again: wait until nothing is owed."""
        for side, network in self.networks.items():
            network.errors.clear()
            await self.repair(side)
        async with asyncio.timeout(60):
            while not all(network.connected for network in self.networks.values()):
                await asyncio.sleep(0.01)
            while self.owed():
                await asyncio.sleep(0.005)

    def owed(self):
        with opened(self.config.journal) as database:
            return database.execute("SELECT count(*) FROM delivery").fetchone()[0]

    def judge(self):
        with opened(self.config.journal) as database:
            dead = {name for (name,) in database.execute("SELECT id FROM event JOIN dead USING (seq)")}
        for side in SIDES:
            there = self.networks[OTHER[side]]
            texts = there.texts(ROOMS[OTHER[side]])
            done = [command.content.text for command in there.done if isinstance(command, EditMessage)]
            changed = {found[2] for text in done if (found := WORDS.match(text))}
            shown = [found[2] for text in texts if (found := WORDS.match(text))]
            unmarked = [found[2] for text in texts if (found := WORDS.match(text)) and "[again?]" not in text]
            assert len(unmarked) == len(set(unmarked)), "something came twice, unmarked"
            assert not self.exact or shown == unmarked, "something came twice"
            order = []
            for event, *texts in self.said[side]:
                heard = [text for text in texts if text in shown]
                edited = changed.intersection(texts)
                if event.id not in dead and texts[0] not in self.gone | self.lossy:
                    assert heard or edited, f"{texts[0]} was lost"
                    if not any(f"e-{text}" in dead for text in texts):
                        assert texts[-1] in {*shown, *changed}, f"the last words of {texts} were lost"
                if heard:
                    order.append(min(shown.index(text) for text in heard))
            assert order == sorted(order), f"out of order: {shown}"

    def judge_files(self):
        """Each file came once, unless its message was given up, or taken back."""
        with opened(self.config.journal) as database:
            dead = {name for (name,) in database.execute("SELECT id FROM event JOIN dead USING (seq)")}
        for side in SIDES:
            there = self.networks[OTHER[side]]
            sent = [command.file.name for command in there.said if command.file is not None]
            assert not self.exact or len(sent) == len(set(sent)), "a file came twice"
            for event, text, *_ in self.said[side]:
                if event.id in dead or text in self.gone | self.lossy:
                    continue
                for one in event.content.attachments:
                    assert one.name in sent, f"{one.name} was lost"

    def judge_reactions(self):
        """The latest stand, unless they or their message were given up, or taken back."""
        with opened(self.config.journal) as database:
            dead = {name for (name,) in database.execute("SELECT id FROM event JOIN dead USING (seq)")}
        for side in SIDES:
            there = self.networks[OTHER[side]]
            found = [WORDS.match(command.content.text) for command in there.said]
            copies = {words[2]: f"c{number}" for number, words in enumerate(found, 1) if words}
            standing = {
                (c.target.id, c.speaker.key): c.emojis for c in there.done if isinstance(c, SetReactions)
            }
            for event, *texts in self.said[side]:
                reactions = self.reactions.get((side, event.id), [])
                if (
                    not reactions
                    or texts[0] in self.gone
                    or dead & {event.id, *(name for name, _ in reactions)}
                ):
                    continue
                names = {copies[text] for text in texts if text in copies}
                found = [emojis for (target, _), emojis in standing.items() if target in names] or [()]
                assert reactions[-1][1] in found, reactions


class Forgetful(Relay):
    """The same with networks that cannot be asked what they have."""

    exact = False


COMMON = settings(
    max_examples=int(os.environ.get("HUBBUB_EXAMPLES", "30")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
TestRelay = Relay.TestCase
TestRelay.settings = COMMON
TestForgetful = Forgetful.TestCase
TestForgetful.settings = COMMON
