"""Reads the configuration of matrix-appservice-irc: networks, and the rooms that are mapped to channels."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bridge.config.words import quoted
from bridge.loopback import is_loopback

from .model import (
    Blank,
    Findings,
    FoundConversation,
    FoundNetwork,
    FoundRoom,
    HiddenText,
    Remark,
    Value,
)
from .naming import conversation_name, network_name, variable_name
from .patterns import globs_of
from .sentences import ALWAYS_VERIFIED, NEW_ACCOUNT, NOT_ENCRYPTED
from .sheet import Sheet, Step

__all__ = ["is_one", "read"]

_HOME = "matrix"
_MOST_PUPPETS = 500
_LOST = {
    "additionalAddresses": "one address is tried: a network's own name usually leads to all its servers",
    "sslselfsign": ALWAYS_VERIFIED,
    "allowExpiredCerts": "certificates are always verified, and must be in date",
    "tlsOptions": "of TLS, Hubbub has ca_file, cert_file and key_file: write what is meant by hand",
    "membershipLists": "people are on the other side from their first word on, not from their coming",
    "quitDebounce": "who comes and goes is told only where members: note stands",
    "modePowerMap": "nobody has rights on the other side",
    "privateMessages": "what people say alone to somebody from elsewhere is not a room of this file",
}
"""Of a network, what is on and has no counterpart."""
_NEEDLESS = {"name", "description", "networkId", "icon", "sendConnectionMessages", "onlyAdditionalAddresses"}
_USED = {"port", "ssl", "sasl", "password", "botConfig", "mappings", "ircClients", "excludedUsers"}
_OF_CLIENTS = {
    *("maxClients", "idleTimeout", "nickTemplate", "userModes", "allowNickChanges", "ipv6", "joinAttempts"),
    *("reconnectIntervalMs", "concurrentReconnectLimit", "lineLimit", "realnameFormat", "kickOn"),
    *("pingTimeoutMs", "pingRateMs"),
}
"""What is spoken of, or needs no counterpart, of how people are on IRC."""
_BESIDES = {
    "ident": "Hubbub answers no ident queries",
    "provisioning": "rooms are joined in bridge.yaml, and by nobody else",
    "banLists": "ban lists are not read: name whom not to relay in ignore:",
    "perRoomConfig": "rooms are configured in bridge.yaml alone",
    "matrixHandler": "answers are quoted by Hubbub's own rules",
    "mediaProxy": "files are handed out by Hubbub itself: media: with public_url (docs/media.md)",
    "permissions": "nobody administers Hubbub from a room",
    "RMAU": "Hubbub has no limit of users",
}
"""Of all networks together, likewise."""


def is_one(sheet: Sheet) -> bool:
    """Whether a file looks like one of this bridge's."""
    return "servers" in sheet.block("ircService")


def read(sheet: Sheet, _environ: Mapping[str, str]) -> Findings:
    """Return what there is in it."""
    networks: list[FoundNetwork] = []
    conversations: list[FoundConversation] = []
    excluded: list[str] = []
    remarks = list(_besides(sheet))
    for address, server in sheet.block("ircService", "servers").items():
        if not isinstance(server, dict):
            remarks.append(
                Remark(f"{address}: it is no network", sheet.line("ircService", "servers", address))
            )
            continue
        network = _network(sheet, address, {one.name for one in networks} | {_HOME})
        networks.append(network)
        for channel, mapping in _mappings(server):
            taken = {one.name for one in conversations}
            line = sheet.line("ircService", "servers", address, "mappings", channel)
            found = _conversation(network, channel, mapping, taken)
            conversations.append(replace(found, line=line))
        globs, lost = _excluded(sheet, address)
        excluded += globs
        remarks += lost
    if networks:
        networks.append(_home(sheet, tuple(dict.fromkeys(excluded))))
    return Findings(
        "matrix-appservice-irc",
        tuple(networks),
        tuple(conversations),
        tuple(remarks),
        {},
        tuple(_concealed(sheet)),
    )


def _concealed(sheet: Sheet) -> Iterator[str]:
    """Yield secrets that are not carried."""
    for spot in (
        ("ircService", "provisioning", "secret"),
        ("database", "connectionString"),
        ("sentry", "dsn"),
    ):
        if isinstance(secret := sheet.at(*spot), str):
            yield secret


def _network(sheet: Sheet, address: str, taken: set[str]) -> FoundNetwork:
    spot: Step = ("ircService", "servers", address)
    server = sheet.block(*spot)
    bot = sheet.block(*spot, "botConfig")
    remarks: list[Remark] = []
    wanted = str(server.get("networkId") or server.get("name") or address.split(".")[-2:][0])
    tls = bool(server.get("ssl"))
    found: dict[str, Value] = {"server": _address(server, address)}
    port = server.get("port")
    if isinstance(port, int) and port != (6697 if tls else 6667):
        found["port"] = port
    if not tls:
        found["tls"] = False
        sentence = f"ssl: {NOT_ENCRYPTED}"
        remarks.append(Remark(sentence, sheet.line(*spot, "ssl"), "do"))
    found["nick"] = str(bot.get("nick") or "MatrixBot")
    if name := bot.get("username"):
        found["username"] = str(name)
    if password := bot.get("password") or server.get("password"):
        secret = HiddenText(str(password))
        sasl: dict[str, Value] = {"user": found["nick"], "password": secret}
        found |= {"sasl": sasl} if server.get("sasl") else {"password": secret}
    if bot.get("enabled") is False:
        sentence = "botConfig.enabled: a bot is in every channel: through it Hubbub hears what is said there"
        remarks.append(Remark(sentence, sheet.line(*spot, "botConfig", "enabled")))
    found |= _clients(sheet, spot, remarks)
    remarks += _server_remarks(sheet, spot, server)
    return FoundNetwork(
        network_name(wanted, "irc", taken), "irc", address, found, tuple(remarks), sheet.line(*spot)
    )


def _address(server: Mapping[str, Any], address: str) -> str:
    others = server.get("additionalAddresses")
    if server.get("onlyAdditionalAddresses") and isinstance(others, list) and others:
        return str(others[0])
    return address


def _clients(sheet: Sheet, spot: Step, remarks: list[Remark]) -> dict[str, Value]:
    """Return how people from elsewhere are on IRC: each by a connection, as before."""
    clients = sheet.block(*spot, "ircClients")
    most, idle = clients.get("maxClients"), clients.get("idleTimeout")
    puppets: dict[str, Value] = {"max": most if isinstance(most, int) and 0 < most <= _MOST_PUPPETS else 30}
    if isinstance(idle, int) and 0 < idle < 1_000_000:
        puppets["idle"] = f"{idle}s"
    line = sheet.line(*spot, "ircClients")
    sentence = (
        "puppets: people have connections of their own, as before: the network's operators agreed to the"
        " other bridge, so tell them, or take puppets: out"
    )
    remarks.append(Remark(sentence, line, "do"))
    if clients.get("nickTemplate"):
        remarks.append(Remark("nickTemplate: people keep their names, as far as IRC allows", line))
    if isinstance(prefix := sheet.at(*spot, "ircClients", "ipv6", "prefix"), str):
        remarks.append(Remark(f"ipv6.prefix {quoted(prefix)}: all connections come from one address", line))
    if modes := clients.get("userModes"):
        remarks.append(Remark(f"userModes {quoted(str(modes))}: they are for the bot alone (umodes:)", line))
    if clients.get("allowNickChanges"):
        remarks.append(Remark("allowNickChanges: nobody chooses a nick in a room", line))
    remarks += [
        Remark(f"{key}: Hubbub has nothing for this key", sheet.line(*spot, "ircClients", key))
        for key in clients
        if key not in _OF_CLIENTS
    ]
    return {"puppets": puppets}


def _server_remarks(sheet: Sheet, spot: Step, server: Mapping[str, Any]) -> Iterator[Remark]:
    for key, value in server.items():
        line = sheet.line(*spot, key)
        if key in _USED | _NEEDLESS or not value:
            continue
        if key in _LOST:
            if not isinstance(value, dict) or value.get("enabled", True):
                yield Remark(f"{key}: {_LOST[key]}", line)
        elif key == "dynamicChannels":
            if value.get("enabled") if isinstance(value, dict) else value:
                yield Remark(
                    f"{key}: which other channels people have joined stands in the bridge's database: write"
                    " each that matters into conversations:",
                    line,
                    "do",
                )
        elif key == "matrixClients":
            yield Remark(f"{key}: people from IRC have new ids on Matrix", line)
        else:
            yield Remark(f"{key}: Hubbub has nothing for this key", line)


def _mappings(server: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    mappings = server.get("mappings")
    for channel, mapping in mappings.items() if isinstance(mappings, dict) else ():
        if isinstance(mapping, list):  # as it was written before 0.30
            yield channel, {"roomIds": mapping}
        elif isinstance(mapping, dict):
            yield channel, mapping


def _conversation(
    network: FoundNetwork, channel: str, mapping: Mapping[str, Any], taken: set[str]
) -> FoundConversation:
    key = mapping.get("key")
    ids = mapping.get("roomIds")
    rooms = [FoundRoom(network.name, channel, settings={"key": HiddenText(str(key))} if key else {})]
    rooms += [FoundRoom(_HOME, str(one)) for one in (ids if isinstance(ids, list) else [])]
    name = conversation_name(channel.lstrip("#&+!") or channel, taken)
    return FoundConversation(name, channel, tuple(rooms))


def _excluded(sheet: Sheet, address: str) -> tuple[list[str], list[Remark]]:
    """Return whom not to relay, as patterns, and what could not be said by one."""
    found: list[str] = []
    lost: list[Remark] = []
    spot: Step = ("ircService", "servers", address, "excludedUsers")
    users = sheet.at(*spot)
    for index, user in enumerate(users if isinstance(users, list) else []):
        expression = str(user.get("regex") if isinstance(user, dict) else user)
        if globs := globs_of(expression):
            found += globs
        else:
            sentence = f"excludedUsers: patterns with * and ? cannot say {quoted(expression)}"
            lost.append(Remark(sentence, sheet.line(*spot, index)))
    return found, lost


def _home(sheet: Sheet, excluded: tuple[str, ...]) -> FoundNetwork:
    """Return the homeserver, where Hubbub needs an account that the other bridge did not."""
    url = str(sheet.at("homeserver", "url") or "").rstrip("/")
    domain = str(sheet.at("homeserver", "domain") or "")
    found: dict[str, Value] = {
        "homeserver": url or Blank(variable_name(_HOME, "homeserver"), "its address", "https://example.org"),
        "user": f"@hubbub:{domain}" if domain else Blank("MATRIX_USER", "its full id", "@hubbub:example.org"),
        "token": Blank(variable_name(_HOME, "token"), "an access token of that account", "secret"),
    }
    host = _host(url)
    remarks = [Remark(NEW_ACCOUNT, sheet.line("homeserver"), "do")]
    if url.startswith("http:") and not is_loopback(host) and not host.endswith(".localhost"):
        found["insecure"] = True
        sentence = "url: the token crosses in the clear, as before: write https, and take insecure: out"
        remarks.append(Remark(sentence, sheet.line("homeserver", "url"), "do"))
    if excluded:
        found["ignore"] = excluded
    return FoundNetwork(_HOME, "matrix", "homeserver", found, tuple(remarks), sheet.line("homeserver"))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _besides(sheet: Sheet) -> Iterator[Remark]:
    yield Remark(
        "rooms that people joined themselves, and their own nicks and passwords, stand in the bridge's"
        " database, which is not read",
        sheet.line("database"),
    )
    for key, value in sheet.block("ircService").items():
        on = value.get("enabled", True) if isinstance(value, dict) else value
        if key in _BESIDES and on:
            spot = ("ircService", key)
            yield Remark(f"{key}: {_BESIDES[key]}", sheet.line(*spot))
