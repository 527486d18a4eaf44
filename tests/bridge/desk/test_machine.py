"""Two agents and five visitors, whatever they do in whatever order: nobody gets what was not for them,
nothing is lost, and nothing comes twice. There are two desks, between which visitors are passed on.
"""

import tempfile
from pathlib import Path
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.desk import ChatState, DeskRules, Person
from bridge.model import SendMessage

from .shop import Shop

AGENTS = ("anna", "ben")
DESKS = ("sales", "support")
VISITORS = range(5)

agents = st.sampled_from(AGENTS)
desks = st.sampled_from(("sales", *DESKS))
WAITS = ("waiting", "offered")
ENDS = (*AGENTS, *DESKS, "nobody")
"""To whom visitors are passed on."""
ways = st.sampled_from(
    (
        *["plain"] * 8,
        *["own"] * 4,
        "address",
        "address",
        "at",
        "reply",
        "reply",
        "desk",
        "take",
        "take",
        "to",
        "to",
        "close",
        "note",
        "restart",
        "restart",
        "back",
        *ENDS,
    )
)
"""How agents say something."""
numbers = st.sampled_from((1, 2, 3, 4, 5, 1, 2, 3, 6))
visitors = st.sampled_from(VISITORS)


class _Chat:
    """What the model has of one visitor's chat."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.desk = "sales"
        self.state = "waiting"
        self.agent = ""
        self.shown: dict[int, str] = {}
        """What the visitor's page has to show, by line."""
        self.said: list[tuple[str, str]] = []
        """What agents have to hear of the visitor, in order, each with the room where they do."""
        self.retold: list[tuple[str, str]] = []
        """What its own room has to be shown of what agents said to the visitor in the lobby, likewise."""
        self.has_room = False
        self.offered_at = 0.0
        self.asked: set[str] = set()
        """Who did not answer, or gave it back."""

    def wait(self) -> None:
        self.state, self.agent = "waiting", ""

    @property
    def room(self) -> str:
        """Where agents hear its visitor."""
        return f"{self.desk}/{self.number}" if self.has_room else self.desk


class Lobby(RuleBasedStateMachine):
    """The desk beside a model that is as simple as its rules are told to people."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shop = Shop(Path(self.folder.name), DeskRules(capacity=2))
        self.desks = {"sales": self.shop.desk, "support": self.shop.at("support")}
        self.chats: dict[int, _Chat] = {}
        self.current: dict[tuple[str, str], int] = {}
        """Whom agents talk to, by desk and agent."""
        self.passed = 0.0
        """So much time, in seconds."""
        self.gone: dict[str, float] = {}
        """Since when agents are not in the lobby."""
        self.sent: dict[str, tuple[str, _Chat, int]] = {}
        """By what they are called: agents' lines that a visitor has, with who said them."""
        self.unsaid: list[tuple[str, str]] = []
        """What is called what nobody got, and who said it."""
        self.commands: list[tuple[SendMessage, str]] = []
        self.keys: list[tuple[_Chat, str, str, int]] = []
        self.words = 0

    def word(self) -> str:
        self.words += 1
        return f"word{self.words}"

    def load(self, agent: str, desk: str) -> list[_Chat]:
        """What an agent has, or is offered, at a desk."""
        held = ("talking", "offered")
        return [
            one for one in self.chats.values() if (one.agent, one.desk) == (agent, desk) and one.state in held
        ]

    def hear(self, agent: str, text: str, room: str, to: str = "") -> str:
        command = self.shop.send(agent, text, to=to, room=room)
        name = self.desks[room.partition("/")[0]].heard(command).id
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
        if chat.has_room and self.commands[-1][0].room != chat.room:
            chat.retold.append((chat.room, f"{agent.title()}, in the lobby: {text}"))
        chat.shown[int(n)] = text
        self.sent[name] = (agent, chat, int(n))

    def visitors_of(self, agent: str, desk: str) -> list[_Chat]:
        """What an agent has at a desk."""
        return [one for one in self.load(agent, desk) if one.state == "talking"]

    def may_have(self, agent: str, chat: _Chat) -> bool:
        return len([one for one in self.visitors_of(agent, chat.desk) if one is not chat]) < 2

    def taken(self, agent: str, chat: _Chat) -> None:
        if chat.agent != agent:
            self.turn_away(chat)
        chat.state, chat.agent = "talking", agent
        chat.asked.clear()
        self.current[chat.desk, agent] = chat.number

    def turn_away(self, chat: _Chat) -> None:
        for place, number in list(self.current.items()):
            if number == chat.number:
                del self.current[place]

    def at(self, desk: str, number: int | None) -> _Chat | None:
        return next((one for one in self.chats.values() if (one.desk, one.number) == (desk, number)), None)

    @initialize(many=st.integers(2, 5), assign=st.sampled_from(["first", "turns"]))
    def a_day_begins(self, many: int, assign: Literal["first", "turns"]) -> None:
        self.shop.people.append(
            Person("irc/cleaner", "Cleaner", "irc")
        )  # by whom the network is known to tell
        self.shop.rules = DeskRules(capacity=2, assign=assign, agents=[f"irc/{one}" for one in AGENTS])
        for desk in self.desks.values():
            desk.follow(self.shop.rules)
        for visitor in range(many):
            self.visitor_writes(visitor)
        for agent, number in (("anna", 1), ("ben", 2)):
            self.agent_takes(agent, number, "sales")
            self.agent_talks(agent, 0, "sales", "plain")

    @rule(writing=st.lists(visitors, min_size=1, max_size=4))
    def visitors_write(self, writing: list[int]) -> None:
        for visitor in writing:
            self.visitor_writes(visitor)

    def visitor_writes(self, visitor: int) -> None:
        text = self.word()
        if visitor not in self.chats:
            self.chats[visitor] = _Chat(self.shop.open(text, name=f"v{visitor}"))
            self.chats[visitor].shown[1] = text
            self.desks_assigned("sales")
        else:
            chat = self.chats[visitor]
            key = f"key{self.words}"
            n = self.desks[chat.desk].said(chat.number, key, text)
            self.keys.append((chat, key, text, n))
            chat.shown[n] = text
            if chat.state == "closed":
                chat.wait()
                chat.asked.clear()
        self.chats[visitor].said.append((self.chats[visitor].room, text))

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def visitor_repeats(self, data: st.DataObject) -> None:
        chat, key, text, n = data.draw(st.sampled_from(self.keys))
        assert self.desks[chat.desk].said(chat.number, key, text) == n

    @precondition(lambda self: self.chats)
    @rule(data=st.data())
    def visitor_leaves(self, data: st.DataObject) -> None:
        chat = data.draw(st.sampled_from(list(self.chats.values())))
        self.desks[chat.desk].left(chat.number)
        if chat.state != "closed":
            self.turn_away(chat)
            chat.state = "closed"

    @precondition(lambda self: self.chats)
    @rule(data=st.data())
    def a_chat_gets_a_room_of_its_own(self, data: st.DataObject) -> None:
        chat = data.draw(st.sampled_from(list(self.chats.values())))
        self.desks[chat.desk].moved(chat.number, {"irc": f"#{chat.desk}-{chat.number}"})
        chat.has_room = True

    @rule(said=st.lists(st.tuples(agents, numbers, desks, ways), min_size=1, max_size=8))
    def agents_say(self, said: list[tuple[str, int, str, str]]) -> None:
        for agent, number, desk, way in said:
            match way:
                case "take":
                    self.agent_takes(agent, number, desk)
                case "to":
                    self.agent_turns(agent, number, desk)
                case "close":
                    self.agent_closes(agent, number, desk)
                case "restart":
                    self.service_starts_anew()
                case "note":
                    self.agent_notes(agent, number, desk)
                case "own":
                    self.agent_talks_in_its_room(agent, number)
                case "back":
                    self.agent_gives_back(agent, number, desk)
                case _ if way in ENDS:
                    self.agent_passes_on(agent, number, desk, way)
                case _:
                    self.agent_talks(agent, number, desk, way)

    def agent_talks(self, agent: str, number: int, desk: str, to: str) -> None:
        text = self.word()
        if to == "plain":
            chat = self.at(desk, self.current.get((desk, agent)))
            self.reach(agent, text, chat, self.hear(agent, text, desk))
            return
        if to == "desk":  # an answer to what the desk says of a chat
            said = [row.id for row in self.shop.store.feed(desk) if row.chat == number and not row.n]
            name = self.hear(agent, text, desk, said[-1] if said else f"{number}.f1")
        elif to == "reply":
            name = self.hear(agent, text, desk, f"{number}.1")
        else:
            name = self.hear(agent, f"{number}: {text}" if to == "address" else f"@{number} {text}", desk)
        chat = self.at(desk, number)
        if chat is not None and chat.state in ("waiting", "offered") and self.may_have(agent, chat):
            self.taken(agent, chat)
        theirs = chat is not None and (chat.state, chat.agent) == ("talking", agent)
        self.reach(agent, text, chat if theirs else None, name)

    def agent_talks_in_its_room(self, agent: str, number: int) -> None:
        """Whatever is taken so, plain words in the lobby go where they went before."""
        chat = next((one for one in self.chats.values() if one.number == number), None)
        if chat is None or not chat.has_room:
            return
        text, before = self.word(), self.current.get((chat.desk, agent))
        name = self.hear(agent, text, chat.room)
        if (chat.state, chat.agent) == ("offered", agent) and self.may_have(agent, chat):
            self.taken(agent, chat)
            self.talks(agent, chat.desk, before)
        self.reach(agent, text, chat if (chat.state, chat.agent) == ("talking", agent) else None, name)
        name = self.hear(agent, "!take", chat.room)
        if self.may_have(agent, chat):
            self.taken(agent, chat)
            self.talks(agent, chat.desk, before)
        self.reach(agent, "", None, name)

    def talks(self, agent: str, desk: str, number: int | None) -> None:
        self.current.pop((desk, agent), None)
        if number is not None:
            self.current[desk, agent] = number

    def agent_takes(self, agent: str, number: int, desk: str) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!take {number}", desk))
        chat = self.at(desk, number)
        if chat is not None and self.may_have(agent, chat):
            self.taken(agent, chat)

    def agent_turns(self, agent: str, number: int, desk: str) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!to {number if number < 6 else '-'}", desk))
        chat = self.at(desk, number)
        if number == 6:
            self.current.pop((desk, agent), None)
        elif chat is not None and (chat.state, chat.agent) == ("talking", agent):
            self.current[desk, agent] = number

    def agent_closes(self, agent: str, number: int, desk: str) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!close {number}", desk))
        chat = self.at(desk, number)
        if chat is not None and self.is_theirs(agent, chat):
            self.turn_away(chat)
            chat.state = "closed"

    def is_theirs(self, agent: str, chat: _Chat) -> bool:
        """Whether a chat is open, and no other agent's."""
        return chat.state in ("waiting", "offered") or (chat.state, chat.agent) == ("talking", agent)

    def agent_passes_on(self, agent: str, number: int, desk: str, to: str) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!transfer {number} {to}", desk))
        chat = self.at(desk, number)
        if chat is None or not self.is_theirs(agent, chat):
            return
        held = chat.agent if chat.state != "waiting" else ""
        if to in DESKS and to != desk:
            self.turn_away(chat)
            chat.desk, chat.has_room = to, False
            chat.wait()
            chat.asked.clear()
        elif to in {*AGENTS} - self.gone.keys() and to != held and self.may_have(to, chat):
            self.turn_away(chat)
            chat.state, chat.agent, chat.offered_at = "offered", to, self.passed

    def agent_gives_back(self, agent: str, number: int, desk: str) -> None:
        self.reach(agent, "", None, self.hear(agent, f"!transfer {number}", desk))
        chat = self.at(desk, number)
        if chat is not None and chat.state in ("talking", "offered") and chat.agent == agent:
            self.turn_away(chat)
            chat.wait()
            chat.asked.add(agent)

    @rule(agent=agents)
    def agent_goes_or_comes(self, agent: str) -> None:
        if agent in self.gone:
            del self.gone[agent]
            self.shop.people.append(Person(f"irc/{agent}", agent.title(), "irc"))
        else:
            self.gone[agent] = self.passed
            self.shop.people[:] = [one for one in self.shop.people if one.key != f"irc/{agent}"]
        self.time_passes(1)

    def agent_notes(self, agent: str, number: int, desk: str) -> None:
        for text in (f"!note {number} {self.word()}", f"// {self.word()}", f"{number}: !noet {self.word()}"):
            self.reach(agent, "", None, self.hear(agent, text, desk))

    @precondition(lambda self: self.unsaid)
    @rule(agent=agents, data=st.data())
    def agent_answers_a_colleague(self, agent: str, data: st.DataObject) -> None:
        name, _ = data.draw(st.sampled_from(self.unsaid))
        self.reach(agent, "", None, self.hear(agent, self.word(), "sales", name))

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
        if how == "words":
            if n in chat.shown and (chat.state, chat.agent) == ("talking", agent):
                chat.shown[n] = text
        else:
            chat.shown.pop(n, None)

    @precondition(lambda self: self.commands)
    @rule(data=st.data())
    def network_repeats(self, data: st.DataObject) -> None:
        command, name = data.draw(st.sampled_from(self.commands))
        assert self.desks[command.room.partition("/")[0]].heard(command).id == name

    @rule(who=st.sampled_from(["unknown", "visitor"]))
    def a_stranger_talks(self, who: str) -> None:
        """Without a name of their own, or from a network of visitors."""
        said = self.shop.send("anna", "!take 1")
        speaker = Shop.bridge_itself() if who == "unknown" else Shop.other_visitor()
        for text in ("!take 1", "1: hello", "hello"):
            said = self.shop.send("anna", text, speaker=speaker)
            assert self.shop.desk.heard(said).id.startswith("0.")

    def service_starts_anew(self) -> None:
        self.shop.again()
        for chat in self.chats.values():
            chat.asked.clear()
        self.desks = {"sales": self.shop.desk, "support": self.shop.at("support")}

    @rule(seconds=st.sampled_from([7, 70]))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.move(seconds)
        self.passed += seconds
        for name, desk in self.desks.items():
            desk.tick()
            self.desks_assigned(name)
        for chat in self.chats.values():
            assert chat.state != "offered" or self.passed - chat.offered_at < 60

    def desks_assigned(self, desk: str) -> None:
        """Hold whatever a desk has done of itself against what it may do."""
        ours = [(one, self.desks[desk].chat(one.number)) for one in self.chats.values() if one.desk == desk]
        held = [(chat, found) for chat, found in ours if found and chat.state in {"talking", "offered"}]
        for chat, found in held:
            if (found.agent, found.state) == (f"irc/{chat.agent}", chat.state):
                continue
            missing = self.passed - self.gone.get(chat.agent, self.passed)
            silent = chat.state == "offered" and self.passed - chat.offered_at >= 60
            if silent or missing >= (15 if chat.state == "offered" else 120):
                chat.asked.add(chat.agent)
            else:
                assert chat.state == "offered"
                assert len(self.visitors_of(chat.agent, desk)) >= 2
            self.turn_away(chat)
            chat.wait()
        for chat, found in ours:
            if found and chat.state == "waiting" and found.state == "offered":
                agent = found.agent.removeprefix("irc/")
                assert self.shop.rules.assign == "turns"
                assert agent not in {*self.gone, *chat.asked}
                chat.state, chat.agent, chat.offered_at = "offered", agent, self.passed
                assert len(self.load(agent, desk)) <= 2
        waits = [one for one in self.chats.values() if (one.desk, one.state) == (desk, "waiting")]
        if self.shop.rules.assign == "turns":
            for agent in set(AGENTS) - self.gone.keys():
                full = len(self.load(agent, desk)) >= 2
                assert full or all(agent in chat.asked for chat in waits), "nobody waits in vain"

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        own = [f"{desk}/{chat.number}" for desk in DESKS for chat in self.chats.values()]
        rows = [row for room in (*DESKS, *own) for row in self.shop.store.feed(room)]
        rows.sort(key=lambda row: row.number)
        heard = [row for row in rows if row.sender != "desk"]
        retold = [row for row in rows if ", in the lobby: " in row.body.text]
        for chat in self.chats.values():
            lines = self.shop.lines(chat.number)
            assert [line.n for line in lines] == list(range(1, len(lines) + 1))
            assert self.shop.shown(chat.number) == chat.shown
            got = [(row.room, row.body.text) for row in heard if row.sender == str(chat.number)]
            assert got == chat.said
            assert [(row.room, row.body.text) for row in retold if row.chat == chat.number] == chat.retold
            found = self.desks[chat.desk].chat(chat.number)
            assert found is not None
            assert found.state == ChatState(chat.state)
            if chat.state in ("talking", "offered"):
                assert found.agent == f"irc/{chat.agent}"
        for desk in DESKS:
            in_line = {one.number for one in self.chats.values() if one.desk == desk and one.state in WAITS}
            assert {
                one.number for one in self.desks[desk].chats if one.state is not ChatState.TALKING
            } == in_line
            assert all(len(self.visitors_of(agent, desk)) <= 2 for agent in AGENTS)

    def teardown(self) -> None:
        self.shop.store.close()
        self.folder.cleanup()


TestLobby = Lobby.TestCase
TestLobby.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
