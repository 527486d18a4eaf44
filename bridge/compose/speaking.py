"""Who does what in a room: somebody from elsewhere by themselves, or the bridge for them."""

from collections.abc import Sequence
from dataclasses import replace

from bridge.errors import ConnectionLost, Rejected, RoomUnavailable
from bridge.identity import Author, resolve, said_as
from bridge.journal import Delivery
from bridge.model import (
    Authorship,
    Capabilities,
    Command,
    MessageCreated,
    Part,
    Sender,
    SendMessage,
    Speaker,
    UserId,
)

from .memory import RoomMemory, keep
from .next import Flying
from .view import RoomView

__all__ = ["as_said", "may_pass", "reacts_alone", "silences", "speaking", "way"]

_AT_ONCE = 1.0
"""Who speaks within so many seconds of another one does not answer them."""
_SILENCE = 60.0
"""So long the bridge speaks for somebody who could not by themselves, in seconds."""


def speaking(view: RoomView, source: int, sender: Sender, memory: RoomMemory) -> RoomView:
    """Return the room as it is for somebody from another room, who has the best that there is for them."""
    own = view.own()
    if own.capabilities.authorship is Authorship.PREFIX:
        return own
    author = memory.guest(own, source, sender).author
    found = _found(own, author, memory)
    if found is None:
        return own
    name = memory.namesakes.speaking(author.network, sender, told=False)
    return _spoken_by(own, found[0], name, found[1])


def as_said(view: RoomView, part: Part, source: int, sender: Sender, memory: RoomMemory) -> RoomView | None:
    """Return the room as it is for who said a part of somebody's message here, since nobody else can change
    that; None: they cannot do anything now.
    """
    own = view.own()
    if part.speaker is None:
        return own
    speaker = said_as(part.speaker, memory.guest(own, source, sender).author)
    if (record := _record(own, speaker, memory)).authorship is speaker.how:
        return _spoken_by(own, speaker, memory.called(own, source, sender), record)
    return own if speaker.how is Authorship.MASQUERADE else None


def reacts_alone(own: RoomView, source: int, user: UserId, memory: RoomMemory) -> bool:
    """Whether somebody from another room reacts by themselves, and not with the bridge."""
    found = _found(own, Author(own.network(source), user, ""), memory)
    return found is not None and found[0].how is Authorship.PUPPET and bool(found[1].reaction)


def way(view: RoomView, delivery: Delivery) -> str:
    """Return by whose connection a delivery goes, where speakers have their own; empty: by the bridge's. What
    is done about messages has a way for itself: only when it is composed is it known whose it is.
    """
    if not isinstance(delivery.event, MessageCreated):
        return str(delivery.seq)
    return view.speaker.key if view.speaker is not None and view.capabilities.own_connection else ""


def may_pass(view: RoomView, delivery: Delivery, flying: Sequence[Flying]) -> bool:
    """Whether somebody's words may arrive before all that is on its way, where the record lets them: it is of
    others who spoke at about the same time, so that nobody answers anybody.
    """
    return (
        view.is_puppet()
        and isinstance(delivery.event, MessageCreated)
        and all(
            isinstance(other.step.command, SendMessage)
            and other.step.command.speaker.how is Authorship.PUPPET
            and view.speaker is not None
            and other.step.command.speaker.key != view.speaker.key
            and abs(delivery.said_at - other.delivery.said_at) < _AT_ONCE
            for other in flying
        )
    )


def silences(view: RoomView, command: Command, error: BaseException, memory: RoomMemory) -> bool:
    """Whether the bridge could do for somebody what they cannot do by themselves: for a while it does."""
    speaker = command.speaker
    if speaker.how is Authorship.PREFIX:
        return False
    if isinstance(error, ConnectionLost):
        if not view.adapter.capabilities(view.id, speaker).own_connection:
            return False
    elif not isinstance(error, Rejected | RoomUnavailable):
        return False  # of what a bug did nobody knows whether it arrived
    elif isinstance(error, Rejected) and error.alone:
        return False  # the message is what is refused, and not whoever says it
    keep(memory.silenced, speaker.key, view.clock.monotonic() + _SILENCE)
    return True


def _found(own: RoomView, author: Author, memory: RoomMemory) -> tuple[Speaker, Capabilities] | None:
    """Find somebody's speaker, the best first, and their record; None: it is the bridge."""
    record = own.capabilities
    for _ in Authorship:
        speaker = resolve(author, record)
        if speaker.how is Authorship.PREFIX:
            return None
        record = _record(own, speaker, memory)
        if record.authorship is speaker.how:
            return speaker, record
    return None


def _record(own: RoomView, speaker: Speaker, memory: RoomMemory) -> Capabilities:
    if memory.silenced and memory.silenced.get(speaker.key, 0.0) > own.clock.monotonic():
        return replace(own.capabilities, authorship=Authorship.PREFIX)
    return own.adapter.capabilities(own.id, speaker)


def _spoken_by(own: RoomView, speaker: Speaker, name: str, record: Capabilities) -> RoomView:
    return replace(own, capabilities=record, speaker=replace(speaker, name=name))
