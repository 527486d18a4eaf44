"""What each kind of matterbridge's accounts, and a room of it, is in Hubbub's words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from bridge.loopback import is_loopback
from bridge.moving.model import Blank, HiddenText, Inherited, Value
from bridge.moving.naming import host_and_port, variable_name
from bridge.moving.patterns import template_of
from bridge.moving.proxies import NO_PROXY, proxy_of
from bridge.moving.sentences import NOT_ENCRYPTED

from .account import ForeignAccount
from .filters import filters

__all__ = ["KINDS", "ForeignKind", "common"]

_NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*")
_FIELDS = {"NICK": "name", "NOPINGNICK": "name", "PROTOCOL": "protocol", "BRIDGE": "network"}
_ROOM_OF_PROGRAMS = re.compile(r"[^\w.:#@+~-]+")
_USUAL_DELAY = 1300
_SHORTEST_TOKEN = 16

Settings = dict[str, Value]


@dataclass(frozen=True, slots=True)
class ForeignKind:
    """A protocol that both have."""

    protocol: str
    """What Hubbub calls it."""
    settings: Callable[[ForeignAccount], Settings]
    room: Callable[[ForeignAccount, str, str], str | Blank]
    """Returns a room, given its account, what matterbridge calls it, and the gateway."""
    key: str | None = None
    """What Hubbub calls a room's key."""
    rooms: Settings = field(default_factory=dict)
    """What each of its rooms has here, to be as it was there."""


def common(account: ForeignAccount) -> Settings:
    """Return what all kinds have."""
    found: Settings = {}
    if template := account.text("remotenickformat"):
        found |= _prefix(account, template)
    found |= filters(account)
    if account.flag("showjoinpart"):
        found["members"] = "note"
    if account.flag("synctopic"):
        found["topics"] = "sync"
    elif account.flag("showtopicchange") is False:
        found["topics"] = "off"
    if account.flag("messagesplit") is False:
        found["long"] = "clip"
    return found


def _prefix(account: ForeignAccount, template: str) -> Settings:
    made = template_of(template, _FIELDS)
    if made.gone:
        which = ", ".join(made.gone)
        account.lost(
            "remotenickformat",
            f"there is no {which} in a prefix: it has {{name}}, {{network}} and {{protocol}}",
        )
    if not made.text.strip():
        return {}
    if not made.text.isprintable() or len(made.text) > 100:
        account.lost("remotenickformat", "a prefix is one line of at most 100 characters")
        return {}
    return {"prefix": made.text}


def _server(account: ForeignAccount, usual: int) -> Settings:
    host, port = host_and_port(account.text("server"))
    found: Settings = {"server": host} if host else {}
    if port and port != usual:
        found["port"] = port
    return found


def _source(account: ForeignAccount) -> Settings:
    """Return the address that it connects from."""
    bind = account.text("bind")
    if not bind:
        return {}
    try:
        return {"source": str(ip_address(bind))}
    except ValueError:
        account.lost("bind", "source: takes an address, and nothing else")
        return {}


def _proxy(account: ForeignAccount) -> Settings:
    """Return the proxy of an account that speaks HTTP and nothing else."""
    address = account.text("http_proxy")
    if not address:
        return {}
    if (found := proxy_of(address)) is None:
        account.lost("http_proxy", NO_PROXY)
    return {"proxy": found} if found else {}


def _irc(account: ForeignAccount) -> Settings:
    tls = bool(account.flag("usetls"))
    found: Settings = _server(account, 6697 if tls else 6667)
    if not tls:
        found["tls"] = False
        account.todo("usetls", NOT_ENCRYPTED)
    certificate = account.plain("tlsclientcertificate")
    if certificate:
        found["cert_file"] = certificate
    found |= _source(account)
    nick = account.text("nick")
    if not _NICK.fullmatch(nick):
        account.todo("nick", 'it is "hubbub" for now: write a nick that IRC knows')
        nick = "hubbub"
    found |= {"nick": nick}
    for theirs, ours in (("username", "username"), ("realname", "realname"), ("charset", "encoding")):
        if value := account.plain(theirs):
            found[ours] = value
    if password := account.secret("password"):
        found["password"] = password
    return found | _irc_login(account, certificate is not None and tls) | _irc_pace(account)


def _irc_login(account: ForeignAccount, certified: bool) -> Settings:
    password, nick = account.secret("nickservpassword"), account.plain("nickservnick")
    user = account.plain("nickservusername")
    if account.flag("usesasl"):
        if password and (name := user or nick or account.plain("nick")):
            return {"sasl": {"user": name, "password": password}}
        if certified:
            return {"sasl": {"mechanism": "external"}}
        account.todo("usesasl", "there is no NickServPassword: write sasl: {user: ..., password: ...}")
        return {}
    if not password:
        return {"sasl": {"mechanism": "external"}} if certified else {}
    if nick and account.text("nickservnick").partition("@")[0].lower() != "nickserv":
        account.todo(
            "nickservnick", "Hubbub logs in by SASL or at NickServ: write sasl: or nickserv: by hand"
        )
        return {}
    return {"nickserv": ({"user": user} if user else {}) | {"password": password}}


def _irc_pace(account: ForeignAccount) -> Settings:
    delay = account.number("messagedelay")
    if not delay or delay == _USUAL_DELAY:
        return {}
    # two lines for a message: itself, and the PING that confirms it
    return {"flood": {"burst": 10, "per_second": round(2000 / delay, 3)}}


def _irc_room(_account: ForeignAccount, channel: str, _gateway: str) -> str:
    return channel


def _xmpp(account: ForeignAccount) -> Settings:
    found: Settings = {"jid": account.text("jid").partition("/")[0]}
    if password := account.secret("password"):
        found["password"] = password
    else:
        name = variable_name(account.name, "password")
        found["password"] = Blank(name, f"the password of {account.text('jid')}", "secret")
    domain = str(found["jid"]).partition("@")[2]
    host, port = host_and_port(account.text("server"))
    direct = bool(account.flag("usedirecttls"))
    if direct:
        found["tls"] = "direct"
    elif account.flag("nostarttls") or account.flag("notls"):
        key = "nostarttls" if account.flag("nostarttls") else "notls"
        if is_loopback(host or domain):
            found["tls"] = "none"
        else:
            account.todo(key, "only a server on this machine is spoken to without encryption: TLS is used")
    if host and (host != domain or port not in {None, 5222}):
        found["server"] = host
        if port and port != (5223 if direct else 5222):
            found["port"] = port
    if nick := account.plain("nick"):
        found["nick"] = nick
    if account.flag("anonymous"):
        account.lost("anonymous", "an account is needed: write its jid and password")
    return found


def _xmpp_room(account: ForeignAccount, channel: str, _gateway: str) -> str | Blank:
    if "@" in channel:
        return channel
    if muc := account.text("muc"):
        return f"{channel}@{muc}"
    name = variable_name(account.name, "rooms")
    return Blank(name, "the host of its rooms", "conference.example.org", f"{channel}@")


def _matrix(account: ForeignAccount) -> Settings:
    address = account.text("server").rstrip("/")
    address = address if "://" in address or not address else f"https://{address}"
    found: Settings = {"homeserver": address}
    url = urlsplit(address) if address.isprintable() else urlsplit("")
    host = _hostname(address)
    found["user"] = _matrix_user(account, host, account.text("mxid"))
    found |= _proxy(account)
    token, password = account.secret("token"), account.secret("password")
    if token:
        found["token"] = token
        if password:
            account.lost("password", "the token is enough")
    else:
        name = variable_name(account.name, "token")
        found |= (
            {"password": password} if password else {"token": Blank(name, "an access token of it", "secret")}
        )
    if url.scheme == "http" and not is_loopback(host) and not host.endswith(".localhost"):
        found["insecure"] = True
        account.todo(
            "server", "the password crosses in the clear, as before: write https, take insecure: out"
        )
    if not token and (device := account.plain("deviceid")):
        found["device_id"] = device
    return found


def _hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _matrix_user(account: ForeignAccount, host: str, mxid: str) -> str | Blank:
    login = account.text("login")
    name = mxid or login
    if not name:
        return Blank(variable_name(account.name, "user"), "the full id of its account", "@hubbub:example.org")
    if ":" in name:
        return f"@{name.removeprefix('@')}"
    server = host.removeprefix("matrix.") if host.count(".") > 1 else host
    user = f"@{name.removeprefix('@')}:{server}"
    account.todo(
        "mxid" if mxid else "login", f"the account's full id is taken for {user}: see that it is right"
    )
    return user


def _same_room(_account: ForeignAccount, channel: str, _gateway: str) -> str:
    return channel


def _programs(account: ForeignAccount) -> Settings:
    found: Settings = {}
    token = account.secret("token")
    host, _, port = account.text("bindaddress").rpartition(":")
    listen = f"{host or '0.0.0.0'}:{port}" if port else "127.0.0.1:4242"
    length = len(token.text) if isinstance(token, HiddenText | Inherited) else 0
    if not is_loopback(host.strip("[]") or "0.0.0.0") and port and length < _SHORTEST_TOKEN:
        account.todo(
            "bindaddress",
            "other machines could come in without a token of 16 letters or more: only this machine can now",
        )
        listen = f"127.0.0.1:{port}"
    found["listen"] = listen
    if token:
        found["token"] = token
    return found


def _programs_room(account: ForeignAccount, _channel: str, gateway: str) -> str:
    room = _ROOM_OF_PROGRAMS.sub("-", gateway) or "gateway"
    if room != gateway:
        account.todo("", f"the gateway is {room} for programs: a name is one word there")
    return room


KINDS: Mapping[str, ForeignKind] = {
    "irc": ForeignKind("irc", _irc, _irc_room, "key"),
    "xmpp": ForeignKind("xmpp", _xmpp, _xmpp_room, "password", {"create": True}),
    "matrix": ForeignKind("matrix", _matrix, _same_room),
    "api": ForeignKind("http", _programs, _programs_room),
}
"""By what matterbridge calls them."""
