"""Reads the configuration beside the relay, which must not stand still for it."""

import asyncio
import gc
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from functools import partial
from pathlib import Path

from bridge.aside import aside, kill
from bridge.config import Config, load, secrets_of
from bridge.errors import ConfigError, HubbubError
from bridge.protocols import find
from bridge.secrets import know

__all__ = ["main", "read"]

_SMALL = 256 * 1024
"""Bytes, of some 3,000 conversations: a fifth of a second's work in a thread, which the relay interrupts. A
larger file is read by a process of its own.
"""
_PROGRAM = "from bridge.cli.reading import main; main()"


async def read(file: Path) -> Config:
    """Load the configuration while the relay goes on. Raises HubbubError."""
    if _is_small(file):
        return await aside(partial(load, file, find))
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, str(file), stdin=PIPE, stdout=PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    except OSError as error:
        raise HubbubError(f"the configuration cannot be read now: {error.strerror}") from error
    try:
        told, _ = await process.communicate()
    finally:
        kill(process)
        await process.wait()
    if process.returncode:
        raise HubbubError("the configuration cannot be read: the process that does it failed")
    found = await aside(partial(pickle.loads, told))  # our own process made it
    if isinstance(found, Config):
        know(await aside(partial(secrets_of, found)))
        return found
    raise ConfigError(found)


def _is_small(file: Path) -> bool:
    """Whether the file is read here in less time than a process takes to start."""
    try:
        return file.stat().st_size <= _SMALL
    except OSError:
        return True  # it takes no process to say why


def main() -> None:
    """Write the configuration, or the mistakes in it, to the process's output."""
    gc.disable()  # what is made of a large map stays until the end
    found: Config | list[str]
    try:
        found = load(Path(sys.argv[1]), find)
    except ConfigError as error:
        found = error.problems
    sys.stdout.buffer.write(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
