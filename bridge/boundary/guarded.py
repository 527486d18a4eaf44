"""An adapter as the core meets it."""

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from bridge.adapter import AVATAR_LIMIT, Adapter, Emit, Endpoint, Settle, Source
from bridge.config import WayOut
from bridge.errors import AdapterError, Rejected, TemporaryFailure, Unsupported
from bridge.model import (
    Capabilities,
    Command,
    File,
    FleetingCommand,
    Receipt,
    RoomId,
    Sender,
    Speaker,
    TalkEvent,
    Txn,
    UserId,
)

from .answers import ANYTHING, fail, outcome, translating
from .events import sound
from .gate import Gate
from .texts import is_text, shown
from .walled import Hung, Walled

__all__ = ["Guarded"]

log = logging.getLogger(__name__)

_SERVE = 30.0
_FIND = 90.0
_PAST = 600.0
_UPLOAD = 900.0
_AVATAR = 60.0
_MAKE = 120.0
"""How long the answer to a call may take, in seconds."""
_SLOW = 10_000.0
"""An upload has so much more time as it takes at so many bytes a second."""
_RECORDS = 20_000
"""So many records are remembered."""
_LEAST = Capabilities(text_limit=300)
"""What is taken for the record of a room that has none: words, and nothing else."""


class Guarded(Walled):
    """An adapter as the core meets it."""

    def __init__(self, kind: type[Adapter], network: str, config: Any, introduction: str) -> None:
        super().__init__(kind, network, config, introduction)
        self._records: dict[RoomId | tuple[RoomId, str | None], Capabilities] = {}
        """By room, and for speakers by whose account it is; as far as they make sense."""
        self._unmade: set[RoomId] = set()
        """Rooms that were taken down, and that the core has not let go of yet: nobody enters them again."""

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        raise NotImplementedError("asked of the adapter's own class, when the configuration is read")

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await self._made().look(rooms)

    # What may take its time

    async def run(self, emit: Emit) -> None:
        """Run one connection. What the adapter emits after its end comes from nowhere, and is refused."""
        if self._gate is not None:  # its last connection did not end when it had to
            self._gate.close()
            self._adapter = None
        gate = self._gate = Gate(self.network, self._known, self._complaints, emit)
        try:
            adapter = self._made()
            if not self._served:
                await self._ask("serve", lambda: adapter.serve(self.rooms), _SERVE)
                self._served = True
            await adapter.run(gate)
        except SystemExit as error:
            raise Unsupported(f"its adapter wanted to end the process ({error!r})") from error
        finally:
            gate.close()
            if self._gate is gate:
                self._gate = None

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        """Tell the adapter its rooms once it runs. Raises an AdapterError when it runs and cannot follow."""
        self._unmade &= rooms.keys()
        await self._serve({room: config for room, config in rooms.items() if room not in self._unmade})

    async def _serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        self._known.update(rooms)
        self._served = False
        adapter = self._adapter
        if self._gate is not None and adapter is not None:
            await self._ask("serve", lambda: adapter.serve(self.rooms), _SERVE)
            self._served = True

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        with translating("send"):
            future = await self._made().send(command)
        if not asyncio.isfuture(future):
            raise Unsupported(f"a bug in its adapter: send returned {shown(future)} in place of a future")
        return future

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        try:
            found = await self._ask("find_sent", lambda: self._made().find_sent(room, since, txns), _FIND)
            answers = {txn: found[txn] for txn in txns if txn in found}
        except AdapterError as error:
            if isinstance(error, Unsupported | Hung):
                self._complain("find_sent", room, str(error), error.__cause__)
            raise
        except Exception as error:  # noqa: BLE001 what was found is no mapping
            self._complain("find_sent", room, shown(error), error)
            return {}
        known = {txn: outcome(said) if said is not None else None for txn, said in answers.items()}
        if wrong := [said for said in known.values() if isinstance(said, AdapterError)]:
            self._complain("find_sent", room, str(wrong[0]))
        return {txn: said for txn, said in known.items() if not isinstance(said, AdapterError)}

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        found = await self._ask("past", lambda: self._made().past(room, since), _PAST)
        return [event for event in map(self._cleaned, found) if event is not None]

    def _cleaned(self, event: Any) -> TalkEvent | None:
        try:
            clean, _ = sound(event)
        except Exception as error:  # noqa: BLE001 it may be anything
            self._complain("past", "", shown(error), error)
            return None
        return clean if isinstance(clean, TalkEvent) else None

    async def avatar(self, room: RoomId, user: UserId) -> bytes | None:
        try:
            found = await self._ask("avatar", lambda: self._made().avatar(room, user), _AVATAR)
        except Unsupported as error:
            if error.__cause__ is not None:
                self._complain("avatar", room, str(error), error.__cause__)
            raise
        if found is not None and type(found) is not bytes:
            raise Unsupported(f"a bug in its adapter: avatar returned {shown(found)}")
        if found is not None and len(found) > AVATAR_LIMIT:
            raise Rejected("the picture is too large")
        return found

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        made = await self._ask("make_room", lambda: self._made().make_room(name, topic, invited), _MAKE)
        if not is_text(made) or not made:
            raise Unsupported(f"a bug in its adapter: make_room returned {shown(made)}")
        self._known.add(made)
        self._unmade.discard(made)
        return made

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        await self._ask("invite", lambda: self._made().invite(room, users), _MAKE)

    async def unmake(self, room: RoomId) -> None:
        self._unmade.add(room)  # not afterwards: the core may name it meanwhile
        try:
            await self._ask("unmake", lambda: self._made().unmake(room), _MAKE)
        except BaseException:
            self._unmade.discard(room)
            raise
        await self._serve({one: config for one, config in self.rooms.items() if one != room})

    async def forget(self, user: UserId) -> int:
        count = await self._ask("forget", lambda: self._made().forget(user), _MAKE)
        return count if isinstance(count, int) else 0

    async def upload(self, file: File) -> None:
        limit = _UPLOAD + file.size / _SLOW
        try:
            async with asyncio.timeout(limit):
                with translating("upload"):
                    await self._made().upload(file)
        except TimeoutError:
            raise TemporaryFailure(f"its adapter did not upload a file within {limit:.0f} s") from None

    # What answers at once

    def send_now(self, command: Command, settle: Settle) -> bool:
        try:
            sent = (self._adapter or self._made()).send_now(command, settle)
        except ANYTHING as error:
            fail("send_now", error)
        if sent is not True and sent is not False:
            raise Unsupported(f"a bug in its adapter: send_now returned {shown(sent)}")
        return sent

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        whose = room if speaker is None else (room, speaker.account)
        try:
            record = (self._adapter or self._made()).capabilities(room, speaker)
            if record is None or record is not self._records.get(whose):
                see(record)
                if len(self._records) >= _RECORDS:
                    self._records.clear()
                self._records[whose] = record
        except ANYTHING as error:
            self._complain("capabilities", room, shown(error), error)
            return self._records.get(whose, _LEAST)
        return record

    def hint(self, command: FleetingCommand) -> None:
        try:
            self._made().hint(command)
        except ANYTHING as error:
            self._complain("hint", command.room, shown(error), error)

    def renamed(self, room: RoomId, key: str, new_key: str, name: str) -> None:
        try:
            self._made().renamed(room, key, new_key, name)
        except ANYTHING as error:
            self._complain("renamed", room, shown(error), error)

    def pictured(self, room: RoomId, key: str) -> None:
        try:
            self._made().pictured(room, key)
        except ANYTHING as error:
            self._complain("pictured", room, shown(error), error)

    def follow(self, config: Any) -> None:
        super().follow(config)
        try:
            if self._adapter is not None:
                self._adapter.catch_up, self._adapter.mail = self.catch_up, self.mail
                self._adapter.follow(config)
        except ANYTHING as error:
            self._complain("follow", "", shown(error), error)

    def heard(self, room: RoomId) -> float:
        try:
            return min(float(self._made().heard(room)), self.clock.now())
        except ANYTHING as error:
            self._complain("heard", room, shown(error), error)
            return self.clock.now()

    def is_present(self, room: RoomId, name: str) -> bool:
        try:
            present = (self._adapter or self._made()).present(room)
            found = present is not None and name in present
        except ANYTHING as error:
            self._complain("present", room, shown(error), error)
            return False
        return found

    def puppets(self) -> int:
        try:
            return int(self._made().puppets())
        except ANYTHING as error:
            self._complain("puppets", "", shown(error), error)
            return 0

    def members(self, room: RoomId) -> Collection[str]:
        try:
            return [name for name in self._made().members(room) if is_text(name)]
        except ANYTHING as error:
            self._complain("members", room, shown(error), error)
            return ()

    def people(self, room: RoomId) -> Collection[Sender]:
        try:
            return [one for one in self._made().people(room) if is_text(one.id) and is_text(one.name)]
        except ANYTHING as error:
            self._complain("people", room, shown(error), error)
            return ()

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        try:
            found = self._made().is_away(room, user)
            if found is not None and type(found) is not bool:
                raise TypeError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("is_away", room, shown(error), error)
            return None
        return found

    def answers(self, room: RoomId) -> Mapping[str, str]:
        try:
            found = dict(self._made().answers(room))
            if not all(is_text(text) for pair in found.items() for text in pair):
                raise TypeError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("answers", room, shown(error), error)
            return {}
        return found

    def reaches(self, room: RoomId, user: UserId) -> bool:
        try:
            return bool(self._made().reaches(room, user))
        except ANYTHING as error:
            self._complain("reaches", room, shown(error), error)
            return False

    def peer(self) -> Endpoint | None:
        try:
            found = self._made().peer()
            if found is not None and not all(map(is_text, (found.server, found.tls, found.certificate))):
                raise TypeError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("peer", "", shown(error), error)
            return None
        return found

    def retention(self, room: RoomId) -> float | None:
        try:
            found = self._made().retention(room)
            if found is not None and not (isinstance(found, float | int) and 0 < found < math.inf):
                raise ValueError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("retention", room, shown(error), error)
            return None
        return found

    def history_is_open(self, room: RoomId) -> bool | None:
        try:
            found = self._made().history_is_open(room)
            if found is not None and type(found) is not bool:
                raise TypeError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("history_is_open", room, shown(error), error)
            return None
        return found

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        try:
            found = self._made().private_room(room, person, speaker)
            if not (found is None or is_text(found)):
                raise TypeError(f"it returned {shown(found)}")
        except ANYTHING as error:
            self._complain("private_room", room, shown(error), error)
            return None
        return found

    def parting(self, room: RoomId) -> str:
        try:
            return str(self._made().parting(room))
        except ANYTHING as error:
            self._complain("parting", room, shown(error), error)
            return ""

    def source(self, address: str) -> Source:
        try:
            source = self._made().source(address)
            if not isinstance(source, Source):
                raise TypeError(f"it returned {shown(source)}")
        except AdapterError as error:
            fail("source", error)
        except ANYTHING as error:
            self._complain("source", "", shown(error), error)
            fail("source", error)
        if isinstance(self.config, WayOut) and not self.config.is_direct:
            source = replace(source, way_out=self.config.way)
        return source


def see(record: Capabilities) -> None:
    """Raise TypeError or ValueError when a record makes no sense."""
    if type(record) is not Capabilities:
        raise TypeError(f"{shown(record)} is no record")
    msgspec.json.decode(msgspec.json.encode(record), type=Capabilities)
    if record.text_limit < 1 or record.window < 1:
        raise ValueError("text_limit and window are at least 1")
