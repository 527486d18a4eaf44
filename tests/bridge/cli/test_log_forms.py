"""What the log looks like, by who reads it."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
from bridge import secrets
from bridge.cli.log import LogForm, log_to
from bridge.whose import about, log_for
secrets.know(["open sesame"])
log_to(2, 1, form=LogForm(sys.argv[1]) if sys.argv[1:] else None)
log = logging.getLogger("bridge.x")
log.debug("one is taken", extra=about("left", "one", 17))
log.info("is joined")
log.warning("bad\\x1b[2J name\\nERROR 2026 feigned", extra=about("left", 'r"oom\\udc80'))
try:
    int("open sesame")
except ValueError:
    log.exception("a bug")
log_for("right", 18)
logging.getLogger("adapters.x").info("what an adapter says")
"""


def said(*arguments, stderr=subprocess.PIPE, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], stderr=stderr, check=True, env=environment
    )
    return done.stderr.decode() if done.stderr else ""


def on_a_terminal(**variables):
    """What it looks like there."""
    ours, theirs = os.openpty()
    said(stderr=theirs, **variables)
    os.close(theirs)
    found = b""
    try:
        while more := os.read(ours, 4096):
            found += more
    except OSError:
        pass  # nobody has the other end any more
    finally:
        os.close(ours)
    return found.decode().replace("\r\n", "\n")


def test_programs_get_an_object_a_line():
    lines = [json.loads(line) for line in said().splitlines()]
    assert len(lines) == 5
    taken, joined, bad, bug, adapter = lines
    keys = {"network": "left", "room": "one", "delivery": 17}
    assert taken == {
        "time": taken["time"], "level": "debug", "logger": "bridge.x", "message": "one is taken", **keys
    }  # fmt: skip
    assert taken["time"].endswith("Z")
    assert joined.keys() == {"time", "level", "logger", "message"}
    assert (bad["message"], bad["room"]) == ("bad\x1b[2J name\nERROR 2026 feigned", 'r"oom\udc80')
    assert bug["error"].startswith("Traceback")
    assert "sesame" not in str(lines)
    assert (adapter["message"], adapter["network"], adapter["delivery"]) == (
        "right: what an adapter says",
        "right",
        18,
    )


def test_a_person_reads_lines_that_nobody_can_feign():
    lines = on_a_terminal(NO_COLOR="1").splitlines()
    assert lines[0].endswith(" DEBUG   one is taken  delivery=17")
    assert lines[2].endswith(r" WARNING bad\x1b[2J name")
    assert lines[3] == "    ERROR 2026 feigned"
    assert all(line.startswith(("2", "    ")) for line in lines)
    assert not any("\033" in line or "sesame" in line for line in lines)
    assert lines[-1].endswith(" INFO    right: what an adapter says  delivery=18")
    assert "\033[33mWARNING\033[m" in on_a_terminal(NO_COLOR="", TERM="xterm")


def test_a_file_can_have_the_same_lines():
    assert said("text").splitlines()[0].endswith(" DEBUG   one is taken  delivery=17")
    assert "\033" not in said("text")


def test_journald_gets_priorities():
    """sd-daemon(3), of every line; systemd says by JOURNAL_STREAM that it reads (systemd.exec(5))."""
    read, write = os.pipe()
    stream = os.fstat(write)
    said(stderr=write, JOURNAL_STREAM=f"{stream.st_dev}:{stream.st_ino}")
    os.close(write)
    with os.fdopen(read) as file:
        lines = file.read().splitlines()
    assert lines[:4] == [
        "<7>one is taken  delivery=17",
        "<6>is joined",
        r"<4>bad\x1b[2J name",
        "<4>    ERROR 2026 feigned",
    ]
    assert lines[4] == "<3>a bug"
    assert all(line.startswith("<3>    ") for line in lines[5:-1])
    assert json.loads(said(JOURNAL_STREAM="1:2").splitlines()[0])["level"] == "debug", "of another stream"


@pytest.mark.parametrize("form", ["text", "json", "journald"])
def test_the_owner_may_choose(form):
    begins = {"text": "2", "json": "{", "journald": "<"}
    assert {line[0] for line in said(form).splitlines()} <= {begins[form], " "}


LEVELS_PROGRAM = """
import logging, sys
from bridge.cli.log import log_to
from bridge.levels import levels, set_level
log_to(2)
silent = logging.getLogger("bridge.silent")
silent.setLevel(logging.CRITICAL)  # by whoever wrote it, whatever the owner wants of all
ours, relay, library = map(logging.getLogger, ("bridge.x", "bridge.relay.x", "slixmpp.xmlstream"))
def speak(step):
    for log in (ours, relay, library):
        log.debug(f"{step} {log.name}")
speak(1)
set_level("debug", "bridge.relay")
speak(2)
set_level("debug", "slixmpp")
speak(3)
set_level("debug")
speak(4)
set_level("start")
speak(5)
assert levels() == {"adapters": "info", "bridge": "info"}, levels()
assert silent.level == logging.CRITICAL
"""


def test_levels_change_at_run_time():
    """For one part, for a library, which is else not heard at all, for all that is ours, and back."""
    done = subprocess.run([sys.executable, "-c", LEVELS_PROGRAM], stderr=subprocess.PIPE, check=True)
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == [
        "2 bridge.relay.x",
        "3 bridge.relay.x",
        "3 slixmpp.xmlstream",
        "4 bridge.x",
        "4 bridge.relay.x",
    ]
