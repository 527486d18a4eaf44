"""The children of a message about an earlier one: removals and reactions. Pure."""

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

__all__ = ["About", "ReactionSet", "Removal", "read"]

_RETRACT = "{urn:xmpp:message-retract:1}retract"
_FASTENED = "{urn:xmpp:fasten:0}apply-to"
_RETRACT_0 = "{urn:xmpp:message-retract:0}retract"
_MODERATED = "{urn:xmpp:message-moderate:1}moderated"
_MODERATED_0 = "{urn:xmpp:message-moderate:0}moderated"
_REASONS = frozenset(
    f"{{urn:xmpp:message-{spec}}}reason" for spec in ("retract:1", "moderate:0", "moderate:1")
)
_OCCUPANT_ID = "{urn:xmpp:occupant-id:0}occupant-id"
_REACTIONS = "{urn:xmpp:reactions:0}reactions"
_REACTION = "{urn:xmpp:reactions:0}reaction"
_MOST = 100
_LONGEST = 100
"""Characters: far more than the longest family of emojis has."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An author removes a message (XEP-0424), or a moderator does (XEP-0425)."""

    target: str
    named_by_room: bool
    """Whether the target is named by the room's id; else by the one that its author gave it."""
    moderated: bool = False
    by: str = ""
    """The moderator's address in the room, where the room tells it."""
    occupant: str = ""
    """The moderator's occupant id, where the room tells it."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReactionSet:
    """All of somebody's reactions to a message, as they are now (XEP-0444)."""

    target: str
    emojis: tuple[str, ...]


About = Removal | ReactionSet


def read(child: Element, known: About | None) -> About | None:
    """Read a child of a message; `known` is what the children before it say of an earlier message."""
    tag = child.tag
    if tag == _REACTIONS:
        return known or _reactions(child)
    if tag == _RETRACT:
        return _both(_removal(child, child.find(_MODERATED), child.get("id"), named_by_room=True), known)
    if tag == _FASTENED:
        moderated = child.find(_MODERATED_0)
        if (child if moderated is None else moderated).find(_RETRACT_0) is not None:
            named_by_room = moderated is not None
            return _both(known, _removal(child, moderated, child.get("id"), named_by_room=named_by_room))
    return known


def _both(today: About | None, older: About | None) -> About | None:
    """Join the form of today with that of 2023, which stands beside it for older clients: in Prosody 13 only
    the latter names the moderator.
    """
    if not isinstance(today, Removal):
        return older or today
    if isinstance(older, Removal) and older.target == today.target:
        return replace(today, by=today.by or older.by, occupant=today.occupant or older.occupant)
    return today


def _removal(
    element: Element, moderated: Element | None, target: str | None, *, named_by_room: bool
) -> Removal | None:
    if not target:
        return None
    if moderated is None:
        return Removal(target, named_by_room)
    named = moderated.find(_OCCUPANT_ID)
    reasons = [child.text or "" for child in element.iter() if child.tag in _REASONS]
    return Removal(
        target,
        named_by_room,
        moderated=True,
        by=moderated.get("by") or "",
        occupant=named.get("id") or "" if named is not None else "",
        reason=" ".join("".join(reasons[:1]).split())[:200],
    )


def _reactions(element: Element) -> ReactionSet | None:
    target = element.get("id")
    if not target:
        return None
    emojis = [(child.text or "").strip() for child in element.iterfind(_REACTION)]
    return ReactionSet(
        target,
        tuple(dict.fromkeys(emoji for emoji in emojis[:_MOST] if 0 < len(emoji) <= _LONGEST)),
    )
