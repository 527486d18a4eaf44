"""`hubbub run`: the service."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import click

from bridge import app
from bridge.adapter import find
from bridge.config import load
from bridge.control import Control
from bridge.errors import HubbubError
from bridge.secrets import strike

from .reading import read

__all__ = ["config_argument", "log_to", "run"]

log = logging.getLogger(__name__)

_MINUTE = 60.0

config_argument = click.argument(
    "file",
    default=lambda: os.environ.get("HUBBUB_CONFIG", "bridge.yaml"),
    type=click.Path(path_type=Path),
)


@click.command()
@config_argument
@click.option("--verbose", "-v", is_flag=True, help="Tell more.")
def run(file: Path, *, verbose: bool) -> None:
    """Relay what the configuration FILE joins (bridge.yaml, or $HUBBUB_CONFIG), until stopped."""
    log_to(sys.stderr.fileno(), logging.DEBUG if verbose else logging.INFO)
    asyncio.run(_until_stopped(file))


def log_to(descriptor: int, level: int) -> None:
    """Write the log, one line per event, to a file descriptor."""
    stream = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(stream)
    handler.addFilter(_Folded())
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Only our own packages tell more: the libraries' lines hold what people say.
    for package in ("bridge", "adapters"):
        logging.getLogger(package).setLevel(level)


class _Folded(logging.Filter):
    """Passes what asyncio itself complains of once a minute: without descriptors it does so without end."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ("", 0.0)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name != "asyncio":
            return True
        what, now = record.getMessage().partition("\n")[0], record.created
        if what == self._last[0] and now - self._last[1] < _MINUTE:
            return False
        self._last = (what, now)
        return True


class _Discreet(logging.Formatter):
    """Writes no secret, wherever a record has it from."""

    def format(self, record: logging.LogRecord) -> str:
        return strike(super().format(record))


async def _until_stopped(file: Path) -> None:
    """Run until SIGTERM or SIGINT, then stop politely; SIGHUP reads the file again."""
    reloads: asyncio.Queue[None] = asyncio.Queue()
    bridge = app.Bridge(load(file, find), beside=partial(_open_to_owner, file, reloads))
    relay = asyncio.ensure_future(bridge.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, relay.cancel)
    loop.add_signal_handler(signal.SIGHUP, reloads.put_nowait, None)
    # What is there now stays: the collector need not look at it again.
    gc.freeze()
    with contextlib.suppress(asyncio.CancelledError):
        await relay


@contextlib.asynccontextmanager
async def _open_to_owner(
    file: Path, reloads: "asyncio.Queue[None]", bridge: app.Bridge
) -> AsyncIterator[None]:
    """Do what the owner asks for, by signal or over the socket, while the relay runs."""
    control = Control(bridge, partial(read, file))
    async with control.listening():
        reloading = asyncio.ensure_future(_reload(control, reloads))
        try:
            yield
        finally:
            reloading.cancel()


async def _reload(control: Control, reloads: "asyncio.Queue[None]") -> None:
    while True:
        await reloads.get()
        try:
            await control.reload()
        except HubbubError as error:
            log.error("the new configuration is not followed: %s", error)  # noqa: TRY400
        except Exception:
            log.exception("the new configuration is not followed: a fault of Hubbub's")
