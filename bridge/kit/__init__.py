"""What adapters share, each part usable alone; adapters have it from the face.

bounded    a dict that forgets its oldest entries
in_flight  commands on their way, until each is settled once
pace       how fast one may talk: a token bucket, and turns while a network limits
holdback   live talk that waits while a room's past is read
"""

from .bounded import BoundedDict
from .holdback import Holdback
from .in_flight import InFlight
from .pace import TokenBucket, Turns

__all__ = ["BoundedDict", "Holdback", "InFlight", "TokenBucket", "Turns"]
