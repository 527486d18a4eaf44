"""What the pages show can be copied: maps are in order, commands are there, programs and data can be read."""

import ast
import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml

from bridge.cli import commands
from bridge.config import load
from bridge.config.models import TopBlock
from bridge.errors import ConfigError
from bridge.protocols import find

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
KINDS = {
    "map": r"(networks|conversations|{keys}):".replace("{keys}", "|".join(TopBlock.model_fields)),
    "hubbub": r"(venv/bin/)?hubbub ",
    "session": r"\$ ",
    "shell": r"(sudo|cd|make|curl|umask|python3|docker|helm|kubectl|journalctl|systemctl|openssl) ",
    "json": r"\{",
    "cron": r"\d+ \d+ \* \* \* ",
}
"""How the first line of a block begins."""
SHOWN = {
    "adapters.md": (r"import pytest",),
    "announce.md": (r"(carol|ada)  +!",),
    "api.md": (r"event: taken", r"asked by somebody"),
    "architecture.md": (r"bridge/ ", r"client -> decode"),
    "desks.md": (r"sizes:", r"key,text", r"<hubbub>", r"<script"),
    "doctor.md": (r"this machine",),
    "console.md": (r"location / ",),
    "http.md": (r"POST /hubbub HTTP",),
    "identity.md": (r'Component "hubbub', r"- port: 5347"),
    "installing.md": (r"secret: bridge-secrets",),
    "logs.md": (r"\d{4}-\d\d-\d\d ",),
    "matrix.md": (r"app_service_config_files:", r"registration: "),
    "media.md": (r"location /hubbub/",),
    "metrics.md": (r"scrape_configs:",),
    "moderation.md": (r"home: \{room",),
    "proxies.md": (r"hidden cannot be reached",),
    "reload.md": (r"the file has mistakes",),
    "mqtt.md": (r"mqtt:\n  sensor:",),
    "transcripts.md": (
        r"--- Log opened",
        r"<article ",
        r'\{"conversation"',
        r"From bob!",
        r"conversation,position,",
        r'\{\n "id"',
    ),
    "widget.md": (r"<script", r"script-src "),
}
"""What is there to be looked at: a part of a map, output, and what other programs are configured with."""
NETWORKS = {
    "bots": {"protocol": "bots", "nickname": "pricebot"},
    "home": {
        "protocol": "matrix",
        "homeserver": "https://example.org",
        "user": "@hubbub:example.org",
        "token": "x",
    },
    "http": {"protocol": "http"},
    "irc": {"protocol": "irc", "server": "irc.example.org", "nick": "hubbub"},
    "jabber": {"protocol": "xmpp", "jid": "hubbub@example.org", "password": "x"},
    "mqtt": {"protocol": "mqtt", "server": "mqtt.example.org", "client_id": "hubbub"},
    "qq": {"protocol": "onebot", "url": "ws://127.0.0.1:3001", "access_token": "x"},
}
NETWORKS |= {"libera": NETWORKS["irc"], "matrix": NETWORKS["home"], "programs": NETWORKS["http"]}
"""What a network is, where a page shows no more than its name."""
ROOMS = {
    "irc": "#made-up",
    "matrix": "#made-up:example.org",
    "onebot": "group:42",
    "xmpp": "made-up@rooms.example.org",
}
A_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NOT_HERE = re.compile(r"_file: the file .* cannot be read: No such file or directory$")


class Code(NamedTuple):
    """A block of a page."""

    page: str
    line: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        """One of `KINDS`, the language that the page names, `shown`; or nothing that is known."""
        if self.language:
            return self.language
        if any(re.match(words, self.text) for words in SHOWN.get(self.page, ())):
            return "shown"
        return next((kind for kind, words in KINDS.items() if re.match(words, self.text)), "")


def blocks(page: Path) -> Iterator[Code]:
    """Each block: fenced, or indented by four behind an empty line."""
    text = page.read_text()
    pattern = (
        r"^```(?P<language>\w*)\n(?P<fenced>[\s\S]*?)^```$|(?<=\n\n)(?P<indented>(?: {4}.*\n|\n(?= {4}))+)"
    )
    for found in re.finditer(pattern, text, re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        code = textwrap.dedent(found["fenced"] or found["indented"]).strip("\n")
        yield Code(page.name, line, found["language"] or "", code)


ALL = [code for page in PAGES for code in blocks(page)]


def some(*kinds: str) -> pytest.MarkDecorator:
    found = [code for code in ALL if code.kind in kinds]
    assert found
    return pytest.mark.parametrize("code", found, ids=[f"{code.page}:{code.line}" for code in found])


def test_every_block_is_looked_at():
    """By one of the tests below. What they do not know belongs into `KINDS`, or into `SHOWN`."""
    known = {*KINDS, "python", "js", "php", "nginx", "shown"}
    assert [f"{code.page}:{code.line}" for code in ALL if code.kind not in known] == []
    assert len(ALL) > 60


@some("map")
def test_a_map_is_in_order(code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With what it leaves out, and but for files that it names."""
    for name in re.findall(r"\$\{(\w+)\}", code.text):
        monkeypatch.setenv(name, A_SECRET)
    file = tmp_path / "bridge.yaml"
    whole = {"journal", "networks", "conversations"} <= yaml.load(code.text, yaml.BaseLoader).keys()
    file.write_text(code.text if whole else yaml.safe_dump(completed(code.text)))
    assert [problem for problem in problems(file) if not NOT_HERE.search(problem)] == []


def problems(file: Path) -> list[str]:
    try:
        load(file, find)
    except ConfigError as error:
        return error.problems
    return []


def completed(text: str) -> dict:
    """A part of a map, with the rest of it."""
    found = yaml.load(text, yaml.BaseLoader)
    conversations = found.setdefault("conversations", {})
    networks = found.setdefault("networks", {} if conversations else {"libera": {}})
    for rooms in conversations.values():
        for name in rooms.keys() & NETWORKS.keys():
            networks.setdefault(name, {})
    for name, network in networks.items():
        if network.keys() & {"...", "…"} or "protocol" not in network or len(network) <= 2:
            shown = {key: value for key, value in network.items() if key not in ("...", "…")}
            networks[name] = NETWORKS.get(name, {}) | shown
    rooms = {name: ROOMS.get(network["protocol"], "made-up") for name, network in networks.items()}
    conversations["made-up"] = rooms | {"made-up": "#made-up"}
    networks["made-up"] = NETWORKS["irc"] | {"nick": "another"}
    return found


def lines_of_hubbub(code: Code) -> Iterator[str]:
    """The commands of a block, without what stands beside them."""
    for line in code.text.replace("\\\n", " ").splitlines():
        if found := re.match(r"(?:\$ |[\d *]+ hubbub  |sudo -u hubbub )?(?:[\w/]*/)?hubbub (.*)", line):
            yield re.split(r"  +| #|[;|>&]", found[1])[0]


INLINE = [
    (page.name, words)
    for page in PAGES
    for words in re.findall(r"`(?:\$ )?hubbub ([a-z-][^`]*)`", page.read_text())
]


@pytest.mark.parametrize(
    ("page", "words"),
    sorted({*INLINE, *((code.page, line) for code in ALL for line in lines_of_hubbub(code))}),
)
def test_a_command_is_there_with_its_options(page: str, words: str):
    command: click.Command = commands
    given = words.replace("[", "").replace("]", "").split()
    while isinstance(command, click.Group) and given and not given[0].startswith("-"):
        if given[0].isupper():
            break  # an argument
        name = given.pop(0)
        found = [command.get_command(click.Context(command), one) for one in name.split("|")]
        if None in found and getattr(command, "invoke_without_command", False):
            break  # an argument of the group's own
        assert None not in found, f"hubbub has no {name}"
        command = found[0]
    named = [command]
    if isinstance(command, click.Group):  # `undelivered` lists where nothing else is said
        named += command.commands.values()
    options = {
        option
        for one in named
        for parameter in one.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    options |= {"-h", "--help"}
    for word in given:
        if word.startswith("-") and word != "-":
            option = word.partition("=")[0]
            repeated = bool(re.fullmatch(r"-(\w)\1+", option))  # -vv
            assert (option[:2] if repeated else option) in options, f"hubbub {words}: there is no {option}"


@some("hubbub", "shell")
def test_a_shell_can_read_it(code: Code):
    text = "\n".join(re.split(r"   +| #(?![^']*')", line)[0] for line in code.text.splitlines())
    text = re.sub(r"[\[\]]", "", text)
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


@some("json")
def test_data_can_be_read(code: Code):
    """As one object; what is left out is `…`."""
    json.loads(code.text.replace(",…", ""))


@some("python")
def test_a_program_can_be_read(code: Code):
    ast.parse(code.text)
