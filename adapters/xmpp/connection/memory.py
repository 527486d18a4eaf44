"""What one connection hands on to the next."""

from dataclasses import dataclass, field

from adapters.xmpp.files import upload
from adapters.xmpp.session import Session
from bridge import BoundedDict, Receipt

from . import stream_management

__all__ = ["Memory"]

_MOST_LANDED = 1000


@dataclass(slots=True)
class Memory:
    """The state that one connection hands on to the next."""

    session: Session
    landed: BoundedDict[str, Receipt] = field(default_factory=lambda: BoundedDict(_MOST_LANDED))
    """Receipts that came too late for the connection that their messages were sent on."""
    stream: stream_management.Stream | None = None
    files: upload.UploadService = field(default_factory=upload.UploadService)
    heard: float = 0.0
    """All that the server said until then was surely heard, in seconds since 1970."""
