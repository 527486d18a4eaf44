"""`hubbub demo`: private servers, people who talk, and the bridge between them, to look at."""

import asyncio
import contextlib
import importlib
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.errors import ConfigError, HubbubError
from bridge.levels import listen_to

from .log import LogForm, log_to
from .words import config_argument

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.testing import Demo

__all__ = ["demo"]


@click.command()
@config_argument
@click.option("--once", is_flag=True, help="Check that every line arrived everywhere in order, and end.")
@click.option("--packages", is_flag=True, help="Only name the Debian packages that are missing.")
def demo(file: Path, *, once: bool, packages: bool) -> None:
    """Try Hubbub on private servers.

    One for each of FILE's networks is started, and people talk across them. Afterwards
    it stays up for your own clients until Ctrl-C. Nothing is left behind.

    \b
    Examples:
      hubbub demo
      hubbub demo --once
      sudo apt-get install $(hubbub demo --packages)
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    log_to(sys.stderr.fileno(), level=logging.WARNING, form=LogForm.TEXT)
    demos = _demos(file)
    missing = _packages(demos)
    if packages:
        click.echo(" ".join(missing))
        return
    # Here, since the packages are asked for before there is anything to play with.
    from bridge.demo import Screen, Stage

    screen = Screen()
    if missing and shutil.which("apt-get"):
        screen.say(
            f"To have all networks, install their servers first: sudo apt-get install {' '.join(missing)}"
        )
    with tempfile.TemporaryDirectory(prefix="hubbub-demo-") as folder:
        # Some servers give up root's rights at the start, and still have to get here.
        Path(folder).chmod(0o755)
        stage = Stage(file, Path(folder), demos, screen)
        ok = asyncio.run(_stoppable(stage.play(once=once), once=once))
    if not ok:
        sys.exit(1)


def _demos(file: Path) -> "dict[str, type[Demo]]":
    """Return the demo of each network in a map. Where a library is missing, it is one that says so."""
    from bridge.config import load, sketch
    from bridge.protocols import find, names

    absent: dict[str, type[Demo]] = {}
    known = names()
    for name, protocol in sketch(file).items():
        if protocol not in known:
            continue  # which is for `load` to say
        try:
            find(protocol)
        except ConfigError as error:
            absent[name] = _absent(error.problems[0])
    networks = load(file, find, without=absent.keys()).networks
    found = {name: _demo_of(network.protocol) for name, network in networks.items()}
    return found | absent


def _absent(why: str) -> "type[Demo]":
    from bridge.testing import Demo

    class Absent(Demo):
        @classmethod
        def missing(cls) -> str | None:
            return why

    return Absent


def _demo_of(protocol: str) -> "type[Demo]":
    from bridge.protocols import find

    module = find(protocol).__module__
    listen_to(module)
    spec = sys.modules[module].__spec__
    assert spec is not None
    testing = f"{spec.parent or spec.name}.testing"
    try:
        found: type[Demo] = importlib.import_module(testing).Demo
    except ModuleNotFoundError as error:
        if error.name != testing:
            raise
        raise HubbubError(f"protocol {protocol!r} has no demo: there is no {testing}") from None
    return found


def _packages(demos: "Mapping[str, type[Demo]]") -> list[str]:
    """Return the Debian packages of the servers that are not here."""
    return [name for demo in demos.values() if demo.missing() for name in demo.debian]


async def _stoppable(performance: Coroutine[Any, Any, bool], *, once: bool) -> bool:
    """Play until the end, or until somebody ends it, which is well when it stays up."""
    play = asyncio.create_task(performance)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, play.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        return await play
    return not once
