"""Errors of rooms, in sentences for the owner. Pure."""

from adapters.xmpp.decode import Failure
from adapters.xmpp.decode.muc_info import Presence
from bridge import AdapterError, RateLimited, Rejected, RoomUnavailable

__all__ = ["MISSING", "REMADE", "departure", "destroyed", "entry", "sending", "topic"]

_SOON = 30.0
_LATER = 60.0
_PAUSE = 5.0
_AT_ONCE = 1.0
_AWAY = {
    "remote-server-not-found": "its server cannot be found",
    "remote-server-timeout": "its server does not answer",
    "gone": "the room has moved or is gone",
    "item-not-found": "the room does not exist",
    "service-unavailable": "it does not take messages now",
    "recipient-unavailable": "it does not take messages now",
    "internal-server-error": "its server has an internal error",
}
_NOT_NOW = {
    "forbidden": "hubbub has no voice there: ask a moderator to give it voice",
    "not-acceptable": "hubbub is not in the room",
    "not-authorized": "hubbub is not in the room",
    "subscription-required": "hubbub is not a member",
}
_ENTRY = {
    "forbidden": "hubbub is banned from the room: ask its owner",
    "not-allowed": "the room does not exist, and hubbub may not create rooms there",
    "not-acceptable": "the room wants hubbub to use the nick that is registered for it: set nick",
    "registration-required": "the room is for members only: ask its owner to make hubbub a member",
    "service-unavailable": "the room is full, or not there now",
    "resource-constraint": "the room is full, or its server is busy",
    "item-not-found": "the room does not exist, or is not set up yet",
    "jid-malformed": "the room's server does not take the address or the nick",
    "remote-server-not-found": "the room's server cannot be found: check what stands behind the @",
    "remote-server-timeout": "the room's server does not answer",
    "conflict": "every nick that hubbub tried is in use: set nick",
    "policy-violation": "the room's server does not allow it",
}
MISSING = "the room does not exist: create it, or set create: true"
REMADE = "the room was gone, and hubbub's coming made it anew"
_DEPARTURE = {
    "301": "hubbub was banned from the room: ask its owner",
    "333": "the room's server lost hubbub",
    "307": "hubbub was kicked from the room",
    "321": "hubbub lost its place in the room: ask its owner to make it a member",
    "322": "the room is now for members only: ask its owner to make hubbub a member",
    "332": "the room's server is shutting down",
}


def sending(failure: Failure) -> AdapterError:
    """Return the error for a refused message (XEP-0045 sections 7.4 and 7.5, RFC 6120 section 8.3.3)."""
    named = failure.condition
    said = f": {failure.text}" if failure.text else ""
    if named in ("resource-constraint", "policy-violation") or failure.kind == "wait":
        return RateLimited(f"{failure.room} asks hubbub to wait ({named}){said}", _PAUSE)
    if named in _NOT_NOW:
        return RoomUnavailable(f"cannot speak in {failure.room}: {_NOT_NOW[named]}{said}", _SOON)
    if named in _AWAY:
        return RoomUnavailable(f"cannot speak in {failure.room}: {_AWAY[named]}{said}", _LATER)
    return Rejected(f"{failure.room} does not take the message ({named}){said}")


def topic(failure: Failure) -> AdapterError:
    """Return the error for a refused subject (XEP-0045 section 8.1)."""
    if failure.condition not in (
        "forbidden",
        "not-allowed",
        "service-unavailable",
        "feature-not-implemented",
    ):
        return sending(failure)
    said = f": {failure.text}" if failure.text else ""
    return Rejected(
        f"{failure.room} does not let hubbub set the subject: make hubbub a moderator, or let everybody set"
        f" it{said}"
    )


def entry(answer: Presence, *, with_password: bool) -> str:
    """Return why we are not let in (XEP-0045 section 7.2)."""
    named = answer.condition
    said = f" ({answer.text})" if answer.text else ""
    if named == "gone":
        return destroyed(answer.moved_to, answer.text)
    if named == "not-authorized":
        if with_password:
            return f"the room does not take the password: check it{said}"
        return f"the room needs a password: set password at the room{said}"
    return f"{_ENTRY.get(named, f'the room does not let hubbub in: {named}')}{said}"


def destroyed(moved_to: str, text: str) -> str:
    """Return the sentence for a room that its owner destroyed (section 10.9): hubbub never makes it again."""
    said = f" ({text})" if text else ""
    if moved_to:
        return f"the room was destroyed{said}, and another one named instead: write {moved_to} into the map"
    return f"the room was destroyed{said}: make it again yourself, or take it out of the map"


def departure(last: Presence) -> tuple[str, float]:
    """Return why we are no longer in a room, and after how many seconds to try again (sections 8.2, 9.1,
    10.9).
    """
    said = f" ({last.text})" if last.text else ""
    statuses = last.statuses
    if last.destroyed:
        return destroyed(last.moved_to, last.text), _SOON
    for code, sentence in _DEPARTURE.items():
        if code in statuses:
            return f"{sentence}{said}", _PAUSE if code in ("332", "333") else _SOON
    # nobody did this: ejabberd ends a session that was cut off when the next one is already in the room
    return f"the room let hubbub go{said}", _AT_ONCE
