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
_first: dict[str, int] = {}
"""What was set at the start."""


def start_with(level: int) -> None:
    """Let our own packages log from this level on, until told otherwise."""
    _libraries.clear()
    for name in _ours:
        _first[name] = level
        logging.getLogger(name).setLevel(level)


def listen_to(module: str) -> None:
    """Count the package of an adapter that is not among Hubbub's own as ours."""
    package = module.partition(".")[0]
    if package not in _ours:
        _ours.add(package)
        _first[package] = _first.get("adapters", logging.NOTSET)
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
    for name in _all_set():  # what is said for all counts for its parts
        _set(name, level if name in _ours else START)


def _set(name: str, level: str) -> None:
    if level == START:
        logging.getLogger(name).setLevel(_first.get(name, logging.NOTSET))
        _libraries.discard(name)
        return
    logging.getLogger(name).setLevel(level.upper())
    if name.partition(".")[0] not in _ours:
        _libraries.add(name)


def levels() -> dict[str, str]:
    """Return from which level on what logs, by the names of what was set."""
    return {name: logging.getLevelName(logging.getLogger(name).level).lower() for name in sorted(_all_set())}


def _all_set() -> set[str]:
    """Return what has a level of its own and is ours or asked for."""
    known = {
        name
        for name, found in list(logging.root.manager.loggerDict.items())
        if isinstance(found, logging.Logger) and found.level != logging.NOTSET
    }
    return _ours | {name for name in known if name.partition(".")[0] in _ours} | _libraries
