"""Parts that adapters share, each usable alone; adapters have them from the face.

text_adapter  the base of an adapter for a simple protocol: begin here
room_keeper   being in the rooms of the map: enters them, comes back, tells how we stand
backoff       how long to wait before the next try
holdback      live talk that waits while a room's past is read
in_flight     commands on their way, until each is settled once
pace          how fast one may talk: a token bucket, and turns while a network limits
heartbeat     whether the other side is still there
port          a port at which others come to us, by HTTP or otherwise
page          a page for people who follow a link to us: one frame for all of them
preflight     looking at rooms for `hubbub check --online`
examining     the name of a server, its certificate, its clock, for `hubbub doctor`
way_out       (with connect_method) the way to a network: a proxy, an address to connect from
tls           whom to believe who they are, and who is at the other end
avatars       the pictures of people from elsewhere: when to ask for them, beside what is sent
bounded       a dict that forgets its oldest entries
escaping      ids as networks can carry them, and back
barred        people from elsewhere who were sent away, for a while
comings       people from elsewhere who come before they say anything, and go
globs         masks with * and ?, in linear time
sniff         what a file is, by what is in it
"""

from .avatars import AvatarKeeper
from .backoff import Backoff
from .barred import Barred
from .bounded import BoundedDict
from .comings import Comings
from .escaping import Escaping
from .examining import Upgrade, see_certificate, see_clock, see_name, see_server
from .globs import fits_glob
from .heartbeat import Heartbeat
from .holdback import Holdback
from .in_flight import InFlight
from .pace import Paces, TokenBucket, Turns
from .page import PAGE_HEADERS, PAGE_WITH_SCRIPT, plain_page
from .port import Port, serving
from .preflight import preflight
from .room_keeper import Caught, RoomGuest, RoomKeeper
from .sniff import Sniffer, kind_of
from .text_adapter import TextAdapter
from .text_connection import Batch, Missed
from .tls import endpoint, trust
from .way_out import ProxyFailed, connector, dial, route

__all__ = [
    "PAGE_HEADERS",
    "PAGE_WITH_SCRIPT",
    "AvatarKeeper",
    "Backoff",
    "Barred",
    "Batch",
    "BoundedDict",
    "Caught",
    "Comings",
    "Escaping",
    "Heartbeat",
    "Holdback",
    "InFlight",
    "Missed",
    "Paces",
    "Port",
    "ProxyFailed",
    "RoomGuest",
    "RoomKeeper",
    "Sniffer",
    "TextAdapter",
    "TokenBucket",
    "Turns",
    "Upgrade",
    "connector",
    "dial",
    "endpoint",
    "fits_glob",
    "kind_of",
    "plain_page",
    "preflight",
    "route",
    "see_certificate",
    "see_clock",
    "see_name",
    "see_server",
    "serving",
    "trust",
]
