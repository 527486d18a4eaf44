"""Reads what figures need of the chats of a desk, and no word of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bridge.desk.figures import DeskNow, PastChat
from bridge.desk.model import ChatState

from .reader import DeskReader

__all__ = ["PastReader"]

_ENDS = {"closed", "released", "transferred"}
_PAST = """
    SELECT number, opened_at, taken_at, answered_at, CASE state WHEN 'closed' THEN closed_at END,
           CASE WHEN taken_at IS NULL THEN '' ELSE agent END, agent_name, missed, rating
    FROM chat WHERE desk = ? AND opened_at >= ? AND opened_at < ? ORDER BY opened_at, number
"""
_COUNTED = """
    SELECT happened.rowid, happened.desk, what, answered_at - opened_at, rating
    FROM happened LEFT JOIN chat ON number = chat
    WHERE happened.rowid > ? AND what IN ('opened', 'answered', 'missed', 'transferred', 'rated')
    ORDER BY happened.rowid
"""


class PastReader(DeskReader):
    """Reads the times of chats, and what happened to them. Everything may raise TemporaryFailure."""

    def began(self, desk: str) -> float | None:
        """Return when the first chat of a desk was opened that is on record; None: none was."""
        ((found,),) = self._ask("SELECT min(opened_at) FROM chat WHERE desk = ?", desk)
        return None if found is None else float(found)

    def past(self, desk: str, since: float, until: float) -> list[PastChat]:
        """Return the chats of a desk that were opened between two moments, in order. What is open now is
        taken to be held until the second.
        """
        facts = self._facts(since)
        return [_chat(row, facts.get(row[0], ()), until) for row in self._ask(_PAST, desk, since, until)]

    def now(self, desk: str) -> DeskNow:
        """Return how many chats of a desk are open now."""
        found = {
            state: (count, since)
            for state, count, since in self._ask(
                "SELECT state, count(*), min(waits_since) FROM chat WHERE desk = ? AND state != 'closed' "
                "GROUP BY state",
                desk,
            )
        }
        waiting, offered = found.get(ChatState.WAITING), found.get(ChatState.OFFERED)
        return DeskNow(
            waiting=waiting[0] if waiting else 0,
            offered=offered[0] if offered else 0,
            talking=found.get(ChatState.TALKING, (0, 0.0))[0],
            oldest=min((one[1] for one in (waiting, offered) if one), default=None),
        )

    def last_before(self, at: float) -> int:
        """Return the number of the last fact before a moment; 0: there was none."""
        ((found,),) = self._ask("SELECT coalesce(max(rowid), 0) FROM happened WHERE at < ?", at)
        return int(found)

    def counted(self, after: int) -> list[tuple[int, str, str, float | None, int | None]]:
        """Return the facts behind a number, in order, that counters are made of: number, desk, what, and of
        `answered` for how many seconds its visitor had waited, of `rated` how many stars they gave.
        """
        return self._ask(_COUNTED, after)

    def _facts(self, since: float) -> Mapping[int, Sequence[tuple[float, str]]]:
        found = defaultdict[int, list[tuple[float, str]]](list)
        for chat, at, what in self._ask(
            "SELECT chat, at, what FROM happened WHERE at >= ? AND what IN "
            "('taken', 'released', 'transferred', 'closed') ORDER BY at, rowid",
            since,
        ):
            found[chat].append((at, what))
        return found


def _chat(row: tuple[Any, ...], facts: Sequence[tuple[float, str]], until: float) -> PastChat:
    number, opened, taken, answered, closed, agent, name, missed, rating = row
    transfers = sum(what == "transferred" for _, what in facts)
    held = _held(facts, until)
    return PastChat(
        number, opened, taken, answered, closed, held, bool(missed), agent, name, transfers, rating
    )


def _held(facts: Iterable[tuple[float, str]], until: float) -> Sequence[tuple[float, float]]:
    """Return from when to when agents had a chat."""
    found: list[tuple[float, float]] = []
    begun: float | None = None
    for at, what in facts:
        if what == "taken" and begun is None:
            begun = at
        elif what in _ENDS and begun is not None:
            found.append((begun, at))
            begun = None
    if begun is not None:
        found.append((begun, max(begun, until)))
    return found
