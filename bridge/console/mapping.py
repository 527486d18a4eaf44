"""The form that changes the map: which rooms belong together, written back into bridge.yaml."""

import asyncio
import difflib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge.config import Config, Direction
from bridge.config.edit import NewRoom, WrittenMap, change
from bridge.config.save import Manuscript, save
from bridge.control.abilities import Abilities
from bridge.control.answers import ReloadAnswer
from bridge.control.reloading import NotFollowed
from bridge.control.requests import ReloadRequest
from bridge.errors import ConfigError, HubbubError
from bridge.secrets import strike

from .doorman import Visitor
from .frame import Frame
from .pages import by
from .watch import Watch

__all__ = ["MapForm"]

log = logging.getLogger(__name__)

_ROWS = 3
_SHOWN = 50
_LONGEST = 1000


@dataclass(slots=True)
class Outcome:
    """What became of a change."""

    saved: bool = False
    checked: bool = False
    """Whether it was to be looked at alone, and is in order."""
    mistakes: Sequence[str] = ()
    remarks: Sequence[str] = ()
    lines: Sequence[str] = ()
    """The lines of the file that differ."""
    reload: ReloadAnswer | None = None
    not_followed: str = ""
    """Why the saved map is not followed."""


@dataclass(slots=True)
class Wish:
    """What somebody filled in."""

    conversation: str
    new: bool
    add: list[NewRoom] = field(default_factory=list)
    remove: list[tuple[str, int]] = field(default_factory=list)
    fingerprint: str = ""

    @classmethod
    def of(cls, form: Any) -> "Wish":
        """Read a form."""
        texts = {key: [str(one)[:_LONGEST] for one in form.getall(key, [])] for key in set(form)}
        wish = cls((texts.get("conversation") or [""])[0].strip(), "new" in form)
        wish.fingerprint = (texts.get("fingerprint") or [""])[0]
        rows = zip(*(texts.get(key, []) for key in ("network", "room", "direction")), strict=False)
        for network, room, direction in rows:
            if room.strip() and network:
                known = direction in list(Direction)
                wish.add.append(
                    NewRoom(network, room.strip(), Direction(direction) if known else Direction.BOTH)
                )
        for text in texts.get("remove", []):
            network, _, position = text.rpartition("/")
            if position.isdecimal():
                wish.remove.append((network, int(position[:6])))
        return wish


class MapForm:
    """Shows the form, and does what it says."""

    def __init__(
        self,
        frame: Frame,
        abilities: Abilities,
        watch: Watch,
        file: Path,
        check: Callable[[Path], Awaitable[Config]],
    ) -> None:
        """`check` reads a configuration with all that is checked in it."""
        self._frame = frame
        self._abilities = abilities
        self._watch = watch
        self._file = file.absolute()
        self._check = check
        frame.add("/map", self._form)
        frame.form("/map", self._change)

    async def _form(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        name = request.query.get("conversation", "")
        return await self._shown(request, visitor, Wish(name, new=not name), None)

    async def _change(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        form = await request.post()
        wish, outcome = Wish.of(form), Outcome()
        try:
            await self._do(wish, outcome, only_check="check" in form)
        except ConfigError as error:
            outcome.mistakes = error.shown()
        if outcome.saved:
            log.info("asked by %s, and done: %s saved (%s)", by(visitor), self._file, "; ".join(_told(wish)))
            await self._follow(outcome, visitor)
            wish = Wish(wish.conversation, new=False)
        return await self._shown(request, visitor, wish, outcome)

    async def _do(self, wish: Wish, outcome: Outcome, *, only_check: bool) -> None:
        old, there = await asyncio.to_thread(self._read)
        if wish.fingerprint != old.fingerprint:
            raise ConfigError([f"{self._file} was changed meanwhile: this is how it is now"])
        if not wish.conversation or (wish.new and wish.conversation in there.rooms):
            raise ConfigError(
                ["there is a conversation of this name already" if wish.conversation else "it needs a name"]
            )
        work = partial(change, old.text, wish.conversation, add=wish.add, remove=wish.remove)
        text = await asyncio.to_thread(work)
        if text == old.text:
            return
        config = await save(old, text, self._check, put=not only_check)
        outcome.remarks = config.remarks
        outcome.lines = _differing(old.text, text)
        outcome.saved, outcome.checked = not only_check, only_check

    async def _follow(self, outcome: Outcome, visitor: Visitor) -> None:
        try:
            outcome.reload = await self._abilities.do(ReloadRequest(), by(visitor))
        except NotFollowed as error:
            outcome.not_followed = "\n".join(error.mistakes)
        except HubbubError as error:
            outcome.not_followed = str(error)
        self._watch.stale()

    def _read(self) -> tuple[Manuscript, WrittenMap]:
        now = Manuscript.of(self._file)
        return now, WrittenMap.of(now.text)

    async def _shown(
        self, request: web.Request, visitor: Visitor, wish: Wish, outcome: Outcome | None
    ) -> web.StreamResponse:
        try:
            now, there = await asyncio.to_thread(self._read)
        except ConfigError as error:
            told = {"why": "file", "mistakes": error.shown()}
            return self._frame.page(request, visitor, "refused", told, status=409)
        if not wish.new and wish.conversation not in there.rooms:
            if outcome is None or not outcome.saved:
                return self._frame.page(request, visitor, "refused", {"why": "unknown"}, status=404)
            wish = Wish("", new=True)  # it was taken out
        empty = [NewRoom("", "")] * max(_ROWS + wish.new - len(wish.add), 1)
        values = {
            "wish": wish,
            "outcome": outcome,
            "rooms": there.rooms.get(wish.conversation, []) if not wish.new else [],
            "removed": set(wish.remove),
            "rows": [*wish.add, *empty],
            "conversations": list(there.rooms),
            "networks": there.networks,
            "fingerprint": now.fingerprint,
            "file": str(self._file),
        }
        return self._frame.page(request, visitor, "map", values)


def _differing(old: str, new: str) -> list[str]:
    """Return the lines that differ, with signs before them. What stands around them may hold secrets, and so
    may they: as those of a room, which are known once the text was checked.
    """
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return [strike(line) for line in list(lines)[2 : _SHOWN + 2]]


def _told(wish: Wish) -> list[str]:
    """Say what was changed, for the log."""
    added = [f"{room.network} {room.room!r} into {wish.conversation!r}" for room in wish.add]
    gone = [f"room {place + 1} of {network} out of {wish.conversation!r}" for network, place in wish.remove]
    return added + gone
