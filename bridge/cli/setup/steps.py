"""The steps: networks, each with its login tried, then the rooms that are joined."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from rich.console import Console

from bridge.cli.log import gathered
from bridge.cli.online import answer
from bridge.config import Config
from bridge.config.check import against_name
from bridge.config.document import Spot
from bridge.config.draft import Judged
from bridge.config.models import RoomBlock, TopBlock
from bridge.config.sentences import sentences
from bridge.errors import ConfigError
from bridge.model import RoomId
from bridge.protocols import find, names

from .desk import DESK, complete
from .dialogue import Dialogue
from .draft import Draft
from .questions import Question, questions

__all__ = ["ask_all"]

_FIRST = "lobby"
_NEXT = {
    "change": "answer anew what it may be",
    "again": "try once more",
    "keep": "write it as it is: `hubbub check --online` tries again",
    "drop": "leave it out",
}


def ask_all(dialogue: Dialogue, draft: Draft, *, offline: bool, visitors: str | None = None) -> None:
    """Ask for everything that is not given yet, and try what is answered; `visitors` is the network whose
    rooms are desks, where that is what is wanted. Raises HubbubError.
    """
    _Steps(dialogue, draft, offline=offline, visitors=visitors).all()


class _Steps:
    def __init__(self, dialogue: Dialogue, draft: Draft, *, offline: bool, visitors: str | None) -> None:
        self._dialogue, self._draft, self._offline, self._visitors = dialogue, draft, offline, visitors

    def all(self) -> None:
        for name in list(self._draft.networks):
            self._network(name)
        while self._dialogue.with_somebody and (protocol := self._protocol()):
            self._network(self._name(protocol))
        self._rooms()
        if self._visitors is not None:
            complete(self._draft, self._visitors)
        (owner,) = (one for one in questions(TopBlock) if one.key == "owner")
        if self._dialogue.with_somebody and "owner" not in self._draft.top:
            self._dialogue.title("The bridge")
            self._fill("", self._draft.top, [owner], self._draft.whole)

    # networks

    def _protocol(self) -> str:
        """Return the protocol of one more network; empty: that is all."""
        dialogue, known = self._dialogue, names()
        end = " (Enter: that is all)" if self._draft.networks else f" ({', '.join(known)})"
        if self._visitors is not None and len(self._draft.networks) == 1:
            dialogue.title("Where are the agents? Name the network of the client that they use.")
            theirs = self._draft.networks[self._visitors]["protocol"]
            self._list([name for name in known if name != theirs])
            end = ""
        else:
            dialogue.title("One more network?" if self._draft.networks else "Which networks shall be joined?")
        if not self._draft.networks:
            self._list(known)
        enough = len(self._draft.networks) > 1
        while True:
            word = dialogue.line(f"protocol{end}").lower()
            if not word and enough:
                return ""
            if not word and self._draft.networks and self._visitors is None:
                if dialogue.agrees(
                    "Is one network enough? Its rooms are joined with each other.", default=False
                ):
                    return ""
                continue
            try:
                find(word)
            except ConfigError as error:
                dialogue.say(error.problems[0] if word else "Name one.", "red")
            else:
                return word

    def _list(self, known: Iterable[str]) -> None:
        width = max(map(len, known))
        for name in known:
            try:
                about = (find(name).NetworkConfig.__doc__ or "").strip().partition("\n")[0]
            except ConfigError as error:
                about = error.problems[0]
            self._dialogue.say(f"{name:<{width}}  {about}")

    def _name(self, protocol: str) -> str:
        """Return the name of a new network."""
        taken = self._draft.networks
        free = next(
            name for n in range(1, 99) if (name := protocol if n == 1 else f"{protocol}{n}") not in taken
        )
        while True:
            name = self._dialogue.line("a name for it, as you will see it everywhere", free) or free
            sentence = "this name is taken" if name in taken else against_name(name)
            if sentence is None:
                taken[name] = {"protocol": protocol}
                return name
            self._dialogue.say(sentence, "red")

    def _network(self, name: str) -> None:
        """Ask for what a network needs, and try the login until it works or somebody has enough."""
        draft, dialogue = self._draft, self._dialogue
        block = draft.networks[name]
        where = f"networks.{name}"
        if sentence := against_name(name):
            dialogue.refuse(where, sentence)
            return
        if not isinstance(block, dict) or not isinstance(block.get("protocol"), str):
            dialogue.refuse(where, "needs a protocol, such as --set " + f"{where}.protocol={names()[0]}")
            return
        if sentence := _of(draft.network(name), ("protocol",)):
            dialogue.refuse(f"{where}.protocol", sentence)
            return
        dialogue.title(f"{name} ({block['protocol']})")
        known = questions(find(block["protocol"]).NetworkConfig)
        ask = [
            one for one in known if one.asked and not block.get(one.key) and f"{one.key}_file" not in block
        ]
        self._settled(
            where, block, known, ask,
            judged=lambda: draft.network(name),
            tried=lambda config: self._try(config, name, {}),
            drop=lambda: draft.networks.pop(name),
        )  # fmt: skip

    # rooms

    def _rooms(self) -> None:
        draft, dialogue = self._draft, self._dialogue
        for title in list(draft.conversations):
            self._given(title)
        while dialogue.with_somebody and draft.networks:
            if draft.conversations and not dialogue.agrees(
                "Shall other rooms be joined, too?", default=False
            ):
                return
            self._conversation()

    def _given(self, title: str) -> None:
        """Try the rooms of a conversation that was given whole."""
        conversation = self._draft.conversations[title]
        for network in (
            self._draft.networks.keys() & conversation.keys() if isinstance(conversation, dict) else ()
        ):
            rooms = conversation[network]
            given = [dict(one) if isinstance(one, dict) else {"room": one}
                     for one in (rooms if isinstance(rooms, list) else [rooms])]  # fmt: skip
            found = [self._room(f"conversations.{title}", network, entry, ask=False) for entry in given]
            conversation[network] = _entry([entry for entry in found if entry is not None])

    def _conversation(self) -> None:
        draft, dialogue = self._draft, self._dialogue
        title = self._title()
        found: dict[str, Any] = {}
        for network in list(draft.networks):
            rooms: list[Any] = [{"room": title}] if network == self._visitors else []
            while (
                network != self._visitors
                and (entry := self._room(f"conversations.{title}", network, {}, more=bool(rooms))) is not None
            ):
                rooms.append(entry)
                if len(draft.networks) > 1:
                    break
            if rooms:
                found[network] = _entry(rooms)
        if sum(len(one) if isinstance(one, list) else 1 for one in found.values()) < 2:
            dialogue.say("A conversation joins two rooms or more: this one is left out.", "red")
        else:
            draft.conversations[title] = found
            if mistakes := draft.whole().mistakes:
                del draft.conversations[title]
                for _, sentence in mistakes:
                    dialogue.say(sentence, "red")
                dialogue.say("So this conversation is left out.", "red")

    def _title(self) -> str:
        """Return the name of a new conversation."""
        asked, first = "Which rooms shall be one conversation?", _FIRST
        if self._visitors is not None:
            asked, first = "What is the desk called, and in which rooms are its agents?", DESK
        self._dialogue.title(asked)
        while True:
            title = self._dialogue.line("a name for it", "" if self._draft.conversations else first)
            if title and title not in self._draft.conversations:
                return title
            self._dialogue.say("Give it a name that no other has.", "red")

    def _room(
        self, where: str, network: str, entry: dict[str, Any], *, ask: bool = True, more: bool = False
    ) -> dict[str, Any] | None:
        """Ask for a room and look at it. Returns how it stands in the file; None: there shall be none."""
        draft = self._draft
        model = find(draft.networks[network]["protocol"]).RoomConfig
        about = sentences(RoomBlock).get("room", "")
        first = Question(
            "room", f"{about} Enter: none{' more' if more else ''}.", model.example, needed=False
        )
        if ask:
            self._dialogue.title(network)
        dropped: list[bool] = []
        known = (first, *questions(model))
        self._settled(
            f"{where}.{network}", entry, known, [first] if ask else [],
            anew=[first],
            judged=lambda: draft.room(network, entry),
            tried=lambda config: self._try(config, network, config.rooms()[network]),
            drop=lambda: dropped.append(True),
            enough=lambda: not entry.get("room"),
        )  # fmt: skip
        return entry if entry.get("room") and not dropped else None

    # both

    def _settled(  # noqa: PLR0913 -- a step's parts
        self, where: str, block: dict[str, Any], known: tuple[Question, ...], ask: Iterable[Question], *,
        judged: Callable[[], Judged], tried: Callable[[Config], str | None], drop: Callable[[], object],
        enough: Callable[[], bool] = lambda: False, anew: Collection[Question] = (),
    ) -> None:  # fmt: skip
        """Ask these questions and try the answers; ask anew what is named as wrong, and `anew` in any case,
        until it works.
        """
        dialogue = self._dialogue
        self._fill(where, block, ask, judged)
        while not enough():
            found = judged()
            if found.mistakes:
                spot, sentence = found.mistakes[0]
                dialogue.refuse(".".join(map(str, (where, *spot))), sentence)
                self._fill(where, block, _named(known, sentence, block, spot), judged)
                continue
            if self._offline or found.config is None or (trouble := tried(found.config)) is None:
                return
            dialogue.refuse(where, trouble)
            match dialogue.choose("what now?", _NEXT):
                case "change":
                    named = [one for one in _named(known, trouble, block) if one not in anew]
                    self._fill(where, block, [*anew, *named], judged)
                case "keep":
                    self._draft.untried.append(f"{where}: {trouble}")
                    return
                case "drop":
                    drop()
                    return

    def _fill(
        self,
        where: str,
        block: dict[str, Any],
        ask: Iterable[Question],
        judged: Callable[[], Judged],
        at: Spot = (),
    ) -> None:
        """Ask these questions, each until there is nothing against its answer."""
        for question in ask:
            here, spot = f"{where}.{question.key}".lstrip("."), (*at, question.key)
            while True:
                before = str(block.get(question.key) or "")
                if question.block:
                    self._inner(here, block, question, judged, spot)
                else:
                    _put(block, question.key, self._dialogue.ask(here, question, before))
                if question.key not in block or not (sentence := _of(judged(), spot)):
                    break
                self._dialogue.refuse(here, sentence)
                if not question.block:
                    _put(block, question.key, before if block[question.key] != before else "")

    def _inner(
        self, where: str, block: dict[str, Any], question: Question, judged: Callable[[], Judged], spot: Spot
    ) -> None:
        """Ask whether there shall be a block, and what stands in it."""
        if not self._dialogue.with_somebody:
            return
        self._dialogue.say()
        self._dialogue.say(question.sentence, "bright_black")
        if not self._dialogue.agrees(question.key, default=isinstance(block.get(question.key), dict)):
            block.pop(question.key, None)
            return
        inner = block.setdefault(question.key, {})
        self._fill(where, inner, [one for one in question.block if one.asked], judged, spot)

    def _try(self, config: Config, name: str, rooms: Mapping[RoomId, Any]) -> str | None:
        """Log in, and look at rooms. Returns what is wrong, as a sentence."""
        what = ", ".join(rooms) or name
        console = Console(stderr=True)
        with gathered() as warnings, console.status(f"trying {what} ...", spinner="line"):
            found = asyncio.run(answer(config, name, rooms))
        for warning in warnings:
            self._dialogue.say(warning, "yellow")
        if isinstance(found, str):
            return found
        if about := found.get(RoomId("")):
            self._dialogue.say(about, "yellow")
        wrong = [found.get(room, "the network says nothing about it") for room in rooms]
        if trouble := next(filter(None, wrong), None):
            return trouble
        self._dialogue.say(f"{what}: ok", "green")
        return None


def _entry(rooms: Iterable[Mapping[str, Any]]) -> Any:
    """Return rooms of one network as they stand in a conversation: names alone where that is all."""
    found = [room["room"] if room.keys() == {"room"} else room for room in rooms]
    return found[0] if len(found) == 1 else found


def _put(block: dict[str, Any], key: str, value: str) -> None:
    if value:
        block[key] = value
    else:
        block.pop(key, None)


def _of(found: Judged, spot: Spot) -> str | None:
    """Return what is wrong with this place, or within it."""
    return next((sentence for where, sentence in found.mistakes if where[: len(spot)] == spot), None)


def _named(
    known: Iterable[Question], sentence: str, block: Collection[str], spot: Spot = ()
) -> list[Question]:
    """Return the questions that a sentence names: what it advises first, then all that was answered."""
    known = list(known)
    if spot and (found := [one for one in known if one.key == spot[0]]):
        return found
    for part in (sentence.partition(": ")[2], sentence):
        words = set(re.findall(r"\w+", part))
        if found := [one for one in known if one.key in words]:
            return found
    return [one for one in known if one.asked or one.key in block]
