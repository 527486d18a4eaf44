"""Ends loops through other bridges, where nothing marks a message as a copy."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.clock import Clock
from bridge.model import MessageCreated, MessageEdited, TalkEvent

__all__ = ["LoopGuard"]

_TAIL = 5
"""No copy is shorter: a name, what sets it apart, and a word."""
_REMEMBERED = 500
_ECHOES = 5
_WITHIN = 60.0
_FOR = 600.0


@dataclass(slots=True)
class _Suspect:
    """Somebody who has said what Hubbub said before."""

    since: float
    echoes: int = 0
    until: float = 0.0


class LoopGuard:
    """Notices who repeats what Hubbub says, and after some lines takes such repetitions no more.

    Another bridge that joins the same rooms puts our copies into a room that we hear, each time with a
    longer name before them. A person who quotes a line or two is left alone.
    """

    def __init__(self, tell: Callable[[int, str], None], clock: Clock) -> None:
        """`tell` is told, once for each loop, in which room it was ended and whose lines made it."""
        self._tell = tell
        self._clock = clock
        self._sent: dict[str, tuple[str, bool]] = {}
        """By their tails, and whether a name stands in them."""
        self._suspects: dict[tuple[int, str], _Suspect] = {}

    def sent(self, text: str, named: bool = True) -> None:
        """Note that we are saying something, somewhere. Where no name stands in it, somebody says it there
        under their own: then anybody may say the same, and a bridge would put a name before it.
        """
        if not (text := text.replace("\u200b", "")):
            return  # a file alone: nobody repeats it by saying nothing
        tail = text[-_TAIL:]
        self._sent.pop(tail, None)
        self._sent[tail] = text, named
        if len(self._sent) > _REMEMBERED:
            del self._sent[next(iter(self._sent))]

    def repeats(self, source: int, event: TalkEvent) -> bool:
        """Whether what somebody says in a room is such a repetition, to be left out."""
        if not isinstance(event, MessageCreated | MessageEdited):
            return False
        text = event.content.text.replace("\u200b", "")
        sent, named = self._sent.get(text[-_TAIL:], ("", False))
        if not sent or not text.endswith(sent) or (text == sent and not named):
            return False
        now = self._clock.monotonic()
        suspect = self._suspect((source, event.sender.id), now)
        suspect.echoes += 1
        if suspect.echoes < _ECHOES:
            return False
        if now > suspect.until:
            self._tell(source, event.sender.name)
        suspect.until = now + _FOR
        return True

    def _suspect(self, who: tuple[int, str], now: float) -> _Suspect:
        known = self._suspects.get(who)
        if known is None or (now > known.since + _WITHIN and now > known.until):
            if len(self._suspects) >= _REMEMBERED:
                self._suspects.clear()
            known = self._suspects[who] = _Suspect(now)
        return known
