"""Saved answers at work: said for an agent, suggested to agents, and by choice to visitors who wait."""

from collections.abc import Mapping, Sequence

from bridge.identity import one_line
from bridge.language import N_

from .floor import Floor, NotDone
from .model import Chat, ChatState, LineBody, SaidBy
from .reception import Reception
from .saved import SavedAnswer, SavedFile, filled

__all__ = ["Answering", "shortened"]

_SHOWN = 60


def shortened(text: str) -> str:
    """Return the beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


class Answering:
    """The saved answers of one desk. What says something stands in a transaction of the store."""

    def __init__(self, floor: Floor, reception: Reception) -> None:
        self._floor, self._chats, self._reception = floor, floor.chats, reception
        self._file: SavedFile | None = None
        self._suggested: dict[int, set[str]] = {}
        """Which keys were suggested in which open chat already."""

    def look(self) -> None:
        """Read the file again when it is another than before."""
        path = self._floor.rules.saved
        if path is None:
            self._file = None
        else:
            if self._file is None or self._file.path != path:
                self._file = SavedFile(path)
            self._file.look(self._chats.desk)
        self._suggested = {
            number: keys for number, keys in self._suggested.items() if number in self._chats.open
        }

    def text(self, key: str, chat: Chat, agent: str) -> str:
        """Return what is said for a key to the visitor of a chat. Raises NotDone, with what is meant."""
        file, locale = self._in_use(), self._floor.locale
        found = file.answers.find(key)
        if not isinstance(found, SavedAnswer):
            if not found:
                raise NotDone(locale.gettext("There is no saved answer {key}: !canned finds some", key=key))
            raise NotDone(
                locale.gettext("There is no saved answer {key}, but {keys}", key=key, keys=", ".join(found))
            )
        text, lacking = filled(self._worded(found, chat), self._values(chat, agent))
        if lacking:
            names = ", ".join(f"{{{name}}}" for name in lacking)
            raise NotDone(
                locale.gettext(
                    "{key} needs {names}, which nobody knows of {chat}: say it in your own words",
                    key=found.key,
                    names=names,
                    chat=chat.label,
                )
            )
        return text

    def having(self, word: str, chat: Chat | None) -> Sequence[tuple[str, str]]:
        """Return the keys, each with its text, of the answers with this word; all, when it is empty."""
        return [(answer.key, self._worded(answer, chat)) for answer in self._in_use().answers.having(word)]

    def problems(self) -> Sequence[str]:
        """Return what is wrong in the file, so that what it said before counts."""
        return self._file.problems if self._file is not None else ()

    def suggest(self, chat: Chat, said: str) -> None:
        """Suggest what fits a visitor's line, once in each chat."""
        if self._file is None or self._floor.rules.suggest == "off":
            return
        found = self._file.matcher.suggest(said)
        if found is None or found.key in self._suggested.setdefault(chat.number, set()):
            return
        text, lacking = filled(self._worded(found, chat), self._values(chat, chat.agent_name or "…"))
        if lacking:
            return  # nobody could say it
        self._suggested[chat.number].add(found.key)
        if self._floor.rules.suggest == "visitors" and chat.state is not ChatState.TALKING:
            said_by_us, lacking = filled(self._worded(found, chat), self._values(chat, ""))
            if not lacking:
                self._chats.add(chat, "said", SaidBy.DESK, "", LineBody(said_by_us))
                self._tell(N_("{chat} sees the saved answer {key}: {text}"), chat, found.key, said_by_us)
                return
        self._tell(N_("{chat}: try !c {number} {key} ({text})"), chat, found.key, text)

    def _tell(self, sentence: str, chat: Chat, key: str, text: str) -> None:
        told = self._floor.locale.gettext(
            sentence, chat=chat.label, number=chat.number, key=key, text=shortened(text)
        )
        self._chats.tell(told, chat.number, chat.room)

    def _in_use(self) -> SavedFile:
        if self._file is None:
            raise NotDone(
                self._floor.locale.gettext("This desk has no saved answers: its owner can add some.")
            )
        return self._file

    def _worded(self, answer: SavedAnswer, chat: Chat | None) -> str:
        language = self._floor.locale.language
        return answer.text([chat.language, language] if chat is not None else [language])

    def _values(self, chat: Chat, agent: str) -> Mapping[str, str]:
        known = {
            **chat.fields,
            "visitor": chat.name,
            "agent": agent,
            "desk": self._chats.desk,
            "hours": self._reception.told(chat.language),
            "page": chat.page,
        }
        return {name: one_line(value) for name, value in known.items()}
