"""Somebody on a fake network."""

import time
from pathlib import Path

from bridge.model import (
    Attachment,
    Content,
    FleetingCommand,
    Kind,
    MarkRead,
    MessageId,
    RoomId,
    Sender,
    SetTyping,
    TypingChanged,
    UserId,
    Whisper,
)
from bridge.testing.person import Person, picked

from .network import ScriptedNetwork

__all__ = ["ScriptedPerson"]


class ScriptedPerson(Person):
    """A person, to whom a network shows what is done."""

    def __init__(self, network: ScriptedNetwork, name: str, room: RoomId) -> None:
        super().__init__(name)
        self._network = network
        self._room = room
        network.tell(self._saw, self._hinted)

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        said = self._network.say(
            self._room, self.name, content, kind=kind, reply_to=answers, thread=thread, at=time.time()
        )
        return said.id

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        file = picked(path)
        attached = Attachment(self._network.files.put(file), file.name, file.kind, file.type, file.size)
        return await self.say(Content((), (attached,)))

    async def rename(self, name: str) -> None:
        self.name = name

    def _hinted(self, command: FleetingCommand) -> None:
        if isinstance(command, MarkRead):
            self._was_read(command.target.id)
        elif isinstance(command, Whisper):
            if command.user == f"{self.name}!user@host":
                self._was_told(command.text)
        elif isinstance(command, SetTyping):
            sender = Sender(UserId("hubbub"), "hubbub")
            self._saw(TypingChanged(room=command.room, sender=sender, typing=command.typing))
