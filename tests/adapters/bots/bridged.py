"""Hubbub between a group of bots and a scripted network, `elsewhere`, whose room is `lobby`."""

import asyncio
import contextlib

import yaml

from bridge.app import Bridge
from bridge.config import load
from bridge.protocols import find
from bridge.testing import ScriptedNetwork

PATIENCE = 30.0


def configured(folder, **bots):
    """A configuration; `bots` is what stands at the network."""
    ScriptedNetwork("elsewhere")
    file = folder / "bridge.yaml"
    networks = {
        "bots": {"protocol": "bots", "nickname": "pricebot", **bots},
        "elsewhere": {"protocol": "bridge.testing:ScriptedAdapter", "server": "elsewhere"},
    }
    conversations = {"shop": {"bots": "shop", "elsewhere": "lobby"}}
    file.write_text(yaml.safe_dump({"networks": networks, "conversations": conversations}))
    return load(file, find, {})


class Shop:
    """A conversation: people elsewhere, bots here."""

    def __init__(self, config):
        self.elsewhere = ScriptedNetwork.named("elsewhere")
        self.bridge = Bridge(config)

    async def heard(self, count=1):
        """So many lines that people elsewhere have read, when there are."""
        await asyncio.wait_for(self.elsewhere.until(count), PATIENCE)
        return self.elsewhere.texts("lobby")


@contextlib.asynccontextmanager
async def shop(config):
    """The bridge, running."""
    there = Shop(config)
    task = asyncio.ensure_future(there.bridge.run())
    try:
        while not there.elsewhere.connected:
            assert not task.done(), task.result()
            await asyncio.sleep(0.005)
        yield there
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
