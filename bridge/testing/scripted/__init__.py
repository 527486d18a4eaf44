"""A fake network for tests.

network  its server side
speakers what is different for those who speak by themselves
seen     what people there see of what the bridge does
files    where its files are
person   somebody there
adapter  the smallest complete adapter: read it before you write one
"""

from .adapter import ScriptedAdapter
from .network import ScriptedNetwork
from .person import ScriptedPerson
from .seen import SeenLine

__all__ = ["ScriptedAdapter", "ScriptedNetwork", "ScriptedPerson", "SeenLine"]
