"""The wire to events. Pure, given the session; keeps no element.

`stanza` decides what a message stanza is. `children` reads its child elements, `references` those about an
earlier message. `talk`, `subjects` and `members` make events of them.
"""

from .stanza import Direct, Failure, PastMessage, Reflection, message, past

__all__ = ["Direct", "Failure", "PastMessage", "Reflection", "message", "past"]
