"""Commands about a visitor: who, note, tag, ban, unban, bans, transcript."""

import re

from bridge.desk.floor import NotDone
from bridge.desk.model import Chat, ChatState
from bridge.identity import one_line
from bridge.language import N_, spoken
from bridge.language.spans import span
from bridge.mail import mail_address

from .asking import AgentAsks, DeskInstruction

__all__ = ["INSTRUCTIONS"]

_WHO = N_("!who NUMBER – what is known of a visitor")
_NOTE = N_("!note NUMBER TEXT – note something, which the visitor never sees")
_TAG = N_("!tag NUMBER WORD – file a chat under a word")
_BAN = N_("!ban NUMBER 2h REASON – keep a visitor out, for a day if no time is given")
_UNBAN = N_("!unban NUMBER – let a visitor in again")
_BANS = N_("!bans – who is kept out, and for how long")
_TRANSCRIPT = N_("!transcript NUMBER ADDRESS – send what was said by mail")
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_TIME = re.compile(r"(\d{1,4})([mhdw])(?:\s+|\Z)")
_DAY = 86_400.0
_NO_QUOTES = str.maketrans({"“": "'", "”": "'", ";": ","})
_MOST = 30


def _who(asks: AgentAsks) -> str:
    chat, _ = asks.chat("!who 12")
    store, locale = asks.floor.chats.store, asks.locale
    facts = [
        chat.mail and locale.gettext("mail {address}", address=_theirs(chat.mail)),
        chat.customer and locale.gettext("customer {name}, as the shop vouches", name=chat.customer),
        *(f"“{_theirs(name)}”: “{_theirs(value)}”" for name, value in chat.fields.items()),
        chat.page and f"“{_theirs(chat.title)}” {_theirs(chat.page)}".removeprefix("“” "),
        locale.gettext("language {language}", language=_theirs(chat.language)),
        chat.agent_name and locale.gettext("{agent}'s", agent=chat.agent_name),
        locale.gettext("closed") if chat.state is ChatState.CLOSED else "",
        _before(asks, chat),
        " ".join(f"#{tag}" for tag in store.tags(chat.number)),
    ]
    lines = [f"{chat.label}: " + "; ".join(one_line(fact) for fact in facts if fact)]
    lines += [locale.gettext("noted: {text}", text=one_line(note.text)) for note in store.notes(chat.number)]
    return "\n".join(lines)


def _theirs(text: str) -> str:
    """Return what a visitor says of themselves so that it does not look like what the desk knows of them."""
    return one_line(text).translate(_NO_QUOTES)


def _before(asks: AgentAsks, chat: Chat) -> str:
    """Say how often somebody was here before, as far as that is known."""
    before = [one for one in asks.floor.chats.store.others_of(chat) if one.number < chat.number]
    if not before:
        return ""
    return asks.locale.ngettext(
        "{number} chat before, the last {last}",
        "{number} chats before, the last {last}",
        len(before),
        last=before[0].number,
    )


def _note(asks: AgentAsks) -> str:
    chat, text = asks.chat("!note 12 TEXT", loosely=True)
    if not text.strip():
        raise NotDone(asks.locale.gettext("Note what? {usage}", usage=f"!note {chat.number} TEXT"))
    asks.floor.chats.store.add_note(chat.number, asks.floor.chats.clock.now(), asks.agent.key, text.strip())
    return asks.locale.gettext("Noted for {number}; the visitor does not see it.", number=chat.number)


def _tag(asks: AgentAsks) -> str:
    chat, text = asks.chat("!tag 12 WORD")
    tags = [word.removeprefix("#")[:40] for word in text.split()]
    if not any(tags):
        raise NotDone(asks.locale.gettext("Under what? {usage}", usage=f"!tag {chat.number} WORD"))
    for tag in tags:
        asks.floor.chats.store.add_tag(chat.number, tag)
    return asks.locale.gettext(
        "{number} is filed under {tags}.", number=chat.number, tags=", ".join(filter(None, tags))
    )


def _ban(asks: AgentAsks) -> str:
    chat, rest = asks.chat("!ban 12 2h REASON")
    found = _TIME.match(rest)
    seconds = int(found[1]) * _UNITS[found[2]] if found else _DAY
    why = rest[found.end() :] if found else rest
    now = asks.floor.chats.clock.now()
    asks.floor.chats.store.ban(chat.number, now + seconds, asks.agent.key, why.strip())
    if chat.state is not ChatState.CLOSED:
        told = spoken(chat.language).gettext("The chat was closed.")
        asks.floor.close(chat, asks.agent.key, told)
    out = asks.locale.gettext(
        "{chat} is kept out for {time}.", chat=chat.label, time=span(seconds, asks.locale)
    )
    return asks.tell_all(chat, out)


def _unban(asks: AgentAsks) -> str:
    chat, _ = asks.chat("!unban 12")
    asks.floor.chats.store.ban(chat.number, asks.floor.chats.clock.now(), asks.agent.key, "")
    return asks.locale.gettext("{chat} may come again.", chat=chat.label)


def _bans(asks: AgentAsks) -> str:
    chats, locale = asks.floor.chats, asks.locale
    now = chats.clock.now()
    lines = []
    for number, name, ban in chats.store.banned(now):
        by = chats.agents[ban.by].name if ban.by in chats.agents else ban.by
        minutes = max(round((ban.until - now) / _UNITS["m"]), 1) * _UNITS["m"]
        told = locale.gettext(
            "{chat} is kept out for {time}, by {agent}",
            chat=f"{number} {name}".rstrip(),
            time=span(minutes, locale),
            agent=by,
        )
        lines.append(one_line(f"{told}: {ban.why}" if ban.why else told))
    if len(lines) > _MOST:
        lines[_MOST:] = [locale.gettext("and {number} more", number=len(lines) - _MOST)]
    return "\n".join(lines) or locale.gettext("Nobody is kept out.")


def _transcript(asks: AgentAsks) -> str:
    chat, rest = asks.chat("!transcript 12 ADDRESS")
    address = mail_address(rest.strip() or chat.mail)
    if address is None:
        raise NotDone(
            asks.locale.gettext("To which address? {usage}", usage=f"!transcript {chat.number} ADDRESS")
        )
    if not asks.seams.post(chat, address):
        raise NotDone(asks.locale.gettext("This desk sends no mail."))
    return asks.locale.gettext(
        "What was said in {number} goes to {address}.", number=chat.number, address=address
    )


INSTRUCTIONS = {
    "who": DeskInstruction(_WHO, _who),
    "note": DeskInstruction(_NOTE, _note),
    "tag": DeskInstruction(_TAG, _tag),
    "ban": DeskInstruction(_BAN, _ban),
    "unban": DeskInstruction(_UNBAN, _unban),
    "bans": DeskInstruction(_BANS, _bans),
    "transcript": DeskInstruction(_TRANSCRIPT, _transcript),
}
