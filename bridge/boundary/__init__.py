"""The boundary between the core and the adapters, guarded here and nowhere else.

An adapter may be anybody's, and what it hands over comes from strangers. Whatever it does wrong costs its
own network, or one message, and one line in the log that names the network, and what is wrong. What comes
in is checked; what is called has an answer for every exception, and a limit of time where it may hang.
"""

from .answers import failure, outcome
from .guarded import Guarded

__all__ = ["Guarded", "failure", "outcome"]
