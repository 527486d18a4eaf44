"""The unit, as systemd itself judges it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli import EX_CONFIG

FOLDER = Path(__file__).parents[2] / "packaging/systemd"
UNIT = (FOLDER / "hubbub.service").read_text()
MOST = 1.5
"""How exposed it may be, from 0 to 10, as `systemd-analyze security` counts; it needs the network."""

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a command that is there."""
    file = tmp_path / "hubbub.service"
    file.write_text(UNIT.replace("/opt/hubbub/bin/hubbub", str(Path(sys.executable).with_name("hubbub"))))
    return file


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_systemd_understands_every_line(unit: Path):
    done = analyze("verify", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_line_that_it_does_not_understand_is_found(unit: Path):
    unit.write_text(unit.read_text() + "\n[Service]\nRestart=perhaps\n")
    assert "perhaps" in analyze("verify", unit).stderr


def test_it_may_do_little(unit: Path):
    done = analyze("security", "--offline=yes", f"--threshold={MOST * 10:.0f}", unit)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Overall exposure level for hubbub\.service: [01]\.\d", done.stdout)


def test_it_says_what_the_service_does():
    """It tells of itself (`bridge/cli/notify.py`), and ends with this where the map has mistakes."""
    assert "\nType=notify\n" in UNIT
    assert re.search(r"^WatchdogSec=\d+$", UNIT, re.MULTILINE)
    assert f"\nRestartPreventExitStatus={EX_CONFIG}\n" in UNIT
