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
from bridge.config import Config, load

__all__ = ["config_argument", "log_to", "run", "until_stopped"]

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
    config = load(file, find)
    asyncio.run(until_stopped(config))


def log_to(descriptor: int, level: int) -> None:
    """Write the log, one line per event, to a file descriptor."""
    stream = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Only our own packages tell more: the libraries' lines hold what people say.
    for package in ("bridge", "adapters"):
        logging.getLogger(package).setLevel(level)


async def until_stopped(config: Config) -> None:
    """Run until SIGTERM or SIGINT, then stop politely."""
    relay = asyncio.ensure_future(app.run(config))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, relay.cancel)
    # What is there now stays: the collector need not look at it again.
    gc.freeze()
    with contextlib.suppress(asyncio.CancelledError):
        await relay
