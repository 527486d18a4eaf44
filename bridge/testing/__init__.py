"""For the demo and for tests, in this repository and out of it.

server    private servers
person    scripted people on them
scripted  a fake network
clock     a clock that a test moves
contract  what every adapter keeps
"""

from .clock import HandClock
from .contract import AdapterContract, Place
from .person import Heard, Person, picked
from .scripted import ScriptedAdapter, ScriptedNetwork, ScriptedPerson, SeenLine
from .server import Demo, Server, free_port

__all__ = [
    "AdapterContract",
    "Demo",
    "HandClock",
    "Heard",
    "Person",
    "Place",
    "ScriptedAdapter",
    "ScriptedNetwork",
    "ScriptedPerson",
    "SeenLine",
    "Server",
    "free_port",
    "picked",
]
