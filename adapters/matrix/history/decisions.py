"""What moderators decide about people, and about those from elsewhere. Pure, given the session."""

from dataclasses import replace

from adapters.matrix.decode import told
from adapters.matrix.session import Session
from bridge import Change, MemberChanged, RoomId

__all__ = ["moderated", "seen"]

_LASTING = (Change.BANNED, Change.UNBANNED)
"""What still holds when it is read later."""


def moderated(
    session: Session, wire: str, room: RoomId, event: object, *, live: bool
) -> MemberChanged | None:
    """Decode what somebody did about one of ours; None: nothing, or it was one of us."""
    news = told(event, room, session.names_in(wire), session.own, replayed=False, members=True)
    if not isinstance(news, MemberChanged) or news.by is None or news.by.id == session.own:
        return None
    key = session.key_of(news.sender.id)
    if key is None or session.key_of(news.by.id) is not None:
        return None
    if news.change not in (Change.KICKED, *_LASTING):
        return None
    return seen(session, wire, replace(news, speaker=key), live=live)


def seen(session: Session, wire: str, news: MemberChanged, *, live: bool) -> MemberChanged | None:
    """Return what is told of a member; None: it was over before anybody could be told."""
    if not live and news.change not in _LASTING:
        return None
    if news.takes_back and (news.by is None or not session.may_redact(wire, news.by.id)):
        return replace(news, takes_back=False)
    return news
