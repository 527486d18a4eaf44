"""`!archive`: what is kept of what is said, for how long and by whom. `!archive off`: nothing of mine."""

from collections.abc import Callable

from bridge.archive.keeping import KeptFor
from bridge.errors import JournalError
from bridge.instructions import Asked, Instruction
from bridge.language import N_, Locale
from bridge.language.spans import span
from bridge.model import RoomId

from .notice import whose
from .opted import OptedOut
from .policy import Policy

__all__ = ["AskArchive", "Changed"]

_WORDS = N_("What is said here is archived and kept for {time}, by {owner}.")
_FILES = N_("What is said here is archived and kept for {time}, files too, by {owner}.")
_FACTS = N_("It is archived who says something here and when, but not what, and kept for {time}, by {owner}.")

Changed = Callable[[Asked, bool], None]
"""Is told that somebody opted out, or is in again."""


class AskArchive(Instruction):
    """Tells people of the archive, and does what they want of it."""

    name = "archive"
    help = N_("!archive – what is kept of what is said here; !archive off leaves out what you say")

    def __init__(self, policy: Callable[[], Policy], opted: OptedOut, changed: Changed) -> None:
        self._policy = policy
        self._opted = opted
        self._changed = changed

    def here(self, network: str) -> bool:
        return any(place[0] == network for place in self._policy().known)

    async def follow(self, asked: Asked) -> str:
        match asked.words.casefold():
            case "":
                return "\n".join(self._told(asked))
            case "off" | "on" as word:
                return self._chosen(asked, out=word == "off")
            case _:
                return asked.locale.gettext("It is !archive, !archive off or !archive on.")

    def _chosen(self, asked: Asked, *, out: bool) -> str:
        locale, was = asked.locale, (asked.network, asked.sender) in self._opted
        try:
            if out:
                self._opted.leave_out(asked.network, asked.sender)
            else:
                self._opted.take_in(asked.network, asked.sender)
        except JournalError:
            return locale.gettext("That cannot be noted now: please say it again later.")
        if out != was:
            self._changed(asked, out)
        if out:
            return locale.gettext(
                "What you say is left out of the archive from now on; that you said something, and when, is "
                "not. For what is in it already, ask {owner}.",
                owner=whose(self._policy().owner, locale),
            )
        return locale.gettext("What you say is archived again from now on.")

    def _told(self, asked: Asked) -> list[str]:
        locale, kept = asked.locale, self._kept(asked.network, asked.room)
        told = [self._line(one, locale) for one in kept]
        if not kept:
            told = [locale.gettext("Nothing that is said here is archived.")]
        if (asked.network, asked.sender) in self._opted:
            told.append(
                locale.gettext("What you say is left out. Say !archive on to have it archived again.")
            )
        elif any(one.text for one in kept):
            told.append(locale.gettext("Say !archive off to have your words left out."))
        return told

    def _kept(self, network: str, room: RoomId) -> list[KeptFor]:
        policy = self._policy()
        return [policy.kept[name] for name in policy.by_room.get((network, room), ())]

    def _line(self, kept: KeptFor, locale: Locale) -> str:
        sentence = _FACTS if not kept.text else _FILES if kept.files else _WORDS
        owner = whose(self._policy().owner, locale)
        return locale.gettext(sentence, time=span(kept.keep, locale), owner=owner)
