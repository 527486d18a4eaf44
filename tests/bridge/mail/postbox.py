"""A real mail server (aiosmtpd), which keeps what it is sent."""

import asyncio
import contextlib
import ssl
import subprocess
import warnings
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Postbox:
    """One of them, in the loop of the test: what sends to it blocks, and so belongs in a thread."""

    def __init__(self):
        self.taken = []
        """What arrived: sender, recipients, message."""
        self.logins = []
        self.refuses = {}
        """Recipients and the answer that they get."""
        self.answer = "250 OK"
        """What is said of a whole message; empty: the connection is cut instead."""
        self.asked = 0
        """How many recipients were named."""
        self.slow = None
        """An event that comes before a recipient is answered for."""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.asked += 1
        if self.slow is not None:
            await self.slow.wait()
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, message))
        if not self.answer:
            server.transport.abort()
        return self.answer

    def allow(self, server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        self.logins.append((mechanism, data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"right", handled=False)

    @contextlib.asynccontextmanager
    async def open(self, context=None, *, at_once=False, auth=False):
        """Listen, with STARTTLS where there is a context, or `at_once` in TLS. Gives the port."""

        def serve():
            later = context if not at_once else None
            more = {"authenticator": self.allow, "auth_required": True} if auth else {}
            with warnings.catch_warnings(action="ignore"):  # it knows nothing of the TLS that comes at once
                return SMTP(
                    self, hostname="mail.test", tls_context=later, require_starttls=later is not None,
                    auth_require_tls=later is not None, **more,
                )  # fmt: skip

        loop = asyncio.get_running_loop()
        server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if at_once else None)
        async with server:
            yield server.sockets[0].getsockname()[1]


def certified(folder, names="IP:127.0.0.1"):
    """A server's context, and the certificate that one has to believe."""
    key, certificate = folder / "mail.pem", folder / "mail.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=x",
         "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
