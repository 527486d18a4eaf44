"""Commands about a desk's day: chats, on, off, hours."""

from bridge.desk.model import Chat, ChatState
from bridge.language import N_, Locale

from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS"]

_CHATS = N_("!chats – who is talked with, and who waits")
_ON = N_("!on – get visitors again")
_OFF = N_("!off – get no more visitors")
_HOURS = N_("!hours – when the desk is open; !hours closed until 15:00, !hours open, !hours normal")
_MOST = 30
_MINUTE = 60.0


def _chats(asks: AgentAsks) -> str:
    chats = asks.floor.chats
    talking = [chat for chat in chats.open.values() if chat.state is ChatState.TALKING]
    shown = [*sorted(talking, key=lambda chat: chat.number), *chats.queue()]
    if not shown:
        return asks.locale.gettext("There is no chat.")
    now = chats.clock.now()
    lines = [_line(chat, now, asks.locale) for chat in shown[:_MOST]]
    if len(shown) > _MOST:
        lines.append(asks.locale.gettext("and {number} more", number=len(shown) - _MOST))
    return "\n".join(lines)


def _line(chat: Chat, now: float, locale: Locale) -> str:
    if chat.state is ChatState.TALKING:
        stands = locale.gettext("with {agent}", agent=chat.agent_name)
        since = chat.last_at
    else:
        stands = locale.gettext("waits")
        if chat.state is ChatState.OFFERED:
            stands = locale.gettext("waits for {agent}", agent=chat.agent_name)
        since = chat.waits_since
    minutes = locale.ngettext("{number} minute", "{number} minutes", int((now - since) / _MINUTE))
    return f"{chat.label}: {stands}, {minutes}"


def _on(asks: AgentAsks) -> str:
    _stand(asks, available=True)
    return asks.locale.gettext("{agent} gets visitors.", agent=asks.agent.name)


def _off(asks: AgentAsks) -> str:
    _stand(asks, available=False)
    return asks.locale.gettext(
        "{agent} gets no more visitors, and keeps those who are there.", agent=asks.agent.name
    )


def _stand(asks: AgentAsks, *, available: bool) -> None:
    row = asks.floor.chats.agent(asks.agent.key, asks.agent.name)
    if row.available is not available:
        asks.floor.chats.happened("on" if available else "off", 0, asks.agent.key)
    row.available = available
    asks.floor.chats.store.put_agent(row)


def _hours(asks: AgentAsks) -> str:
    return asks.reception.ask(asks.words, asks.agent.name)


INSTRUCTIONS = {
    "chats": DeskInstruction(_CHATS, _chats),
    "on": DeskInstruction(_ON, _on),
    "off": DeskInstruction(_OFF, _off),
    "hours": DeskInstruction(_HOURS, _hours),
}
