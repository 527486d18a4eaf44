"""Hubbub for an end-to-end harness that starts the servers and measures from socket to socket.

The harness calls `configure(ctx)` when its servers run, and starts the command that this returns.
`ctx` names the working folder, the ports, the account and the rooms to join.
"""

import sys
from pathlib import Path

import yaml

NAME = "hubbub"
NETWORKS = ("irc", "xmpp")
CAN_FAN_OUT = True
BOT_NICK = {"irc": "benchbot", "xmpp": "benchbot"}


def configure(ctx):
    """Write bridge.yaml; returns the start command."""
    networks = {
        "irc": {
            "protocol": "irc",
            "server": "127.0.0.1",
            "port": ctx["ports"]["irc"],
            "tls": False,
            "nick": BOT_NICK["irc"],
            "flood": {"burst": 1_000_000, "per_second": 1_000_000},
        },
        "xmpp": {
            "protocol": "xmpp",
            "jid": f"{ctx['bot_user']}@{ctx['xmpp_domain']}",
            "password": ctx["password"],
            "server": "127.0.0.1",
            "port": ctx["ports"]["xmpp"],
            "tls": "none",
            "nick": BOT_NICK["xmpp"],
        },
    }
    conversations = {
        f"c{number}": {"irc": channel, "xmpp": [{"room": room, "create": True} for room in rooms]}
        for number, (channel, rooms) in enumerate(ctx["links"])
    }
    path = Path(ctx["workdir"]) / "bridge.yaml"
    path.write_text(yaml.safe_dump({"networks": networks, "conversations": conversations}))
    return [str(Path(sys.prefix) / "bin" / "hubbub"), "run", str(path)]
