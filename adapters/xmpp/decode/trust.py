"""Decides which edits and removals can be believed after we were away from a room. Pure."""

from collections.abc import Container, Iterable
from dataclasses import replace

from bridge import MessageCreated, MessageEdited, MessageId, Removed, TalkEvent, UserId, by_author

__all__ = ["NOBODYS", "OCCUPANT", "proven"]

OCCUPANT = "occupant:"
"""The beginning of user ids made of occupant ids (XEP-0421): no address in a room begins so."""
NOBODYS = "\n"
"""A name that no message has: an attribute of XML holds no newline."""


def proven(past: Iterable[TalkEvent]) -> list[TalkEvent]:
    """Return what can be believed of the past, the oldest first.

    Where the room does not tell its people apart
    (XEP-0421), nobody saw who gave a nick up and who took it: what is said under it changes what was said
    under it meanwhile and nothing before (XEP-0308 section 4, XEP-0424 section 5). Other edits are then
    of no message, and other removals are left out.
    """
    said: set[tuple[UserId, MessageId]] = set()
    found: list[TalkEvent] = []
    for event in past:
        if isinstance(event, Removed) and not _may_remove(event, said):
            continue
        if isinstance(event, MessageEdited) and not _told_apart(event):
            who = event.sender.id
            known = (who, event.target) in said
            found.append(event if known else replace(event, target=by_author(who, NOBODYS)))
        else:
            found.append(event)
        if isinstance(event, MessageCreated | MessageEdited):
            said.update((event.sender.id, name) for name in (event.id, *event.aliases))
    return found


def _may_remove(event: Removed, said: Container[tuple[UserId, MessageId]]) -> bool:
    if event.by_moderator or _told_apart(event):
        return True
    who, target = event.sender.id, event.target
    return (who, target) in said or (
        who,
        by_author(who, target),
    ) in said  # by the room's id, or by the author's


def _told_apart(event: MessageEdited | Removed) -> bool:
    return event.sender.id.startswith(OCCUPANT)
