"""People on two scripted networks, who subscribe, say that they want nothing more, and are told something."""

import asyncio
import re

from bridge.model import Approached, RoomId, Sender, UserId, Whisper

NOON = 1_796_040_000.0
"""2026-11-30 12:00 UTC."""
RULES = {"announcers": ("irc/ann!*", "bob"), "per_minute": 600}
_CODE = re.compile(r"!confirm (\d{6})")


class Audience:
    def __init__(self, *networks):
        self.networks = networks

    def sender(self, who):
        return Sender(UserId(f"{who}!user@host"), who)

    def alone(self, network, who, text, room=""):
        """Somebody writes to the bot alone."""
        network.announce(Approached(room=RoomId(room or f"with {who}"), sender=self.sender(who), text=text))

    def whispers(self, network, who):
        """What somebody was told alone."""
        user = self.sender(who).id
        return [hint.text for hint in network.hints if isinstance(hint, Whisper) and hint.user == user]

    async def told(self, network, who, words, count=1):
        """What somebody is told alone with these words in it: the first, or that of this count."""
        async with asyncio.timeout(10):
            while len(found := self.announcements(network, who, words)) < count:
                await asyncio.sleep(0.001)
        return found[count - 1]

    async def subscribe(self, network, who, words="news"):
        self.alone(network, who, f"!subscribe {words}")
        code = _CODE.search(await self.told(network, who, "!confirm"))[1]
        self.alone(network, who, f"!confirm {code}")
        await self.told(network, who, "from now on")

    def announcements(self, network, who, words):
        return [text for text in self.whispers(network, who) if words in text]
