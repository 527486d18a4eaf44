"""What others use of the configuration, as `from bridge.config import ...`."""

from .archive import Archive, ArchiveRules
from .around import Around, Idle, nobody_of
from .check import Find
from .claim import Claim, Named
from .compare import Setting, changed_settings, needs_connection, renamed
from .filters import EVERYTHING, Filters, Replacement
from .host import Host
from .json_schema import schema
from .listen import ListenAddress, Listening, address_of, need_token
from .loading import load, secrets_of
from .locate import locate_archive, locate_journal, outline, sketch
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
    Prompted,
    RoomEntry,
    ShowRules,
)
from .values import Duration, Size
from .way_out import Proxy, WayOut

__all__ = [
    "EVERYTHING",
    "AdapterClass",
    "Archive",
    "ArchiveRules",
    "Around",
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
    "Idle",
    "Keep",
    "ListenAddress",
    "Listening",
    "Live",
    "Media",
    "Model",
    "Named",
    "Network",
    "Prompted",
    "Proxy",
    "Replacement",
    "RoomEntry",
    "Setting",
    "ShowRules",
    "Size",
    "WayOut",
    "address_of",
    "changed_settings",
    "load",
    "locate_archive",
    "locate_journal",
    "need_token",
    "needs_connection",
    "nobody_of",
    "outline",
    "renamed",
    "schema",
    "secrets_of",
    "sketch",
]
