"""What Hubbub itself says in the rooms: that messages wait, went through, were given up or not heard; and who
came and went. It looks at how rooms stand, and never at who works for them.
"""

from .teller import Teller
from .voice import OwnersVoice

__all__ = ["OwnersVoice", "Teller"]
