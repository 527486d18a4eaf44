"""Sends mail by the owner's server: one message at a time, blocking, to be called in a thread."""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from bridge.config.mail import Mail
from bridge.config.words import printable
from bridge.errors import ConnectionLost, HubbubError
from bridge.faults import reason, unverified

__all__ = ["MailNotSent", "MailUnsure", "send_mail", "try_mail"]

_PATIENCE = 60.0
"""How long a server may take for each of its answers, in seconds."""
_LOOK = 10.0
"""The same where it is only looked whether it works."""
_SHOWN = 200
_LONGEST = 900
"""Letters of a header that stands on one line, which has 998 at most."""


class _Lines(EmailPolicy):
    """Lines as RFC 5322 wants them, but that a link of a list (RFC 2369) stays whole on its own. The base
    makes encoded words of what has no space and is longer than a line, which no mail program reads there.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if name.startswith("List-") and text.isascii() and text.isprintable() and len(text) < _LONGEST:
            return f"{name}: {text}{self.linesep}".encode()
        return super().fold_binary(name, value)


_LINES = _Lines(linesep="\r\n")


class MailNotSent(HubbubError):
    """The mail surely did not go out: it may be sent again."""

    for_good = False
    """Whether the server refuses this mail, or all whom it is to, for good (RFC 5321, 4.2.1: 5yz): then the
    same has the same end again.
    """


class MailUnsure(HubbubError):
    """The server had all of the mail, and did not say whether it took it."""


class _AllRefused(smtplib.SMTPException):
    """Nobody whom a mail is to gets it."""

    def __init__(self, refused: dict[str, str]) -> None:
        super().__init__("; ".join(f"{address}: {why}" for address, why in refused.items()))
        self.for_good = all(why.startswith("5") for why in refused.values())


def send_mail(
    mail: Mail, message: EmailMessage, to: Sequence[str], begin: Callable[[], None] = lambda: None
) -> dict[str, str]:
    """Send a message (RFC 5321) over a connection that is verified as the settings say. Returns why those did
    not get it who were refused, where others do. `begin` is called when the server wants the mail and has
    nothing of it: until then nobody can be in doubt; whatever it raises ends this. Raises MailNotSent, and
    MailUnsure.
    """
    where = f"the mail server {mail.server}:{mail.reached_at}"
    try:
        with _connected(mail) as server:
            refused = _addressed(server, mail.sender, to)
            begin()
            try:
                code, said = server.data(message.as_bytes(policy=_LINES))
            except smtplib.SMTPDataError:
                raise
            except (OSError, smtplib.SMTPException) as error:
                raise MailUnsure(f"{where} did not say whether it took the mail: {_why(error)}") from error
            if code != 250:
                raise smtplib.SMTPDataError(code, said)
            return refused
    except (OSError, smtplib.SMTPException, ConnectionLost) as error:
        not_sent = MailNotSent(f"{where} did not take the mail: {_why(error)}")
        not_sent.for_good = _is_for_good(error)
        raise not_sent from error


def try_mail(mail: Mail) -> str:
    """Look whether a server lets us in and takes mail from our address, and send none: blocking. Returns what
    is wrong; empty: nothing.
    """
    try:
        with _connected(mail, _LOOK) as server:
            code, said = server.mail(mail.sender)
            return "" if code == 250 else f"it takes no mail from {mail.sender}: {_told(code, said)}"
    except (OSError, smtplib.SMTPException, ConnectionLost) as error:
        return _why(error)


@contextlib.contextmanager
def _connected(mail: Mail, patience: float = _PATIENCE) -> Iterator[smtplib.SMTP]:
    """Give a server that is greeted, and that we are logged in to if it needs that."""
    from bridge.kit.tls import trust  # with what adapters have, which takes a while to load

    context = trust(mail.ca_file) if mail.security != "none" else None
    own = mail.sender.rpartition("@")[2]  # else the name of this machine is looked up, and told
    place = mail.server.strip("[]"), mail.reached_at
    server = (
        smtplib.SMTP_SSL(*place, own, timeout=patience, context=context)
        if mail.security == "tls"
        else smtplib.SMTP(*place, own, timeout=patience)
    )
    try:
        if mail.security == "starttls":
            _encrypt(server, context)
        server.ehlo_or_helo_if_needed()
        if mail.user is not None and mail.password is not None:
            server.login(mail.user, mail.password.get_secret_value())
        yield server
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def _encrypt(server: smtplib.SMTP, context: ssl.SSLContext | None) -> None:
    """Begin TLS (RFC 3207)."""
    try:
        server.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        raise ConnectionLost("it offers no encryption (STARTTLS): `security: tls` is the other way") from None


def _addressed(server: smtplib.SMTP, sender: str, to: Sequence[str]) -> dict[str, str]:
    """Say who a mail is from and to. Returns why some were refused; raises where all were."""
    code, said = server.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    refused = {}
    for address in to:
        code, said = server.rcpt(address)
        if code not in (250, 251):
            refused[address] = _told(code, said)
    if len(refused) == len(to):
        raise _AllRefused(refused)
    return refused


def _is_for_good(error: Exception) -> bool:
    """Whether a server refuses the mail itself, and not us, whom its owner can let in."""
    if isinstance(error, smtplib.SMTPDataError):
        return 500 <= error.smtp_code < 600
    return isinstance(error, _AllRefused) and error.for_good


def _why(error: OSError | HubbubError) -> str:
    """Say what went wrong, with the server's own words where there are any."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"it refuses user and password ({_told(error.smtp_code, error.smtp_error)})"
        case smtplib.SMTPResponseException():
            return _told(error.smtp_code, error.smtp_error)
        case ssl.SSLCertVerificationError():
            return f"its certificate {unverified(error)}"
        case ssl.SSLError():
            return f"no encryption came about ({error.reason}): look at `port:` and `security:`"
        case smtplib.SMTPException() | HubbubError():
            return printable(str(error))[:_SHOWN]
    return reason(error)


def _told(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return printable(f"{code} {' '.join(text.split())}")[:_SHOWN]
