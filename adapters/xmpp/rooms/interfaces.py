"""What those who look after people from elsewhere ask of each other."""

from typing import Protocol
from xml.etree.ElementTree import Element

from adapters.xmpp.decode import Direct

__all__ = ["Alone", "Speaking"]


class Alone(Protocol):
    """Hears of messages to one person (`PrivateChats`)."""

    def heard(self, element: Element, said: Direct, key: str) -> None: ...

    def refused(self, element: Element) -> bool: ...


class Speaking(Protocol):
    """Sends stanzas from any address."""

    @property
    def congested(self) -> bool: ...

    def say(self, stanza: str, speaker: str = "") -> None: ...

    def fresh_id(self) -> str: ...
