"""InspIRCd, with services where asked for: what a public network looks like."""

import asyncio
import re
import ssl
import subprocess
from pathlib import Path

from bridge.testing import Server, free_port

from .binaries import binary
from .harness import Client
from .services import anope, atheme, trust

_MODULES = (
    "cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage "
    "ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime setname botmode monitor "
    "services_account sasl spanningtree chghost namesx uhnames chanhistory blockcolor redirect sslinfo "
    "sslmodes ssl_gnutls hidechans"
)
_INSPIRCD = """
<server name="insp.test" description="x" id="1TT" network="Test"> <admin name="a" nick="a" email="a@b.c">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls_port}" type="clients" sslprofile="tls">
<bind address="127.0.0.1" port="{link_port}" type="servers">
<sslprofile name="tls" provider="gnutls" certfile="{folder}/cert.pem" keyfile="{folder}/key.pem" hash="sha256"
 requestclientcert="yes">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}"
 moduledir="/usr/lib/inspircd/modules"> <pid file="{folder}/inspircd.pid">
{modules}
<power diepass="x" restartpass="x">
<sasl target="services.test" requiressl="no"> <uline server="services.test" silent="yes">
<link name="services.test" ipaddr="127.0.0.1" port="{link_port}" allowmask="127.0.0.1"
 sendpass="pw" recvpass="pw">
<chanhistory bots="yes" prefixmsg="yes" maxlines="50">
<connect name="main" allow="*" timeout="60" threshold="100000000" commandrate="1000000000" fakelag="no"
 pingfreq="120" hardsendq="1000000000" softsendq="1000000000" recvq="1000000000" localmax="10000"
 globalmax="10000" maxchans="1000" maxconnwarn="no" resolvehostnames="no" useident="no" {connect}>
<performance netbuffersize="65000" somaxconn="128" quietbursts="yes">
<security runasuser="" runasgroup="" maxtargets="20">
<limits maxnick="31" maxchan="64" maxline="512">
<options defaultmodes="on" prefixquit="Quit: ">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="Admin" classes="all"> <oper name="root" password="root" host="*@*" type="Admin">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/ircd.log">
"""


def make_certificate(folder: Path, name: str = "cert", host: str = "localhost") -> tuple[Path, Path]:
    """A certificate of our own for the loopback, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name.replace('cert', '')}key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


class Inspircd:
    """A private InspIRCd, 3 or 4, on free ports. `services`: with accounts, for SASL and NickServ.
    `more`: what its settings say besides.
    """

    def __init__(
        self, folder: Path, *, services: bool = False, without: str = "", connect: str = "", more: str = ""
    ) -> None:
        self.folder = folder
        self.port = self.tls_port = self.link_port = 0
        self._modules = [module for module in _MODULES.split() if module not in without.split()]
        self._with_services = services
        self._connect = connect
        self._more = more
        self._ircd = Server(folder, "inspircd")
        self._services = Server(folder, "services")
        self._atheme = inspircd_version() < 4

    @property
    def certificate(self) -> Path:
        """What to trust."""
        return self.folder / "cert.pem"

    async def start(self) -> None:
        """Start; the services are linked when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.certificate.exists():
            make_certificate(self.folder)
        self.tls_port, self.link_port = free_port(), free_port()
        await self.start_ircd()
        if self._with_services:
            await self.start_services()

    async def start_ircd(self) -> None:
        """Start the server, on the ports that it has."""
        self.port = await self._ircd.start(self._command, port=self.port)

    def _command(self, port: int) -> list[str]:
        (self.folder / "inspircd.conf").write_text(
            _INSPIRCD.format(
                folder=self.folder,
                port=port,
                tls_port=self.tls_port,
                link_port=self.link_port,
                connect=self._connect,
                modules="\n".join(f'<module name="{module}">' for module in self._modules),
            )
            + self._more
        )
        return [binary("inspircd"), "--nofork", "--runasroot", f"--config={self.folder}/inspircd.conf"]

    async def stop_ircd(self) -> None:
        """Stop the server alone."""
        await self._ircd.stop()

    async def start_services(self) -> None:
        """Start them and wait until SASL is on offer."""
        home = self.folder / "services"
        home.mkdir(exist_ok=True)
        services = atheme if self._atheme else anope
        await self._services.run(*services(home, self.link_port))
        async with asyncio.timeout(25):
            while b"sasl=" not in await self._capabilities():
                await asyncio.sleep(0.05)

    async def trust(self, user: Client, account: str, fingerprint: str) -> None:
        """Let an account be its own by a certificate."""
        if self._atheme:
            user.say(f"PRIVMSG NickServ :CERT ADD {fingerprint}")
            await user.heard("NOTICE hubbub :Added")
            return
        # Anope 2.0.17 sees certificates on InspIRCd 4.7 only at the login: its CERT ADD knows of none
        await self.lose_services()
        trust(self.folder / "services", account, fingerprint)
        await self.start_services()

    async def lose_services(self) -> None:
        """Take the services away. The server starts anew: it does not always notice that a link is gone."""
        await self.stop()
        await self.start_ircd()

    async def stop(self) -> None:
        """Stop everything."""
        await self._services.stop(patience=10)  # they write down who is who
        await self._ircd.stop()

    async def _capabilities(self) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"CAP LS 302\r\n")
            return await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()

    def trusting(self) -> ssl.SSLContext:
        """A context for scripted clients."""
        return ssl.create_default_context(cafile=self.certificate)


def webirc(password: str) -> str:
    """What lets a gateway on this machine say from where people come: InspIRCd 4 has other words for it."""
    module, tag = ("cgiirc", "cgihost") if inspircd_version() == 3 else ("gateway", "gateway")
    return f'<module name="{module}">\n<{tag} type="webirc" mask="127.0.0.1" password="{password}">\n'


def inspircd_version() -> int:
    """The InspIRCd that is installed: 3 in Debian 12, 4 in Debian 13."""
    told = subprocess.run(
        [binary("inspircd"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"InspIRCd-(\d+)", told)
    assert found, told
    return int(found[1])
