"""Two agents and five visitors, whatever they do in whatever order: nobody gets what was not for them,
nothing is lost, and nothing comes twice.
"""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.desk import ChatState, DeskRules

from .shop import Shop

AGENTS = ("anna", "ben")
VISITORS = range(5)

agents = st.sampled_from(AGENTS)
visitors = st.sampled_from(VISITORS)


class _Chat:
    """What the model has of one visitor's chat."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = "waiting"
        self.agent = ""
        self.shown: dict[int, str] = {}
        """What the visitor's page has to show, by line."""
        self.said: list[str] = []
        """What agents have to hear of the visitor, in order."""


class Lobby(RuleBasedStateMachine):
    """The desk beside a model that is as simple as its rules are told to people."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shop = Shop(Path(self.folder.name), DeskRules(capacity=2))
        self.chats: dict[int, _Chat] = {}
        self.current: dict[str, int | None] = dict.fromkeys(AGENTS)
        self.sent: dict[str, tuple[str, _Chat, int]] = {}
        """By what they are called: agents' lines that a visitor has, with who said them."""
        self.unsaid: list[tuple[str, str]] = []
        """What is called what nobody got, and who said it."""
        self.commands: list[tuple[object, str]] = []
        self.keys: list[tuple[int, str, str, int]] = []
        self.words = 0

    def word(self) -> str:
        self.words += 1
        return f"word{self.words}"

    def load(self, agent: str) -> int:
        return sum(chat.agent == agent and chat.state == "talking" for chat in self.chats.values())

    def hear(self, agent: str, text: str, to: str = "") -> str:
        command = self.shop.send(agent, text, to=to)
        name = self.shop.desk.heard(command).id
        self.commands.append((command, name))
        return name

    def reach(self, agent: str, text: str, chat: _Chat | None, name: str) -> None:
        """Hold what happened against what should: the visitor of this chat got it, or nobody did."""
        if chat is None:
            assert name.startswith("0."), name
            self.unsaid.append((name, agent))
            return
        number, _, n = name.partition(".")
        assert int(number) == chat.number
        chat.shown[int(n)] = text
        self.sent[name] = (agent, chat, int(n))

    def may_take(self, agent: str, chat: _Chat) -> bool:
        return chat.agent == agent or self.load(agent) < 2

    def taken(self, agent: str, chat: _Chat) -> None:
        if chat.state == "talking" and chat.agent != agent:
            self.turn_away(chat)
        chat.state, chat.agent = "talking", agent
        self.current[agent] = chat.number

    def turn_away(self, chat: _Chat) -> None:
        for agent in AGENTS:
            if chat.agent == agent and self.current[agent] == chat.number:
                self.current[agent] = None

    def by_number(self, number: int | None) -> _Chat | None:
        return next((chat for chat in self.chats.values() if chat.number == number), None)

    @rule(visitor=visitors)
    def visitor_writes(self, visitor: int) -> None:
        text = self.word()
        if visitor not in self.chats:
            self.chats[visitor] = _Chat(self.shop.open(text, name=f"v{visitor}"))
            self.chats[visitor].shown[1] = text
        else:
            chat = self.chats[visitor]
            key = f"key{self.words}"
            n = self.shop.desk.said(chat.number, key, text)
            self.keys.append((chat.number, key, text, n))
            chat.shown[n] = text
            if chat.state == "closed":
                chat.state, chat.agent = "waiting", ""
        self.chats[visitor].said.append(text)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def visitor_repeats(self, data: st.DataObject) -> None:
        number, key, text, n = data.draw(st.sampled_from(self.keys))
        assert self.shop.desk.said(number, key, text) == n

    @precondition(lambda self: self.chats)
    @rule(data=st.data())
    def visitor_leaves(self, data: st.DataObject) -> None:
        chat = data.draw(st.sampled_from(list(self.chats.values())))
        self.shop.desk.left(chat.number)
        if chat.state != "closed":
            self.turn_away(chat)
            chat.state = "closed"

    @rule(agent=agents)
    def agent_talks(self, agent: str) -> None:
        text = self.word()
        self.reach(agent, text, self.by_number(self.current[agent]), self.hear(agent, text))

    @rule(agent=agents, number=st.integers(1, 6), by=st.sampled_from(["address", "at", "reply", "desk"]))
    def agent_names_a_chat(self, agent: str, number: int, by: str) -> None:
        text = self.word()
        chat = self.by_number(number)
        if by == "desk":  # an answer to what the desk says of a chat
            row = next(
                (row for row in self.shop.store.feed("sales") if row.chat == number and not row.n), None
            )
            name = self.hear(agent, text, row.id if row is not None else f"{number}.f1")
        elif by == "reply":
            name = self.hear(agent, text, f"{number}.1")
        else:
            name = self.hear(agent, f"{number}: {text}" if by == "address" else f"@{number} {text}")
        if chat is not None and chat.state == "waiting" and self.may_take(agent, chat):
            self.taken(agent, chat)
        theirs = chat is not None and chat.state == "talking" and chat.agent == agent
        self.reach(agent, text, chat if theirs else None, name)

    @rule(agent=agents, number=st.integers(1, 6))
    def agent_takes(self, agent: str, number: int) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!take {number}"))
        chat = self.by_number(number)
        if chat is not None and self.may_take(agent, chat):
            self.taken(agent, chat)

    @rule(agent=agents, number=st.integers(1, 6))
    def agent_turns(self, agent: str, number: int) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!to {number if number < 6 else '-'}"))
        chat = self.by_number(number)
        if number == 6:
            self.current[agent] = None
        elif chat is not None and chat.state == "talking" and chat.agent == agent:
            self.current[agent] = number

    @rule(agent=agents, number=st.integers(1, 6))
    def agent_closes(self, agent: str, number: int) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!close {number}"))
        chat = self.by_number(number)
        if chat is None:
            return
        if chat.state == "waiting" or (chat.state == "talking" and chat.agent == agent):
            self.turn_away(chat)
            chat.state = "closed"

    @rule(agent=agents, number=st.integers(1, 6))
    def agent_notes(self, agent: str, number: int) -> None:
        for text in (f"!note {number} {self.word()}", f"// {self.word()}", f"{number}: !noet {self.word()}"):
            self.reach(agent, "", None, self.hear(agent, text))

    @precondition(lambda self: self.unsaid)
    @rule(agent=agents, data=st.data())
    def agent_answers_a_colleague(self, agent: str, data: st.DataObject) -> None:
        name, _ = data.draw(st.sampled_from(self.unsaid))
        self.reach(agent, "", None, self.hear(agent, self.word(), name))

    @precondition(lambda self: self.unsaid)
    @rule(data=st.data())
    def agent_edits_what_nobody_got(self, data: st.DataObject) -> None:
        name, agent = data.draw(st.sampled_from(self.unsaid))
        assert self.shop.edit(agent, name, self.word()).startswith("0.")
        assert self.shop.remove(agent, name).startswith("0.")

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), how=st.sampled_from(["words", "note", "other", "remove"]))
    def agent_edits(self, data: st.DataObject, how: str) -> None:
        name, (agent, chat, n) = data.draw(st.sampled_from(sorted(self.sent.items(), key=lambda it: it[0])))
        text = self.word()
        if how == "remove":
            self.shop.remove(agent, name)
        else:
            prefix = {"words": "", "note": "!note ", "other": f"{chat.number + 1}: "}[how]
            self.shop.edit(agent, name, prefix + text)
        if n in chat.shown and how == "words":
            chat.shown[n] = text
        elif how != "words":
            chat.shown.pop(n, None)

    @precondition(lambda self: self.commands)
    @rule(data=st.data())
    def network_repeats(self, data: st.DataObject) -> None:
        command, name = data.draw(st.sampled_from(self.commands))
        assert self.shop.desk.heard(command).id == name

    @rule(who=st.sampled_from(["unknown", "visitor"]))
    def a_stranger_talks(self, who: str) -> None:
        """Without a name of their own, or from a network of visitors."""
        said = self.shop.send("anna", "!take 1")
        speaker = Shop.bridge_itself() if who == "unknown" else Shop.other_visitor()
        for text in ("!take 1", "1: hello", "hello"):
            said = self.shop.send("anna", text, speaker=speaker)
            assert self.shop.desk.heard(said).id.startswith("0.")

    @rule()
    def service_starts_anew(self) -> None:
        self.shop.again()

    @rule(seconds=st.sampled_from([1, 20]))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.move(seconds)
        self.shop.desk.tick()

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        heard = [row for row in self.shop.store.feed("sales") if row.sender != "desk"]
        for chat in self.chats.values():
            lines = self.shop.lines(chat.number)
            assert [line.n for line in lines] == list(range(1, len(lines) + 1))
            assert self.shop.shown(chat.number) == chat.shown
            assert [row.body.text for row in heard if row.sender == str(chat.number)] == chat.said
            found = self.shop.desk.chat(chat.number)
            assert found is not None
            assert found.state == ChatState(chat.state)
            if chat.state == "talking":
                assert found.agent == f"irc/{chat.agent}"
        for agent in AGENTS:
            assert self.load(agent) <= 2

    def teardown(self) -> None:
        self.shop.store.close()
        self.folder.cleanup()


TestLobby = Lobby.TestCase
TestLobby.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
