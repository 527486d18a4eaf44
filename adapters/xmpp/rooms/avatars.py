"""The pictures of people from elsewhere who are in our rooms as themselves (XEP-0153, XEP-0054)."""

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.decode import vcards
from bridge import Adapter, Avatar, AvatarKeeper, BoundedDict

from .addresses import key_of
from .interfaces import Speaking

if TYPE_CHECKING:
    from .puppets import PuppetOccupant

__all__ = ["PuppetAvatars"]

_MOST = 1000
"""So many people's pictures are at hand for those who ask for them, of 32 kB at most."""
_MOST_SEEN = 5000


class PuppetAvatars:
    """What they look like, on one connection. A room learns it with the presence of each, and again when it
    changes; whoever wants to see it asks for their vCard.
    """

    def __init__(self, wire: Speaking, adapter: Adapter) -> None:
        self._wire = wire
        self._keeper = AvatarKeeper(adapter.avatars, self._show, adapter.clock)
        self._seen: BoundedDict[str, dict[str, PuppetOccupant]] = BoundedDict(_MOST_SEEN)
        """By key, then by room."""
        self._worn: BoundedDict[str, Avatar | None] = BoundedDict(_MOST)
        """By key; None: they surely have no picture."""
        self.run = self._keeper.run
        self.changed = self._keeper.changed

    def see(self, puppet: "PuppetOccupant") -> None:
        """Note that somebody is in a room, or speaks there."""
        self._keeper.see(puppet.place.room, puppet.key)
        here = self._seen.get(puppet.key)
        if here is None:
            here = self._seen[puppet.key] = {}
        if here.get(puppet.place.room) is not puppet:
            here[puppet.place.room] = puppet

    def came(self, puppet: "PuppetOccupant") -> None:
        """Note that a room has let somebody in, or told them of themselves."""
        self.see(puppet)
        self._tell(puppet)

    def bear(self, puppet: "PuppetOccupant") -> str:
        """Return what a presence says of somebody's picture, which is about to be sent; "": nothing."""
        puppet.photo = self._digest(puppet.key)
        return encode.photo(puppet.photo) if puppet.photo is not None else ""

    def answer(self, request: Element, address: str) -> None:
        """Answer a request to somebody: for their vCard, or another, which nobody serves."""
        name, person = request.get("id") or "", request.get("from") or ""
        worn = self._worn.get(key_of(address)) if vcards.is_asked(request) else None
        if worn is None or self._wire.congested:  # a picture is a thousand times what asks for it
            self._wire.say(encode.refusal(name, person), address)
        else:
            self._wire.say(encode.vcard(name, person, worn.type, worn.data), address)

    def _digest(self, key: str) -> str | None:
        if key not in self._worn:
            return None
        worn = self._worn[key]
        return worn.sha1 if worn is not None else ""

    async def _show(self, key: str, avatar: Avatar | None) -> None:
        self._worn[key] = avatar
        for puppet in self._seen.get(key, {}).values():
            self._tell(puppet)

    def _tell(self, puppet: "PuppetOccupant") -> None:
        """Tell a room what somebody in it looks like, unless it was told so. One who asks for another nick
        would give it back by that: they come again when they have it.
        """
        if not puppet.inside or self._digest(puppet.key) in (None, puppet.photo):
            return
        if list(puppet.place.speakers.values()).count(puppet.key) == 1:
            more = self.bear(puppet)
            self._wire.say(encode.rename(puppet.occupant, self._wire.fresh_id(), more), puppet.address)
