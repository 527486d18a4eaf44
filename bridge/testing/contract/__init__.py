"""The contract of every adapter, tested the same way for each, against a real server.

core        the core, as an adapter meets it
place       an adapter that serves one room, and somebody there
talk        what is said, both ways
delivery    commands, their order and their confirmations
support     what the record says of more than words
files       files, both ways
history     what was said before
doubt       what became of a command when nobody knows
connection  how a connection begins and ends
people      who is there
speakers    those who speak by themselves
"""

from .connection import ConnectionContract
from .delivery import DeliveryContract
from .doubt import DoubtContract
from .files import FilesContract
from .history import HistoryContract
from .people import PeopleContract
from .place import Place
from .speakers import SpeakersContract
from .support import SupportContract
from .talk import TalkContract

__all__ = ["AdapterContract", "Place"]


class AdapterContract(
    TalkContract,
    DeliveryContract,
    SupportContract,
    FilesContract,
    HistoryContract,
    DoubtContract,
    ConnectionContract,
    PeopleContract,
    SpeakersContract,
):
    """Subclass it in a test module, with two fixtures that give a Place.

    Each test has a `place` of its own, with a room that nobody else uses; the server may be shared.
    The server of `doomed` is stopped by its test. What a person cannot do is skipped, with the reason.
    """
