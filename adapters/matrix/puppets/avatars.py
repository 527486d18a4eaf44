"""The pictures of people from elsewhere, in their profiles ("Profiles")."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import NotMatrix, NotThere
from adapters.matrix.files.content import MXC
from adapters.matrix.untrusted import text_of
from bridge import AVATAR_LIMIT, Avatar, AvatarKeeper, Avatars, BoundedDict, Clock, Rejected

if TYPE_CHECKING:
    from .puppets import Puppet

__all__ = ["ProfileAvatars"]

_MOST_UPLOADED = 20_000
_LONGEST = 600


class ProfileAvatars:
    """Gives them their pictures. The homeserver shows these in all rooms that they are in."""

    def __init__(
        self, bot: MatrixClient, find: "Callable[[str], Puppet | None]", avatars: Avatars | None, clock: Clock
    ) -> None:
        """`find` returns somebody by their key."""
        self._bot = bot
        self._find = find
        self._keeper = AvatarKeeper(avatars, self._show, clock)
        self._uploaded: BoundedDict[str, str] = BoundedDict(_MOST_UPLOADED)
        """The mxc addresses of pictures, by digest."""
        self._turn = asyncio.Lock()
        """One after the other: what people say needs the homeserver too."""
        self.see = self._keeper.see
        self.changed = self._keeper.changed
        self.run = self._keeper.run

    async def _show(self, key: str, avatar: Avatar | None) -> None:
        puppet = self._find(key)
        if puppet is not None:
            async with self._turn:
                await self._give(puppet, avatar)

    async def _give(self, puppet: "Puppet", avatar: Avatar | None) -> None:
        path = ("profile", puppet.voice.user, "avatar_url")
        if puppet.avatar is None:
            before = await self._before(path)
            if avatar is not None and avatar.sha1 not in self._uploaded and await self._is(before, avatar):
                self._uploaded[avatar.sha1] = before
            puppet.avatar = before
        wanted = await self._address(avatar) if avatar is not None else ""
        if wanted != puppet.avatar:
            await puppet.voice.client.call("PUT", path, body={"avatar_url": wanted})
            puppet.avatar = wanted

    async def _before(self, path: tuple[str, str, str]) -> str:
        """Return the address of the picture that somebody has since an earlier run; "" for none."""
        try:
            return text_of((await self._bot.call("GET", path)).get("avatar_url"), _LONGEST)
        except NotThere:
            return ""

    async def _is(self, address: str, avatar: Avatar) -> bool:
        """Whether this picture is at an address: the homeserver keeps what a restart forgets."""
        found = MXC.fullmatch(address)
        if found is None:
            return False
        try:
            data = await self._bot.fetch(("media", "download", *found.groups()), {}, AVATAR_LIMIT)
        except (NotThere, Rejected, NotMatrix):
            return False
        return hashlib.sha1(data, usedforsecurity=False).hexdigest() == avatar.sha1

    async def _address(self, avatar: Avatar) -> str:
        """Return where a picture is, after it was uploaded once."""
        if (known := self._uploaded.get(avatar.sha1)) is None:
            known = await self._bot.upload(avatar.data, avatar.type, len(avatar.data))
            self._uploaded[avatar.sha1] = known
        return known
