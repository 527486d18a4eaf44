"""A tunnel through an HTTP proxy (RFC 9110, section 9.3.6), not a byte of whose inside is read.

python-socks takes whatever comes at once for the proxy's answer, with the first words of a server that
speaks first.
"""

import asyncio
import base64
import socket

__all__ = ["TunnelRefused", "tunnel"]

_LONGEST = 16_384
"""Bytes of an answer's head, at most."""


class TunnelRefused(Exception):
    """The proxy makes no tunnel: what it says, in a few words."""


async def tunnel(opened: socket.socket, host: str, port: int, login: tuple[str, str] | None) -> None:
    """Have a proxy, to which a socket is connected, lead on to a server. Raises OSError and TunnelRefused."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(opened, _request(host, port, login))
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        if not (more := await loop.sock_recv(opened, 1)) or len(head) > _LONGEST:
            raise TunnelRefused("it does not speak HTTP" if head else "it closes the connection")
        head += more
    version, _, status = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    if not version.startswith("HTTP/") or not status[:3].isdigit():
        raise TunnelRefused("it does not speak HTTP")
    if not status.startswith("2"):
        raise TunnelRefused(status[:100] if status.isprintable() else status[:3])


def _request(host: str, port: int, login: tuple[str, str] | None) -> bytes:
    name = f"[{host}]" if ":" in host else host if host.isascii() else host.encode("idna").decode()
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
    if login is not None:
        word = base64.b64encode(":".join(login).encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {word}")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
