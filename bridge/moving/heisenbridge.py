"""Reads what heisenbridge keeps: its user's account data `irc`, as Synapse's admin API or /sync gives it.

It has no configuration file: which networks there are and which rooms are plumbed stands in the account data
of its own user, for all and for each room.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.config.words import quoted

from .model import Blank, Findings, FoundConversation, FoundNetwork, FoundRoom, HiddenText, Remark, Value
from .naming import conversation_name, network_name
from .proxies import NO_PROXY, proxy_of
from .sentences import ALWAYS_VERIFIED, NEW_ACCOUNT, NOT_ENCRYPTED
from .sheet import Sheet, Step

__all__ = ["is_one", "read"]

_HOME = "matrix"
_RELAYTAG = "m"
"""The one that nobody chose."""


def is_one(sheet: Sheet) -> bool:
    """Whether a file looks like its user's account data, or its registration."""
    return _registration(sheet) or any(True for _ in _data(sheet))


def _registration(sheet: Sheet) -> bool:
    return sheet.at("id") == "heisenbridge" or (
        "as_token" in sheet.block() and sheet.at("sender_localpart") == "heisenbridge"
    )


def _data(sheet: Sheet) -> Iterator[tuple[str | None, Step]]:
    """Yield where the account data stands, with its room; None: the data of all."""
    if "networks" in sheet.block() and ("allow" in sheet.block() or "namespace" in sheet.block()):
        yield None, ()
    if sheet.block("account_data", "global", "irc"):
        yield None, ("account_data", "global", "irc")
    for room in sheet.block("account_data", "rooms"):
        if sheet.block("account_data", "rooms", room, "irc"):
            yield room, ("account_data", "rooms", room, "irc")
    yield from _synced(sheet, None, ("account_data", "events"))
    for room in sheet.block("rooms", "join"):
        yield from _synced(sheet, room, ("rooms", "join", room, "account_data", "events"))


def _synced(sheet: Sheet, room: str | None, spot: Step) -> Iterator[tuple[str | None, Step]]:
    events = sheet.at(*spot)
    for index, event in enumerate(events if isinstance(events, list) else []):
        if isinstance(event, dict) and event.get("type") == "irc" and isinstance(event.get("content"), dict):
            yield room, (*spot, index, "content")


def read(sheet: Sheet, _environ: Mapping[str, str]) -> Findings:
    """Return what there is in it."""
    return _Reader(sheet).read()


class _Reader:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._remarks: list[Remark] = []
        self._networks: dict[str, FoundNetwork] = {}
        """By what the other bridge calls them, in lower case."""
        self._rooms = {room: spot for room, spot in _data(sheet) if room is not None}
        self._accounts = {
            room: spot for room, spot in self._rooms.items() if self._kind(spot) == "NetworkRoom"
        }

    def _kind(self, spot: Step) -> str:
        return str(self._sheet.at(*spot, "type"))

    def read(self) -> Findings:
        for room, spot in _data(self._sheet):
            if room is None:
                self._read_networks((*spot, "networks"))
        conversations: list[FoundConversation] = []
        for room, spot in self._rooms.items():
            if self._kind(spot) == "PlumbedRoom":
                taken = {one.name for one in conversations}
                conversations += self._plumbed(room, spot, taken)
            elif self._kind(spot) == "ChannelRoom":
                self._portal(spot)
        networks = list(self._networks.values())
        if conversations:
            networks.append(self._home())
        if not self._rooms:
            self._remarks.append(
                Remark(
                    "this file names no rooms: which are plumbed stands in the account data of heisenbridge's"
                    " user; docs/moving-in.md says how to save it",
                    None,
                    "do",
                )
            )
        concealed = tuple(self._concealed())
        return Findings(
            "heisenbridge", tuple(networks), tuple(conversations), tuple(self._remarks), {}, concealed
        )

    def _concealed(self) -> Iterator[str]:
        """Yield secrets that are not carried."""
        for spot in self._accounts.values():
            for key in ("password", "sasl_password", "autocmd", "tls_cert"):
                if isinstance(secret := self._sheet.at(*spot, key), str):
                    yield secret
        for key in ("as_token", "hs_token", "media_key"):
            if isinstance(secret := self._sheet.at(key), str):
                yield secret

    def _read_networks(self, spot: Step) -> None:
        for name in self._sheet.block(*spot):
            there = (*spot, name)
            servers = self._sheet.at(*there, "servers")
            if not isinstance(servers, list) or not servers:
                self._remarks.append(Remark(f"{name}: the network has no servers", self._sheet.line(*there)))
                continue
            self._networks[name.lower()] = self._network(name, there, servers)

    def _network(self, name: str, spot: Step, servers: list[Any]) -> FoundNetwork:
        sheet, remarks = self._sheet, []
        server = servers[0] if isinstance(servers[0], dict) else {"address": servers[0]}
        tls, port = bool(server.get("tls")), server.get("port")
        found: dict[str, Value] = {"server": str(server.get("address") or "")}
        if isinstance(port, int) and port != (6697 if tls else 6667):
            found["port"] = port
        line = sheet.line(*spot)
        if not tls:
            found["tls"] = False
            remarks.append(Remark(NOT_ENCRYPTED, line, "do"))
        if server.get("tls_insecure"):
            remarks.append(Remark(f"tls_insecure: {ALWAYS_VERIFIED}", line))
        if (proxy := server.get("proxy")) and (ours := proxy_of(str(proxy))):
            found["proxy"] = ours
        elif proxy:
            remarks.append(Remark(f"proxy: {NO_PROXY}", line))
        if len(servers) > 1:
            remarks.append(Remark(f"of {len(servers)} servers Hubbub knows the first", line))
        found |= self._account(name, remarks)
        taken = {one.name for one in self._networks.values()} | {_HOME}
        shown = network_name(name, "irc", taken)
        return FoundNetwork(shown, "irc", name, found, tuple(remarks), line)

    def _account(self, name: str, remarks: list[Remark]) -> dict[str, Value]:
        """Return how to be on a network: as the account that plumbed rooms go through, if it is one."""
        sheet = self._sheet
        spots = [
            spot for spot in self._accounts.values() if str(sheet.at(*spot, "name")).lower() == name.lower()
        ]
        plumbing = {
            str(sheet.at(*spot, "network_id"))
            for spot in self._rooms.values()
            if self._kind(spot) == "PlumbedRoom"
        }
        used = [spot for room, spot in self._accounts.items() if spot in spots and room in plumbing]
        if len(used) != 1:
            why = (
                "several accounts are used there" if used else "no plumbed room goes through an account there"
            )
            remarks.append(Remark(f'nick: it is "hubbub", since {why}', None, "do"))
            return {"nick": "hubbub"}
        spot = used[0]
        return self._identity(spot, remarks)

    def _identity(self, spot: Step, remarks: list[Remark]) -> dict[str, Value]:
        sheet, line = self._sheet, self._sheet.line(*spot)

        def text(key: str) -> str:
            return str(sheet.at(*spot, key) or "")

        found: dict[str, Value] = {"nick": text("nick") or "hubbub"}
        for theirs, ours in (("username", "username"), ("ircname", "realname")):
            if text(theirs):
                found[ours] = text(theirs)
        if text("sasl_username") and text("sasl_password"):
            found["sasl"] = {"user": text("sasl_username"), "password": HiddenText(text("sasl_password"))}
        if text("password"):
            found["password"] = HiddenText(text("password"))
        if text("tls_cert"):
            sentence = "tls_cert: save the certificate with its key in a file, and name it with cert_file"
            remarks.append(Remark(sentence, line, "do"))
        if text("autocmd"):
            sentence = (
                "AUTOCMD: commands after login are not sent; a login can stand in nickserv, modes in umodes"
            )
            remarks.append(Remark(sentence, line))
        return found

    def _plumbed(self, room: str, spot: Step, taken: set[str]) -> Iterator[FoundConversation]:
        sheet, line = self._sheet, self._sheet.line(*spot)
        channel = str(sheet.at(*spot, "name") or "")
        network = self._networks.get(self._network_of(spot))
        if network is None:
            sentence = f"the plumbed room {quoted(channel)} is left out: its network is not in this file"
            self._remarks.append(Remark(sentence, line))
            return
        remarks: list[Remark] = []
        key = sheet.at(*spot, "key")
        topics = str(sheet.at(*spot, "topic_sync") or "").lower()
        settings: dict[str, Value] = {"key": HiddenText(str(key))} if key else {}
        if topics in {"irc", "any"}:
            settings["topics"] = "sync"
        if sheet.at(*spot, "relaytag") not in {None, "", _RELAYTAG}:
            remarks.append(Remark("RELAYTAG: names stand before words as prefix: says", line))
        home: dict[str, Value] = {"topics": "sync"} if topics in {"matrix", "any"} else {}
        name = conversation_name(channel.lstrip("#&+!") or channel, taken)
        rooms = (FoundRoom(network.name, channel, settings=settings), FoundRoom(_HOME, room, settings=home))
        yield FoundConversation(name, channel, rooms, tuple(remarks), line)

    def _network_of(self, spot: Step) -> str:
        through = self._accounts.get(str(self._sheet.at(*spot, "network_id")))
        named = self._sheet.at(*through, "name") if through else self._sheet.at(*spot, "network")
        return str(named).lower()

    def _portal(self, spot: Step) -> None:
        channel, person = str(self._sheet.at(*spot, "name")), str(self._sheet.at(*spot, "user_id"))
        sentence = (
            f"the channel {quoted(channel)} is {person}'s own window into IRC, and stays with heisenbridge"
        )
        self._remarks.append(Remark(sentence, self._sheet.line(*spot)))

    def _home(self) -> FoundNetwork:
        settings: dict[str, Value] = {
            "homeserver": Blank("MATRIX_HOMESERVER", "the homeserver's address", "https://example.org"),
            "user": Blank("MATRIX_USER", "the full id of an account for Hubbub", "@hubbub:example.org"),
            "token": Blank("MATRIX_TOKEN", "an access token of that account", "secret"),
        }
        return FoundNetwork(_HOME, "matrix", "homeserver", settings, (Remark(NEW_ACCOUNT, None, "do"),))
