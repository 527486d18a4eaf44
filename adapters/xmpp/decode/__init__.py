"""The wire to events. Pure, given the session; keeps no element.

`stanza` says what a message stanza is; `children` reads what stands in it, `talk` makes of that what somebody
said, `references` what is said of an earlier message, `subjects` and `members` what is no talk.
"""

from .stanza import Direct, Failure, PastMessage, Reflection, message, past

__all__ = ["Direct", "Failure", "PastMessage", "Reflection", "message", "past"]
