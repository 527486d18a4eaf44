"""What listens in a server's place and is none, and certificates that are no good."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

RAW = ("Errno", "_ssl", "Multiple exceptions", "Connect call", "Traceback", "Exception", "<class")
"""What no owner should read."""


@asynccontextmanager
async def listening(data: bytes | None, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A port of the loopback that says this to whoever has said something, and closes; None: it says nothing
    for ever.
    """
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            if data is None:
                await over.wait()
            elif await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def certificate(
    folder: Path, *, name: str = "localhost", expired: bool = False
) -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, to trust or not, and what serves with it."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key))
    asked = folder / "request.pem"
    openssl("req", *made, "-subj", f"/CN={name}", "-out", str(asked))
    (folder / "names").write_text(f"subjectAltName=DNS:{name}")
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index.txt\nnew_certs_dir={folder}\nrand_serial=yes\n"
        "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
    )
    past = ("-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
    openssl(
        *("ca", "-batch", "-selfsign", "-config", str(folder / "ca.cnf"), "-extfile", str(folder / "names")),
        *("-keyfile", str(key), "-in", str(asked), "-out", str(pem)),
        *(past if expired else ("-days", "2")),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def plain(sentence: str) -> bool:
    """Whether it is a sentence for people."""
    return not any(word in sentence for word in RAW)


def digest(pem: Path) -> str:
    """The SHA-256 of a certificate, as openssl tells it, in the form that `Endpoint.certificate` has."""
    asked = ("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(pem))
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return said.partition("=")[2].strip().replace(":", "").lower()
