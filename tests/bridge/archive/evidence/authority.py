"""A time-stamping authority of its own make: `openssl ts`, behind HTTP on loopback."""

import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[signer]
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
{certs}signer_digest = {digest}
digests = sha256
default_policy = 1.2.3.4.1
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = {named_by}
"""


def openssl(*arguments: str | Path, folder: Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Authority:
    """Its keys and certificates, in a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        extra: bool = False,
        kind: str = "rsa:2048",
        digest: str = "sha256",
        named_by: str = "sha256",
    ) -> None:
        """`extra`: its replies have the certificate of who vouches for the signer besides."""
        self.folder = folder
        self.asked = 0
        certs = f"certs = {folder}/ca.pem\n" if extra else ""
        config = folder / "openssl.cnf"
        config.write_text(
            _CONFIG.format(name="Authority", folder=folder, certs=certs, digest=digest, named_by=named_by)
        )
        (folder / "serial").write_text("01\n")
        new = ("req", "-config", config, "-newkey", *kind.split(" "), "-nodes")
        openssl(
            *new,
            "-x509",
            "-days",
            "30",
            "-extensions",
            "root",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            folder=folder,
        )
        openssl(*new, "-subj", "/CN=Signer", "-keyout", "signer.key", "-out", "signer.csr", folder=folder)
        openssl(
            "x509", "-req", "-in", "signer.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "20",
            "-extfile", config, "-extensions", "signer", "-out", "signer.pem", folder=folder,
        )  # fmt: skip

    @property
    def ca(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()

    def stamp(self, question: bytes) -> bytes:
        """The reply to a request."""
        self.asked += 1
        (self.folder / "question.tsq").write_bytes(question)
        openssl(
            "ts", "-reply", "-config", "openssl.cnf", "-queryfile", "question.tsq", "-out", "reply.tsr",
            folder=self.folder,
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""

        async def answer(request: web.Request) -> web.Response:
            assert request.content_type == "application/timestamp-query"
            return web.Response(
                body=self.stamp(await request.read()), content_type="application/timestamp-reply"
            )

        site = web.Application()
        site.router.add_post("/tsr", answer)
        async with serving(site) as address:
            yield f"{address}/tsr"


@contextlib.asynccontextmanager
async def serving(site: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
