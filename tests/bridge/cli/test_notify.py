"""What systemd is told (sd_notify(3)), by the service as a process and over a real socket."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.notify import Notifier, sentence
from bridge.model import RoomId
from bridge.testing import ScriptedNetwork, free_port
from tests.bridge.world import config, running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
MAP = """\
networks:
  here: {protocol: http, listen: '127.0.0.1:PORT'}
conversations:
  lobby: {here: [one, two]}
"""


class Manager:
    """Whoever starts services and listens to them."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(30)
        self.socket.bind(address.replace("@", "\0"))
        self.map = folder / "bridge.yaml"
        self.map.write_text(MAP.replace("PORT", str(free_port())))

    @contextlib.contextmanager
    def service(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        own = {"NOTIFY_SOCKET": self.address} | environment
        with subprocess.Popen(
            [HUBBUB, "run", self.map], env=os.environ | own, stderr=subprocess.PIPE
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def told(self) -> dict[str, str]:
        """What it is told next."""
        lines = self.socket.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def until_silent(self) -> None:
        """Hear all that was told, until nothing comes any more."""
        self.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(1000):
                self.told()
            pytest.fail("it goes on")
        self.socket.settimeout(30)

    def until(self, word: str) -> dict[str, str]:
        """What it is told with this word."""
        while word not in (told := self.told()):
            pass
        return told


@pytest.fixture
def manager(request, tmp_path):
    with tempfile.TemporaryDirectory() as folder:
        found = Manager(tmp_path, getattr(request, "param", f"{folder}/notify"))
        with found.socket:
            yield found


@pytest.mark.parametrize("manager", [f"@hubbub-test-{os.getpid()}"], indirect=True, ids=["abstract"])
def test_a_socket_may_have_no_file(manager):
    with manager.service():
        assert manager.told() == {"READY": "1", "STATUS": "relaying"}


def test_a_service_tells_when_it_is_ready_reloads_and_stops(manager):
    with manager.service() as process:
        assert manager.told() == {"READY": "1", "STATUS": "relaying"}
        manager.map.write_text(manager.map.read_text().replace("[one, two]", "[one, two, three]"))
        process.send_signal(signal.SIGHUP)
        assert int(manager.until("RELOADING")["MONOTONIC_USEC"]) > 0
        assert manager.until("READY") == {"READY": "1"}  # the new room may be told of before
        process.send_signal(signal.SIGTERM)
        assert manager.until("STOPPING")["STOPPING"] == "1"
        assert process.wait(30) == 0


def test_a_map_with_mistakes_is_no_reload(manager):
    with manager.service() as process:
        manager.until("READY")
        manager.map.write_text("networks: {}\nconversatoins: {}\n")
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while b"is not followed" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGTERM)
        told = []
        while "STOPPING" not in (now := manager.told()):
            told.append(now)
    assert not [now for now in told if "RELOADING" in now]


def test_signs_of_life_come_while_the_loop_goes_on_and_to_who_asked_alone(manager):
    """A process that is stopped gives none, and systemd ends it; nor does one that was not meant."""
    with manager.service(WATCHDOG_USEC="100000") as process:
        for _ in range(3):
            assert manager.until("WATCHDOG")["WATCHDOG"] == "1"
        process.send_signal(signal.SIGSTOP)
        manager.until_silent()
        process.send_signal(signal.SIGCONT)
        manager.until("WATCHDOG")
    with manager.service(WATCHDOG_USEC="100000", WATCHDOG_PID="1") as process:
        manager.until("READY")
        process.send_signal(signal.SIGTERM)
        while "STOPPING" not in (now := manager.told()):
            assert "WATCHDOG" not in now


async def test_it_is_told_in_a_sentence_how_the_service_stands(tmp_path):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    rooms = config(tmp_path, {"lobby": ["left one", "right two", "right three"]})
    async with running(rooms) as bridge:
        assert sentence(await bridge.status()) == "relaying 3 rooms on 2 networks"
    left.refusals[RoomId("one")], right.refusals[RoomId("two")] = "full", "invite only"
    async with running(rooms) as bridge:
        advice = "let the bridge in, or change the map and `hubbub reload`"
        assert sentence(await bridge.status()) == (
            f"left one cannot be joined (full): {advice} (and 1 more trouble)"
        )


def test_a_socket_that_is_gone_stops_nobody(manager):
    manager.address += "-gone"
    with manager.service() as process:
        assert process.stderr is not None
        while b"relaying 1 conversation" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_what_finds_no_place_is_told_again(manager):
    """Whoever starts many services may not have read yet that this one is ready."""
    notifier = Notifier({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": ""})
    for number in range(2000):
        notifier.tell(READY="1", STATUS=f"{number}")
    told = [{"STATUS": "none"}]
    manager.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            told.append(manager.told())
    assert told[-1]["STATUS"] not in {"none", "1999"}, "it was blocked at last"
    notifier.tell(WATCHDOG="1")
    assert manager.told() == {"READY": "1", "STATUS": "1999", "WATCHDOG": "1"}
    notifier.tell(WATCHDOG="1")
    assert manager.told() == {"WATCHDOG": "1"}
    notifier._socket.close()
