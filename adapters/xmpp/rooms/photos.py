"""The pictures of a room's people, in their vCards (XEP-0153)."""

from collections.abc import Mapping

from adapters.xmpp.decode import muc_info, vcards
from adapters.xmpp.decode.members import who
from adapters.xmpp.history.archive import Requester
from adapters.xmpp.session import Place
from bridge import AVATAR_LIMIT, Rejected, TemporaryFailure, UserId

__all__ = ["photo_of"]

_PASSING = frozenset(
    {"item-not-found", "recipient-unavailable", "remote-server-timeout", "resource-constraint"}
)
"""Conditions of errors that say nothing of somebody's picture: they have just gone, for example."""


async def photo_of(
    requester: Requester, place: Place, user: UserId, photos: Mapping[str, str]
) -> bytes | None:
    """Return somebody's picture. See `Adapter.avatar`. Who tells of none in their presence is not asked."""
    nick = next(
        (nick for nick, occupant in place.people.items() if who(place, nick, occupant).id == user), ""
    )
    digest = photos.get(user)
    if not nick:
        raise TemporaryFailure(f"{user} is not in {place.room}")
    if not digest:
        return None
    try:
        answer = await requester.ask("get", f"{place.room}/{nick}", vcards.VCARD)
    except TimeoutError:
        raise TemporaryFailure(f"{nick} in {place.room} does not show a picture in time") from None
    if answer.get("type") == "error":
        condition, kind, _ = muc_info.condition(answer)
        if condition in _PASSING or kind == "wait":
            raise TemporaryFailure(f"{nick} in {place.room} shows no picture now ({condition})")
        raise Rejected(f"{nick} in {place.room} does not show their picture ({condition})")
    found = vcards.photo(answer, digest, AVATAR_LIMIT)
    if found is None:
        raise TemporaryFailure(f"{nick} in {place.room} has another picture than they tell of")
    return found
