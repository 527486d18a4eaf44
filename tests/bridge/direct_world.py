"""Two or more scripted networks whose people can talk alone."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from bridge.config import DeliveryRules
from bridge.model import Approached, Authorship, RoomId, Sender, Support, UserId, Whisper
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config


def direct(tmp_path, modes, rooms=("left one", "right two"), **more):
    """A map of one conversation, with this mode for each of its networks."""
    made = config(tmp_path, {"lobby": list(rooms)}, **more)
    networks = {
        name: replace(network, rules=DeliveryRules(direct=modes.get(name, "off")))
        for name, network in made.networks.items()
    }
    return replace(made, networks=networks)


def able(network: ScriptedNetwork, how=Authorship.PUPPET) -> None:
    """Let people from elsewhere be there as themselves, and be told things alone."""
    network.capabilities = replace(network.capabilities, whisper=Support.FULL, authorship=how)


def user(name: str) -> UserId:
    return UserId(f"{name}!user@host")


def key(network: str, name: str) -> str:
    return f"{network}/{user(name)}"


def private(name: str, network: str, other: str) -> RoomId:
    """The room of somebody with another from that network."""
    return RoomId(f"{user(name)} with {key(network, other)}")


def write(network: ScriptedNetwork, name: str, elsewhere: str, other: str, text: str) -> None:
    """Let somebody write to another's account alone, where nothing is relayed."""
    network.announce(
        Approached(
            room=private(name, elsewhere, other),
            sender=Sender(user(name), name),
            text=text,
            to=key(elsewhere, other),
        )
    )


def ask(network: ScriptedNetwork, room: str, name: str, text: str) -> None:
    """Let somebody write to the bridge's own account alone."""
    network.announce(Approached(room=RoomId(room), sender=Sender(user(name), name), text=text))


def whispers(network: ScriptedNetwork) -> list[Whisper]:
    return [hint for hint in network.hints if isinstance(hint, Whisper)]


async def told(network: ScriptedNetwork, count: int) -> Sequence[str]:
    """What people there were told alone, once there is so much."""
    async with asyncio.timeout(5):
        while len(whispers(network)) < count:
            await asyncio.sleep(0.005)
    return [f"{whisper.user.partition('!')[0]}: {whisper.text}" for whisper in whispers(network)]


async def until(met) -> None:
    async with asyncio.timeout(5):
        while not met():
            await asyncio.sleep(0.005)


def notes(journal, kind):
    return [json.loads(text) for text in journal.notes.all(kind).values()]
