"""No input makes a word that is for one person appear anywhere else."""

import asyncio
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.journal.memory import MemoryJournal
from bridge.model import Authorship
from bridge.testing import ScriptedNetwork
from tests.bridge.direct_world import able, ask, direct, private, until, whispers, write
from tests.bridge.world import running

PEOPLE = {"ann": "left", "al": "left", "bob": "right", "bea": "right", "cat": "third"}
ROOMS = {"left": "one", "right": "two", "third": "three"}
SECRET = re.compile(r"secret-\d+-(\w+)-(\w+)")

pairs = st.tuples(*[st.sampled_from(sorted(PEOPLE))] * 2).filter(lambda two: PEOPLE[two[0]] != PEOPLE[two[1]])
says = st.sampled_from(["alone", "to the bot", "to the room", "an edit", "plainly to the bot", "ambiguously"])
verbs = st.sampled_from(["agree", "agree", "agree", "accept", "refuse", "end", "ignore", "heed"])
steps = st.one_of(st.tuples(says, pairs), st.tuples(says, pairs), st.tuples(verbs, pairs), st.just("restart"))


def speak(bridge, how, who, other, words):
    here, there = PEOPLE[who], PEOPLE[other]
    network, place = ScriptedNetwork.named(here), private(who, there, other)
    match how:
        case "alone" if place in bridge.adapter(here).rooms:
            network.say(place, who, words)
        case "alone":
            write(network, who, there, other, words)
        case "to the bot":
            ask(network, ROOMS[here], who, f"!msg {other}@{there} {words}")
        case "ambiguously":
            ask(network, ROOMS[here], who, f"!msg {other} {words}")
        case "plainly to the bot":
            ask(network, ROOMS[here], who, words)
        case "to the room":
            network.say(ROOMS[here], who, f"!msg {other} {words}")
        case _:
            network.say(ROOMS[here], who, f"  !Msg {other}@{there} {words}")


async def relay(script, kinds):
    networks = {name: ScriptedNetwork(name) for name in ROOMS}
    for name, network in networks.items():
        able(network, kinds[name])
    with tempfile.TemporaryDirectory() as folder:
        made = direct(
            Path(folder),
            {"left": "ask", "right": "ask", "third": "open"},
            [" ".join(one) for one in ROOMS.items()],
        )
        kept = {}
        script = list(script)
        while script is not None:
            async with running(
                made, journal=lambda named, clock: kept.setdefault("", MemoryJournal(clock))
            ) as bridge:
                for who, network in PEOPLE.items():
                    networks[network].say(ROOMS[network], who, "hello")
                await until(lambda: all(network.said for network in networks.values()))
                script = await play(script, bridge, networks)
    return networks


async def play(script, bridge, networks):
    for number, step in enumerate(script):
        if step == "restart":
            return script[number + 1 :]
        what, (who, other) = step
        if what == "agree":
            ask(networks[PEOPLE[who]], ROOMS[PEOPLE[who]], who, f"!msg {other}@{PEOPLE[other]} hello")
            ask(networks[PEOPLE[other]], ROOMS[PEOPLE[other]], other, f"!accept {who}@{PEOPLE[who]}")
        elif what in {"accept", "refuse", "end", "ignore", "heed"}:
            ask(networks[PEOPLE[who]], ROOMS[PEOPLE[who]], who, f"!{what} {other}@{PEOPLE[other]}")
        else:
            speak(bridge, what, who, other, f"secret-{number}-{who}-{other}")
        for network in networks.values():
            await network.settled()
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.05)
    return None


@pytest.mark.parametrize("how", list(Authorship))
def test_what_is_for_one_person_reaches_nobody_else(how):
    arrived = set()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(steps, min_size=10, max_size=25))
    def check(script):
        kinds = dict.fromkeys(ROOMS, Authorship.PUPPET) | {"right": how}
        networks = asyncio.run(relay(script, kinds))
        for name, network in networks.items():
            for command in network.said:
                for who, other in SECRET.findall(command.content.text):
                    assert (PEOPLE[other], command.room) == (name, private(other, PEOPLE[who], who)), command
                    arrived.add(who)
            for whisper in whispers(network):
                assert not SECRET.search(whisper.text), whisper

    check()
    assert len(arrived) > 2  # there was something to be seen
