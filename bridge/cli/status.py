"""`hubbub status`: how the running service stands, and what is wrong with it."""

import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal
from rich.text import Text

from bridge.config.words import counted, lasting, printable
from bridge.control import NotRunning, ask

from .terminal import Terminal, widths_of
from .words import journal_argument, journal_option, json_option, place_of, print_json, verdict, when

__all__ = ["status"]

_NOT_RUNNING = 3
"""As init scripts say that a program does not run (LSB)."""
_GAPS = 5
"""So many rooms that were not heard are named."""
_LATELY = 86400.0


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@json_option
@click.option("--watch", "-w", "live", is_flag=True, help="Show it live, until q.")
def status(file: Path | None, journal: Path | None, *, as_json: bool, live: bool) -> None:
    """Say how the running service stands.

    What is wrong with it and what to do stands first, the worst on top. With --watch it is shown live, with
    how many messages come and go a minute: n shows networks, r rooms, t what is wrong, q ends it.

    \b
    Examples:
      hubbub status
      hubbub status --watch
      hubbub status --json

    Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage, 3 no service runs, 78 FILE has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if live:
        if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise click.UsageError("--watch is for a terminal: programs ask for --json as often as they like")
        from .watch import watch

        watch(journal_argument(file, journal))
        return
    try:
        answer = ask(journal_argument(file, journal), {"command": "status"})
    except NotRunning as error:
        click.echo(f"hubbub: {error}", err=True)
        sys.exit(_NOT_RUNNING)
    if as_json:
        print_json(answer)
    else:
        _Overview(answer, time.time()).show()
    if answer["wrong"]:
        sys.exit(1)


class _Overview(Terminal):
    """Prints what the owner sees."""

    def __init__(self, answer: dict[str, Any], now: float) -> None:
        super().__init__()
        self._answer = answer
        self._now = now

    def show(self) -> None:
        wrong = self._answer["wrong"]
        runs = Text(f"Hubbub {self._answer['version']} runs since {when(self._answer['since'])}: ")
        self.line(runs.append(*verdict(len(wrong))))
        for trouble in wrong:
            self._trouble(trouble)
        self.say()
        self._networks()
        self._notes()

    def _trouble(self, trouble: dict[str, Any]) -> None:
        """Print what is wrong, why, since when, what waits for it, and what to do."""
        self.say()
        self.say(f"{place_of(trouble)} {trouble['what']}".lstrip(), "bold red")
        if trouble["reason"]:
            self.say(printable(trouble["reason"]), indent=2)
        facts = []
        if (since := trouble["since"]) is not None:
            facts.append(f"since {when(since)} ({lasting(self._now - since)})")
        if owed := trouble["owed"]:
            facts.append(f"{counted(owed, 'message')} {'waits' if owed == 1 else 'wait'}")
        if facts:
            self.say("; ".join(facts), indent=2)
        self.say(f"→ {trouble['todo']}", "yellow", indent=2)

    def _networks(self) -> None:
        """Print a line for each network, the columns below each other."""
        rows = []
        for name, network in self._answer["networks"].items():
            rooms = network["rooms"].values()
            joined, owed = sum(room["joined"] for room in rooms), sum(room["owed"] for room in rooms)
            well = network["state"] == "connected"
            rows.append(
                (
                    (printable(name), "bold"),
                    (network["protocol"], "dim"),
                    (f"{network['state']} since {when(network['since'])}", "green" if well else "red"),
                    (f"{joined:,} of {counted(len(rooms), 'room')}", "" if joined == len(rooms) else "red"),
                    (f"{owed:,} waiting" if owed else "", ""),
                    (counted(network["private"], "private talk") if network["private"] else "", ""),
                )
            )
        widths = widths_of(rows)
        for row in rows:
            self.row(row, widths)

    def _notes(self) -> None:
        """Print what is not wrong now, and worth knowing."""
        if undelivered := self._answer["undelivered"]:
            self.say()
            are = "message is" if undelivered == 1 else "messages are"
            self.say(f"{undelivered:,} {are} not delivered: `hubbub undelivered`")
        if (archive := self._answer["archive"]) is not None:
            self.say()
            self.say(self._archive(archive))
        self._gaps()

    def _archive(self, archive: dict[str, Any]) -> str:
        """Say what is archived, and how far that is."""
        count, signed = archive["entries"], archive["checkpoint"]
        parts = [counted(count, "entry", "entries"), decimal(archive["size"])]
        behind = sum(one["behind"] for one in self._answer["observers"] if one["name"] == "archive")
        if behind:
            parts.append(f"{counted(behind, 'message')} to be taken over")
        if signed is not None:
            parts.append(f"last checkpoint {when(signed)}")
        return f"archive: {', '.join(parts)}"

    def _gaps(self) -> None:
        """Print which rooms were not heard lately."""
        gaps = [
            (room["unheard"]["until"], f"{name} {place}", room["unheard"]["seconds"])
            for name, network in self._answer["networks"].items()
            for place, room in network["rooms"].items()
            if room["unheard"] and self._now - room["unheard"]["until"] < _LATELY
        ]
        if not gaps:
            return
        self.say()
        self.say("not heard in the last 24 hours (`hubbub catch-up` fetches what is still there):")
        for until, place, seconds in sorted(gaps, reverse=True)[:_GAPS]:
            long = lasting(seconds) if seconds >= 0 else "nobody knows how long"
            self.line(Text(f"  {printable(place)}: {long}, until {when(until)}"))
        if len(gaps) > _GAPS:
            self.say(f"  and {counted(len(gaps) - _GAPS, 'room')} more")
