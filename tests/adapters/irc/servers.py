"""InspIRCd, with atheme's services where asked for: what a public network looks like."""

import asyncio
import os
import shutil
import ssl
import subprocess
from pathlib import Path

from bridge.demo import Server, free_port

_MODULES = (
    "cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage "
    "ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime setname botmode monitor "
    "services_account sasl spanningtree chghost namesx uhnames chanhistory blockcolor redirect sslinfo "
    "sslmodes ssl_gnutls"
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
_ATHEME = """
{modules}
serverinfo {{ name = "services.test"; desc = "services"; numeric = "00A"; netname = "Test"; adminname = "a";
 adminemail = "a@b.c"; registeremail = "a@b.c"; mta = "/bin/true"; loglevel = {{ error; }}; auth = none;
 casemapping = rfc1459; maxcertfp = 5; }};
uplink "insp.test" {{ host = "127.0.0.1"; port = {port}; send_password = "pw"; receive_password = "pw"; }};
general {{ commit_interval = 5; uflags = {{ }}; cflags = {{ }}; raws; flood_msgs = 0; }};
nickserv {{ spam; nick = "NickServ"; host = "services.test"; user = "NickServ"; real = "N"; aliases {{ }};
 access {{ }}; }};
saslserv {{ nick = "SaslServ"; host = "services.test"; user = "SaslServ"; real = "S"; }};
"""
_ATHEME_MODULES = (
    "protocol/inspircd backend/opensex crypto/pbkdf2v2 nickserv/main nickserv/register nickserv/identify "
    "nickserv/cert saslserv/main saslserv/plain saslserv/external"
)


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
    """A private InspIRCd 3 on free ports. `atheme`: with services, for SASL and NickServ."""

    def __init__(self, folder: Path, *, atheme: bool = False, without: str = "", connect: str = "") -> None:
        self.folder = folder
        self.port = self.tls_port = self.link_port = 0
        self._modules = [module for module in _MODULES.split() if module not in without.split()]
        self._atheme = atheme
        self._connect = connect
        self._ircd = Server(folder, "inspircd")
        self._services = Server(folder, "atheme")

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
        if self._atheme:
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
        )
        binary = shutil.which("inspircd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert binary, "the Debian package inspircd is not installed"
        return [binary, "--nofork", "--runasroot", f"--config={self.folder}/inspircd.conf"]

    async def stop_ircd(self) -> None:
        """Stop the server alone."""
        await self._ircd.stop()

    async def start_services(self) -> None:
        """Start atheme and wait until SASL is on offer."""
        home = self.folder / "atheme"
        home.mkdir(exist_ok=True)
        modules = next(Path("/usr/lib").glob("*/atheme/modules"))
        for name in ("modules", "run"):
            target = home / name
            if not target.exists():
                target.symlink_to(modules) if name == "modules" else target.mkdir()
        (home / "atheme.conf").write_text(
            _ATHEME.format(
                port=self.link_port,
                modules="\n".join(f'loadmodule "{modules}/{module}";' for module in _ATHEME_MODULES.split()),
            )
        )
        binary = shutil.which("atheme-services")
        assert binary, "the Debian package atheme-services is not installed"
        command = [binary, "-n", "-c", f"{home}/atheme.conf", "-D", str(home), "-p", f"{home}/atheme.pid"]
        command += ["-l", f"{home}/atheme.log"]
        await self._services.run(*command)
        async with asyncio.timeout(20):
            while b"sasl=" not in await self._capabilities():
                await asyncio.sleep(0.05)

    async def lose_services(self) -> None:
        """Take the services away. The server starts anew: it does not always notice that a link is gone."""
        await self.stop()
        await self.start_ircd()

    async def stop(self) -> None:
        """Stop everything."""
        await self._services.stop()
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
