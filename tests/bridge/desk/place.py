"""A network whose rooms are desks, without a page or a visitor."""

from bridge.desk import DeskRules
from bridge.testing.scripted.adapter import ScriptedAdapter

DESKS = f"{__name__}:ScriptedDesks"


class ScriptedDesks(ScriptedAdapter):
    """Its rooms are written in the map as desks are."""

    RoomConfig = DeskRules


def written(*desks):
    """Return a map with desks, pairs of network and name; without any with one that is called sales."""
    desks = desks or (("shop", "sales"),)
    lines = ["networks:", '  irc: {protocol: "bridge.testing:ScriptedAdapter", server: irc}']
    for network in dict.fromkeys(network for network, _ in desks):
        lines += [f'  {network}: {{protocol: "{DESKS}", server: {network}}}']
    lines += ["conversations:"]
    for number, (network, name) in enumerate(desks):
        lines += [f"  c{number}: {{{network}: {name}, irc: '#{number}'}}"]
    return "\n".join([*lines, ""])
