"""Reads what biboumi has: its file of `option=value`, and the SQLite database with what its users chose.

With biboumi each person is on IRC by a connection of their own; a bridge joins rooms. So a channel that
somebody keeps becomes a conversation of that channel and a new room on XMPP.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bridge.config.words import quoted
from bridge.loopback import is_loopback

from .model import (
    Blank,
    Findings,
    FoundConversation,
    FoundNetwork,
    FoundRoom,
    HiddenText,
    Inherited,
    Remark,
    Value,
)
from .naming import conversation_name, network_name
from .sentences import ALWAYS_VERIFIED, NOT_ENCRYPTED
from .sheet import wrong

__all__ = ["Options", "is_database", "is_options", "read_database", "read_options"]

_MAGIC = b"SQLite format 3\0"
_HOME = "jabber"
_VARIABLES = "BIBOUMI_"
_LOST = {
    "admin": "Hubbub has no administrators in rooms; its owner has the command line",
    "webirc_password": "it goes with connections of people's own: puppets: with webirc: (docs/irc.md)",
    "outgoing_bind": "Hubbub chooses the address from which it connects",
    "identd_port": "Hubbub answers no ident queries",
    "policy_directory": "TLS is as the system has it, and certificates are always verified",
}
_MOST = 100_000


def is_database(begin: bytes) -> bool:
    """Whether a file that begins so is an SQLite database."""
    return begin.startswith(_MAGIC)


def is_options(text: str) -> bool:
    """Whether a text looks like its file."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    known = {"hostname", "password", "xmpp_server_ip", "fixed_irc_server", "db_name"}
    keys = {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("[")}
    return len(keys) == len(lines) and len(known & keys) > 1


@dataclass(frozen=True, slots=True)
class Options:
    """Its file."""

    values: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Options that the environment gives, with the names of the variables."""

    @classmethod
    def of(cls, text: str, environ: Mapping[str, str]) -> "Options":
        """Read the file; variables (`BIBOUMI_...`) come before it, as they do there."""
        values: dict[str, str] = {}
        lines: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            option, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                values[option], lines[option] = value, number
        given = {
            name.removeprefix(_VARIABLES).lower(): name for name in environ if name.startswith(_VARIABLES)
        }
        return cls(values | {option: environ[name] for option, name in given.items()}, lines, given)

    def text(self, option: str) -> str:
        """Return an option; "" when it is not there."""
        return self.values.get(option, "").strip()


@dataclass(slots=True)
class _Server:
    """What users chose for one IRC server."""

    settings: dict[str, Value]
    remarks: list[Remark]


def read_options(text: str, environ: Mapping[str, str], folder: Path) -> Findings:
    """Return what there is in the file, and in the database that it names, if that is here."""
    options = Options.of(text, environ)
    remarks = [
        Remark(f"{option}: {why}", options.lines.get(option))
        for option, why in _LOST.items()
        if options.text(option) and options.text(option) != "0"
    ]
    name = options.text("db_name")
    found: dict[str, _Server] = {}
    channels: list[tuple[str, str]] = []
    if "://" in name:
        sentence = "db_name: a PostgreSQL database is not read: name channels in conversations: by hand"
        remarks.append(Remark(sentence, options.lines.get("db_name"), "do"))
    elif (path := folder / (name or "biboumi.sqlite")).is_file():
        found, channels = _tables(path)
    else:
        sentence = (
            "there is no database here: name it instead of this file to have the channels that people keep"
        )
        remarks.append(Remark(f"db_name: {sentence}", options.lines.get("db_name"), "do"))
    if fixed := options.text("fixed_irc_server"):
        found.setdefault(fixed.lower(), _server(fixed))
    concealed = (options.text("webirc_password"), name if "://" in name else "")
    return _findings(_component(options), found, channels, remarks, tuple(filter(None, concealed)))


def read_database(path: Path) -> Findings:
    """Return what there is in the database alone. Raises ConfigError."""
    component = FoundNetwork(
        _HOME,
        "xmpp",
        "biboumi",
        {
            "jid": Blank("JABBER_COMPONENT", "the name that biboumi has (hostname)", "irc.example.org"),
            "password": Blank("JABBER_SECRET", "its secret (password)", "secret"),
            "server": "127.0.0.1",
        },
    )
    return _findings(component, *_tables(path), [], ())


def _findings(
    component: FoundNetwork,
    servers: Mapping[str, _Server],
    channels: list[tuple[str, str]],
    remarks: list[Remark],
    concealed: tuple[str, ...],
) -> Findings:
    networks: dict[str, FoundNetwork] = {}
    for address, server in servers.items():
        taken = {_HOME, *(one.name for one in networks.values())}
        name = network_name(address.split(".")[-2:][0], "irc", taken)
        networks[address] = FoundNetwork(name, "irc", address, server.settings, tuple(server.remarks))
    conversations: list[FoundConversation] = []
    rooms = Blank("JABBER_ROOMS", "the host of your server's rooms", "conference.example.org")
    for channel, address in channels:
        if address not in networks:
            remarks.append(Remark(f"{channel} is left out: its server {quoted(address)} is not known"))
            continue
        name = conversation_name(channel.lstrip("#&+!") or channel, {one.name for one in conversations})
        local = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name.lower())
        room = Blank(rooms.name, rooms.what, rooms.sample, f"{local}@")
        joined = (
            FoundRoom(networks[address].name, channel),
            FoundRoom(_HOME, room, settings={"create": True}),
        )
        conversations.append(FoundConversation(name, f"{channel} on {address}", joined))
    remarks.append(
        Remark(
            "with biboumi everybody enters a channel by its own address; a bridge joins it with one room on"
            " XMPP, which people enter instead: choose which channels, and name the rooms",
            None,
            "do",
        )
    )
    if not channels:
        remarks.append(
            Remark("no channel is kept (persistent): write those that matter into conversations:", None, "do")
        )
    return Findings(
        "biboumi", (*networks.values(), component), tuple(conversations), tuple(remarks), {}, concealed
    )


def _component(options: Options) -> FoundNetwork:
    def given(option: str, blank: Blank, *, secret: bool = False) -> Value:
        text = options.text(option)
        if not text:
            return blank
        if variable := options.variables.get(option):
            return Inherited(variable, options.values[option], secret=secret)
        return HiddenText(text) if secret else text

    remarks = [
        Remark(
            "the XMPP server lets this component in once: stop biboumi first, or give Hubbub one of its own",
            options.lines.get("hostname"),
            "do",
        )
    ]
    host = options.text("xmpp_server_ip") or "127.0.0.1"
    settings: dict[str, Value] = {
        "jid": given("hostname", Blank("JABBER_COMPONENT", "the component's name", "irc.example.org")),
        "password": given("password", Blank("JABBER_SECRET", "its secret", "secret"), secret=True),
        "server": host,
    }
    if not is_loopback(host):
        settings["tls"] = "direct"
        sentence = (
            "xmpp_server_ip: on another machine, the server has to offer TLS for components (tls: direct)"
        )
        remarks.append(Remark(sentence, options.lines.get("xmpp_server_ip"), "do"))
    port = options.text("port")
    if port.isascii() and port.isdigit() and port != "5347" and 0 < int(port[:6]) <= 65535:
        settings["port"] = int(port)
    return FoundNetwork(_HOME, "xmpp", "biboumi", settings, tuple(remarks), options.lines.get("hostname"))


def _server(address: str) -> _Server:
    remark = Remark(
        'nick: it is "hubbub": people had nicks of their own, and now one bot is in the channel', None, "do"
    )
    return _Server({"server": address, "nick": "hubbub"}, [remark])


def _tables(path: Path) -> tuple[dict[str, _Server], list[tuple[str, str]]]:
    """Return the servers and the channels that somebody keeps. Raises ConfigError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            database.row_factory = sqlite3.Row
            rows = list(_rows(database, "ircserveroptions_"))
            channels = list(_rows(database, "ircchanneloptions_"))
    except sqlite3.Error as error:
        raise wrong(path, f"the database cannot be read: {type(error).__name__}; is it biboumi's?") from None
    servers: dict[str, _Server] = {}
    for row in rows:
        address = str(row["server_"] or "").lower()
        if address and address not in servers:
            servers[address] = _chosen(address, row)
        elif address:
            sentence = f"several people have settings for {address}: these are the first ones'"
            if (remark := Remark(sentence)) not in servers[address].remarks:
                servers[address].remarks.append(remark)
    kept = {
        (str(row["channel_"]), str(row["server_"] or "").lower()): None
        for row in channels
        if row["persistent_"]
    }
    for _, address in kept:
        if address and address not in servers:
            servers[address] = _server(address)
    return servers, list(kept)


def _rows(database: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    for row in database.execute(f"SELECT * FROM {table} ORDER BY id_ LIMIT {_MOST}"):  # noqa: S608 - our own names
        yield {**dict.fromkeys(_COLUMNS), **dict(row)}


_COLUMNS = ("server_", "channel_", "persistent_", "address_", "ports_", "tlsports_", "encodingout_")
_PERSONAL = {"pass_": "server password", "saslpassword_": "account's password", "nick_": "nick"}


def _chosen(address: str, row: Mapping[str, object]) -> _Server:
    server = _server(str(row["address_"] or address))
    tls = _first_port(row["tlsports_"])
    port = tls or _first_port(row["ports_"])
    if row["tlsports_"] is not None and not tls:
        server.settings["tls"] = False
        server.remarks.append(Remark(NOT_ENCRYPTED, None, "do"))
    if port and port != (6667 if "tls" in server.settings else 6697):
        server.settings["port"] = port
    if encoding := row["encodingout_"]:
        server.settings["encoding"] = str(encoding)
    if row.get("verifycert_") == 0 or row.get("trustedfingerprint_"):
        server.remarks.append(Remark(ALWAYS_VERIFIED))
    if personal := [what for column, what in _PERSONAL.items() if row.get(column)]:
        sentence = (
            f"people's own {' and '.join(personal)} stay in biboumi's database: Hubbub has one account there"
        )
        server.remarks.append(Remark(sentence))
    return server


def _first_port(ports: object) -> int | None:
    first = str(ports or "").partition(";")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and 0 < int(first[:6]) <= 65535 else None
