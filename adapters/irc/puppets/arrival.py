"""How somebody from elsewhere connects: from where, and what they say of themselves."""

import asyncio
import socket
import ssl
from typing import Any

from adapters.irc.config import NetworkConfig, PuppetRules
from adapters.irc.session import Session
from adapters.irc.wire.line import line
from bridge import Speaker, reason, route, trust

from . import names
from .ident import Identities
from .puppet import PuppetConnection
from .tls import SmallTls

__all__ = ["Arrival"]

_CAPS = ("message-tags", "echo-message", "draft/message-redaction")


class Arrival:
    """Connects people to one network."""

    def __init__(self, config: NetworkConfig, rules: PuppetRules, session: Session) -> None:
        self._config = config
        self._rules = rules
        self._session = session
        self._context: ssl.SSLContext | None = None
        self.identities: Identities | None = None
        """Where a server learns who is who, if anywhere."""

    async def connect(self, puppet: PuppetConnection, speaker: Speaker) -> None:
        """Connect and register somebody. Raises OSError and AdapterError."""
        config = self._config
        if config.tls and self._context is None:
            # the bot's certificate would make each of them the bot
            self._context = await asyncio.to_thread(trust, config.ca_file, alone=True)
        context, server = self._context, config.server
        puppet.hello = b"\r\n".join(self._hello(puppet, speaker))
        opened = await self._dial(puppet)
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: puppet if context is None else SmallTls(puppet, context, server), sock=opened
        )
        try:
            await puppet.welcome
        except BaseException:
            transport.abort()
            raise

    def over(self, puppet: PuppetConnection) -> None:
        """Note that somebody's connection is gone."""
        if self.identities is not None and puppet.ends is not None:
            self.identities.remove(puppet.ends)

    async def _dial(self, puppet: PuppetConnection) -> socket.socket:
        """Connect a socket. Raises OSError."""
        source, family = self._config.source, socket.AF_UNSPEC
        server, port = self._config.address
        if self._config.proxy is not None:
            opened: socket.socket = (await route(self._config, server, port))["sock"]
            return opened
        if self._rules.source is not None:
            source = names.address_of(puppet.key, self._rules.source)
        if source is not None:
            family = socket.AF_INET if source.version == 4 else socket.AF_INET6
        loop, failed = asyncio.get_running_loop(), OSError(f"there is no host {server}")
        for kind, _, _, _, there in await loop.getaddrinfo(
            server, port, family=family, type=socket.SOCK_STREAM
        ):
            opened = socket.socket(kind, socket.SOCK_STREAM)
            try:
                opened.setblocking(False)
                if source is not None:
                    _bind(opened, str(source))
                await self._open(opened, there, puppet)
            except OSError as error:
                opened.close()
                failed = error
            except BaseException:
                opened.close()
                raise
            else:
                return opened
        raise failed

    async def _open(self, opened: socket.socket, there: Any, puppet: PuppetConnection) -> None:
        """Connect, and note who it is for before the server can ask."""
        connecting = asyncio.ensure_future(asyncio.get_running_loop().sock_connect(opened, there))
        try:
            await asyncio.sleep(0)  # from here it has an address, and nobody has been heard since it began
            if self.identities is not None:
                puppet.ends = (*opened.getsockname()[:2], *there[:2])
                self.identities.add(puppet.ends, names.ident_of(puppet.key))
            await connecting
        except BaseException:
            connecting.cancel()
            self.over(puppet)
            raise

    def _hello(self, puppet: PuppetConnection, speaker: Speaker) -> list[bytes]:
        """Return the lines that register somebody (RFC 2812 section 3.1)."""
        config, key = self._config, speaker.key
        caps = [cap for cap in _CAPS if cap in self._session.caps]
        lines = []
        if (webirc := self._rules.webirc) is not None:
            password = webirc.password.get_secret_value()
            address = str(names.address_of(key, webirc.ipv6_prefix))
            lines.append(line("WEBIRC", password, webirc.gateway, names.host_of(key), address))
        if config.password:
            lines.append(line("PASS", trailing=config.password.get_secret_value(), encoding=config.encoding))
        if caps:
            lines.append(line("CAP", "REQ", trailing=" ".join(caps)))
        if (asking := puppet.next_nick()) is not None:
            lines.append(asking)
        realname = names.realname_of(speaker.name, key)
        lines.append(line("USER", names.ident_of(key), "0", "*", trailing=realname, encoding=config.encoding))
        return [*lines, line("CAP", "END")] if caps else lines


def _bind(opened: socket.socket, source: str) -> None:
    try:
        opened.bind((source, 0))
    except OSError as error:
        raise OSError(
            f"puppets.source: this machine cannot speak from {source} ({reason(error)}): give it all of that "
            "network, as `ip route add local NETWORK dev lo` does on Linux, and have it routed here"
        ) from error
