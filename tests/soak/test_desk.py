"""Hubbub killed again and again while visitors ask and agents answer: on ngIRCd, Prosody and Synapse.

SEED repeats a run, SECONDS says how long people talk.
"""

import asyncio
import contextlib
import os
import random
import re
import sqlite3
import time

from adapters.livechat.testing import Person as Visitor
from bridge.model import RoomId, plain
from bridge.testing import free_port
from tests.e2e.world import hubbub, servers

VISITORS = 6
AGENTS = {"irc": "ada", "jabber": "grace", "matrix": "alan"}
KEEPING = "matrix"
"""The network that tells afterwards what was said while nobody heard it."""
MAP = """
networks:
  irc:
    {{protocol: irc, server: 127.0.0.1, port: '${{DEMO_IRC_PORT}}', tls: false, nick: hubbub,
    flood: {{burst: 1000}}}}
  jabber:
    {{protocol: xmpp, jid: hubbub@demo.hubbub.test, password: hubbub, server: 127.0.0.1,
    port: '${{DEMO_XMPP_PORT}}', tls: none}}
  matrix:
    {{protocol: matrix, homeserver: 'http://127.0.0.1:${{DEMO_MATRIX_PORT}}', password: hubbub,
    user: '@hubbub:demo.hubbub.test'}}
  shop: {{protocol: livechat, listen: '127.0.0.1:{port}', guard: {{limits: {{said: 5000/m}}}}}}
conversations:
  sales:
    irc: '#lobby'
    jabber: lobby@rooms.demo.hubbub.test
    matrix: '#lobby:demo.hubbub.test'
    prefix: '[{{name}}] '
    shop: {{room: sales, capacity: {most}}}
"""
_AGAIN = "[again?] "


class Day:
    """What everybody said, by visitor."""

    def __init__(self, visitors, seed):
        self.visitors, self.seed = visitors, seed
        self.asked = {one.chat: [] for one in visitors}
        self.answered = {one.chat: [] for one in visitors}
        self.over = False

    async def ask(self, visitor):
        """Say one thing after another; a browser says it again until it was taken."""
        dice = random.Random(f"{self.seed} {visitor.chat}")
        while not self.over:
            await asyncio.sleep(dice.expovariate(2))
            asked = self.asked[visitor.chat]
            asked.append(f"V{visitor.chat}Q{len(asked)}.")
            await visitor.say(plain(asked[-1]))

    async def answer(self, network, agent, chats):
        dice, count = random.Random(f"{self.seed} {network}"), 0
        while not self.over:
            await asyncio.sleep(dice.expovariate(3))
            chat, count = dice.choice(chats), count + 1
            self.answered[chat].append(f"A{chat}N{count}.")
            await agent.say(plain(f"{chat}: {self.answered[chat][-1]}"))


async def until_delivered(folder):
    async with asyncio.timeout(300):
        while True:
            await asyncio.sleep(2)
            with contextlib.closing(sqlite3.connect(folder / "hubbub.sqlite3")) as journal:
                if journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,):
                    return


def heard(person, pattern):
    """What somebody heard that looks like this; what is marked as perhaps said before, once."""
    found, doubled = [], 0
    while not person.heard.empty():
        text = person.heard.get_nowait().content.text.replace("\u200b", "")
        for name in re.findall(pattern, text):
            if _AGAIN in text and name in found:
                doubled += 1
            else:
                found.append(name)
    return found, doubled


async def test_no_kill_loses_doubles_or_crosses_what_is_said_at_a_desk(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    seconds, dice, kills = float(os.environ.get("SECONDS", "60")), random.Random(seed), 0
    print(f"\nSEED={seed}")
    async with servers(tmp_path) as world:
        port = free_port()
        (tmp_path / "bridge.yaml").write_text(MAP.format(port=port, most=VISITORS))
        agents = {network: await world.demos[network].person(name) for network, name in AGENTS.items()}
        visitors = [
            Visitor(f"v{number}", f"http://127.0.0.1:{port}", RoomId("sales")) for number in range(VISITORS)
        ]
        async with hubbub(world) as bridge:
            await bridge.joined(*AGENTS, "shop")
            of = {network: [] for network in AGENTS}
            for visitor, network in zip(visitors, [*AGENTS] * VISITORS, strict=False):
                await visitor.join("hello")
                of[network].append(visitor.chat)
                await agents[network].say(plain(f"!take {visitor.chat}"))
            await asyncio.sleep(3)
        day = Day(visitors, seed)
        talking = [asyncio.ensure_future(day.ask(one)) for one in visitors]
        talking += [asyncio.ensure_future(day.answer(one, agents[one], of[one])) for one in AGENTS]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            async with hubbub(world):
                await asyncio.sleep(dice.uniform(0.5, 8))
            kills += 1
        day.over = True
        async with hubbub(world) as bridge:
            await bridge.joined(*AGENTS, "shop")
            await asyncio.gather(*talking)
            await until_delivered(tmp_path)
            await asyncio.sleep(3)
            for visitor in visitors:
                found, doubled = heard(visitor, r"\bA\d+N\d+\.")
                wanted = day.answered[visitor.chat]
                assert not doubled
                if visitor.chat in of[KEEPING]:
                    assert found == wanted
                else:
                    assert found == [one for one in wanted if one in found], "in order, once"
            for network, agent in agents.items():
                found, doubled = heard(agent, r"\bV\d+Q\d+\.")
                for chat, wanted in day.asked.items():
                    assert [one for one in found if one.startswith(f"V{chat}Q")] == wanted
                print(f"{network}: {len(found)} lines heard, {doubled} of them twice, and marked")
            for visitor in visitors:
                alien = re.findall(rf"\b[VA](?!{visitor.chat}[QN])\d+[QN]\d+\.", await visitor.transcript())
                assert not alien
                await visitor.leave()
        print(f"{kills} kills; {sum(map(len, day.asked.values()))} lines of visitors")
