"""Changes of state and members (client-server API, "m.room.topic", "m.room.member"). Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.matrix.encode import MARK
from adapters.matrix.html import USER
from adapters.matrix.untrusted import id_of, listed, mapping, name_of, seconds, text_of
from bridge import (
    Change,
    MemberChanged,
    MessageId,
    NameChanged,
    RoomId,
    Sender,
    TopicChanged,
    TypingChanged,
    UserId,
)

__all__ = ["Typists", "pictured", "told"]

_LONGEST_TOPIC = 4000
_LONGEST_NAME = 256
_LONGEST_REASON = 500
_LONGEST_MARK = 255
_LONGEST_ADDRESS = 600
_MOST_TYPING = 50
_TAKES_BACK = ("org.matrix.msc4293.redact_events", "redact_events")
"""Says that a kick or ban takes back what they said (MSC4293, before and after it is accepted)."""


def told(  # noqa: PLR0913 -- the last ones by name
    event: object, room: RoomId, names: Mapping[str, str], own: str, *, replayed: bool, members: bool
) -> TopicChanged | NameChanged | MemberChanged | None:
    """Decode an event of the room's state; None: it tells people nothing. `members`: decode members too."""
    event = mapping(event)
    if event.get("sender") == own and event.get("state_key") in ("", own):
        return None
    match event.get("type"):
        case "m.room.topic" | "m.room.name" if event.get("state_key") == "":
            return _changed(event, room, names, replayed=replayed)
        case "m.room.member" if members:
            return _moved(event, room, names, own)
        case _:
            return None


def _changed(
    event: Mapping[str, Any], room: RoomId, names: Mapping[str, str], *, replayed: bool
) -> TopicChanged | NameChanged | None:
    """Return the event of a new topic or name; None when it is the same as before."""
    kind = event.get("type")
    sender, name = id_of(event.get("sender")), id_of(event.get("event_id"))
    if not name or not USER.fullmatch(sender):
        return None
    said_by = Sender(UserId(sender), name_of(sender, names))
    at, content = seconds(event.get("origin_server_ts")), mapping(event.get("content"))
    mark = text_of(content.get(MARK), _LONGEST_MARK)
    key = "topic" if kind == "m.room.topic" else "name"
    longest = _LONGEST_TOPIC if key == "topic" else _LONGEST_NAME
    now = text_of(content.get(key), longest)
    if now == text_of(_before(event).get(key), longest):
        return None
    if key == "topic":
        return TopicChanged(
            id=MessageId(name), room=room, sender=said_by, topic=now, at=at, replayed=replayed, mark=mark
        )
    return NameChanged(
        id=MessageId(name), room=room, sender=said_by, name=now, at=at, replayed=replayed, mark=mark
    )


def _moved(
    event: Mapping[str, Any], room: RoomId, names: Mapping[str, str], own: str
) -> MemberChanged | None:
    """Return the event of somebody else's changed membership, if it changed."""
    user, sender = id_of(event.get("state_key")), id_of(event.get("sender"))
    if user == own or not USER.fullmatch(user):
        return None
    content, before = mapping(event.get("content")), _before(event)
    change = _change(before, content, by_self=sender == user)
    if change is None:
        return None
    called = _called(content)
    if change is Change.RENAMED:
        shown, new = _called(before) or name_of(user, {}), called or name_of(user, {})
        if shown == new:
            return None
    else:
        shown, new = called or _called(before) or name_of(user, names), ""
    by = None
    if sender != user and USER.fullmatch(sender):
        by = Sender(UserId(sender), name_of(sender, names))
    reason = text_of(content.get("reason"), _LONGEST_REASON)
    back = change in (Change.KICKED, Change.BANNED) and any(content.get(key) is True for key in _TAKES_BACK)
    who = Sender(UserId(user), shown)
    return MemberChanged(
        room=room, sender=who, change=change, reason=reason, by=by, name=new, takes_back=back
    )


def pictured(event: object, room: RoomId, names: Mapping[str, str], own: str) -> MemberChanged | None:
    """Return the event of somebody's other picture, whatever else changed with it; None: it is the same."""
    event = mapping(event)
    user = id_of(event.get("state_key"))
    if event.get("type") != "m.room.member" or user == own or not USER.fullmatch(user):
        return None
    content, before = mapping(event.get("content")), _before(event)
    if content.get("membership") != "join" or before.get("membership") != "join":
        return None
    was, now = (text_of(one.get("avatar_url"), _LONGEST_ADDRESS) for one in (before, content))
    if was == now:
        return None
    return MemberChanged(room=room, sender=Sender(UserId(user), name_of(user, names)), change=Change.PICTURED)


class Typists:
    """Remembers who types where, to tell what changed ("Typing Notifications")."""

    def __init__(self) -> None:
        self._typing: dict[str, frozenset[str]] = {}

    def heard(
        self, wire: str, ephemeral: object, room: RoomId, names: Mapping[str, str], own: str
    ) -> list[TypingChanged]:
        """Return the changes in a room, from the events beside its timeline."""
        found: list[TypingChanged] = []
        for event in map(mapping, listed(mapping(ephemeral).get("events"))):
            if event.get("type") != "m.typing":
                continue
            users = map(id_of, listed(mapping(event.get("content")).get("user_ids"))[:_MOST_TYPING])
            now = frozenset(user for user in users if user != own and USER.fullmatch(user))
            before = self._typing.pop(wire, frozenset())
            if now:
                self._typing[wire] = now
            found += [
                TypingChanged(
                    room=room, sender=Sender(UserId(user), name_of(user, names)), typing=user in now
                )
                for user in sorted(now ^ before)
            ]
        return found


def _before(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state before an event; servers put it into one of two places."""
    return mapping(event.get("prev_content") or mapping(event.get("unsigned")).get("prev_content"))


def _called(content: Mapping[str, Any]) -> str:
    return text_of(content.get("displayname"), _LONGEST_NAME).strip()


def _change(before: Mapping[str, Any], now: Mapping[str, Any], *, by_self: bool) -> Change | None:
    """Return what the step from one membership to another means to those who are in the room."""
    match before.get("membership"), now.get("membership"):
        case "join", "join":
            return Change.RENAMED if _called(before) != _called(now) else None
        case _, "join":
            return Change.JOINED
        case "join", "leave":
            return Change.LEFT if by_self else Change.KICKED
        case "ban", after:
            return Change.UNBANNED if after == "leave" else None
        case _, "ban":
            return Change.BANNED
        case _:
            return None
