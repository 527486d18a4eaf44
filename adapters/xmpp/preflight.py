"""Looks at rooms for `hubbub check --online`, without entering them."""

import logging
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from bridge import RoomId, preflight

from .config import NetworkConfig, RoomConfig
from .connection.client import XmppClient
from .connection.component import XmppComponent
from .decode import muc_info
from .rooms import refusals
from .rooms.observing import observe
from .session import Place

__all__ = ["Deaf", "look_at"]

log = logging.getLogger(__name__)

_AT_ONCE = 20
_PATIENCE = 15.0
"""Seconds for the server to let us in: less than the caller waits."""
_MEMBERS = frozenset({"muc_membersonly", "members-only"})
_AWAY = "the room's server cannot be reached: check what stands behind the @"
_TROUBLE = {
    "remote-server-not-found": _AWAY,
    "remote-server-timeout": _AWAY,
    "service-unavailable": "this is not a room, or its server does not tell of it",
}
_ITEMS = "http://jabber.org/protocol/disco#items"
_REGISTER = "jabber:iq:register"
_PASSWORD = frozenset({"muc_passwordprotected", "password-protected"})


class Deaf:
    """Ignores all stanzas."""

    def message(self, element: Element) -> None:
        return

    def presence(self, element: Element) -> None:
        return

    def flush(self) -> None:
        return


async def look_at(config: NetworkConfig, rooms: Mapping[RoomId, RoomConfig]) -> dict[RoomId, str | None]:
    """Log in beside a running service and ask each room about itself. Raises an AdapterError."""
    if config.is_component:
        return await _look_at_component(config, rooms)
    resource = {"resource": f"{config.resource[:240]}-check"}
    client = XmppClient(config.model_copy(update=resource), Deaf(), None)

    async def look(room: RoomId, entry: RoomConfig) -> str | None:
        place = Place(room, entry.nick or config.name)
        features, error = await observe(client, place)
        sentence = _sentence(entry, features, error)
        return sentence or (await _kept_out(client, config, place) if features & _MEMBERS else None)

    try:
        await client.open(_PATIENCE)
        return await preflight(rooms, look, at_once=_AT_ONCE)
    finally:
        await client.close(final=True)


async def _look_at_component(
    config: NetworkConfig, rooms: Mapping[RoomId, RoomConfig]
) -> dict[RoomId, str | None]:
    """See whether the server knows our component. There can be only one connection, so no more is asked."""
    component = XmppComponent(config, Deaf(), asks=False)
    try:
        await component.open(_PATIENCE)
    finally:
        await component.close(final=True)
    log.warning("%s can connect only once: its secret and its rooms are tried when hubbub runs", config.jid)
    return dict.fromkeys(rooms)


def _trouble(entry: RoomConfig, error: Element) -> str | None:
    trouble, _, text = muc_info.condition(error)
    if trouble == "gone":
        return refusals.destroyed(muc_info.moved_to(error), text)
    if trouble == "item-not-found":
        return None if entry.create else "the room does not exist: create it, or set create: true"
    said = f": {text}" if text else ""
    return _TROUBLE.get(trouble, f"check the room's address: it does not tell of itself ({trouble}{said})")


def _sentence(entry: RoomConfig, features: frozenset[str], error: Element | None) -> str | None:
    if error is not None:
        return _trouble(entry, error)
    if "http://jabber.org/protocol/muc" not in features:
        return "this is not a room"
    if features & _PASSWORD and entry.password is None:
        return "the room needs a password: set password at the room"
    return None


async def _kept_out(client: XmppClient, config: NetworkConfig, place: Place) -> str | None:
    """Return how a room for members keeps us out; None: it does not. Members may register a nick there
    (XEP-0045 section 7.10), and some rooms tell from outside who is in (section 6.5).
    """
    answer = await client.ask("get", place.room, f"<query xmlns='{_REGISTER}'/>")
    form = answer.find(f"{{{_REGISTER}}}query") if answer.get("type") == "result" else None
    # ejabberd 24.12 offers it to everybody, in both forms
    if form is not None and form.find(f"{{{_REGISTER}}}nick") is None:
        return None
    if muc_info.condition(answer)[0] == "registration-required":
        return f"the room is for members only: ask its owner to make {config.bot} a member"
    items = await client.ask("get", place.room, f"<query xmlns='{_ITEMS}'/>")
    if any(item.get("jid") == place.occupant for item in items.iter(f"{{{_ITEMS}}}item")):
        return None
    return f"the room is for members only: make sure that {config.bot} is a member"
