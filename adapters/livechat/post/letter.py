"""A mail of a desk, but for its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bridge import Mail
from bridge.desk import MailRow

__all__ = ["ChatLetter", "clean"]

_SHORT = 200
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = {"\r\n": "\n", "\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
_SEVEN_BITS = SMTP.clone(cte_type="7bit")  # what every server takes


def clean(text: str) -> str:
    """Return a stranger's words without what hides in them or turns them round; lines stay."""
    for sign, line in _BREAKS.items():
        text = text.replace(sign, line)
    return "".join(
        sign for sign in text if sign in "\n\t" or (sign >= " " and sign != "\x7f" and sign not in _BIDI)
    )


@dataclass(frozen=True, slots=True)
class ChatLetter:
    """The words of a mail about a chat, and whom it is from."""

    sender: str
    """A name."""
    subject: str
    language: str
    text: str
    html: str = ""
    reply_to: tuple[str, str] | None = None
    """A name, which may be empty, and an address."""

    def written(self, mail: Mail, network: str, row: MailRow, before: Sequence[MailRow] = ()) -> EmailMessage:
        """Return it as it goes (RFC 5322); `before` is what went about the same."""
        message = EmailMessage(policy=_SEVEN_BITS)
        message["From"] = Address(_line(self.sender), addr_spec=mail.sender)
        message["To"] = Address(addr_spec=row.recipient)
        if self.reply_to is not None:
            message["Reply-To"] = Address(_line(self.reply_to[0]), addr_spec=self.reply_to[1])
        message["Subject"] = _line(self.subject)
        message["Date"] = format_datetime(datetime.fromtimestamp(row.at, UTC))
        message["Message-ID"] = _id(mail, network, row)
        if before:
            message["In-Reply-To"] = _id(mail, network, before[-1])
            message["References"] = " ".join(_id(mail, network, one) for one in before)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that nobody's absence answers
        message.set_content(self.text)
        if self.html:
            message.add_alternative(self.html, subtype="html")
        message["Content-Language"] = self.language  # what is said of the content goes when that comes
        return message


def _id(mail: Mail, network: str, row: MailRow) -> str:
    """Return the name of a mail, which is the same when it is tried again."""
    return f"<desk-{network}-{row.number}-{int(row.at)}@{mail.sender.rpartition('@')[2]}>"


def _line(text: str) -> str:
    """Return words for a header: nothing in them ends it."""
    return " ".join(clean(text).split())[:_SHORT]
