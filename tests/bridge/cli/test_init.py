"""`hubbub init` with nobody at a terminal: what is given is tried and written, or what is wrong is said.

At a terminal a newcomer goes through it in `tests/e2e/test_newcomer.py`.
"""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from bridge import AuthenticationFailed, ConfigError, HubbubError, Keepsake, Model, Prompted, secrets
from bridge.cli import commands
from bridge.cli.setup.desk import visitors
from bridge.cli.setup.dialogue import Dialogue, raw
from bridge.cli.setup.draft import drafting
from bridge.cli.setup.questions import questions
from bridge.cli.setup.steps import _Steps
from bridge.config import load
from bridge.protocols import find, protocols
from bridge.testing import ScriptedAdapter, ScriptedNetwork

HERE = "tests.bridge.cli.test_init"
PASSWORD = 'se$ame "1" \\ #2'


class Login(Model):
    user: Annotated[str | None, Prompted()] = None
    """Who."""
    password: Annotated[SecretStr | None, Prompted()] = None
    """The word."""


class Settings(Model):
    """A place that asks for a password."""

    server: str
    """Which."""
    password: SecretStr
    """The word that lets us in."""
    login: Annotated[Login | None, Prompted()] = None
    """Whether to log in besides."""
    count: int = 3
    """How often."""
    loud: Annotated[bool, Prompted()] = False
    """Whether it is loud."""


class Guarded(ScriptedAdapter):
    """Takes one password, and gives something to come back with."""

    NetworkConfig = Settings

    def __init__(self, network, config, introduction):
        ScriptedNetwork("here")
        super().__init__(network, config, introduction)

    async def look(self, rooms):
        if self.config.password.get_secret_value() != PASSWORD:
            raise AuthenticationFailed(f"it is not {self.config.password.get_secret_value()}: check password")
        self.keepsake.write("a session")
        return {room: "the room is full" if room == "full" else None for room in rooms}


ANSWERS = {
    "owner": "Ada",
    "networks": {
        "left": {"protocol": f"{HERE}:Guarded", "server": "here", "count": "5", "password": "${WORD}"},
        "right": {"protocol": f"{HERE}:Guarded", "server": "here", "password": PASSWORD.replace("$", "$$")},
    },
    "conversations": {"lobby": {"left": "one", "right": ["two", {"room": "three", "direction": "from"}]}},
}


class Folder:
    """A newcomer's, and what the command says there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def init(self, *words: str, answers: object = ANSWERS) -> tuple[int, str]:
        (self.path / "answers.json").write_text(json.dumps(answers))
        done = CliRunner().invoke(
            commands, ["init", "--answers", "answers.json", *words], env={"WORD": PASSWORD}
        )
        code, told = done.exit_code, done.output
        if isinstance(done.exception, HubbubError):  # as `main` has it
            code, told = 78 if isinstance(done.exception, ConfigError) else 1, f"{told}{done.exception}"
        elif done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert PASSWORD not in told
        return code, told

    @property
    def left(self) -> list[str]:
        return sorted(one.name for one in self.path.iterdir() if one.name != "answers.json")

    @property
    def file(self) -> Path:
        return self.path / "bridge.yaml"

    def map(self):
        return load(self.file, find, os.environ | {"WORD": PASSWORD, "HUBBUB_RIGHT_PASSWORD": PASSWORD})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUBBUB_CONFIG", raising=False)
    yield Folder(tmp_path)
    secrets.forget()


def test_a_whole_map_is_tried_and_written(folder: Folder):
    code, told = folder.init()
    assert (code, told.count(": ok")) == (0, 5)
    assert folder.left == [
        "bridge.schema.json", "bridge.yaml", "hubbub.sqlite3.left.login", "hubbub.sqlite3.right.login"
    ]  # fmt: skip
    assert stat.S_IMODE(folder.file.stat().st_mode) == 0o600
    text = folder.file.read_text()
    assert text.startswith("# yaml-language-server: $schema=bridge.schema.json\n")
    assert (
        '    # The word that lets us in.\n    password: "${WORD}"\n    # How often.\n    count: 5\n' in text
    )
    assert "    # What else may stand here: login, loud, and what every network has.\n" in text
    config = folder.map()
    assert (config.owner, config.remarks) == ("Ada", ())
    assert {name: one.settings.password.get_secret_value() for name, one in config.networks.items()} == {
        "left": PASSWORD,
        "right": PASSWORD,
    }
    assert [(one.network, one.room, one.direction) for one in config.conversations["lobby"].rooms] == [
        ("left", "one", "both"),
        ("right", "two", "both"),
        ("right", "three", "from"),
    ]
    assert Keepsake(config.journal, "left").read() == "a session"
    networks = json.loads((folder.path / "bridge.schema.json").read_text())["properties"]["networks"]
    kinds = [one["properties"]["protocol"]["const"] for one in networks["additionalProperties"]["oneOf"]]
    assert kinds == [*protocols(), f"{HERE}:Guarded"]


def test_secrets_in_files_of_their_own(folder: Folder):
    assert folder.init("--secrets", "files")[0] == 0
    assert "    password_file: right.password\n" in folder.file.read_text()
    assert '    password: "${WORD}"\n' in folder.file.read_text()
    assert "ame" not in folder.file.read_text().partition("networks:")[2]
    assert stat.S_IMODE((folder.path / "right.password").stat().st_mode) == 0o600
    assert folder.map().networks["right"].settings.password.get_secret_value() == PASSWORD
    answers = json.loads(json.dumps(ANSWERS))
    answers["networks"]["right"] = {**ANSWERS["networks"]["left"], "password_file": "right.password"}
    del answers["networks"]["right"]["password"]
    assert folder.init("other.yaml", answers=answers)[0] == 0


def test_secrets_in_variables(folder: Folder):
    code, told = folder.init("--secrets", "variables")
    assert code == 0
    assert "Set the variable HUBBUB_RIGHT_PASSWORD" in told
    assert '    password: "${HUBBUB_RIGHT_PASSWORD}"\n' in folder.file.read_text()
    assert folder.map().networks["right"].settings.password.get_secret_value() == PASSWORD
    assert "hubbub.sqlite3.right.login" in folder.left


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ("networks.right.password=wrong", 1, "networks.right: it is not [secret]: check password"),
        ("networks.right.server=", 1, "networks.right.server is not given: Which. Give it with --set"),
        ("networks.right.count=x", 1, 'networks.right.count: must be a whole number, not "x"'),
        ("networks.right.cuont=3", 1, 'networks.right.cuont: unknown key "cuont"; did you mean "count"?'),
        ("networks.right.protocol=icr", 1, "there is no protocol 'icr'; did you mean"),
        ("networks.more.server=here", 1, "networks.more: needs a protocol, such as --set"),
        ("networks.a b.protocol=irc", 1, "a network's name is made of letters"),
        ("conversations.lobby.left=full", 1, "conversations.lobby.left: the room is full"),
        ("conversations.lobby.left=a b", 1, "a room needs a name"),
        ("conversations.news.left=one", 78, "conversations.news: must join two rooms or more"),
        ("onwer=me", 78, 'onwer: unknown key "onwer"; did you mean "owner"?'),
        ("owner", 2, "write KEY=VALUE"),
        ("owner.name=Ada", 2, "owner is a value already"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_written(folder: Folder, change: str, code: int, sentence: str):
    found, told = folder.init("--set", change)
    assert (found, folder.left) == (code, [])
    assert sentence in re.sub(r"\s+", " ", told)


def test_nothing_is_tried_offline(folder: Folder):
    code, told = folder.init("--offline", "--set", "networks.right.password=wrong")
    assert (code, folder.left) == (0, ["bridge.schema.json", "bridge.yaml"])
    assert "ok" not in told


def test_a_file_that_is_there_stays_or_is_kept(folder: Folder):
    folder.file.write_text("mine")
    code, told = folder.init()
    assert (code, folder.file.read_text()) == (1, "mine")
    assert "give --force" in told
    code, told = folder.init("--force")
    assert code == 0
    assert folder.map().owner == "Ada"
    assert (folder.path / "bridge.yaml.before-init").read_text() == "mine"


@pytest.mark.parametrize("place", ["nowhere/bridge.yaml", "answers.json/bridge.yaml"])
def test_a_place_where_nothing_can_be_written(folder: Folder, place: str):
    code, told = folder.init(place)
    assert code == 1
    assert "there is no folder" in told


def test_what_a_model_asks():
    server, password, login, count, loud = questions(Settings)
    assert (server.sentence, server.needed, server.asked, server.secret) == ("Which.", True, True, False)
    assert (password.needed, password.secret) == (True, True)
    assert (login.needed, login.asked) == (False, True)
    assert [(one.key, one.secret) for one in login.block] == [("user", False), ("password", True)]
    assert (count.asked, count.default) == (False, "3")
    assert (loud.asked, loud.choices, loud.default) == (True, ("true", "false"), "false")


@pytest.mark.parametrize("protocol", protocols())
def test_every_protocol_can_be_asked_for(protocol: str):
    """What is needed is asked, and a room has an example that its protocol takes."""
    adapter = find(protocol)
    asked = questions(adapter.NetworkConfig)
    assert all(one.asked for one in asked if one.needed)
    assert all(one.sentence for one in asked)
    assert adapter.room_id(adapter.RoomConfig.example)


@pytest.mark.parametrize(
    ("answer", "value"),
    [("${WORD}", "${WORD}"), ("${WORD:-x}", "${WORD:-x}"), ("pa$$word", "pa$$$$word"), ("a${b}", "a$${b}")],
)
def test_an_answer_is_text_unless_it_is_a_variable(answer: str, value: str):
    assert raw(answer) == value


def test_what_cannot_be_written_whole_leaves_all_as_it_was(folder: Folder):
    folder.file.write_text("mine")
    (folder.path / "bridge.schema.json").mkdir()
    code, told = folder.init("--force", "--secrets", "files")
    assert code == 1
    assert "cannot be written" in told
    assert (folder.left, folder.file.read_text()) == (["bridge.schema.json", "bridge.yaml"], "mine")


def test_a_desk_asks_for_the_network_of_its_agents_until_it_is_named(tmp_path: Path):
    with drafting(tmp_path / "bridge.yaml") as draft, CliRunner().isolation(input="\nirc\n") as (out, *_):
        draft.networks[visitors(draft)] = {"protocol": "livechat"}
        ask = _Steps(Dialogue(with_somebody=True), draft, offline=True, visitors="shop")._protocol
        assert ask() == "irc"
        told = out.getvalue().decode()
    assert "Name one." in told
    assert "enough" not in told
    assert "Enter" not in told
    assert "livechat  " not in told


def test_a_desk_needs_no_more_than_where_its_agents_are(folder: Folder):
    agents = {"protocol": f"{HERE}:Guarded", "server": "here", "password": PASSWORD.replace("$", "$$")}
    answers = {"networks": {"team": agents}, "conversations": {"support": {"team": "one"}}}
    code, told = folder.init("--desk", "--offline", answers=answers)
    assert code == 0
    (desk,) = folder.map().conversations.values()
    assert [(entry.network, entry.room) for entry in desk.rooms] == [("team", "one"), ("shop", "support")]
    assert desk.prefix == "[{name}] "
    assert '<script src="http://127.0.0.1:8490/chat.js" data-desk="support" async></script>' in told
    assert "# Each conversation joins rooms. In a desk agents hear all visitors" in folder.file.read_text()
