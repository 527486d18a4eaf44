"""One of matterbridge's accounts: its keys, with those of [general] behind them and variables before them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.config.words import printable
from bridge.moving.model import HiddenText, Inherited, Remark
from bridge.moving.sheet import Sheet, Step

from .keys import LOST, NEEDLESS, SECRET, SHOWN, UNKNOWN

__all__ = ["ForeignAccount", "is_on"]

_TRUE = {"1", "t", "true", "y", "yes", "on"}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Found:
    value: object
    spot: Step = ()
    variable: str | None = None


@dataclass(slots=True)
class ForeignAccount:
    """An account, such as irc.libera."""

    sheet: Sheet
    protocol: str
    name: str
    environ: Mapping[str, str]
    general: dict[Remark, None]
    """What is to be said of [general], gathered from all accounts: each sentence once."""
    remarks: list[Remark] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Keys of which nothing more is to be said."""

    @property
    def origin(self) -> str:
        """The account's name there."""
        return f"{self.protocol}.{self.name}"

    @property
    def line(self) -> int | None:
        """Where it begins."""
        return self.sheet.line(self.protocol, self.name)

    def _find(self, key: str) -> _Found | None:
        self.used.add(key)
        for steps in ((self.protocol, self.name, key), ("general", key)):
            variable = "_".join(("matterbridge", *steps)).upper().replace("-", "_").replace(".", "_")
            if variable in self.environ:
                return _Found(self.environ[variable], (), variable)
            if (value := self.sheet.at(*steps)) is not None:
                return _Found(value, steps)
        return None

    def text(self, key: str) -> str:
        """Return a key's text; "" when there is none."""
        found = self._find(key)
        return "" if found is None or isinstance(found.value, dict | list) else _plain(found.value)

    def plain(self, key: str) -> str | Inherited | None:
        """Return a text that is carried as it is."""
        found = self._find(key)
        if found is None or not (text := self.text(key)):
            return None
        return Inherited(found.variable, text) if found.variable else text

    def secret(self, key: str) -> HiddenText | Inherited | None:
        """Return a secret."""
        found = self._find(key)
        if found is None or not (text := self.text(key)):
            return None
        return Inherited(found.variable, text, secret=True) if found.variable else HiddenText(text)

    def flag(self, key: str) -> bool | None:
        """Return whether something is on; None: it is not said."""
        text = self.text(key)
        return text.lower() in _TRUE if text else None

    def number(self, key: str) -> int | None:
        """Return a whole number, if there is one."""
        text = self.text(key).removesuffix(".0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def pairs(self, key: str) -> Iterator[tuple[str, str] | None]:
        """Yield the pairs of texts in a list; None: one that is no such pair."""
        found = self._find(key)
        if found is None or not is_on(found.value):
            return
        for pair in found.value if isinstance(found.value, list) else [found.value]:
            texts = pair if isinstance(pair, list) else []
            fits = len(texts) == 2 and all(isinstance(text, str) for text in texts)
            yield (texts[0], texts[1]) if fits else None

    def lost(self, key: str, sentence: str) -> None:
        """Say why a key is not carried, or not as it was."""
        self._remark(key, sentence, "lost")

    def todo(self, key: str, sentence: str) -> None:
        """Say what is to be done about a key."""
        self._remark(key, sentence, "do")

    def _remark(self, key: str, sentence: str, kind: Literal["lost", "do"]) -> None:
        found = self._find(key)
        name = f"{self._key(key)}: " if key else ""
        remark = Remark(f"{name}{sentence}", self._line(key), kind)
        if found is not None and found.spot[:1] == ("general",):
            self.general[remark] = None
        elif remark not in self.remarks:
            self.remarks.append(remark)

    def _key(self, key: str) -> str:
        found = self._find(key)
        return self.sheet.name(*found.spot) if found and found.spot else key

    def _line(self, key: str) -> int | None:
        found = self._find(key)
        return self.sheet.line(*found.spot) if found and found.spot else self.line

    def settle(self) -> None:
        """Say what becomes of all keys that nobody asked for, where they are on."""
        for key in self._unused():
            found = self._find(key)
            if found is None or key in NEEDLESS or not is_on(found.value):
                continue
            shown = ""
            if key in SHOWN:
                shown = f" {_short(found.value)}"
            self.lost(key, LOST.get(key, UNKNOWN) + shown)

    def _unused(self) -> Iterator[str]:
        own = self.sheet.block(self.protocol, self.name)
        # of [general], only what stands for something in every account
        yield from [
            key for key in (*own, *(LOST.keys() & self.sheet.block("general"))) if key not in self.used
        ]

    def concealed(self) -> Iterator[str]:
        """Yield every secret of the account, carried or not."""
        for key, value in self.sheet.block(self.protocol, self.name).items():
            if key in SECRET:
                for part in value if isinstance(value, list) else [value]:
                    yield _plain(part)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_on(value: object) -> bool:
    """Whether a key's value asks for something."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "0", "false", "f", "no", "off", "n"}
    return bool(value)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
