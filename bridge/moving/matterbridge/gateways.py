"""Reads matterbridge's configuration: which accounts there are, and which of their rooms are joined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.config import Direction
from bridge.config.words import quoted
from bridge.moving.model import (
    Blank,
    Findings,
    FoundConversation,
    FoundNetwork,
    FoundRoom,
    HiddenText,
    Remark,
    Value,
)
from bridge.moving.naming import conversation_name, network_name
from bridge.moving.sheet import Sheet, Step

from .account import ForeignAccount, is_on
from .keys import LOST, NEEDLESS, UNKNOWN
from .networks import KINDS, common

__all__ = ["is_one", "read"]

_TABLES = {"general", "gateway", "samechannelgateway", "tengo"}
_WAYS = {"in": Direction.FROM, "out": Direction.TO, "inout": Direction.BOTH}


def is_one(sheet: Sheet) -> bool:
    """Whether a file looks like matterbridge's."""
    return bool({"gateway", "samechannelgateway"} & sheet.folded().block().keys())


def read(sheet: Sheet, environ: Mapping[str, str]) -> Findings:
    """Return what there is in it. Variables (`MATTERBRIDGE_...`) come before the file, as they do there."""
    return _Reader(sheet.folded(), environ).read()


@dataclass(slots=True)
class _Reader:
    sheet: Sheet
    environ: Mapping[str, str]
    general: dict[Remark, None] = field(default_factory=dict)
    accounts: dict[str, ForeignAccount] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """The network of each account that can be carried."""

    def read(self) -> Findings:
        found = [self._network(*account) for account in self._accounts()]
        networks = [network for network in found if network]
        conversations: list[FoundConversation] = []
        for gateway in self._gateways():
            taken = {one.name for one in conversations}
            conversations.append(self._conversation(gateway, taken))
        concealed = [secret for account in self.accounts.values() for secret in account.concealed()]
        return Findings(
            "matterbridge",
            tuple(networks),
            tuple(conversations),
            (*self._besides(), *self.general),
            self._top(),
            tuple(concealed),
        )

    def _accounts(self) -> Iterator[tuple[str, str]]:
        for protocol, block in self.sheet.block().items():
            if protocol in _TABLES:
                continue
            for name, keys in block.items() if isinstance(block, dict) else ():
                if isinstance(keys, dict):
                    yield protocol, name
                else:
                    self._say(f"{protocol}.{name}: it is in no account: [{protocol}.NAME]", (protocol, name))

    def _say(self, sentence: str, spot: Step = ()) -> None:
        self.general[Remark(sentence, self.sheet.line(*spot))] = None

    def _network(self, protocol: str, name: str) -> FoundNetwork | None:
        account = ForeignAccount(self.sheet, protocol, name, self.environ, self.general)
        self.accounts[account.origin] = account
        kind = KINDS.get(protocol)
        if kind is None:
            self._say(f"{account.origin}: Hubbub does not speak {protocol}", (protocol, name))
            return None
        named = network_name(name, kind.protocol, self.names.values())
        self.names[account.origin] = named
        settings = {**kind.settings(account), **common(account)}
        account.used.add("muc")
        account.settle()
        return FoundNetwork(
            named, kind.protocol, account.origin, settings, tuple(account.remarks), account.line
        )

    # -- gateways

    def _gateways(self) -> Iterator["_Gateway"]:
        for index, (spot, block) in enumerate(self._listed("gateway"), 1):
            gateway = self._begun(spot, block, f"gateway {index}")
            if gateway is not None:
                for way, direction in _WAYS.items():
                    ends = block.get(way)
                    for at, end in enumerate(ends if isinstance(ends, list) else [ends] if ends else []):
                        gateway.end((*spot, way, at), end, direction)
                yield gateway
        for index, (spot, block) in enumerate(self._listed("samechannelgateway"), 1):
            gateway = self._begun(spot, block, f"samechannelgateway {index}")
            channels = _texts(block.get("channels")) if gateway else []
            for channel in channels:
                assert gateway is not None
                name = gateway.name if len(channels) == 1 else f"{gateway.name} {channel}"
                one = _Gateway(self, name, gateway.spot)
                for account in _texts(block.get("accounts")):
                    one.room((*spot, "accounts"), account, channel, Direction.BOTH, {})
                yield one

    def _listed(self, key: str) -> Iterator[tuple[Step, dict[str, Any]]]:
        found = self.sheet.at(key)
        for index, block in enumerate(found if isinstance(found, list) else [found]):
            if isinstance(block, dict):
                yield ((key, index) if isinstance(found, list) else (key,)), block

    def _begun(self, spot: Step, block: dict[str, Any], number: str) -> "_Gateway | None":
        name = str(block.get("name") or "").strip()
        if str(block.get("enable", "")).lower() not in {"true", "1"}:
            self._say(f"the {number} {quoted(name)} is not enabled, and left out", spot)
            return None
        return _Gateway(self, name or number, spot)

    def _conversation(self, gateway: "_Gateway", taken: set[str]) -> FoundConversation:
        return FoundConversation(
            conversation_name(gateway.name, taken),
            gateway.name,
            tuple(gateway.rooms.values()),
            tuple(gateway.remarks),
            gateway.line,
        )

    # -- what is no account's and no gateway's

    def _besides(self) -> Iterator[Remark]:
        for key in self.sheet.block("tengo"):
            line = self.sheet.line("tengo", key)
            yield Remark(f"tengo.{self.sheet.name('tengo', key)}: scripts are not run", line)
        used = {"mediadownloadsize"}.union(*(account.used for account in self.accounts.values()))
        for key, value in self.sheet.block("general").items():
            if key not in used | NEEDLESS and is_on(value):
                name, line = self.sheet.name("general", key), self.sheet.line("general", key)
                yield Remark(f"{name}: {LOST.get(key, UNKNOWN)}", line)

    def _top(self) -> dict[str, Value]:
        size = self.sheet.at("general", "mediadownloadsize")
        if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 10**12:
            return {"media": {"max_file": _size(size)}}
        return {}


@dataclass(slots=True)
class _Gateway:
    """One gateway while it is read."""

    reader: _Reader
    name: str
    spot: Step
    rooms: dict[tuple[str, str], FoundRoom] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def line(self) -> int | None:
        return self.reader.sheet.line(*self.spot)

    def end(self, spot: Step, end: object, direction: Direction) -> None:
        """Read one of its ends: an account, a channel and options."""
        if not isinstance(end, dict):
            self.remarks.append(Remark("an end of it names no account", self.reader.sheet.line(*spot)))
            return
        options = end.get("options")
        account, channel = str(end.get("account") or ""), str(end.get("channel") or "")
        self.room(spot, account, channel, direction, options if isinstance(options, dict) else {})

    def room(
        self, spot: Step, account: str, channel: str, direction: Direction, options: Mapping[str, Any]
    ) -> None:
        """Note a room; the same one in both directions is one."""
        reader, line = self.reader, self.reader.sheet.line(*spot)
        origin = account.strip().lower()
        if origin not in reader.names:
            why = "" if origin in reader.accounts else " (there is no such account in the file)"
            self.remarks.append(Remark(f"{quoted(account)} {quoted(channel)} is left out{why}", line))
            return
        owner = reader.accounts[origin]
        kind = KINDS[owner.protocol]
        before = len(owner.remarks)
        room = kind.room(owner, channel, self.name)
        for remark in owner.remarks[before:]:
            self.remarks.append(Remark(remark.sentence, line, remark.kind))
        del owner.remarks[before:]
        settings = {**kind.rooms, **self._options(kind.key, options, line)}
        key = (reader.names[origin], room.before if isinstance(room, Blank) else room.lower())
        if earlier := self.rooms.get(key):
            direction = direction if earlier.direction is direction else Direction.BOTH
            settings = {**earlier.settings, **settings}
        self.rooms[key] = FoundRoom(reader.names[origin], room, direction, settings)

    def _options(self, ours: str | None, options: Mapping[str, Any], line: int | None) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for option, value in options.items():
            if option == "key" and ours and value:
                found[ours] = HiddenText(str(value))
            elif value:
                self.remarks.append(Remark(f"the option {option} has no counterpart", line))
        return found


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _size(count: int) -> str:
    """Return a size as bridge.yaml has it, at least as large."""
    units = [("GB", 1000**3), ("MB", 1000**2), ("kB", 1000), ("B", 1)]
    exact = [f"{count // size}{unit}" for unit, size in units if count % size == 0 and count // size < 10**6]
    return exact[0] if exact else f"{-(-count // 1000**2)}MB"
