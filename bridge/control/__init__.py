"""What an owner can ask a running service, over a Unix socket beside its journal."""

from .answering import Control
from .door import NotRunning, ask

__all__ = ["Control", "NotRunning", "ask"]
