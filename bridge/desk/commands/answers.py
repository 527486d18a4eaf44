"""Answers that are ready: c, canned."""

from bridge.desk.floor import NotDone
from bridge.desk.model import ChatState
from bridge.language import N_

from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS"]

_C = N_("!c KEY – say a saved answer")
_CANNED = N_("!canned WORD – find a saved answer")
_MOST = 10
_SHOWN = 60


def _say(asks: AgentAsks) -> str:
    chat, key = asks.own("!c KEY")
    if not key.strip():
        return _find(asks)
    text = asks.seams.saved.answer(key.strip(), chat, asks.agent)
    if text is None:
        raise NotDone(
            asks.locale.gettext("There is no saved answer {key}: !canned finds some", key=key.strip())
        )
    if chat.state is not ChatState.TALKING:
        asks.floor.take(chat, asks.agent)
    asks.floor.say(chat, asks.agent, text)
    return asks.locale.gettext("Said to {chat}: {text}", chat=chat.label, text=text)


def _find(asks: AgentAsks) -> str:
    chat, word = asks.named()
    found = asks.seams.saved.find(word.strip(), chat)
    if not found:
        raise NotDone(asks.locale.gettext("No saved answer fits."))
    lines = [f"!c {key} – {_shown(text)}" for key, text in found[:_MOST]]
    if len(found) > _MOST:
        lines.append(asks.locale.gettext("and {number} more", number=len(found) - _MOST))
    return "\n".join(lines)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


INSTRUCTIONS = {"c": DeskInstruction(_C, _say), "canned": DeskInstruction(_CANNED, _find)}
