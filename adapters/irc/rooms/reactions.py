"""Our own reactions, remembered so that a change sends only what is new and what is gone (IRCv3 react)."""

from dataclasses import dataclass

from adapters.irc import encode
from bridge import BoundedDict, MessageId, RoomId, SetReactions, Txn

__all__ = ["OwnReactions"]

_MOST = 2000


@dataclass(frozen=True, slots=True)
class _Set:
    txn: Txn
    before: frozenset[str]
    emojis: frozenset[str]


class OwnReactions:
    """Our reactions to the messages that we reacted to last. An unknown message counts as one without any:
    a reaction that is given twice does no harm.
    """

    def __init__(self) -> None:
        self._known: BoundedDict[tuple[RoomId, MessageId], _Set] = BoundedDict(_MOST)

    def lines(self, command: SetReactions, encoding: str) -> list[bytes]:
        """Return the lines that change the reactions to these; the same again for the same txn.

        Raises Rejected.
        """
        room, target = command.room, command.target.id
        known = self._known.pop((room, target), None)
        before: frozenset[str] = frozenset()
        if known is not None:
            before = known.before if known.txn == command.txn else known.emojis
        emojis = [emoji for emoji in command.emojis if encode.can_react(emoji)]
        lines = [
            encode.reaction(room, target, emoji, taken=taken, encoding=encoding)
            for wanted, taken in ((sorted(before.difference(emojis)), True), (emojis, False))
            for emoji in wanted
            if taken or emoji not in before
        ]
        self._known[room, target] = _Set(command.txn, before, frozenset(emojis))
        return lines
