"""For tests, in this repository and out of it: a fake network, and the contract that every adapter keeps."""

from .contract import AdapterContract, Place
from .scripted import ScriptedAdapter, ScriptedNetwork

__all__ = ["AdapterContract", "Place", "ScriptedAdapter", "ScriptedNetwork"]
