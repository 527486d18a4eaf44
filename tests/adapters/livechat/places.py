"""An adapter of desks on a port of its own, and the core as it meets it."""

from dataclasses import replace

from adapters.livechat import Adapter
from bridge.keepsake import Keepsake
from bridge.model import (
    Authorship,
    Command,
    MessageCreated,
    RoomId,
    SendMessage,
    Speaker,
    plain,
)
from bridge.testing import Place, free_port

ROOM = RoomId("sales")
ALICE = Speaker(Authorship.PUPPET, "alice", "elsewhere/alice")


async def new_adapter(folder, *desks, rules=None, **settings):
    """An adapter that keeps its files in a folder."""
    config = {"listen": f"127.0.0.1:{free_port()}", **settings}
    adapter = Adapter("shop", Adapter.NetworkConfig.model_validate(config), "I am a bridge.")
    adapter.keepsake = Keepsake(folder / "hubbub.sqlite3", "shop")
    rules = Adapter.RoomConfig.model_validate({"files": {}, "capacity": 100, **(rules or {})})
    await adapter.serve({RoomId(desk): rules for desk in desks or (ROOM,)})
    return adapter


def address(adapter):
    """Where browsers find it."""
    return f"http://{adapter.config.listen}"


class DeskPlace(Place):
    """Agents say what the contract lets the bridge say, since no words but theirs reach a visitor; whoever
    says something takes the chat first. What the desk says besides is left out.
    """

    _has = ""

    async def give(self, command: Command):
        speaker = command.speaker if command.speaker.key else ALICE
        if self.person.chat and speaker.key != self._has and self.adapter._session is not None:
            self._has = speaker.key
            take = SendMessage(
                room=self.room,
                speaker=speaker,
                txn=self.next_txn(),
                content=plain(f"!take {self.person.chat}"),
            )
            await super().give(take)
        return await super().give(replace(command, speaker=speaker))

    async def said(self, otherwise: str = "") -> MessageCreated:
        while (said := await super().said(otherwise)).sender.id == "desk" or said.content == plain("(opens)"):
            pass
        return said


async def open_chat(place):
    """Let the person open a chat, while the adapter runs."""
    async with place.running():
        await place.person.join("(opens)")
