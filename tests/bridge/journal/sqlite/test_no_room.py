"""A start on a disk that is full or read-only says what to do, and changes nothing."""

import shutil
import subprocess
import sys

import pytest

from tests.bridge.journal.filled import fill

_START = """
import os, sys
from pathlib import Path
from bridge.errors import JournalError
from bridge.journal.sqlite import SqliteJournal
try:
    SqliteJournal(Path(sys.argv[1]))
except JournalError as error:
    print(error)
else:
    print("started", flush=True)
    os._exit(0)
"""
_OWN_DISK = ["unshare", "--map-root-user", "--mount"]
_FULL = "dd if=/dev/zero of=$disk/filler bs=1024 status=none 2>/dev/null"
_ROOM = "rm $disk/filler"
_MOUNT = [*_OWN_DISK, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
_MAY_MOUNT = (
    bool(shutil.which("unshare")) and subprocess.run(_MOUNT, check=False, capture_output=True).returncode == 0
)


@pytest.mark.skipif(not _MAY_MOUNT, reason="nobody here may mount a disk")
@pytest.mark.parametrize(
    ("trouble", "mended"),
    [
        (_FULL, _ROOM),
        (f"rm $disk/j.lock; {_FULL}", _ROOM),
        (f"rm $disk/*; {_FULL}", _ROOM),
        (f"start >/dev/null; {_FULL}", _ROOM),
        ("mount -o remount,ro $disk", "mount -o remount,rw $disk"),
        ("rm $disk/j.lock; mount -o remount,ro $disk", "mount -o remount,rw $disk"),
    ],
    ids=["full", "nothing beside it", "no journal yet", "after a crash", "read-only", "read-only, no lock"],
)
async def test_a_start_where_nothing_can_be_written(tmp_path, trouble, mended):
    await fill(tmp_path / "j")
    (tmp_path / "disk").mkdir()
    script = """
        disk=$1/disk python=$2 program=$3
        start() { "$python" -c "$program" "$disk/j"; }
        mount -t tmpfs -o size=1m tmpfs "$disk" && cp "$1/j" "$1/j.lock" "$disk" || exit 1
    """
    steps = [script, trouble, "start", mended, "start"]
    command = [*_OWN_DISK, "sh", "-c", "\n".join(steps), "sh", str(tmp_path), sys.executable, _START]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    said, then = done.stdout.splitlines()
    assert "make room on its disk, or make that writable, then start again" in said
    assert "restore" not in said
    assert then == "started"
    assert done.stderr == ""
