"""Ends loops through other bridges, where nothing marks a message as a copy."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.clock import Clock
from bridge.identity import key_of, safe_name
from bridge.looks import look
from bridge.model import MessageCreated, MessageEdited, Speaker, TalkEvent

__all__ = ["LoopGuard"]

_TAIL = 5
"""No copy is shorter: a name, what sets it apart, and a word."""
_REMEMBERED = 500
_ECHOES = 5
_WITHIN = 60.0
_FOR = 600.0
_SHORTEST = 9
"""No network cuts a name shorter (RFC 2812 section 1.2.1)."""


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
        self._sent: dict[str, tuple[str, Speaker | None, bool]] = {}
        """By their tails, who says them by themselves, and whether we said them as they are, with a name in
        them or of our own.
        """
        self._suspects: dict[tuple[int, str], _Suspect] = {}

    def sent(self, text: str, speaker: Speaker | None = None) -> None:
        """Note that we are saying something, somewhere. Where no name stands in it, but its `speaker` says it
        by themselves, anybody may say the same: a bridge would put a name before it, or say it as somebody
        of that name.
        """
        if not (text := text.replace("\u200b", "")):
            return  # a file alone: nobody repeats it by saying nothing
        tail = text[-_TAIL:]
        before, _, named = self._sent.pop(tail, ("", None, False))
        self._sent[tail] = text, speaker, speaker is None or (named and before == text)
        if len(self._sent) > _REMEMBERED:
            del self._sent[next(iter(self._sent))]

    def repeats(self, network: str, source: int, event: TalkEvent) -> bool:
        """Whether what somebody says in a room of a network is such a repetition, to be left out."""
        if not isinstance(event, MessageCreated | MessageEdited):
            return False
        text = event.content.text.replace("\u200b", "")
        sent, speaker, named = self._sent.get(text[-_TAIL:], ("", None, False))
        if not sent or not text.endswith(sent):
            return False
        who = event.sender
        if text != sent:
            return self._is_loop(source, who.id, who.name)
        # another bridge says it as somebody of its own, who may be new each time, or of a longer name
        by_text = named and self._is_loop(source, sent)
        if speaker is None:
            return self._is_loop(source, who.id, who.name) or by_text
        name = safe_name(who.name)
        again = key_of(network, who.id) == speaker.key and speaker.name.startswith(name) and name[-1] != "…"
        if again or not _are_alike(name, speaker.name):
            return by_text
        return self._is_loop(source, _stem(name), name) or by_text

    def _is_loop(self, source: int, what: str, name: str = "") -> bool:
        """Count an echo in a room, and tell whether it is one too many. Of whom nobody needs to be told, has
        no name here.
        """
        now = self._clock.monotonic()
        suspect = self._suspect((source, what), now)
        suspect.echoes += 1
        if suspect.echoes < _ECHOES:
            return False
        if now > suspect.until and name:
            self._tell(source, name)
        suspect.until = now + _FOR
        return True

    def _suspect(self, who: tuple[int, str], now: float) -> _Suspect:
        known = self._suspects.get(who)
        if known is None or (now > known.since + _WITHIN and now > known.until):
            if len(self._suspects) >= _REMEMBERED:
                self._suspects.clear()
            known = self._suspects[who] = _Suspect(now)
        return known


def _stem(name: str) -> str:
    """Return what stays of a name whatever a bridge puts behind it."""
    return look(name).partition("_")[0]


def _are_alike(name: str, other: str) -> bool:
    """Whether both names are one, whatever bridges put behind it, and where networks cut it."""
    short, long = sorted((_stem(name), _stem(other)), key=len)
    return short == long or (len(short) >= _SHORTEST and long.startswith(short))
