"""bridge.yaml: read, checked in full, and turned into what the bridge runs on.

`load` reads the file with all positions (`yaml`), fills in variables and secret files (`fill`), checks
the core's own blocks and then each protocol's (`check`), and explains every mistake (`explain`).
"""

from .check import Find
from .claim import Claim, Named
from .compare import Setting, changed_settings, needs_connection, renamed
from .filters import EVERYTHING, Filters, Replacement
from .host import Host
from .listen import ListenAddress, Listening, address_of, need_token
from .load import load, secrets_of
from .locate import locate_journal, sketch
from .models import (
    AdapterClass,
    Backlog,
    CatchUp,
    Config,
    Conversation,
    DeliveryRules,
    Direction,
    Keep,
    Live,
    Media,
    Model,
    Network,
    RoomEntry,
    ShowRules,
)
from .schema import schema
from .values import Duration

__all__ = [
    "EVERYTHING",
    "AdapterClass",
    "Backlog",
    "CatchUp",
    "Claim",
    "Config",
    "Conversation",
    "DeliveryRules",
    "Direction",
    "Duration",
    "Filters",
    "Find",
    "Host",
    "Keep",
    "ListenAddress",
    "Listening",
    "Live",
    "Media",
    "Model",
    "Named",
    "Network",
    "Replacement",
    "RoomEntry",
    "Setting",
    "ShowRules",
    "address_of",
    "changed_settings",
    "load",
    "locate_journal",
    "need_token",
    "needs_connection",
    "renamed",
    "schema",
    "secrets_of",
    "sketch",
]
