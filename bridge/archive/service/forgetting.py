"""Forgets a talk, when whoever it is of wants that: in the archive, in the journal and in the rooms."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from bridge.archive.filing.questions import EraseTalk, TalkMeant
from bridge.archive.persons.copies import CopiesBack
from bridge.archive.process.questions import Inquiry
from bridge.config import Config
from bridge.errors import ArchiveError
from bridge.model import MessageId, RoomId, UserId
from bridge.relay import ObserverStatus

from .desk_chats import chat_tag

__all__ = ["Forgetting"]

_GLANCES, _GLANCE = 300, 0.1
"""How often is looked whether the archive is behind no more, and after how many seconds each."""


class Forgetting:
    """Does it, beside the relay."""

    def __init__(
        self,
        copies: CopiesBack,
        ask: Callable[[Inquiry[Any]], Awaitable[Any]],
        status: Callable[[], Sequence[ObserverStatus]],
        config: Callable[[], Config],
        kept: Callable[[], bool],
    ) -> None:
        """`ask` asks the archive's process, `status` says how far it is, `kept` whether there is one."""
        self._copies = copies
        self._ask = ask
        self._status = status
        self._config = config
        self._kept = kept

    async def up_to_date(self) -> None:
        """Wait until all that was said is in the archive: else it would come there after the erasure."""
        for _ in range(_GLANCES):
            if not any(one.behind for one in self._status()):
                return
            await asyncio.sleep(_GLANCE)
        raise ArchiveError(
            "the archive is behind what was said: `hubbub status` says why; erase once it is not"
        )

    async def forget(
        self, network: str, user: UserId, messages: Collection[tuple[RoomId, MessageId]]
    ) -> bool:
        """Forget it (`Conversations.forget`). Raises ArchiveError and JournalError."""
        if not self._kept():
            self._copies.begin_named(network, messages)
            return False
        await self.up_to_date()
        self._copies.begin_named(network, messages)
        conversations = self._config().conversations.items()
        talk = TalkMeant(
            network=network,
            person=user,
            names=tuple(messages),
            tag=chat_tag(user),
            conversations=tuple(
                name for name, one in conversations if any(entry.network == network for entry in one.rooms)
            ),
        )
        erased = await self._ask(EraseTalk(talk))
        return bool(erased.held)
