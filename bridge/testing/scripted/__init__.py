"""A fake network for tests.

network  its server side
speakers what is different for those who speak by themselves
seen     what people there see of what the bridge does
adapter  the smallest complete adapter: read it before you write one
"""

from .adapter import ScriptedAdapter
from .network import ScriptedNetwork
from .seen import SeenLine

__all__ = ["ScriptedAdapter", "ScriptedNetwork", "SeenLine"]
