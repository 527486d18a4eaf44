"""The service: loaded when it is run, and by no other command."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bridge import app
from bridge.clock import SYSTEM
from bridge.config import Config, load
from bridge.config.words import printable
from bridge.control.abilities import Abilities
from bridge.control.file_watch import FileWatch, Seen, look_at
from bridge.control.requests import ReloadRequest
from bridge.control.server import Control
from bridge.errors import ConfigError, HubbubError
from bridge.levels import listen_to
from bridge.protocols import find

from .log import LogForm, log_to
from .notify import Notifier
from .reading import read

__all__ = ["serve"]

log = logging.getLogger(__name__)


def serve(file: Path, verbose: int, form: LogForm | None, asked: Sequence[int] = ()) -> None:
    """Relay what a configuration joins, until stopped. `asked` has something in it if it is to be read again
    once all runs. Raises ConfigError.
    """
    log_to(sys.stderr.fileno(), verbose, form=form)
    file = file.absolute()  # else a reload, which knows it by this name, would find all its files elsewhere
    seen = look_at(file)
    config = load(file, find)
    _listen(config)
    here, journal = printable(str(file)), config.journal.absolute()
    begun = "hubbub %s begins, with %s and the journal %s, as process %d"
    log.info(begun, version("hubbub"), here, journal, os.getpid())
    try:
        reason = asyncio.run(_until_stopped(file, seen, config, asked))
    except HubbubError as error:
        log.error("stopped: %s", error)  # noqa: TRY400 -- it says what to do
        sys.exit(1)
    except Exception:
        log.exception("stopped by a bug")
        sys.exit(1)
    log.info("stopped by %s", reason)


async def _until_stopped(file: Path, seen: Seen, config: Config, asked: Sequence[int]) -> str:
    """Run until SIGTERM or SIGINT, then stop politely and say which; SIGHUP reads the file again."""
    reloads: asyncio.Queue[None] = asyncio.Queue()
    bridge = app.Bridge(config, beside=partial(_open_to_owner, file, seen, reloads))
    relay = asyncio.ensure_future(bridge.run())
    loop = asyncio.get_running_loop()
    stopped_by = "itself"

    def stop(name: signal.Signals) -> None:
        nonlocal stopped_by
        stopped_by = name.name
        relay.cancel()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop, name)
    loop.add_signal_handler(signal.SIGHUP, reloads.put_nowait, None)
    if asked:
        reloads.put_nowait(None)
    # What is there now stays: the collector need not look at it again.
    gc.freeze()
    with contextlib.suppress(asyncio.CancelledError):
        await relay
    return stopped_by


@contextlib.asynccontextmanager
async def _open_to_owner(
    file: Path, seen: Seen, reloads: "asyncio.Queue[None]", bridge: app.Bridge
) -> AsyncIterator[None]:
    """Do what the owner asks for, by signal or over the socket, while the relay runs."""
    notifier = Notifier(os.environ)
    abilities = Abilities(bridge, partial(_read_again, file), file, changing=notifier.reloading)
    async with Control(abilities).listening(), _pages(abilities, file), notifier.following(abilities.status):
        watch = FileWatch(file, seen, partial(_reload, abilities, "the watch on the file"))
        tasks = [
            asyncio.ensure_future(_reload_when_told(abilities, reloads)),
            asyncio.ensure_future(watch.run(lambda: bridge.config.reload == "watch")),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@contextlib.asynccontextmanager
async def _pages(abilities: Abilities, file: Path) -> AsyncIterator[None]:
    """Serve the pages for the owner, if there are any."""
    bridge = abilities.bridge
    web = bridge.config.web
    if web is None:
        yield
        return
    from bridge.control.api import add_api  # with its libraries, as where files are handed out
    from bridge.web.owner import owner_pages

    site = owner_pages(web, abilities.status, bridge.counts, abilities.desks, SYSTEM.now)
    add_api(site, abilities)
    async with contextlib.AsyncExitStack() as stack:
        if web.console:
            from bridge.console import console

            await stack.enter_async_context(console(site, abilities, file, read))
        await stack.enter_async_context(site.serving())
        if web.console:
            log.info("the console is at http://%s/", web.listen)
        yield


async def _read_again(file: Path) -> Config:
    """Read a configuration, and again if it is saved meanwhile."""
    while True:
        before = look_at(file)
        try:
            config = await read(file)
        except ConfigError:
            if look_at(file) == before:
                raise
        else:
            if look_at(file) == before:
                _listen(config)
                return config


def _listen(config: Config) -> None:
    for network in config.networks.values():
        listen_to(find(network.protocol).__module__)


async def _reload_when_told(abilities: Abilities, reloads: "asyncio.Queue[None]") -> None:
    while True:
        await reloads.get()
        await _reload(abilities, "SIGHUP")


async def _reload(abilities: Abilities, by: str) -> None:
    try:
        await abilities.do(ReloadRequest(), by)
    except HubbubError as error:
        log.error("the new configuration is not followed: %s", error)  # noqa: TRY400
    except Exception:
        log.exception("the new configuration is not followed: a bug")
