"""What stands in the image, the compose file and the chart fits together; its probes ask a real service."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bridge.config import load
from bridge.protocols import find
from bridge.testing import free_port

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
HUBBUB = Path(sys.executable).with_name("hubbub")
IMAGE = (PACKAGING / "container/Dockerfile").read_text()
SERVERS = (PACKAGING / "compose/servers.Dockerfile").read_text()
COMPOSE = yaml.safe_load((PACKAGING / "compose/compose.yaml").read_text())
VALUES = yaml.safe_load((PACKAGING / "chart/values.yaml").read_text())
TEMPLATES = {path.name: path.read_text() for path in sorted((PACKAGING / "chart/templates").iterdir())}


def instructions(text: str, word: str) -> list[str]:
    """What stands behind a word of a Dockerfile."""
    return re.findall(rf"^ *{word} (.+)$", text.replace("\\\n", " "), re.MULTILINE)


@pytest.mark.parametrize(("text", "context"), [(IMAGE, ROOT), (SERVERS, PACKAGING / "compose")])
def test_what_is_copied_is_there(text, context):
    for line in instructions(text, "COPY"):
        if not line.startswith("--from"):
            *sources, _ = line.split()
            assert not [source for source in sources if not (context / source).exists()]


def test_nothing_but_what_is_copied_leaves_this_folder():
    let_through = re.findall(
        "^!(.+)$", (PACKAGING / "container/Dockerfile.dockerignore").read_text(), re.MULTILINE
    )
    copied = {
        word for line in instructions(IMAGE, "COPY") if "--from" not in line for word in line.split()[:-1]
    }
    assert copied == set(let_through)


@pytest.mark.parametrize("text", [IMAGE, SERVERS])
def test_nothing_runs_as_root(text):
    """In the last stage, and each that a service is made of, by number: an orchestrator sees that."""
    stages = re.split("^FROM ", text, flags=re.MULTILINE)[1:]
    ran = [stage for stage in stages if re.search("^(CMD|ENTRYPOINT) ", stage, re.MULTILINE)]
    assert ran
    assert all(re.search(r"^USER 10001:10001$", stage, re.MULTILINE) for stage in ran)


def test_the_services_are_contained_and_made_of_stages_and_files_that_are_there():
    stages = set(re.findall(r"^FROM .* AS (\w+)$", SERVERS, re.MULTILINE))
    for service in COMPOSE["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        context = PACKAGING / "compose" / service["build"]["context"]
        assert (context / service["build"]["dockerfile"]).exists()
        assert service["build"].get("target") in {None, *stages}
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (
                (PACKAGING / "compose" / source).exists() if "/" in source else source in COMPOSE["volumes"]
            )
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "these servers trust whoever reaches them"


def test_the_map_of_the_compose_file_is_in_order(monkeypatch):
    monkeypatch.setenv("HUBBUB_SECRET", "0123456789abcdef")
    config = load(PACKAGING / "compose/bridge.yaml", find)
    assert {network.protocol for network in config.networks.values()} == {"irc", "xmpp", "matrix"}
    of_containers = re.compile('there is no (folder "/var/lib/hubbub"|file "/shared/)')
    assert not [remark for remark in config.remarks if not of_containers.search(remark)]


def test_what_the_chart_asks_of_its_values_is_there():
    asked = {words for text in TEMPLATES.values() for words in re.findall(r"\.Values\.([\w.]+)", text)}
    for words in asked:
        found = VALUES
        for word in words.split("."):
            assert word in found, words
            found = found[word]
    assert {words.split(".")[0] for words in asked} == VALUES.keys()


def test_there_is_one_at_a_time():
    service = TEMPLATES["service.yaml"]
    assert "replicas: 1\n" in service
    assert "type: Recreate" in service


@contextlib.contextmanager
def running(text: str, folder: Path) -> Iterator[Path]:
    """A service with this map."""
    file = folder / "bridge.yaml"
    file.write_text(text)
    with subprocess.Popen([HUBBUB, "run", file], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "relaying " not in (line := process.stderr.readline()):
                assert line
            yield file
        finally:
            process.terminate()
            process.stderr.read()


def asks(command: list[str], file: Path) -> int:
    """The exit code of a probe."""
    path = f"{HUBBUB.parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"HUBBUB_CONFIG": str(file), "PATH": path}
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False).returncode


def probe(path: str, token: str, port: int) -> list[str]:
    """What the chart's probe runs, as Helm writes it."""
    (program,) = re.findall(r"    - \|\n((?:      .*\n)+)", TEMPLATES["_helpers.tpl"])
    guarded = r"( *{{- if \.token }}\n)(.*?)( *{{- end }}\n)"
    program = re.sub(guarded, r"\2" if token else "", program, flags=re.DOTALL)
    program = program.replace("{{ .path }}", path).replace("/run/secrets/hubbub/{{ .token }}", token)
    assert "{{" not in program
    lines = [line.removeprefix(" " * 6) for line in program.replace("8485", str(port)).splitlines()]
    return [sys.executable, "-c", "\n".join(lines)]


@pytest.mark.parametrize("token", ["", "0123456789abcdef0123"])
def test_probes_see_whether_a_service_lives(tmp_path, token):
    """Its one network is away: that makes nobody start it anew."""
    port = free_port()
    (health,) = instructions(IMAGE, "HEALTHCHECK")
    shell = json.loads(health[health.index("[") :])
    secret = tmp_path / "web"
    secret.write_text(f"{token}\n")
    own = {
        "networks": {
            "there": {"protocol": "irc", "server": "127.0.0.1", "port": 1, "tls": False, "nick": "hubbub"}
        }
    }
    own["conversations"] = {"lobby": {"there": ["#one", "#two"]}}
    web = (
        {"listen": f"0.0.0.0:{port}", "token_file": str(secret)} if token else {"listen": f"127.0.0.1:{port}"}
    )
    journal = {"journal": str(tmp_path / "journal"), "media": {"folder": str(tmp_path / "files")}}
    with running(yaml.safe_dump(VALUES["map"] | own | journal | {"web": web}), tmp_path) as file:
        given = str(secret) if token else ""
        assert asks(shell, file) == 0
        assert asks(probe("/livez", given, port), file) == 0
        deadline = time.monotonic() + 60
        while asks(probe("/readyz", given, port), file) != 0:
            assert time.monotonic() < deadline
        assert asks(probe("/healthz", given, port), file) != 0
        if token:
            assert asks(probe("/livez", "", port), file) != 0
    assert asks(shell, file) != 0
    assert asks(probe("/livez", given, port), file) != 0
