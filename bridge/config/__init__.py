"""bridge.yaml: read, checked in full, and turned into what the bridge runs on.

`load` reads the file with all positions (`yaml`), fills in variables and secret files (`fill`), checks
the core's own blocks and then each protocol's (`check`), and explains every mistake (`explain`).
"""

from .models import Config, Conversation, Direction, Model, Network, RoomEntry

__all__ = [
    "Config",
    "Conversation",
    "Direction",
    "Model",
    "Network",
    "RoomEntry",
]
