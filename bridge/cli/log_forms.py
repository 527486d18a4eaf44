"""What a line of the log looks like: for a person, for journald, or for a program. No secret is in any."""

import json
import logging
from datetime import UTC, datetime

from bridge.secrets import strike
from bridge.whose import keys_of, named

__all__ = ["ForJournald", "ForPeople", "ForPrograms", "WordsAlone"]

_STYLES = {
    logging.DEBUG: "2",
    logging.WARNING: "33",
    logging.ERROR: "31",
    logging.CRITICAL: "1;31",
}
"""The codes of colours and such (ECMA-48 section 8.3.117)."""
_DIM = "2"
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""Those of syslog, as sd-daemon(3) has them."""


class ForPeople(logging.Formatter):
    """`2026-11-28 21:34:11 WARNING a message to libera #ops is given up: too rude  delivery=17`

    Further lines, as of a traceback, stand further to the right, so that none looks like a line of its own.
    """

    def __init__(self, *, colours: bool = False) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        style = _STYLES.get(record.levelno, "")
        when, level = self.formatTime(record, self.datefmt), f"{record.levelname:7}"
        head = f"{self._in(_DIM, when)} {self._in(style, level)} "
        words, delivery = _words(self, record), keys_of(record).get("delivery")
        first, *more = words.split("\n")
        if style and style != _DIM:
            first = self._in(style, first)
        number = "" if delivery is None else "  " + self._in(_DIM, f"delivery={delivery}")
        return "\n    ".join([f"{head}{first}{number}", *more])

    def _in(self, style: str, text: str) -> str:
        return f"\033[{style}m{text}\033[m" if self._colours and style else text


class WordsAlone(logging.Formatter):
    """What a line says and nothing else, for commands that show it amid their own words."""

    def format(self, record: logging.LogRecord) -> str:
        return _words(self, record)


class ForJournald(logging.Formatter):
    """Each line with its priority before it; the time is journald's own."""

    def format(self, record: logging.LogRecord) -> str:
        priority = f"<{_PRIORITIES.get(record.levelno, 6)}>"
        delivery = keys_of(record).get("delivery")
        first, *more = _words(self, record).split("\n")
        first += "" if delivery is None else f"  delivery={delivery}"
        return "\n".join(priority + line for line in [first, *(f"    {line}" for line in more)])


class ForPrograms(logging.Formatter):
    """An object of JSON: `time` (UTC), `level`, `logger`, `message`, what it tells of (`network`, `room`,
    `delivery`), and `error`, a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, str | int] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": strike(named(record, record.getMessage())),
        }
        for key, value in keys_of(record).items():
            line[key] = strike(value) if isinstance(value, str) else value
        if trace := _trace(self, record):
            line["error"] = strike(trace)
        return json.dumps(line, ensure_ascii=False)


def _words(form: logging.Formatter, record: logging.LogRecord) -> str:
    """Return what a line says, with its traceback below; nothing in it acts upon a terminal."""
    from bridge.config.words import printable  # most commands log nothing, and need no configuration

    parts = [named(record, record.getMessage()), *([trace] if (trace := _trace(form, record)) else [])]
    return strike("\n".join(printable(line) for part in parts for line in part.split("\n")))


def _trace(form: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = form.formatException(record.exc_info)
    return "\n".join(part for part in (record.exc_text, record.stack_info) if part)
