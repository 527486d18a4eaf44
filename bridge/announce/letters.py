"""The mails of lists: the question whether somebody wants one, and what is announced."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from bridge.config.mail import Mail
from bridge.language import locale

from .book import Announced
from .ledger import Subscription

__all__ = ["announcement_mail", "question_mail"]

_SUBJECT = 70
"""So much of the first line is the subject."""


def question_mail(mail: Mail, entry: Subscription, link: str, now: float) -> EmailMessage:
    """Ask somebody whether they want a list. Nothing in it is by whoever asked."""
    spoken = locale(entry.language, None)
    message = _mail(mail, entry, now, f"confirm-{entry.id}")
    message["Subject"] = spoken.gettext(
        "Do you want to be told what is announced in {list}?", list=entry.list
    )
    message.set_content(
        "\n\n".join(
            (
                spoken.gettext(
                    "Somebody asked that this address is told what is announced in {list}.", list=entry.list
                ),
                spoken.gettext("If that was you, confirm it within a day:") + f"\n{link}",
                spoken.gettext("If it was not, do nothing: then nothing comes."),
            )
        )
        + "\n"
    )
    return message


def announcement_mail(mail: Mail, entry: Subscription, one: Announced, link: str, now: float) -> EmailMessage:
    """Tell somebody what is announced; `link` is where they end that, also by one click of their mail program
    (RFC 8058).
    """
    spoken = locale(entry.language, None)
    first = one.text.splitlines()[0]
    message = _mail(mail, entry, now, f"announcement-{one.id}-{entry.id}")
    message["Subject"] = f"[{entry.list}] {first[:_SUBJECT]}{'…' if len(first) > _SUBJECT else ''}"
    message["List-Unsubscribe"] = f"<{link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    foot = spoken.gettext("You get this since you subscribed to {list}. This ends it:", list=entry.list)
    message.set_content(f"{one.text}\n\n-- \n{foot}\n{link}\n")
    return message


def _mail(mail: Mail, entry: Subscription, now: float, name: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(entry.list, addr_spec=mail.sender)
    message["To"] = Address(addr_spec=entry.user)
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{name}-{int(now)}@{mail.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that nobody's absence answers
    return message
