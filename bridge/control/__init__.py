"""What an owner can ask a running service.

requests   what there is, one shape for each ability; answers: what comes back
abilities  does it, whoever asks: `choosing`, `rooms`, `live` and `reloading` are its parts
server     lets commands ask, over a Unix socket beside the journal
api        lets programs ask, over HTTP; openapi describes it
socket     the asking side: it needs none of the others
"""

from .socket import NotRunning, ask, exchange, follow

__all__ = ["NotRunning", "ask", "exchange", "follow"]
