"""`hubbub status --watch`: the screen at a terminal, until somebody has seen enough."""

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bridge.control import ask
from bridge.errors import HubbubError

from .screen import View, screen

__all__ = ["watch"]

_EVERY = 2.0
"""Seconds between two questions."""
_PATIENCE = 10.0
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[H", "\x1b[?25h\x1b[?1049l"
"""The alternate screen, without a cursor; and back (xterm's private modes)."""
_KEYS = {
    "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down", "\x1b[C": "right", "\x1bOC": "right",
    "\x1b[D": "left", "\x1bOD": "left", "\x1b[5~": "pageup", "\x1b[6~": "pagedown", "\x1b[H": "home",
    "\x1b[1~": "home", "\x1b[F": "end", "\x1b[4~": "end", "\x1b": "escape",
}  # fmt: skip
_SIGNALS = (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGTSTP, signal.SIGCONT)


def watch(journal: Path) -> None:
    """Show how the service that owns a journal stands, and go on when it is started anew."""
    _Watch(journal).run()


class _Watch:
    def __init__(self, journal: Path) -> None:
        self._journal, self._view = journal, View()
        self._console = Console()
        self._answer: dict[str, Any] | None = None
        self._shown: list[str] = []
        """What stands on the screen: only lines that differ are written."""
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._awake, False)
        os.set_blocking(self._wake, False)

    def run(self) -> None:
        """Draw, and follow keys and signals, until one of them ends it."""
        asking, due = ThreadPoolExecutor(1), 0.0
        pending: Future[dict[str, Any]] | None = None
        with self._terminal():
            while True:
                if pending is not None and pending.done():
                    self._take(pending)
                    pending, due = None, time.monotonic() + _EVERY
                if pending is None and time.monotonic() >= due:
                    pending = asking.submit(ask, self._journal, {"command": "status"}, _PATIENCE)
                    pending.add_done_callback(lambda _: os.write(self._wake, b"\0"))
                self._draw()
                wait = 1.0 if pending is not None else max(due - time.monotonic(), 0.0)
                if not self._follow(wait):
                    break
        # what is asked still has nobody to answer to
        asking.shutdown(wait=False, cancel_futures=True)

    def _take(self, answered: "Future[dict[str, Any]]") -> None:
        try:
            answer = answered.result()
        except HubbubError as error:
            self._view.problem = f"{error}; asked again every {_EVERY:.0f} seconds"
            return
        self._answer, self._view.problem = answer, ""
        self._view.rates.see(answer, time.monotonic())

    def _follow(self, wait: float) -> bool:
        """Wait for what happens, and follow it. Returns whether to go on."""
        ready, _, _ = select.select([sys.stdin, self._awake], [], [], wait)
        if self._awake in ready:
            for number in os.read(self._awake, 1000):
                if number in {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}:
                    return False
                if number == signal.SIGTSTP:
                    self._rest()
                if number in {signal.SIGWINCH, signal.SIGCONT}:
                    self._shown = []
        if sys.stdin in ready:
            typed = os.read(sys.stdin.fileno(), 1000).decode(errors="replace")
            return bool(typed) and all(self._view.press(key) for key in _keys(typed))
        return True

    def _draw(self) -> None:
        """Write the lines that are other than those that stand there."""
        width, height = os.get_terminal_size()
        lines = [
            self._rendered(line) for line in screen(self._answer, self._view, time.time(), width, height)
        ]
        out = "" if self._shown else "\x1b[2J"
        for row, line in enumerate(lines):
            if row >= len(self._shown) or self._shown[row] != line:
                out += f"\x1b[{row + 1};1H{line}\x1b[0m\x1b[K"
        if out:
            sys.stdout.write(out)
            sys.stdout.flush()
        self._shown = lines

    def _rendered(self, line: Text) -> str:
        with self._console.capture() as capture:
            self._console.print(line, end="", soft_wrap=True)
        return capture.get()

    @contextlib.contextmanager
    def _terminal(self) -> Iterator[None]:
        """Keys come as they are pressed, signals as bytes, and everything is as before afterwards."""
        before = termios.tcgetattr(sys.stdin)
        handlers = {number: signal.signal(number, _noted) for number in _SIGNALS}
        descriptor = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            self._begin()
            yield
        finally:
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
            signal.set_wakeup_fd(descriptor)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _begin(self) -> None:
        tty.setcbreak(sys.stdin)
        sys.stdout.write(_ENTER)
        self._shown = []

    def _rest(self) -> None:
        """Give the terminal back, stop as the shell wants, and take it again afterwards."""
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
        settings = termios.tcgetattr(sys.stdin)
        settings[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)
        os.kill(os.getpid(), signal.SIGSTOP)
        self._begin()


def _noted(number: int, frame: object) -> None:
    """Do nothing: the signal's number comes as a byte."""


def _keys(typed: str) -> Iterator[str]:
    """Yield what was pressed, each key by its name or letter."""
    while typed:
        known = next(
            (keys for keys in sorted(_KEYS, key=len, reverse=True) if typed.startswith(keys)), typed[0]
        )
        yield _KEYS.get(known, known)
        typed = typed[len(known) :]
