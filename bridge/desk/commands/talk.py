"""Commands by which agents choose a visitor, and let one go: take, to, transfer, close."""

from bridge.desk.floor import Floor, NotDone
from bridge.desk.model import Chat, ChatState, Person
from bridge.language import N_, spoken

from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS"]

_TAKE = N_("!take NUMBER – talk with a visitor: what you say from now on goes to them")
_TO = N_("!to NUMBER – go on with another of your visitors; !to - with nobody")
_TRANSFER = N_(
    "!transfer NUMBER NAME – pass a visitor on to another agent, another desk, or (without NAME) to all"
)
_CLOSE = N_("!close NUMBER – end a chat")


def _take(asks: AgentAsks) -> str:
    chat, _ = (None, "") if not asks.words and asks.number is None else asks.chat("!take 12")
    if chat is None:
        queue = asks.floor.chats.queue()
        offered = [one for one in queue if one.agent == asks.agent.key]
        chat = next(iter(offered or [one for one in queue if not one.agent]), None)
    if chat is None:
        raise NotDone(asks.locale.gettext("Nobody waits."))
    asks.about = chat.number
    had = chat.agent_name if chat.state is ChatState.TALKING and chat.agent != asks.agent.key else ""
    asks.floor.take(chat, asks.agent)
    if had:
        now = asks.locale.gettext(
            "{chat} is {agent}'s now, and no more {other}'s: what {agent} says goes to them",
            chat=chat.label,
            agent=asks.agent.name,
            other=had,
        )
        return asks.tell_all(chat, now)
    return asks.tell_all(chat, asks.floor.whose(chat))


def _to(asks: AgentAsks) -> str:
    if asks.words.strip() in ("-", "–", "—", "－"):
        asks.floor.turn_to(None, asks.agent)
        return asks.locale.gettext("{agent} talks to nobody now.", agent=asks.agent.name)
    chat, _ = asks.own("!to 12")
    if chat.state is not ChatState.TALKING:
        raise NotDone(
            asks.locale.gettext("{chat} waits: !take {number} takes it", chat=chat.label, number=chat.number)
        )
    asks.floor.turn_to(chat, asks.agent)
    return asks.locale.gettext("What {agent} says goes to {chat}.", agent=asks.agent.name, chat=chat.label)


def _transfer(asks: AgentAsks) -> str:
    chat, rest = asks.own("!transfer 12 NAME")
    name = rest.strip().removeprefix("@").casefold()
    if not name:
        return _back(asks, chat)
    desk = next((floor for other, floor in asks.floor.desks.items() if other.casefold() == name), None)
    if desk is not None and desk is not asks.floor:
        asks.floor.hand_over(chat, asks.agent, desk)
        return asks.locale.gettext("{chat} waits at {desk} now.", chat=chat.label, desk=desk.chats.desk)
    to = _agent(asks, name)
    if to.key == chat.agent:
        raise NotDone(
            asks.locale.gettext("{chat} is {agent}'s already.", chat=chat.label, agent=chat.agent_name)
        )
    asks.floor.hand_to(chat, asks.agent, to)
    return ""


def _back(asks: AgentAsks, chat: Chat) -> str:
    if chat.agent != asks.agent.key:
        raise NotDone(asks.locale.gettext("To whom? {usage}", usage="!transfer 12 NAME"))
    told = asks.locale.gettext("{chat} waits again: !take {number}", chat=chat.label, number=chat.number)
    asks.floor.give_back(chat, what="released", told=told)
    return ""


def _agent(asks: AgentAsks, name: str) -> Person:
    agents = asks.seams.agents(asks.floor.rules)
    found = [one for one in agents if name in {one.name.casefold(), _fully(one).casefold()}]
    if not found:
        there = ", ".join([one.name for one in agents] + _others(asks.floor))
        raise NotDone(asks.locale.gettext("Nobody of that name is here: {names}", names=there or "–"))
    if len({one.key for one in found}) > 1:
        places = ", ".join(sorted(_fully(one) for one in found))
        raise NotDone(asks.locale.gettext("There are several of that name: {names}", names=places))
    return found[0]


def _fully(one: Person) -> str:
    """Return what tells an agent from one of the same name on another network."""
    return f"{one.network}/{one.name}"


def _others(floor: Floor) -> list[str]:
    return [name for name, other in floor.desks.items() if other is not floor]


def _close(asks: AgentAsks) -> str:
    chat, _ = asks.own("!close 12")
    talked = asks.floor.chats.agent(asks.agent.key).current == chat.number
    told = spoken(chat.language).gettext("The chat was closed. Write again if there is more.")
    asks.floor.close(chat, asks.agent.key, told)
    others = [one.label for one in asks.floor.chats.of(asks.agent.key) if one.state is ChatState.TALKING]
    closed = asks.locale.gettext("{chat} is closed.", chat=chat.label)
    if talked and others:
        closed = asks.locale.gettext(
            "{chat} is closed. What {agent} says goes to nobody now: !to goes on with {others}",
            chat=chat.label,
            agent=asks.agent.name,
            others=", ".join(others),
        )
    return asks.tell_all(chat, closed)


INSTRUCTIONS = {
    "take": DeskInstruction(_TAKE, _take),
    "to": DeskInstruction(_TO, _to),
    "transfer": DeskInstruction(_TRANSFER, _transfer),
    "close": DeskInstruction(_CLOSE, _close),
}
