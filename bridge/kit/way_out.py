"""The way to a network: the owner's proxy, or an address of this machine, or the system's own way.

Behind a proxy no name is looked up here, and nothing goes another way when that is shut.
"""

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

from bridge.config import Proxy, WayOut
from bridge.faults import reason

from .connect_method import tunnel

if TYPE_CHECKING:
    import aiohttp

__all__ = ["ProxyFailed", "connector", "dial", "route"]

_PATIENCE = 25.0
"""Seconds for a proxy to reach somebody: circuits of Tor take their time."""
_LOGIN = ("auth", "Auth", "407")
"""What is said of a proxy that wants to know who we are."""


class ProxyFailed(ConnectionError):
    """The proxy cannot be reached, or does not reach whom it should; a sentence for the owner."""


async def route(way_out: WayOut, host: str, port: int) -> dict[str, Any]:
    """Return what `create_connection` takes to get to a server: where it is, or a socket that is connected to
    it. Raises OSError. Whoever speaks TLS there gives `server_hostname`.
    """
    if way_out.proxy is None:
        return {"host": host, "port": port, "local_addr": _local(way_out)}
    try:
        async with asyncio.timeout(_PATIENCE):
            by = _by_connect if way_out.proxy.kind == "http" else _by_socks
            return {"sock": await by(way_out, way_out.proxy, host, port)}
    except Exception as error:
        raise _failed(way_out.proxy, error, f"{host} port {port}") from error


def dial(way_out: WayOut, host: str, port: int, patience: float) -> socket.socket:
    """Return a socket that is connected to a server; blocks, in a thread without a loop. Raises OSError."""
    if way_out.proxy is None:
        return socket.create_connection((host, port), patience, _local(way_out))
    made: socket.socket = asyncio.run(route(way_out, host, port))["sock"]
    made.settimeout(patience)
    return made


async def _by_socks(way_out: WayOut, proxy: Proxy, host: str, port: int) -> socket.socket:
    from python_socks import ProxyType
    from python_socks.async_.asyncio import Proxy as Client

    user, password = proxy.login or (None, None)
    client = Client(ProxyType.SOCKS5, *proxy.there, username=user, password=password, rdns=True)
    return await client.connect(host, port, _PATIENCE, local_addr=_local(way_out))


async def _by_connect(way_out: WayOut, proxy: Proxy, host: str, port: int) -> socket.socket:
    try:
        opened = await _opened(way_out, *proxy.there)
    except OSError as error:
        raise _Unreachable(error) from error
    try:
        await tunnel(opened, host, port, proxy.login)
    except BaseException:
        opened.close()
        raise
    return opened


async def _opened(way_out: WayOut, host: str, port: int) -> socket.socket:
    """Connect a socket to the proxy itself."""
    loop, failed = asyncio.get_running_loop(), OSError(f"there is no host {host}")
    for family, kind, _, _, there in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        opened = socket.socket(family, kind)
        opened.setblocking(False)
        try:
            if way_out.source is not None:
                opened.bind((str(way_out.source), 0))
            await loop.sock_connect(opened, there)
        except OSError as error:
            opened.close()
            failed = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise failed


class _Unreachable(Exception):
    """Nobody is where the proxy should be; its argument says why."""


def connector(way_out: WayOut, **more: Any) -> "aiohttp.TCPConnector":
    """Return a connector for HTTP that takes this way; `more` is what aiohttp's has. A request raises
    ProxyFailed.
    """
    import aiohttp

    if way_out.proxy is None:
        return aiohttp.TCPConnector(local_addr=_local(way_out), **more)
    return _behind(way_out, way_out.proxy, more)


def _behind(way_out: WayOut, proxy: Proxy, more: dict[str, Any]) -> "aiohttp.TCPConnector":
    import aiohttp
    from aiohttp_socks import ProxyConnector  # it looks up no name here

    class Failed(ProxyFailed, aiohttp.ClientConnectionError):
        """The same, as who asks by HTTP expects it."""

    class Behind(ProxyConnector):
        async def _wrap_create_connection(self, *arguments: Any, req: Any, **known: Any) -> Any:
            """Raise what aiohttp raises without a proxy."""
            try:
                return await super()._wrap_create_connection(*arguments, req=req, **known)
            except ProxyFailed as error:
                raise Failed(str(error)) from error
            except ssl.CertificateError as error:
                raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
            except ssl.SSLError as error:
                raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
            except OSError as error:
                raise aiohttp.ClientConnectorError(req.connection_key, error) from error

        async def _connect_via_proxy(
            self,
            host: str,
            port: int,
            ssl: Any = None,
            timeout: float | None = None,  # noqa: ASYNC109 - as its base has it
        ) -> Any:
            way = await route(way_out, host, port)
            name = host if ssl is not None else None
            return await self._loop.create_connection(self._factory, **way, ssl=ssl, server_hostname=name)

    return Behind(*proxy.there, **more)


def _local(way_out: WayOut) -> tuple[str, int] | None:
    return (str(way_out.source), 0) if way_out.source is not None else None


def _failed(proxy: Proxy, error: Exception, target: str) -> ProxyFailed:
    """Say what is wrong with a proxy, and what to do."""
    host, port = proxy.there
    name = f"the proxy {host} port {port}"
    cause = error.args[0] if isinstance(error, _Unreachable) else error.__cause__
    if isinstance(error, TimeoutError):
        return ProxyFailed(f"{name} does not reach {target} in time")
    if isinstance(cause, OSError) and isinstance(error, _Unreachable | OSError):
        why = reason(cause)
        return ProxyFailed(f"{name} cannot be reached ({why}): see that it runs, and that proxy: names it")
    said = str(error) or type(error).__name__
    if any(word in said for word in _LOGIN):
        return ProxyFailed(f"{name} does not let us in ({said}): check user and password below proxy:")
    return ProxyFailed(f"{name} does not reach {target} ({said})")
