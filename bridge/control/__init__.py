"""What an owner can ask a running service, over a Unix socket beside its journal.

`answering` is the service's part: whoever asks needs none of it.
"""

from .door import NotRunning, ask

__all__ = ["NotRunning", "ask"]
