"""What an owner can ask a running service, over a Unix socket beside its journal.

`server` is the service's part: whoever asks needs none of it.
"""

from .socket import NotRunning, ask

__all__ = ["NotRunning", "ask"]
