"""`hubbub run`: the service."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from pathlib import Path

import click

from bridge import app
from bridge.adapter import find
from bridge.config import load
from bridge.errors import ConfigError, HubbubError

__all__ = ["config_argument", "log_to", "run"]

log = logging.getLogger(__name__)

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
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Only our own packages tell more: the libraries' lines hold what people say.
    for package in ("bridge", "adapters"):
        logging.getLogger(package).setLevel(level)


async def _until_stopped(file: Path) -> None:
    """Run until SIGTERM or SIGINT, then stop politely; SIGHUP reads the file again."""
    bridge = app.Bridge(load(file, find))
    relay = asyncio.ensure_future(bridge.run())
    reloads: asyncio.Queue[None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, relay.cancel)
    loop.add_signal_handler(signal.SIGHUP, reloads.put_nowait, None)
    reloading = asyncio.ensure_future(_reload(file, bridge, reloads))
    # What is there now stays: the collector need not look at it again.
    gc.freeze()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await relay
    finally:
        reloading.cancel()


async def _reload(file: Path, bridge: app.Bridge, reloads: "asyncio.Queue[None]") -> None:
    while True:
        await reloads.get()
        try:
            await bridge.reload(load(file, find))
        except ConfigError as error:
            log.error("nothing has changed, since the configuration has mistakes:\n%s", error)  # noqa: TRY400
        except HubbubError as error:
            log.error("the new configuration is not followed: %s", error)  # noqa: TRY400
