"""Services (accounts, SASL, NickServ) for InspIRCd: none of Debian's links to both of its releases."""

from collections.abc import Callable, Sequence
from pathlib import Path

from .binaries import binary

__all__ = ["Services", "anope", "atheme", "trust"]

Services = Callable[[Path, int], Sequence[str]]
"""Writes the settings for services in a folder, that link to a port of the loopback; gives the command."""

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
    "nickserv/logout nickserv/cert saslserv/main saslserv/plain saslserv/external"
)
_ANOPE = """
uplink {{ host = "127.0.0.1"; ipv6 = no; ssl = no; port = {port}; password = "pw"; }}
serverinfo {{ name = "services.test"; description = "services"; id = "00A"; pid = "{folder}/anope.pid";
 motd = "{folder}/anope.motd"; }}
networkinfo {{ networkname = "Test"; nicklen = 31; userlen = 10; hostlen = 64; chanlen = 64; }}
options {{ casemap = "ascii"; readtimeout = 5s; warningtimeout = 4h; timeoutcheck = 3s; retrywait = 1s;
 updatetimeout = 5m; expiretimeout = 30m; }}
log {{ target = "services.log"; admin = "*"; override = "*"; commands = "*"; servers = "*"; users = "*";
 other = "*"; }}
service {{ nick = "NickServ"; user = "NickServ"; host = "services.test"; gecos = "N"; }}
module {{ name = "inspircd3"; }}
module {{ name = "db_flatfile"; database = "anope.db"; }}
module {{ name = "enc_bcrypt"; }}
module {{ name = "nickserv"; client = "NickServ"; forceemail = no; regdelay = 0; expire = 0; passlen = 32;
 guestnickprefix = "Guest"; enforceruser = "e"; enforcerhost = "services.test"; }}
module {{ name = "ns_register"; registration = "none"; }}
module {{ name = "ns_identify"; maxlogins = 0; }}
module {{ name = "ns_logout"; }}
module {{ name = "ns_cert"; max = 5; }}
module {{ name = "m_sasl"; }}
command {{ service = "NickServ"; name = "REGISTER"; command = "nickserv/register"; }}
command {{ service = "NickServ"; name = "IDENTIFY"; command = "nickserv/identify"; }}
command {{ service = "NickServ"; name = "LOGOUT"; command = "nickserv/logout"; }}
command {{ service = "NickServ"; name = "CERT"; command = "nickserv/cert"; }}
"""


def atheme(folder: Path, port: int) -> Sequence[str]:
    """Atheme 7.2 speaks version 1202 of the protocol, which InspIRCd 3 takes and InspIRCd 4 does not."""
    modules = next(Path("/usr/lib").glob("*/atheme/modules"))
    for name in ("modules", "run"):
        target = folder / name
        if not target.exists():
            target.symlink_to(modules) if name == "modules" else target.mkdir()
    loaded = "\n".join(f'loadmodule "{modules}/{module}";' for module in _ATHEME_MODULES.split())
    (folder / "atheme.conf").write_text(_ATHEME.format(port=port, modules=loaded))
    return [
        binary("atheme-services"), "-n", "-c", f"{folder}/atheme.conf", "-D", str(folder),
        "-p", f"{folder}/atheme.pid", "-l", f"{folder}/atheme.log",
    ]  # fmt: skip


def anope(folder: Path, port: int) -> Sequence[str]:
    """Anope 2.0 speaks version 1205."""
    (folder / "services.conf").write_text(_ANOPE.format(port=port, folder=folder))
    places = (f"--{name}dir={folder}" for name in ("conf", "db", "log"))
    return [binary("anope"), "--nofork", *places, "--modulesdir=/usr/lib/anope"]


def trust(folder: Path, account: str, fingerprint: str) -> None:
    """Add a certificate to an account of Anope, which does not run."""
    database = folder / "anope.db"
    name = f"DATA display {account}\n"
    database.write_text(database.read_text().replace(name, f"{name}DATA cert {fingerprint}\n"))
