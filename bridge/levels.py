"""From which level on which part of the program logs: it can be changed while everything runs."""

import logging

from .errors import HubbubError

__all__ = ["LEVELS", "START", "is_shown", "levels", "listen_to", "set_level", "start_with"]

LEVELS = ("debug", "info", "warning", "error")

START = "start"
"""In place of a level: as it was at the start."""

_ours = {"bridge", "adapters"}
"""The packages that log for the owner. What libraries say is not, and may hold what people say."""
_libraries: set[str] = set()
"""Others that the owner wants to hear."""
_before: dict[str, int] = {}
"""What was set before the owner changed it."""


def start_with(level: int) -> None:
    """Let our own packages log from this level on, until told otherwise."""
    _libraries.clear()
    _before.clear()
    for name in _ours:
        logging.getLogger(name).setLevel(level)


def listen_to(module: str) -> None:
    """Count the package of an adapter that is not among Hubbub's own as ours."""
    package = module.partition(".")[0]
    if package not in _ours:
        _ours.add(package)
        logging.getLogger(package).setLevel(logging.getLogger("adapters").level)


def is_shown(record: logging.LogRecord) -> bool:
    """Whether the owner needs to see a line: our own, one of a library that they asked for, or what asyncio
    says of a task that failed.
    """
    if record.name.partition(".")[0] in _ours:
        return True
    if record.name == "asyncio" and record.levelno >= logging.ERROR:
        return True
    return any(f"{record.name}.".startswith(f"{name}.") for name in _libraries)


def set_level(level: str, logger: str = "") -> None:
    """Log from this level on, one of `LEVELS` or `start`; `logger`: there and in what belongs to it, such as
    `bridge.relay` or a library; empty: in all that is ours. Raises HubbubError.
    """
    if level not in (*LEVELS, START):
        raise HubbubError(f"there is no level {level!r}: say {', '.join(LEVELS)} or {START}")
    if logger and logger not in _ours | logging.root.manager.loggerDict.keys():
        raise HubbubError(f"nothing here logs as {logger!r}: `bridge`, `adapters` and the like do")
    if logger:
        _set(logger, level)
        return
    for name in _ours | _before.keys():  # what is said for all counts for what was said for parts
        _set(name, level if name in _ours else START)


def _set(name: str, level: str) -> None:
    logger = logging.getLogger(name)
    if level == START:
        logger.setLevel(_before.pop(name, logger.level))
        _libraries.discard(name)
        return
    _before.setdefault(name, logger.level)
    logger.setLevel(level.upper())
    if name.partition(".")[0] not in _ours:
        _libraries.add(name)


def levels() -> dict[str, str]:
    """Return from which level on our packages log, and whatever the owner changed, by name."""
    known = sorted(_ours | _before.keys())
    return {name: logging.getLevelName(logging.getLogger(name).level).lower() for name in known}
