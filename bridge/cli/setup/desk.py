"""What `hubbub init --desk` knows before it asks: a network of visitors, and a desk for them."""

from typing import Any

from bridge.desk import DeskRules
from bridge.errors import ConfigError
from bridge.protocols import find, names

from .draft import Draft

__all__ = ["DESK", "complete", "has_desks", "lines_for_pages", "visitors"]

DESK = "sales"
"""What the first desk is called, unless somebody says otherwise."""
_VISITORS = "shop"
_LABEL = "[{name}] "
"""Before what is said: agents name a chat by its number, which stands in its visitor's name."""


def visitors(draft: Draft) -> str:
    """Return the network of a draft that visitors come to, which is put in first if there is none."""
    protocol = _protocol()
    for name, block in draft.networks.items():
        if isinstance(block, dict) and block.get("protocol") == protocol:
            return name
    others = dict(draft.networks)
    draft.networks.clear()
    draft.networks.update({_VISITORS: {"protocol": protocol}, **others})
    return _VISITORS


def complete(draft: Draft, network: str) -> None:
    """Make a desk of each conversation, with what it needs where that is not given."""
    for title, conversation in draft.conversations.items():
        if isinstance(conversation, dict):
            conversation.setdefault(network, title)
            conversation.setdefault("prefix", _LABEL)


def has_desks(draft: Draft) -> bool:
    """Whether visitors come to one of its networks."""
    return any(issubclass(find(one["protocol"]).RoomConfig, DeskRules) for one in draft.networks.values())


def lines_for_pages(draft: Draft, network: str) -> list[tuple[str, str]]:
    """Return for each desk the line that a page needs, and where it can be tried without one."""
    block = draft.networks[network]
    listen = find(block["protocol"]).NetworkConfig.model_fields["listen"].default
    here = f"http://{block.get('listen') or listen}"
    public = (block.get("public_url") or here).rstrip("/")
    found = []
    for conversation in draft.conversations.values():
        rooms = conversation.get(network, [])
        for room in rooms if isinstance(rooms, list) else [rooms]:
            desk = room["room"] if isinstance(room, dict) else room
            line = f'<script src="{public}/chat.js" data-desk="{desk}" async></script>'
            found.append((line, f"{here}/try/{desk}"))
    return found


def _protocol() -> str:
    """Return the protocol whose rooms are desks. Raises ConfigError where there is none."""
    for name in names():
        try:
            model: Any = find(name).RoomConfig
        except ConfigError:
            continue
        if issubclass(model, DeskRules):
            return name
    raise ConfigError(["no protocol that is installed has desks for visitors"])
