"""Answers that are ready: c, canned."""

from bridge.desk.answering import shortened
from bridge.desk.floor import NotDone
from bridge.desk.model import ChatState, LineBody
from bridge.language import N_

from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS"]

_C = N_("!c KEY – say a saved answer, and what stands behind the key")
_CANNED = N_("!canned WORD – find a saved answer")
_MOST = 10


def _say(asks: AgentAsks) -> str:
    chat, words = asks.own("!c KEY", loosely=True)
    key, _, more = words.strip().partition(" ")
    if not key:
        return _find(asks)
    text = f"{asks.answering.text(key, chat, asks.agent.name)} {more.strip()}".rstrip()
    if chat.state is not ChatState.TALKING:
        asks.floor.take(chat, asks.agent)
        asks.tell_all(chat, asks.floor.whose(chat))
    asks.floor.say(chat, asks.agent, LineBody(text), asks.room)
    return asks.locale.gettext("Said to {chat}: {text}", chat=chat.label, text=text)


def _find(asks: AgentAsks) -> str:
    chat, word = asks.named(loosely=True)
    found = asks.answering.having(word.strip(), chat)
    wrong = [
        asks.locale.gettext(
            "The file has a mistake, so that what it said before counts: {mistake}", mistake=one
        )
        for one in asks.answering.problems()[:1]
    ]
    if not found and not wrong:
        raise NotDone(asks.locale.gettext("No saved answer fits."))
    lines = [*wrong, *(f"!c {key} – {shortened(text)}" for key, text in found[:_MOST])]
    if len(found) > _MOST:
        lines.append(asks.locale.gettext("and {number} more", number=len(found) - _MOST))
    return "\n".join(lines)


INSTRUCTIONS = {"c": DeskInstruction(_C, _say), "canned": DeskInstruction(_CANNED, _find)}
