"""`hubbub rooms`: the rooms of the map, and how each stands."""

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from bridge.config.words import counted, printable
from bridge.control import ask

from .room_options import room_options
from .terminal import Cell, Terminal, widths_of
from .words import journal_argument, journal_option, json_option, print_json, when

__all__ = ["rooms"]

_WAYS = {"both": "⇄", "from": "→", "to": "←"}
"""How talk flows between a room, on the left, and its conversation."""
_CONDITIONS = {
    "well": ("joined", "green"),
    "slow": ("is slow", "yellow"),
    "closed": ("takes no messages", "red"),
    "away": ("not joined", "red"),
}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@room_options
@json_option
def rooms(file: Path | None, journal: Path | None, where: dict[str, str], *, as_json: bool) -> None:
    """List the rooms of the map, and how each stands.

    By conversation, with what each can do: ⇄ is a room that hears and is heard, → one that is only heard, ←
    one that only hears. The service must run.

    \b
    Examples:
      hubbub rooms
      hubbub rooms --conversation lobby
      hubbub rooms --network libera --json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = ask(journal_argument(file, journal), {"command": "rooms", **where})
    if as_json:
        print_json(answer["rooms"])
    else:
        _Table(answer["rooms"], where["conversation"]).show()


class _Table(Terminal):
    """The list as a person reads it."""

    def __init__(self, found: list[dict[str, Any]], only: str) -> None:
        super().__init__()
        self._groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for room in found:
            for conversation, way in room["conversations"].items():
                if not only or conversation == only:
                    self._groups.setdefault(conversation, []).append((way, room))
        self._rooms = found

    def show(self) -> None:
        if not self._groups:
            self.say("There is no such room.")
            return
        groups = {name: [_row(way, room) for way, room in some] for name, some in self._groups.items()}
        rows = [row for group in groups.values() for row in group]
        widths = widths_of(rows)
        for name, group in groups.items():
            self.line(Text(printable(name), "bold"))
            for row, (_, room) in zip(group, self._groups[name], strict=True):
                self.row(row, widths)
                if room["reason"]:
                    self.say(printable(room["reason"]), "yellow", indent=6)
        self.say()
        count = counted(len(self._rooms), "room")
        self.say(f"{count} in {counted(len(groups), 'conversation')}")


def _row(way: str, room: dict[str, Any]) -> list[Cell]:
    condition, style = _CONDITIONS[room["condition"]]
    owed = f"{counted(room['owed'], 'message')} since {when(room['oldest'])}" if room["oldest"] else ""
    members = counted(room["members"], "member") if room["members"] else ""
    return [
        (_WAYS[way], "dim"),
        (printable(room["network"]), ""),
        (printable(room["room"]), "bold"),
        (condition, style),
        (owed, "yellow"),
        (members, ""),
        (room["authorship"], "dim"),
        (" ".join(room["can"]), "dim"),
    ]
