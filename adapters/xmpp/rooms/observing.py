"""What a room says that it can do, and how much it keeps."""

from xml.etree.ElementTree import Element

from adapters.xmpp.decode import muc_info
from adapters.xmpp.history.archive import Requester
from adapters.xmpp.session import Place

__all__ = ["KEEPING", "count_history", "observe", "window_of"]

KEEPING = 256
"""So many messages may be unconfirmed where the room keeps them all."""
_PLAIN_WINDOW = 16
_DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
_RETRACTS = "urn:xmpp:message-retract:1"
_TRUE = ("1", "true")
_SUBJECTS = ("muc#roominfo_changesubject", "muc#roomconfig_changesubject", "muc#roominfo_subjectmod")
"""The names of the field that tells whether anybody may set the subject (XEP-0045 section 15.5)."""


async def observe(requester: Requester, place: Place) -> tuple[frozenset[str], Element | None]:
    """Ask a room what it can do (XEP-0045 section 6.4). Returns its features, or the error.

    Raises TimeoutError.
    """
    answer = await requester.ask("get", place.room, _DISCO)
    if answer.get("type") == "error":
        return frozenset(), answer
    found = muc_info.info(answer)
    place.stanza_ids = "urn:xmpp:sid:0" in found.features
    place.occupant_ids = "urn:xmpp:occupant-id:0" in found.features
    place.stable_ids = "http://jabber.org/protocol/muc#stable_id" in found.features
    place.persistent = "muc_persistent" in found.features
    place.traceless = _RETRACTS in found.features and f"{_RETRACTS}#tombstone" not in found.features
    place.archive = place.stanza_ids and "urn:xmpp:mam:2" in found.features
    place.window = KEEPING if place.archive else window_of(found.history)
    place.anybodys = next((found.fields[name] in _TRUE for name in _SUBJECTS if name in found.fields), None)
    return found.features, None


def count_history(place: Place, form: Element) -> None:
    """Take note of how much a room keeps, by the form of its owner."""
    if form.get("type") == "result":
        place.window = max(place.window, window_of(muc_info.info(form).history))


def window_of(history: int | None) -> int:
    """Return how many messages may be unconfirmed: as many as the room keeps can be found after a crash."""
    return min(max(history or 0, _PLAIN_WINDOW), KEEPING)
