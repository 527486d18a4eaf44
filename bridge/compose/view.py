"""What a room is, can and wants, as one delivery finds it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from bridge.adapter import Adapter
from bridge.clock import Clock
from bridge.config import ShowRules
from bridge.language import Locale
from bridge.model import Authorship, Capabilities, RoomId, Sender, Speaker, Support

from .attachments import Attachments
from .digest import Digest
from .facts import Facts
from .prefix import Prefix

__all__ = ["Origin", "RoomView"]

Origin = Callable[[int, int], tuple[str, Prefix]]
"""Gives, for a source and a destination, the source's network and how to name its people."""
_NOT_ASKED = Capabilities(text_limit=0)
"""Before the first delivery no adapter need answer: it may not even be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """A room that something is composed for."""

    number: int
    """The room's, in the journal."""
    id: RoomId
    adapter: Adapter
    title: str
    """The room's name in the log."""
    logged: Callable[[object], str]
    """A reason, as the log may have it."""
    about: Callable[[int], Mapping[str, str | int]]
    """The keys of a log line about a delivery to the room."""
    capabilities: Capabilities = _NOT_ASKED
    """What the room can do, as its adapter says at each delivery: for the bridge's own account, or for who
    speaks.
    """
    speaker: Speaker | None = None
    """Who speaks under their own name; None: the bridge's own account, in whose texts people are named."""
    show: ShowRules
    """What the room is shown of what it cannot do."""
    locale: Locale
    """How its people are spoken to."""
    facts: Facts
    origin: Origin
    is_heard: Callable[[int, Sender], bool]
    """Whether this room still hears somebody of another: they may have been muted since."""
    unique: Collection[str]
    """The networks where no two people in one room bear the same name."""
    strangers: Collection[str] = ()
    """The networks where anybody may come in (`Adapter.instructed`)."""
    networks: Collection[str] = ()
    """All networks, since their names tell people apart."""
    attachments: Attachments
    digest: Digest

    @property
    def clock(self) -> Clock:
        """The clock of the room's network."""
        return self.adapter.clock

    def network(self, source: int) -> str:
        """Return the network of a room that is heard here."""
        return self.origin(source, self.number)[0]

    def own(self) -> "RoomView":
        """Return the room as it is for the bridge's own account."""
        if self.speaker is None:
            return self
        return replace(self, capabilities=self.adapter.capabilities(self.id), speaker=None)

    def is_puppet(self) -> bool:
        """Whether the speaker has an account of their own."""
        return self.speaker is not None and self.speaker.how is Authorship.PUPPET

    def without_files(self) -> "RoomView":
        """Return the room as it is for a message whose file it refused."""
        return replace(self, capabilities=replace(self.capabilities, file=Support.NO))
