"""Registration: capabilities, password, nick, SASL. A state machine without I/O.

IRCv3 capability negotiation 302, SASL 3.1 and 3.2; RFC 2812 section 3.1.
"""

import base64
import logging
import re

from adapters.irc.config import NetworkConfig
from adapters.irc.session import Session
from adapters.irc.wire.line import Line, line
from bridge import AdapterError, AuthenticationFailed, ConnectionLost, RateLimited

__all__ = ["WANTED", "Registration"]

log = logging.getLogger(__name__)

WANTED = (
    "message-tags",
    "draft/chathistory",
    "draft/message-redaction",
    "server-time",
    "batch",
    "echo-message",
    "labeled-response",
    "account-tag",
    "setname",
    "away-notify",
    "chghost",
    "multi-prefix",
    "userhost-in-names",
    "cap-notify",
)
_BOUNCERS = {"soju.im/bouncer-networks", "znc.in/server-time-iso"}
"""Capabilities that only a bouncer offers: soju, ZNC."""
_CHUNK = 400
_NICK_TAKEN = {"433", "436", "437"}
_SASL_FAILED = {"902", "904", "905", "908"}
_SENTENCES = {
    "464": "the server {server} does not take our password: check password",
    "465": "the server {server} bans hubbub: ask its operators",
    "463": "the server {server} does not let this host in: ask its operators",
}

_BANNED = re.compile(r"\bban|[kgzd][-:]?line|akill|not welcome|listed in|dnsbl", re.IGNORECASE)
_UNKNOWN = re.compile(r"access denied|password|not authori[sz]ed", re.IGNORECASE)
_HURRIED = re.compile(r"throttl|too fast|too many (re)?connect", re.IGNORECASE)
_PAUSE = 60.0
"""Seconds to wait when a server says that we connect too often."""


class Registration:
    """From the first line to being logged in. Lines go in, lines to send come out.

    `welcome` is set with numeric 001, `authenticated` when SASL is through or not wanted, `forgotten` when
    the services no longer know us.
    """

    def __init__(self, config: NetworkConfig, session: Session) -> None:
        self._config = config
        self._session = session
        self._offered: dict[str, str] = {}
        self._tries = 0
        self._refused_nick = ""
        """The nick that we do not get and have logged."""
        self._listed = False
        self._negotiating = True
        self._requested: set[str] = set()
        self.welcome = False
        self.authenticated = config.sasl is None
        self.forgotten = False

    def start(self) -> list[bytes]:
        """Return the lines that go before NICK and USER."""
        lines = [line("CAP", "LS", "302")]
        if self._config.password:
            lines.append(self._line("PASS", trailing=self._config.password.get_secret_value()))
        return lines

    def again(self) -> list[bytes]:
        """Return the lines to log in once more, where that is done by SASL."""
        self.forgotten, self.authenticated = False, self._config.sasl is None
        return [] if self.authenticated else [line("CAP", "LS", "302")]

    def take(self, got: Line) -> list[bytes]:
        """Take in a line of the server. Raises an AdapterError when the server does not let us in."""
        match got.command:
            case "CAP":
                return self._cap(got.params)
            case "AUTHENTICATE" if got.params == ["+"]:
                return self._authenticate()
            case "903" | "907":
                self.authenticated = True
                return self._end()
            case "901" if self.authenticated and (self._config.sasl or self._config.nickserv):
                self.forgotten = True
            case "906" if not self.authenticated:
                raise ConnectionLost("SASL was broken off: the network's services may be away")
            case numeric if numeric in _SASL_FAILED and not self.authenticated:
                raise self._failed(numeric)
            case "001":
                return self._welcome(got.params)
            case numeric if not self.welcome:
                return self._before_welcome(numeric, got.params)
            case numeric if numeric == "432" or numeric in _NICK_TAKEN:
                self._tell_of_nick(got.params)
        return []

    def follow(self, config: NetworkConfig) -> None:
        """Take over the owner's choice of a nick."""
        self._config = config

    def _tell_of_nick(self, params: list[str]) -> None:
        """Log once that we do not get the nick that we want: it is asked for again and again."""
        wanted = self._config.nick
        if self._refused_nick != wanted:
            self._refused_nick = wanted
            log.warning(
                "%s does not give us the nick %s: we stay %s (it says: %s)",
                self._config.server, wanted, self._session.nick, params[-1] if params else "",
            )  # fmt: skip

    def closed(self, said: str) -> AdapterError | None:
        """Return why the server ends the connection before we are in; None: its words do not tell."""
        server = self._config.server
        if self.welcome:
            return None
        if _BANNED.search(said):
            return AuthenticationFailed(
                f"the server {server} bans hubbub: ask its operators (it says: {said})"
            )
        if _UNKNOWN.search(said):
            return AuthenticationFailed(
                f"the server {server} does not let us in: check password, or ask there (it says: {said})"
            )
        if _HURRIED.search(said):
            return RateLimited(
                f"the server {server} was connected to too often, and wants hubbub to wait (it says: {said})",
                _PAUSE,
            )
        return None

    def _before_welcome(self, numeric: str, params: list[str]) -> list[bytes]:
        if numeric in _NICK_TAKEN:
            return self._other_nick()
        if numeric == "432":
            if self._tries:
                said = params[-1] if params else ""
                raise AuthenticationFailed(
                    f"the server does not take the nick {self._config.nick}: it is too long, or holds what "
                    f"is not allowed there; choose another nick (it says: {said})"
                )
            return self._other_nick()
        if numeric in _SENTENCES:
            said = params[-1] if params else ""
            sentence = _SENTENCES[numeric].format(server=self._config.server)
            raise AuthenticationFailed(f"{sentence} (it says: {said})")
        return []

    def _welcome(self, params: list[str]) -> list[bytes]:
        self.welcome = True
        self._negotiating = False
        if len(params) > 1 and "!" in params[-1]:
            self._session.learn(params[-1].split(" ")[-1])
        # the words may name an older nick: ZNC repeats the welcome that it got itself
        self._session.nick = params[0]
        return []

    def _other_nick(self) -> list[bytes]:
        self._tries += 1
        if self._tries > 9:
            raise ConnectionLost(
                f"the nick {self._config.nick} and all like it are taken: choose another nick"
            )
        most = self._session.number("NICKLEN", 0) or max(len(self._config.nick), 9)
        tail = "_" * self._tries if self._tries < 4 else str(self._tries)
        self._session.nick = self._config.nick[: max(most - len(tail), 1)] + tail
        return [line("NICK", self._session.nick)]

    # -- capabilities

    def _cap(self, params: list[str]) -> list[bytes]:
        verb, names = params[1].upper(), params[-1].split()
        if verb == "LS":
            self._offer(names)
            if len(params) > 3 and params[2] == "*":
                return []
            self._listed = True
            return self._ask() or self._end()
        if verb == "NEW":
            self._offer(names)
            return self._ask()
        if verb == "DEL":
            for name in names:
                self._offered.pop(name, None)
                self._session.caps.discard(name)
            return []
        if verb in {"ACK", "NAK"}:
            return self._answered(names, acknowledged=verb == "ACK")
        return []

    def _offer(self, names: list[str]) -> None:
        for name in names:
            key, _, value = name.partition("=")
            self._offered[key] = value
            self._session.bouncer |= key in _BOUNCERS

    def _ask(self) -> list[bytes]:
        wanted = [name for name in WANTED if name in self._offered and name not in self._session.caps]
        if self._sasl_offered() and not self.authenticated:
            wanted.append("sasl")
        self._requested.update(wanted)
        return [line("CAP", "REQ", trailing=" ".join(wanted))] if wanted else []

    def _answered(self, names: list[str], *, acknowledged: bool) -> list[bytes]:
        if not acknowledged and len(names) > 1:
            # NAK refuses all that were asked for: the server does not say which one it minds
            return [line("CAP", "REQ", trailing=name) for name in names]
        for name in names:
            self._requested.discard(name.lstrip("-~="))
            if acknowledged and name[:1] == "-":
                self._session.caps.discard(name[1:])
            elif acknowledged:
                self._session.caps.add(name)
        if acknowledged and "sasl" in names and self._config.sasl and not self.authenticated:
            return [line("AUTHENTICATE", self._config.sasl.mechanism.upper())]
        return self._end()

    def _end(self) -> list[bytes]:
        """End the negotiation once all is answered.

        Where SASL is not offered, we register and wait for it inside.
        """
        busy = self._requested or ("sasl" in self._session.caps and not self.authenticated)
        if not self._negotiating or not self._listed or busy:
            return []
        self._negotiating = False
        return [line("CAP", "END")]

    # -- SASL

    def _sasl_offered(self) -> bool:
        sasl = self._config.sasl
        if sasl is None or "sasl" not in self._offered:
            return False
        mechanisms = self._offered["sasl"].upper()
        if mechanisms and sasl.mechanism.upper() not in mechanisms.split(","):
            raise AuthenticationFailed(
                f"{self._config.server} offers SASL with {mechanisms} only: change sasl.mechanism"
            )
        return True

    def _authenticate(self) -> list[bytes]:
        sasl = self._config.sasl
        if sasl is None:
            return []
        user = sasl.user or ""
        if sasl.mechanism == "plain" and sasl.password:
            # RFC 4616: authorization identity, NUL, authentication identity, NUL, password
            secret = f"{user}\0{user}\0{sasl.password.get_secret_value()}".encode()
        else:
            secret = user.encode()
        text = base64.b64encode(secret).decode()
        chunks = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
        if not chunks or len(chunks[-1]) == _CHUNK:
            chunks.append("+")
        return [line("AUTHENTICATE", chunk) for chunk in chunks]

    def _failed(self, numeric: str) -> AdapterError:
        server, sasl = self._config.server, self._config.sasl
        if numeric == "908":
            return AuthenticationFailed(f"{server} does not know this SASL mechanism: change sasl.mechanism")
        if numeric == "902":
            return AuthenticationFailed(f"{server} has locked the account of hubbub: ask its operators")
        if sasl and sasl.mechanism == "external":
            # the fingerprint is named: not all services take it from the connection of whoever adds it
            add = f"NickServ CERT ADD {self._config.fingerprint()}"
            return AuthenticationFailed(
                f"{server} does not know our certificate: add it to the account ({add}; some networks want "
                "another fingerprint than this SHA-256)"
            )
        return AuthenticationFailed(
            f"{server} does not take user and password of hubbub: check sasl.user and sasl.password"
        )

    def _line(self, *params: str, trailing: str | None = None) -> bytes:
        return line(*params, trailing=trailing, encoding=self._config.encoding)
